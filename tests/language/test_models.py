"""Places and findings."""

from __future__ import annotations

from waves.language.model.models import Finding, Origin, Place


def test_problems_of_a_value_without_a_file() -> None:
    place = Place(Origin("kick"), ("v",))
    assert str(Finding(place, "expected a number").problem()) == "kick.v: expected a number"
