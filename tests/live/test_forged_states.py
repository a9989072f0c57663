"""Saved states whose numbers lead outside: none of them reaches the engine, and the piece begins anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from tests.harness.command import waves
from tests.harness.forged_files import forge_state
from tests.harness.kept_sessions import kept_in
from tests.harness.rich_piece import RICH_WITH_NESTED_NOTES
from tests.harness.session_harness import Stage, write_sample
from waves.dsp.limiter import LIMITER
from waves.engine.graph.graph import engine_row
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, take_stopped
from waves.engine.runtime.state_checks import StateError, check_state
from waves.engine.state.state_registry import Record, Registry
from waves.live.history.resume_state import read_state
from waves.live.kept import snapshot_file
from waves.node import BLOCK, Node, State
from waves.problem import Problems

TEXT = RICH_WITH_NESTED_NOTES
POOL, CLOCK = "my_sound.root.Mix.beat.Sequencer.ping.Pool", "my_sound.root.Mix.beat.Sequencer.Clock"
OSC, DELAY = "my_sound/tone", "my_sound.root.Mix.echo.Delay"
RING = f"{DELAY}:line"
FARTHEST = (-(2**62), 2**62, -1, 2**63 - 1, -(2**63))


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A session with voices in voices, echoes and a limiter, whose state was saved."""
    folder = tmp_path_factory.mktemp("session")
    write_sample(folder / "samples" / "a.wav")
    live = Stage(folder, TEXT, keeps=True, limiting=True)
    live.play(20_000)
    live.archive.stop(1.0)
    yield live
    live.stop()


@pytest.fixture
def saved(session: Stage) -> Snapshot:
    """The state of the session, as it is read from its file."""
    return read_state(session.archive.kept)


def put(key: str, *path: Any, value: Any) -> Callable[[Snapshot], None]:
    """A change that writes a value to a field of a state."""

    def change(state: Snapshot) -> None:
        values: Any = state.states[key][1]
        for name in path[:-1]:
            values = values[name]
        values[path[-1]] = value

    return change


def limiter(name: str, value: Any) -> Callable[[Snapshot], None]:
    def change(state: Snapshot) -> None:
        state.limiter = state.limiter.copy()
        state.limiter.view(LIMITER)[name] = value

    return change


def ends(place: int, value: int) -> Callable[[Snapshot], None]:
    return lambda state: state.ends.__setitem__(slice(place, None, 3), value)


def ring(*counter: int) -> Callable[[Snapshot], None]:
    return lambda state: state.memories[RING].counter.__setitem__(slice(None), counter)


def about(**data: Any) -> Callable[[Snapshot], None]:
    return lambda state: state.about.update(data)


def inner(name: str, value: Any) -> Callable[[Snapshot], None]:
    """The same field of a pool inside the voices of a pool."""

    def change(state: Snapshot) -> None:
        for _, values in state.states.values():
            for field in values["voices"].dtype.names if "voices" in (values.dtype.names or ()) else ():
                if field.startswith("pool "):
                    values["voices"][field]["voices"][name] = value

    return change


