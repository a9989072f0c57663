"""Sounds and their parameters on the command line."""

from __future__ import annotations

import pytest

from tests.harness.small_nodes import TYPES
from waves.language.model.piece import Piece, read_piece
from waves.language.model.sound_arguments import UsageProblem, parameters_of, read_sounds
from waves.language.text.document import read_document
from waves.problem import Problems

TEXT = """
bass: {osc: {freq: 110}}
hat: {context: {v: 1, signal: {osc: {amp: v}}}}
lit: {context: {a: 3, signal: 0}}
low bass: bass
c4: bass
"""


def piece(text: str = TEXT) -> Piece:
    return read_piece([read_document(text, "waves.yaml")], TYPES)


@pytest.mark.parametrize(
    ("arguments", "sounds"),
    [
        (["bass"], [("bass", {})]),
        (["bass", "hat"], [("bass", {}), ("hat", {})]),
        (["hat v.4"], [("hat", {"v": 0.4})]),
        (["hat", "v.4"], [("hat", {"v": 0.4})]),
        (["hat v=.4"], [("hat", {"v": 0.4})]),
        (["bass freq=220"], [("bass", {"freq": 220})]),
        (["bass", "freq=220 + 10 * t"], [("bass", {"freq": "220 + 10 * t"})]),
        (["bass", "type=saw"], [("bass", {"type": "saw"})]),
        (["bass", "range=[1, 2]"], [("bass", {"range": [1, 2]})]),
        (["bass c2"], [("bass", {"freq": "c2"})]),
        (["bass f220"], [("bass", {"freq": "220"})]),
        (["bass a.5"], [("bass", {"amp": ".5"})]),
        (["bass amp.5 note=330"], [("bass", {"amp": 0.5, "note": 330})]),
        (["bass a10"], [("bass", {"freq": "a10"})]),
        (["lit a4"], [("lit", {"a": 4.0})]),
        (["hat a4"], [("hat", {"freq": "a4"})]),
        (["bass", "c4"], [("bass", {}), ("c4", {})]),
        (["low bass"], [("low bass", {})]),
    ],
)
def test_read_sounds(arguments, sounds):
    assert read_sounds(arguments, piece()) == sounds


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["bas"], "there is no sound 'bas'; did you mean 'bass'?"),
        (["bass x3"], "there is no sound 'x3', and 'bass' has no parameter of that name"),
        (["bass v.3"], "there is no sound 'v.3', and 'bass' has no parameter of that name"),
        (["c2"], "there is no sound 'c2'"),
        (["freq=3"], "'freq=3' has no sound before it that it belongs to"),
        (["bass", "freq={a: 1"], "'freq={a: 1': this '{' is never closed"),
        (["bass", " "], "an argument is empty: expected a sound"),
        ([], "there is no sound 'my_sound'; name one of: bass, hat, lit, low bass, c4"),
    ],
)
def test_problems(arguments, sentence):
    with pytest.raises(UsageProblem) as raised:
        read_sounds(arguments, piece())
    assert str(raised.value.problems[0]) == sentence


def test_without_a_name_my_sound_is_meant():
    assert read_sounds([], piece("my_sound: osc")) == [("my_sound", {})]
    with pytest.raises(Problems, match="there is no sound in the files of the piece"):
        read_sounds([], piece("vars: {x: 1}"))


def test_parameters_of_a_context_are_its_names_and_those_of_its_signal():
    assert {"v", "signal", "id", "freq", "amp"} <= parameters_of(piece(), "hat")
    assert "v" not in parameters_of(piece(), "bass")
