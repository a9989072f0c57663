"""Parameters that are lists of numbers: what may be written, where a mistake is told, and what `prepare` gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import compose, composer_for, save
from waves.assist.answers.hover import hover
from waves.assist.answers.numbers import number_at
from waves.assist.meaning.piece_names import Surroundings
from waves.node_types.library import catalogue
from waves.node_types.library.library import load_library
from waves.node_types.library.parameters import parameters
from waves.node_types.library.preparation import KnownParameters, prepared_arrays
from waves.problem import Problem, Problems
from waves.testing import RATE, Player

TYPES = load_library(NODES, EXAMPLE_NODES)
DRAWN = TYPES["drawn"]


def points(folder: Path, written: str) -> list[float]:
    save(folder, f"vars: {{level: 0.5}}\nmy_sound: {{drawn: {{points: {written}}}}}\n")
    graph = compose(composer_for(folder, TYPES)).graph
    [row] = [row for row in graph.rows.values() if row.kind is DRAWN]
    return list(row.node.settings["points"])


def problem_of(folder: Path, written: str) -> Problem:
    with pytest.raises(Problems) as found:
        points(folder, written)
    [problem] = found.value.problems
    return problem


def test_entries_are_numbers_and_constant_expressions(tmp_path):
    assert points(tmp_path, "[0, 1, -0.25]") == [0.0, 1.0, -0.25]
    assert points(tmp_path, "[level, -level / 2, 0, sin(pi / 2), 1 / 4]") == pytest.approx([0.5, -0.25, 0.0, 1.0, 0.25])


@pytest.mark.parametrize(
    ("written", "sentence", "path", "column"),
    [
        ("[0, 2, 1]", "expected -1 to 1, got 2", "my_sound.drawn.points.1", 32),
        ("[0, level * 4]", "expected -1 to 1, got 2", "my_sound.drawn.points.1", 32),
        ("[0, {osc: {}}]", "expected a number or an expression, got {osc: …}", "my_sound.drawn.points.1", 32),
        ("0.5", "expected a list of numbers, got 0.5", "my_sound.drawn.points", 28),
        ("[0, t]", "'points' is a constant and cannot move", "my_sound.drawn.points.1", 32),
        ("[]", "expected a list of numbers, got an empty one", "my_sound.drawn.points", 28),
        ("[1]", "a wave has two points or more", "my_sound", 12),
    ],
)
def test_a_mistake_is_told_at_its_entry(tmp_path, written, sentence, path, column):
    problem = problem_of(tmp_path, written)
    assert (problem.sentence, problem.path.startswith(path), problem.mark.line) == (sentence, True, 2)
    assert problem.mark.column == column


def test_a_list_may_be_empty_where_its_default_is(tmp_path):
    text = (EXAMPLE_NODES / "drawn.py").read_text(encoding="utf-8")
    save(tmp_path, text.replace("points: Numbers = param(", "points: Numbers = param([], "), "drawn.py")
    types = {**TYPES, **load_library(tmp_path)}
    save(tmp_path, "my_sound: {drawn: {points: []}}\n")
    with pytest.raises(Problems, match="a wave has two points or more"):  # of its `prepare`, which gets the list
        compose(composer_for(tmp_path, types))


def test_prepare_gets_an_array():
    given: list[Any] = []

    class Taken(DRAWN):  # type: ignore[misc,valid-type]
        @staticmethod
        def prepare(constants, rate):
            given.append(constants.points)
            return DRAWN.prepare(constants, rate)

    wave = prepared_arrays(Taken, KnownParameters(points=[0.0, 1.0, 0.5], freq=1.0), RATE)["wave"]
    assert wave.tolist() == [0.0, 1.0, 0.5, 0.0]
    assert given[0].dtype == np.float64 and given[0].shape == (3,)


def test_the_wave_is_the_one_that_was_drawn():
    drawn = np.array([0.0, 1.0, 0.5, -0.25, -1.0])
    arrays = DRAWN.prepare(KnownParameters(points=drawn), RATE)
    heard = Player(DRAWN, 2000, arrays=arrays, points=drawn, freq=441.0).render()
    phase = np.arange(2000) * 441.0 / RATE % 1.0
    expected = np.interp(phase * 5, np.arange(6), [*drawn, drawn[0]])
    assert np.abs(heard - expected).max() < 1e-9


def test_help_schema_and_catalogue_know_it():
    p = parameters(DRAWN)["points"]
    assert (p.form, p.expected) == ("numbers", "a list of numbers")
    assert catalogue.facts(catalogue.describe_parameter(p)) == "required value, -1 to 1"
    shape = catalogue.json_schema({"drawn": DRAWN})["$defs"]["node"]["properties"]["drawn"]["anyOf"][1]
    items = {"type": ["number", "string"], "minimum": -1.0, "maximum": 1.0}
    assert shape["properties"]["points"] == {
        "type": "array", "items": items, "description": "The wave, two points or more. [value]"
    }  # fmt: skip


def test_the_page_helps_in_the_list():
    """A number is one of the parameter, with its range; a name is a constant."""
    text = "a: {drawn: {points: [0, 0.5, 1]}}\n"
    around = Surroundings(types=TYPES)
    number = number_at(text, 1, text.index("0.5") + 1, around)
    assert number and (number.parameter, number.minimum, number.maximum) == ("points", -1.0, 1.0)
    found = hover(text, 1, text.index("points") + 1, around)
    assert found and "The wave, two points or more." in found.text