FORGED = {
    **{f"voices {name} {value}": put(POOL, "voices", name, value=value)
       for name in ("start", "active", "stolen", "age") for value in FARTHEST},
    **{f"voices left {value}": put(POOL, "voices", "left", value=value) for value in (-(2**40), 2**63 - 1)},
    **{f"control {name} {value}": put(POOL, "control", name, value=value)
       for name in ("next", "active") for value in FARTHEST},
    "one voice too many": lambda state: state.states[POOL][1]["control"]["active"].__iadd__(1),
    **{f"inner {name}": inner(name, 2**62) for name in ("start", "active", "age")},
    **{f"clock {name} {value}": put(CLOCK, name, value=value) for name in ("count", "frame") for value in FARTHEST},
    "clock next": put(CLOCK, "next", value=-5),
    "a flag": put(CLOCK, "begun", value=2),
    **{f"osc {value}": put(OSC, "phase", value=value) for value in (math.nan, math.inf, -math.inf)},
    "voices osc": lambda state: [
        values["voices"][name].__setitem__("phase", math.nan)
        for _, values in state.states.values() if "voices" in (values.dtype.names or ())
        for name in values["voices"].dtype.names if name.endswith("Osc") and not name.startswith("pool")
    ],
    **{f"ring {counter}": ring(*counter) for counter in ((-1, 0), (2**62, 0), (0, 1), (5, -1), (-(2**63), 0))},
    **{f"ends {place} {value}": ends(place, value) for place in (0, 1, 2) for value in (-(2**62), 2**62, -2)},
    **{f"limiter {name} {value}": limiter(name, value)
       for name in ("position", "busy", "release", "level", "total", "needed", "levels") for value in (-1, 2**62)},
    **{f"limiter {name}": limiter(name, math.nan) for name in ("delay", "gain")},
    "limiter delay": limiter("delay", 1e9),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_number_out_of_its_range_is_one_sentence(saved, session, name):
    FORGED[name](saved)
    with pytest.raises(Problems, match="^the saved state cannot be used: ") as found:
        saved.check(session.engine.playing.graph)
    assert len(found.value.problems) == 1


def test_a_plan_into_which_such_a_state_is_restored_is_not_played(saved, session):
    put(POOL, "voices", "start", value=-(2**62))(saved)
    engine = Engine(44100)
    plan = build_plan(session.engine.playing.graph, None, Registry(), engine.addresses, 0)
    with pytest.raises(Problems, match="'start' of a Pool is out of range"):
        saved.restore(plan)


def test_a_state_as_it_is_passes_and_sounds_on_to_the_bit(stage):
    """The checks change nothing of a state that is right: with sounding voices, events, NaN where no note gives one."""
    live = stage(TEXT, keeps=True, limiting=True)
    live.play(312 * BLOCK)
    memory = take_stopped(live.engine)
    live.archive.stop(1.0)
    saved = read_state(live.archive.kept)
    assert saved.from_file and memory is not None and not memory.from_file
    assert saved.states[POOL][1]["control"]["active"] > 0
    saved.check(live.engine.playing.graph)
    expected = live.play(30_000)
    again = stage(folder=live.folder, keeps=True, limiting=True, resumed=saved)
    assert np.array_equal(again.play(30_000), expected)


@pytest.mark.parametrize(
    "change",
    [
        about(clock=-1),
        about(clock=2**60),
        about(clock="0"),
        about(level=math.nan),
        about(level=-1.0),
        about(gain=math.inf),
        about(gain="loud"),
        about(rate=3.0),
        about(rate=math.nan),
        about(version=-1),
        about(seeds={"a": 2**70}),
        about(texts={"../x": "a"}),
        about(texts={"waves.yaml": 5}),
        about(file_texts=["a"]),
        about(moved=[["a", "b", "c", "d", math.nan]]),
        about(moved=[["a"]]),
        about(sounds=[["my_sound"]]),
        about(sounds="my_sound"),
        about(substitutes={"a": ["b"]}),
        about(hanging=5),
        lambda state: state.about.pop("texts"),
    ],
)
def test_data_of_a_state_that_is_out_of_range_is_one_sentence(saved, tmp_path, change):
    kept = kept_in(tmp_path)
    change(saved)
    snapshot_file.write_snapshot(kept.state, "last.npz", saved, kept.seal)
    with pytest.raises(Problems, match="^the saved state cannot be used: ") as found:
        read_state(kept)
    assert len(str(found.value)) < 400 and "\n" not in str(found.value)


def test_the_program_says_it_and_the_piece_begins_anew(stage):
    live = stage(TEXT, keeps=True)
    live.play(3000)
    live.archive.stop(1.0)
    live.stop()
    forge_state(live.folder, put(POOL, "voices", "start", value=-(2**62)))
    result = waves(live.folder, "play", "--resume", "--device", "silent", "--duration", "0.3", "--plain")
    assert result.returncode == 0, result.stderr
    assert "'start' of a Pool is out of range" in result.stderr and "going on from" not in result.stdout
    assert "the piece starts from the beginning" in result.stderr and "Traceback" not in result.stderr


def test_a_parked_state_out_of_range_is_not_parked(stage):
    live = stage(TEXT, keeps=True)
    live.play(3000)
    live.reload(TEXT.replace("    echo:", "    other_echo:").replace("freq: root", "freq: 3 * root"))
    live.play(3000)
    snapshot = live.archive.versions.snapshot(1, 44100)
    assert snapshot and not snapshot.from_file
    live.archive.versions.write_snapshots()
    snapshot = live.archive.versions.snapshot(1, 44100)
    assert snapshot.from_file
    break_ = "my_sound.root.Mix.break.Sample"
    snapshot.states[break_][1]["last_playhead_position"] = math.nan
    graph = live.engine.playing.graph
    registry = live.session.node_state_registry
    snapshot.park(registry, None, graph)
    assert break_ not in registry.parked and OSC in registry.parked


class Own(Node):
    """A node type that waves does not ship, which might use `place` as an index."""

    class state(State):
        place: int = 3
        level: float = 0.5


class Ranged(Own):
    class state(Own.state):
        ranges = {"place": (0, 7), "level": (0.0, 1.0)}


def test_of_somebody_else_only_nodes_go_on_that_cannot_be_led_astray(tmp_path):
    for kind, from_others, place in ((Own, False, 5), (Own, True, 3), (Ranged, False, 5), (Ranged, True, 5)):
        record = Record(kind)
        record.values["place"] = 5
        check_state(engine_row("a", kind), record.values, from_others)
        assert record.place == place
    record.values["place"] = 8
    with pytest.raises(StateError, match="'place' of a Ranged is out of range"):
        check_state(engine_row("a", Ranged), record.values, True)


def test_a_state_of_somebody_else_stays_marked_when_it_is_written_again(saved, tmp_path):
    kept = kept_in(tmp_path)
    snapshot_file.write_snapshot(kept.state, "1.npz", saved, kept.seal)
    assert not saved.from_others and not snapshot_file.read_snapshot(kept.state, "1.npz", kept.seal).from_others
    foreign = snapshot_file.read_snapshot(kept.state, "1.npz", None)
    snapshot_file.write_snapshot(kept.state, "2.npz", foreign, kept.seal)
    assert foreign.from_others and snapshot_file.read_snapshot(kept.state, "2.npz", kept.seal).from_others


def test_frames_of_a_ring_that_are_no_numbers_are_silence(saved, stage):
    saved.memories[RING].data[::3] = math.nan
    saved.memories[RING].data[1::3] = math.inf
    again = stage(TEXT, keeps=True, resumed=saved)
    assert np.isfinite(again.play(30_000)).all() and np.isfinite(again.engine.playing.memories[RING].data).all()


@pytest.mark.parametrize(
    ("described", "sentence"),
    [
        ("|O", "made of numbers"),
        ([["<f8", [1 << 40]]], "made of numbers"),
        (["<f8", [1 << 40]], "size"),
        ([["<f8", [1 << 20]], [1 << 20]], "size"),
        (["<f8", [-1]], "size"),
        ({"fields": []}, "size"),
        ({"fields": [["a", ["<f8", [99_999_999]]]] * 2}, "size|occurs more than once|duplicate"),
        ("<f8", "a record"),
    ],
)
def test_a_record_of_another_form_is_not_made(saved, tmp_path, monkeypatch, described, sentence):
    folder = kept_in(tmp_path)
    monkeypatch.setattr(snapshot_file, "_described", lambda dtype: described)
    assert folder.seal
    snapshot_file.write_snapshot(folder.state, "a.npz", saved, folder.seal)
    with pytest.raises(Problems, match=sentence):
        snapshot_file.read_snapshot(folder.state, "a.npz", folder.seal)


@pytest.mark.parametrize("edit", [("steps: [ping, ~", "voices: 3, steps: [ping, ~"), ("time: 0.03", "time: 0.3")])
def test_of_a_state_of_another_piece_only_what_fits_is_used(saved, stage, edit):
    live = stage(TEXT.replace(*edit), keeps=True)
    live.play(64)
    with suppress(Problems):
        saved.check(live.engine.playing.graph)
        saved.restore(live.engine.playing)
        assert np.isfinite(live.play(20_000)).all()
