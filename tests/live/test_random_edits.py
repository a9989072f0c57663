"""Laws of live change, held against random pieces and random edits of them.

After each save what came of it is compared with what would have been without it: the engine plays on from the moment
of the save as if nothing was saved, and is then taken back to that moment (`Foresight`). So "goes on" means the same
bytes in the state of every node that reads nothing else than before, wherever it stands now.

    pytest tests/live/test_random_edits.py                                        # the same pieces every time
    pytest -m soak tests/live/test_random_edits.py --hypothesis-seed=$RANDOM -s   # 1,200 others
"""

from __future__ import annotations

import re
import shutil
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.harness.engine_harness import compiler
from tests.harness.random_edits import Save, Scenario, scenario
from tests.harness.random_pieces import TRACKS, Piece, Written
from tests.harness.session_harness import RATE, Frames, Stage, composer_for, save, shipped, write_sample
from waves.engine.compiler.kernel_cache import kernels_of
from waves.engine.graph.graph import Graph, Output, Row
from waves.engine.plan.plan import Plan
from waves.engine.plan.renaming import rename_nodes
from waves.engine.state.kept_memory import NumberBuffer, RingBuffer
from waves.engine.state.state_registry import Record
from waves.events.event import Event
from waves.problem import Problems

BLOCK = 64  # frames
CHANNELS = 4  # two for the mix, two for the track `apart`
LOUDEST = 20.0  # of a few tracks of at most 0.15 each, filters and echoes around them
ATTEMPTS = 60  # to make a failure smaller
COUNTS = {"elapsed": "Osc", "total_samples_rendered": "Sample", "frames": "Expression Curve EndAfter"}  # by type
REFERS = re.compile(r"\$|\bk\d|wide|beat")
STRUCTURE = (  # edits that change nothing in most nodes, but where they stand
    "a track added",
    "a track removed",
    "a track renamed",
    "a track moved into another",
    "tracks in another order",
    "a node wrapped",
    "a node unwrapped",
    "a list longer or shorter",
    "all wrapped or unwrapped",
)
HEARD = (0, 1, 63, 64, 200, 500, 900, 1500, 3000)  # frames between saves; a fade has 882
FADES = (882, 882, 882, 0, 64, 2205)  # frames
BLOCKS = (64, 1, 37, 256, 1000)  # frames

edits = st.tuples(st.integers(0, 10**6), st.sampled_from(HEARD))
chances = st.tuples(  # of `scenario`
    st.integers(0, 10**6),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
    st.lists(edits, min_size=9, max_size=10),
    st.integers(1, 6000),
    st.sampled_from(FADES),
    st.sampled_from(BLOCKS),
)


@cache
def compile_everything() -> None:
    compiler().compile(kernels_of(shipped().values()))


@pytest.fixture(scope="module")
def sample() -> Iterator[Path]:
    compile_everything()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.wav"
        write_sample(file, channels=2)
        yield file


