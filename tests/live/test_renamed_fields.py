"""Fields of a state that get another name or type: what was in them goes on, wherever the state is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.harness.node_workspace import GRIT, OWN, PIECE, Desk
from waves.engine.runtime.snapshot import Snapshot, take_stopped
from waves.engine.state.state_registry import Record, Registry
from waves.engine.state.voice_memory import copy_common

COUNT = "count: int = 0  # frames"
STEPS = (
    GRIT.replace(COUNT, 'steps: float = 0.0\n        was = {"steps": "count", "past": "gone"}')
    .replace("state.count += 1", "state.steps += 1.0")
    .replace("past: Floats[4]", "past: Ints[4]")
    .replace("import Choice, Floats,", "import Choice, Floats, Ints,")
)
BACK = GRIT.replace(COUNT, f'{COUNT}\n        was = {{"count": "steps"}}')
MEND = 'if it is the same field, write was = {"number": "count"} in the state'


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(piece: str = PIECE) -> Desk:
        made.append(Desk(tmp_path / f"desk{len(made)}", piece))
        return made[-1]

    yield make
    for one in made:
        one.stage.stop()
        one.nodes.stop()


def test_a_renamed_field_goes_on_and_its_number_is_converted(desk):
    live = desk()
    live.play(6400)
    live.stage.engine.playing.states[OWN].values["past"] = [[2.0, 2.5, -3.0, 1e300]]
    before = live.state().count
    assert live.reload(STEPS).success
    live.play(64)
    assert live.state().steps >= before + 64 and isinstance(live.state().steps, float)
    assert live.state().past.tolist() == [2, 0, -3, 0], "only what is exact"
    steps = live.state().steps
    assert live.reload(BACK).success
    live.play(64)
    assert live.state().count >= steps + 64 and isinstance(live.state().count, int)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (STEPS, "'steps' was 'count', 'steps' has another type and keeps a number that is exact in it, "
            "'past' has another type and keeps a number that is exact in it"),
        (GRIT.replace("count", "number").replace("0  # frames", '0\n        was = {"number": "count"}'),
            "'number' was 'count'"),
        (GRIT.replace("count", "number"), "'number' is new, 'count' is dropped; " + MEND),
        (GRIT.replace("count", "number").replace("0  # frames", '0\n        was = {"number": "cuont"}'),
            "'number' is new, 'count' is dropped; `was` names 'cuont', which it did not have; " + MEND),
        (GRIT.replace("Floats[4]", "Floats[8]"), "'past' has another type and starts again"),
    ],
)  # fmt: skip
def test_the_report_says_what_becomes_of_each_field(desk, text, said):
    live = desk()
    live.play(6400)
    live.stage.engine.playing.states[OWN].values["past"] = 2.0
    before = live.state().count
    result = live.reload(text)
    assert result.success and result.message.endswith(f"state of grit: {said}")
    live.play(64)
    assert live.report("reloaded").text.endswith(f"state of grit: {said}"), "the last report says it too"
    now = live.state()
    carried = getattr(now, said.split("'")[1]) if "' was '" in said else None
    assert carried is None or carried >= before
    assert "number' is new" not in said or now.number <= 128
    assert ("starts again" in said) == (now.past[0] == 0.0)


def test_in_voices_while_they_are_parked_and_in_a_saved_state(desk):
    voices = "my_sound: {sequencer: {interval: 60, steps: [tone]}}\ntone: {grit: {signal: {osc: {freq: 220}}}}\n"
    live = desk(voices)
    live.play(6400)
    states = live.engine.playing.states
    [(key, record)] = [(key, one) for key, one in states.items() if "voices" in one.values.dtype.names]
    [row] = [name for name in record.values["voices"].dtype.names if name.endswith("Grit")]
    before = record.values["voices"][row]["count"].max()
    saved = take_stopped(live.engine)
    assert before >= 6336 and live.reload(STEPS).success
    live.play(64)
    now = live.engine.playing.states[key].values["voices"][row]["steps"].max()
    assert now >= before + 64
    fresh = copy.copy(live.engine.playing.graph.rows[key])
    restored = type(record)(fresh)
    copy_common(saved.states[key][1], restored)
    assert restored.values["voices"][row]["steps"].max() == before


def test_a_parked_state_returns_under_the_new_names(desk):
    live = desk()
    live.play(6400)
    live.stage.reload(PIECE.replace("    own:", "    #own:"))
    live.play(2000)
    assert OWN not in live.engine.playing.states
    before = live.session.node_state_registry.parked[OWN].count
    assert before >= 6400 and live.reload(STEPS).success
    live.stage.reload(PIECE)
    live.play(64)
    assert live.state().steps >= before


def test_a_saved_state_is_parked_under_the_new_names(desk):
    live = desk()
    live.play(640)
    graph = live.engine.playing.graph
    old = Record(graph.rows[OWN].kind)
    old.values["count"] = 12
    assert live.reload(STEPS).success
    registry, graph = Registry(), live.engine.playing.graph
    Snapshot(states={OWN: ("Grit", old.values)}).park(registry, None, graph)
    assert registry.parked[OWN].steps == 12.0


def test_numbers_that_the_other_type_cannot_have_are_left_out():
    record = Record.__new__(Record)
    record.values = np.zeros(1, [("x", "i8", (5,))])
    record.address = record.values.ctypes.data
    old = np.zeros(1, [("x", "f8", (5,))])
    old["x"] = [1.0, 0.5, np.nan, np.inf, -(2.0**53)]
    copy_common(old, record)
    assert record.values["x"].tolist() == [[1, 0, 0, 0, -(2**53)]]
