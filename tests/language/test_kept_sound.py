"""`settings: {sound: N}`: a piece keeps the defaults that were those of a number of the sound."""

from __future__ import annotations

from typing import Any

import pytest

from waves.language.model import piece, quantize
from waves.language.model.piece import Cache, read_piece
from waves.language.model.quantize import read_file_settings
from waves.language.text.document import read_document
from waves.node import Choice, Node, param

TEXT = "settings: {sound: %s}\na: {grit: {}}\nb: {grit: {kind: coarse, steps: 7}}\n"


class Grit(Node):
    """Grit."""

    kind: Choice["fine", "coarse", "raw"] = param("fine", former={2: "coarse", 1: "raw"})
    steps: int = param(16, unit="number", minimum=1, former={1: 4})


@pytest.fixture(autouse=True)
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of the sound is 3."""
    for module in (piece, quantize):
        monkeypatch.setattr(module, "SOUND", 3)


def settings_of(text: str, cache: Cache | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    read = read_piece([read_document(text, "waves.yaml")], {"grit": Grit}, cache)
    a, b = (read.sounds[name].root for name in "ab")
    return a.settings, b.settings


@pytest.mark.parametrize(("number", "kind", "steps"), [(1, "raw", 4), (2, "coarse", 16), (3, "fine", 16)])
def test_a_default_is_that_of_the_number(number: int, kind: str, steps: int) -> None:
    assert settings_of(TEXT % number) == ({"kind": kind, "steps": steps}, {"kind": "coarse", "steps": 7})


def test_without_a_number_it_is_the_newest_and_a_save_changes_it() -> None:
    cache = Cache()
    for text, kind in ((TEXT[TEXT.index("a:") :], "fine"), (TEXT % 1, "raw"), (TEXT % 2, "coarse"), (TEXT % 3, "fine")):
        assert settings_of(text, cache)[0]["kind"] == kind


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (4, "'sound' takes the number of a sound, 1 to 3, got 4: of a newer waves"),
        (0, "'sound' takes the number of a sound, 1 to 3, got 0"),
        ("true", "'sound' takes the number of a sound, 1 to 3, got true"),
        (1.5, "'sound' takes the number of a sound, 1 to 3, got 1.5"),
    ],
)
def test_a_number_that_is_none(written: Any, sentence: str) -> None:
    read = read_piece([read_document(TEXT % written, "waves.yaml")], {"grit": Grit})
    [finding] = read_file_settings(read.settings)[1]
    problem = finding.problem()
    assert (problem.sentence, problem.suggestion) == (sentence, "3")
    assert problem.mark and (problem.mark.line, problem.mark.column) == (1, 19)
    assert settings_of(TEXT % written)[0]["kind"] == "fine", "the newest counts meanwhile"