@contextmanager
def stage_of(made: Scenario, sample: Path, *, floats: bool = True) -> Iterator[Stage]:
    """The piece of a scenario; heard as float64 of all channels and stems, or as a device would hear it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "samples").mkdir()
        shutil.copy(sample, folder / "samples" / "a.wav")
        live = Stage(folder, made.piece.text, channels=CHANNELS, stems=made.tracks)
        live.session.planner.fade = made.fade / RATE
        if floats:
            live.call = live.engine.render
        try:
            yield live
        finally:
            live.stop()


# ---- what would have been


def arrays_of(live: Stage) -> dict[int, Frames]:
    """All memory that the sound thread writes, by address."""
    plan, engine = live.engine.playing, live.engine
    assert plan
    found = [plan.header, engine._record, engine._mix]
    stack: list[Any] = [plan.states.values(), plan.memories.values()]
    for rows in (plan.moving, plan.settled):
        if rows:
            found.append(rows.words)
            stack.append(rows.keep)
    while stack:
        one = stack.pop()
        if isinstance(one, Record):
            found.append(one.values)
        elif isinstance(one, RingBuffer | NumberBuffer):
            found += one.arrays
        elif isinstance(one, dict):
            stack += one.values()
        elif isinstance(one, (list, tuple, type({}.values()))):
            stack += one
    return {array.ctypes.data: array for array in found}


def frames_left(live: Stage) -> int:
    """Frames of the last block that were not given out yet."""
    return int(live.engine._record["frames_left"][0])


def remembered(record: Record) -> bytes:
    """The state of a row, without what the pools of a clock say to it."""
    values = record.values.copy()
    if "busy" in (values.dtype.names or ()):
        values["busy"] = 0
    return values.tobytes()


@dataclass
class Foresight:
    """What is heard and remembered so many frames from now, if nothing is saved."""

    frames: int
    sound: Frames
    states: dict[str, bytes]
    counters: dict[str, int]
    records: dict[str, Record]

    @classmethod
    def of(cls, live: Stage, frames: int) -> Foresight:
        arrays = arrays_of(live)
        before = {address: array.copy() for address, array in arrays.items()}
        heard = []
        while live.engine.fading or frames_left(live):  # a plan comes in only after the fade
            heard.append(live.call(1))
        heard.append(live.call(max(frames - len(heard), BLOCK)))
        plan = live.engine.playing
        assert plan
        sound = np.concatenate(heard)
        states = {key: remembered(record) for key, record in plan.states.items()}
        rings = {key: one for key, one in plan.memories.items() if isinstance(one, RingBuffer)}
        counters = {key: int(ring.counter[0]) for key, ring in rings.items()}
        for address, array in arrays.items():
            array[...] = before[address]
        return cls(len(sound), sound, states, counters, dict(plan.states))


def unchanged(before: Graph, after: Graph) -> set[str]:
    """Rows of the next graph that are what they were, and all that they hear too; pools with all their voices."""
    same = {key for key, row in after.rows.items() if key in before.rows and _same(before.rows[key], row)}
    while True:
        other = {
            row.state_key for key, row in after.rows.items() if key not in same
        }  # the two ends of a loop share a state
        readers = {key for key in same if after.rows[key].state_key in other}
        readers |= {key for key in same if any(_foreign(s, same) for s in after.rows[key].sources())}
        if not readers:
            return same
        same -= readers


def read_by(row: Row) -> str:
    """All that a row reads and remembers, in order; as text, in which what is not written is equal to itself."""
    return repr((row.inputs, row.lists, row.state_key, row.memories))


def _foreign(source: Any, same: set[str]) -> bool:
    return isinstance(source, Output) and not source.key.startswith("@") and source.key not in same


def _same(was: Row, row: Row) -> bool:
    if was.version != row.version or read_by(was) != read_by(row):
        return False
    if bool(was.voice) != bool(row.voice):
        return False
    if was.voice and row.voice:
        inner = unchanged(was.voice.graph, row.voice.graph)
        if was.settings != row.settings or inner != row.voice.graph.rows.keys() or inner != was.voice.graph.rows.keys():
            return False
    return True


# ---- the laws


def blocks(sound: Frames, at: int) -> Frames:
    """The largest of each channel in every block; the first frame has the number `at`."""
    skip = -at % BLOCK
    whole = sound[skip : skip + (len(sound) - skip) // BLOCK * BLOCK]
    return np.abs(whole).reshape(-1, BLOCK, sound.shape[1]).max(axis=1)


class Listener:
    """Saves one edit after another, and holds each against the laws."""

    def __init__(self, made: Scenario, live: Stage):
        self.made, self.live = made, live
        self.heard = [live.play(made.frames)]
        self.apart_is_untouched = True
        self.piece = made.piece

    def save(self, one: Save) -> None:
        live = self.live
        ahead = Foresight.of(live, one.frames)
        before = live.engine.playing
        assert before
        fading = live.engine.fading
        parked = {
            key: record and record.values.copy() for key, record in live.session.node_state_registry.parked.items()
        }
        at, events = live.engine.clock - frames_left(live), len(live.events)
        save(live.folder, one.text)
        graph, problems = self.afresh()
        live.session.changed([live.folder / "waves.yaml"])
        came = live.settle()
        sound = np.concatenate([came, live.play(ahead.frames - len(came))])
        self.heard.append(sound)
        assert len(sound) == ahead.frames, (len(came), ahead.frames, one.frames)
        told = live.events[events:]
        self.is_sane(sound, at, told)
        if graph is None:
            assert [event.kind for event in told] == ["refused"], problems
            assert np.array_equal(sound, ahead.sound), "a refused edit is heard"
            assert self.states() == ahead.states, "a refused edit changed a state"
            return
        assert [event.kind for event in told] == ["reloaded"], [p.show() for p in told[0].problems]
        plan = live.engine.playing
        assert plan and plan is not before
        assert described(plan.graph) == described(graph), "not what the file says"
        self.goes_on(before, plan, ahead, one)
        self.is_reported(plan)
        self.follows(before, plan, one)
        for k, name in enumerate(self.made.tracks):
            if all(drones(version.mix.given.get(name)) for version in (self.piece, one.piece)):
                assert (blocks(sound, at)[:, CHANNELS + 2 * k] > 0.0).all(), f"a silent block in '{name}'"
        self.piece = one.piece
        if not fading:  # what left in this fade still runs
            self.returns(plan, parked)

    def afresh(self) -> tuple[Graph | None, list[str]]:
        """What the file says, read without any past."""
        composer = composer_for(self.live.folder, CHANNELS=CHANNELS)
        composer.stems = self.made.tracks
        try:
            return composer.compose([("my_sound", {})]).graph, []
        except Problems as found:
            return None, [problem.show() for problem in found.problems]

    def states(self) -> dict[str, bytes]:
        plan = self.live.engine.playing
        assert plan
        return {key: remembered(record) for key, record in plan.states.items()}

    def is_sane(self, sound: Frames, at: int, told: list[Event]) -> None:
        assert not [event.line for event in told if "defect" in event.line or event.kind == "fault"]
        assert not self.live.engine.faults and not self.live.engine.overloads
        assert np.isfinite(sound).all()
        assert np.abs(sound).max(initial=0.0) < LOUDEST
        assert (blocks(sound, at)[:, 0] > 0.0).all(), "a silent block"

    def goes_on(self, before: Plan, plan: Plan, ahead: Foresight, one: Save) -> None:
        """What hears nothing else than before is where it would be without the save; all that stays counts on."""
        transition = plan.transition
        assert transition and transition.old
        same = unchanged(transition.old, plan.graph)
        was = {now: then for then, now in rename_nodes(before.graph, transition.previous_ids)[1].items()}
        states = self.states()
        wrong = [
            key
            for key in same
            if states[plan.graph.rows[key].state_key]
            != ahead.states[was.get(plan.graph.rows[key].state_key, plan.graph.rows[key].state_key)]
        ]
        assert not wrong, f"does not go on: {wrong}"
        outputs = plan.graph.outputs
        still = [
            c
            for c, (a, b) in enumerate(zip(transition.old.outputs, outputs, strict=True))
            if a == b and not _foreign(b, same)
        ]
        sound = self.heard[-1]
        for c in still:
            assert np.array_equal(sound[:, c], ahead.sound[:, c]), f"channel {c} is not what it would be"
        self.apart_is_untouched &= {2, 3} <= {*still}
        assert {2, 3} <= {*still} or one.what in ("the tempo", "two edits", "an earlier version"), "`apart` was touched"
        for key, row in plan.graph.rows.items():
            if key not in transition.kept and key not in transition.changed:
                continue
            for name, kinds in COUNTS.items():
                if row.kind.__name__ in kinds.split():
                    record = ahead.records.get(was.get(row.state_key, row.state_key))
                    assert record is not None, key
                    values = ahead.states[was.get(row.state_key, row.state_key)]
                    then = np.frombuffer(values, record.values.dtype)[name][0]
                    assert plan.states[row.state_key].values[name][0] == then, f"{key} counts {name} anew"
            for ring in row.memories:
                if was.get(ring.key, ring.key) in ahead.counters and not ring.is_shared:
                    then = ahead.counters[was.get(ring.key, ring.key)]
                    assert int(plan.memories[ring.key].counter[0]) == then, key

    def is_reported(self, plan: Plan) -> None:
        """Each node is in one group of the report."""
        last = self.live.session.outcomes.last
        assert last
        nodes_of = last.nodes
        groups = [nodes_of.kept, *map(tuple, (nodes_of.moved, nodes_of.renamed)), nodes_of.new, nodes_of.returned]
        named = [key for group in groups for key in group]
        named += [key for key in nodes_of.changed if key not in named]
        nodes = {row.node.id for row in plan.graph.rows.values() if row.node and row.node.id == row.key}
        assert len(named) == len({*named}), "a node is in two groups"
        own = (".previous", ".remember", ".mono", ".Transport")
        assert {key for key in nodes if not key.endswith(own)} <= {*named}

    def follows(self, before: Plan, plan: Plan, one: Save) -> None:
        """A node that is written as before, elsewhere or under another name, is the same node."""
        if one.what not in STRUCTURE or self.piece is one.piece:
            return
        assert plan.transition
        was, now = placed(before.graph, self.piece), placed(plan.graph, one.piece)
        for uid in was.keys() & now.keys():
            (before_id, text), (id, other) = was[uid], now[uid]
            taken = id != before_id and (id in before.graph.rows or before_id in plan.graph.rows)
            if text == other and not taken:  # else IDs come first
                assert plan.transition.previous_ids.get(id, id) == before_id, f"{id} is not {before_id}"

    def returns(self, plan: Plan, parked: dict[str, Any]) -> None:
        """What came back goes on from where it was when it left."""
        since = self.live.engine.clock - self.live.engine.committed_at
        for key in plan.returned:
            row = plan.graph.rows[key]
            for name, kinds in COUNTS.items():
                if row.kind.__name__ in kinds.split():
                    assert plan.states[row.state_key].values[name][0] == parked[row.state_key][name][0] + since, key


def placed(graph: Graph, piece: Piece) -> dict[int, tuple[str, str]]:
    """Nodes of the tracks by uid: their ID, and how they are written. Only those that can be told from all others."""
    lines = {line: uid for uid, line in piece.written()[1].items()}
    ids: dict[int, list[str]] = {}
    for row in graph.rows.values():
        if row.node and row.node.id == row.key and row.node.mark and (uid := lines.get(row.node.mark.line)):
            ids.setdefault(uid, []).append(row.key)
    nodes = {node.uid: node for node in piece.sounds[TRACKS].nodes()}
    texts = {uid: Piece({TRACKS: node}, {}).text for uid, node in nodes.items() if alone(node)}
    count = Counter(texts.values())
    return {
        uid: (key, texts[uid])
        for uid, keys in ids.items()
        for key in keys
        if uid in texts and count[texts[uid]] == 1 and key.rpartition(".")[2].lower() == nodes[uid].kind
    }


def alone(node: Written) -> bool:
    """Whether a node is what is written in it: nothing in it refers to something else."""
    return all(
        one.kind in ("osc", "sample", "filter", "delay", "smooth", "envelope", "track")
        and not any(isinstance(value, str) and REFERS.search(value) for value in one.given.values())
        for one in node.nodes()
    )


def drones(node: Any) -> bool:
    """Whether a node always sounds: tones without an end, through nodes that let some of it pass at once."""
    if not isinstance(node, Written) or node.kind not in ("osc", "filter", "delay", "track"):
        return False
    values = [value for key, value in node.given.items() if key not in ("signal", "id", "type", "mode")]
    plain = all(isinstance(value, float) for value in values) and "duration" not in node.given
    dry = node.kind != "delay" or "mix" in node.given
    return plain and dry and (node.kind == "osc" or drones(node.given["signal"]))


def described(graph: Graph) -> list[str]:
    """All of a graph but the arrays, which are the same by what they are made of."""
    lines = []
    for row in graph.rows.values():
        read = (row.settings, row.inputs, row.lists)
        told = (row.key, row.kind.__name__, *read, row.state_key, row.memories)
        lines.append(repr(told))
        if row.voice:
            lines += [repr((row.voice.note_values, row.voice.gates)), *described(row.voice.graph)]
    return [*lines, repr(graph.outputs)]


def held(made: Scenario, sample: Path) -> None:
    """All laws hold for a scenario."""
    with stage_of(made, sample) as live:
        listener = Listener(made, live)
        for one in made.saves:
            listener.save(one)
        heard = np.concatenate(listener.heard)
    if listener.apart_is_untouched:
        with stage_of(made, sample) as reference:
            expected = reference.play(len(heard))
        assert np.array_equal(heard[:, 2:4], expected[:, 2:4]), "`apart` is not what it is without any save"
    with stage_of(made, sample, floats=False) as device:
        sound = [device.play(made.frames, made.block)]
        for one, frames in zip(made.saves, map(len, listener.heard[1:]), strict=True):
            device.save(one.text)
            came = device.settle()
            sound += [came, device.play(frames - len(came), made.block)]
    as_heard = heard[:, :CHANNELS].astype(np.float32)
    as_heard[np.abs(as_heard) < np.finfo(np.float32).tiny] = 0.0  # as the sound thread does
    assert np.array_equal(np.concatenate(sound), as_heard), "other blocks of the device, other bits"


def smaller(chance: Any) -> Iterator[Any]:
    """The same with one edit less, or one track less."""
    seed, tracks, edits, *more = chance
    for k in reversed(range(len(edits))):
        yield (seed, tracks, edits[:k] + edits[k + 1 :], *more)
    for k in range(len(tracks)):
        yield (seed, tracks[:k] + tracks[k + 1 :], edits, *more)


def tried(chance: Any, sample: Path) -> Exception | None:
    """What breaks a law, if anything does."""
    try:
        held(scenario(*chance), sample)
    except Exception as error:
        return error
    return None


def check(chance: Any, sample: Path) -> None:
    """All laws hold; else the failure is that of a smaller scenario, which it shows."""
    error, left = tried(chance, sample), ATTEMPTS
    while error:
        for other in smaller(chance):
            left -= 1
            found = tried(other, sample) if left > 0 else None
            if type(found) is type(error):
                chance, error = other, found
                break
        else:
            pytest.fail(f"{''.join(traceback.format_exception(error))}\n{chance}\n{scenario(*chance)!r}", pytrace=False)


COMMON: dict[str, Any] = {"database": None, "suppress_health_check": list(HealthCheck)}
PHASES = (Phase.generate,)  # a failure is made smaller here


@pytest.mark.timeout(600)
@settings(max_examples=4, derandomize=True, phases=PHASES, **COMMON)
@given(chance=chances)
def test_random_edits_of_random_pieces(sample, chance):
    check(chance, sample)


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(max_examples=18, derandomize=True, phases=PHASES, **COMMON)
@given(chance=chances)
def test_further_random_edits_of_random_pieces(sample, chance):
    check(chance, sample)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=1200, phases=PHASES, **COMMON)
@given(chance=chances)
def test_many_random_edits_of_random_pieces(sample, chance):
    check(chance, sample)
