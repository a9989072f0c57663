"""Sentences on everything that an expression can use."""

from __future__ import annotations

import re

import pytest

from tests.harness.small_nodes import TYPES
from waves.language.build.tempo_names import tree_builder
from waves.language.expression.builtin_names import CONSTANTS, FUNCTIONS, SCALES, TIME_NAMES
from waves.language.expression.meanings import (
    FUNCTION_MEANINGS,
    NOTE_MEANINGS,
    OPERATOR_MEANINGS,
    TEMPO_MEANINGS,
    meaning,
)
from waves.language.expression.parser import BINARY, COMPARE, parse
from waves.language.expression.tokenizer import OPERATOR_WORDS
from waves.language.model.piece import Cache, read_piece
from waves.language.model.vocabulary import NOTE_NAMES, canonical_name


def test_every_function_and_operator_has_one():
    assert FUNCTION_MEANINGS.keys() == FUNCTIONS.keys()
    assert OPERATOR_MEANINGS.keys() == {*BINARY.values(), *COMPARE.values(), *OPERATOR_WORDS}


def test_every_name_of_a_tempo_and_of_a_note_has_one():
    piece = read_piece([], TYPES, Cache())
    assert TEMPO_MEANINGS.keys() == tree_builder(piece, 120.0).constants.transport.keys()
    assert NOTE_MEANINGS.keys() == {canonical_name(name) for name in NOTE_NAMES}


@pytest.mark.parametrize("name", [*CONSTANTS, *TIME_NAMES, *SCALES, *TEMPO_MEANINGS, "c#4"])
def test_every_name_has_a_sentence(name):
    found = meaning(name)
    assert found and found.use == name and found.sentence.endswith(".")


@pytest.mark.parametrize("name", FUNCTION_MEANINGS)
def test_the_use_of_a_function_can_be_written(name):
    for use in re.split(r"(?<=\)), ", FUNCTION_MEANINGS[name].use):
        assert parse(use.replace(", ...", "")).steps


def test_a_value_is_in_its_sentence():
    assert meaning("a4").sentence == "Frequency of the note: 440.00 Hz."
    assert meaning("octave").sentence == "Frequency factor of 12 semitones: 2."
    assert meaning("tau").sentence == "A turn in radians: 6.28319."
    assert meaning("nothing") is None
