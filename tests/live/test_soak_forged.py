"""Random damage to states, logs and whole folders, for a minute each: sound that is finite, or one sentence.

python -m pytest -m soak -n 0 tests/live/test_soak_forged.py -s
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import compiler
from tests.harness.forged_files import make_foreign, plain_lines, tree_of, write_lines
from tests.harness.rich_piece import RICH_WITH_NESTED_NOTES
from tests.harness.session_harness import RATE, Stage, shipped, write_sample
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.state.state_registry import Registry
from waves.live.history.adoption import adopt
from waves.live.history.log_reader import read_log
from waves.live.history.replay import ReplayEngine, allowed_settings
from waves.live.history.restoring import history_of
from waves.live.history.resume_state import read_state
from waves.live.kept.kept_files import LAST_STATE, find_kept, kept_around
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.workspace.composer import Composer
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

LASTS = 60.0  # seconds of each test
SLOWEST = 20.0  # seconds of one case
HEARD = RATE // 4  # frames

PIECE = RICH_WITH_NESTED_NOTES
WHOLE = (0, 1, -1, 2, 63, 64, 65, 2**31, -(2**31), 2**53, 2**62, -(2**62), 2**63 - 1, -(2**63))
FLOATS = (0.0, -0.0, 1.0, -1.0, 1e-300, 1e15, -1e15, 1e300, -1e300, math.nan, math.inf, -math.inf)
ANY = [*WHOLE, 2**64, 10**30, *FLOATS, "", "x", "/dev/zero", "../../x", "\0", None, True, [], {}, [[]], {"a": 1}]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Stage]:
    """A session with edits, an undo and a resumed state, whose files were written."""
    folder = tmp_path / "piece"
    write_sample(folder / "samples" / "a.wav")
    live = Stage(folder, PIECE, keeps=True, limiting=True)
    live.play(9000)
    live.reload(PIECE.replace("root: 110", "root: 220"))
    live.play(9000)
    live.reload(PIECE.replace("    echo:", "    other:"))
    live.play(9000)
    live.session.undo()
    live.settle()
    live.engine.set_gain(0.5)
    live.play(9000)
    live.archive.stop(1.0)
    yield live
    live.stop()


def cases(seed: int) -> Iterator[random.Random]:
    """A source of chance for each case until the time is over; a case that takes too long fails."""
    end, number = time.monotonic() + LASTS, 0
    while (began := time.monotonic()) < end:
        yield random.Random(seed * 1_000_000 + number)
        assert time.monotonic() - began < SLOWEST, f"case {number}"
        number += 1


def fields(values: Any) -> Iterator[tuple[Any, Any]]:
    """Every array of numbers inside a record, with the record that it is a field of."""
    for name in values.dtype.names or ():
        if values[name].dtype.names:
            yield from fields(values[name])
        else:
            yield values, name


def damage_numbers(chance: random.Random, state: Snapshot) -> None:
    """Write some values that lead astray, or random bits, into a state."""
    for _ in range(chance.choice((1, 1, 2, 10))):
        match chance.randrange(6):
            case 0:
                ring = state.memories[chance.choice(list(state.memories))]
                ring.counter[chance.randrange(2)] = chance.choice(WHOLE)
                ring.data[chance.randrange(ring.size)] = chance.choice(FLOATS)
            case 1:
                state.ends[chance.randrange(state.ends.size)] = chance.choice(WHOLE)
            case 2:
                state.limiter = state.limiter.copy()
                at = chance.randrange(state.limiter.size - 8)
                state.limiter[at : at + 8] = np.frombuffer(chance.randbytes(8), np.uint8)
            case 3:
                _, values = state.states[chance.choice(list(state.states))]
                raw = values.view(np.uint8)
                raw[chance.randrange(raw.size)] = chance.randrange(256)
            case _:
                _, values = state.states[chance.choice(list(state.states))]
                record, name = chance.choice(list(fields(values)))
                kind = FLOATS if record[name].dtype.kind == "f" else WHOLE
                numbers = record[name].reshape(-1) if chance.randrange(2) else record[name]
                numbers[chance.randrange(len(numbers)) if chance.randrange(2) else slice(None)] = chance.choice(kind)


def is_one(found: Problems) -> bool:
    """False, once it is sure that a refusal is one sentence."""
    assert len(found.problems) == 1 and "\n" not in str(found)
    return False


def is_heard_or_said(state: Snapshot, live: Stage) -> bool:
    """Whether a state plays, finite and not endlessly loud; else it was refused in one sentence."""
    graph = state.with_seeds(live.engine.playing.graph)
    engine = Engine(RATE)
    plan = build_plan(graph, None, Registry(), engine.addresses, 0)
    try:
        state.check(graph)
        state.restore(plan)
    except Problems as found:
        return is_one(found)
    engine.resume_at(state.about["clock"], state.about["level"], state.limiter)
    engine.offer(plan)
    sound = engine.render(HEARD)
    assert np.isfinite(sound).all() and np.abs(sound).max() <= 1.0
    return True


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_numbers_of_states_at_random(session):
    counts = Counter[bool]()
    for chance in cases(1):
        state = read_state(session.archive.kept)
        damage_numbers(chance, state)
        counts[is_heard_or_said(state, session)] += 1
    print(f"states with other numbers: {counts[True]} played, {counts[False]} refused")
    assert counts[True] and counts[False]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_bytes_of_states_at_random(session):
    """Without the seal, as the file of somebody else: nothing but the reader stands before it."""
    counts = Counter[str]()
    kept = session.archive.kept
    file = kept.state.path / LAST_STATE
    whole = file.read_bytes()
    for chance in cases(2):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 5, 100))):
            match chance.randrange(4):
                case 0:
                    del data[chance.randrange(len(data)) :]
                    data += b"\0"
                case 1:
                    at = chance.randrange(len(data))
                    data[at:at] = chance.randbytes(chance.randrange(20))
                case _:
                    data[chance.choice((chance.randrange(len(data)), chance.randrange(min(len(data), 3000))))] = (
                        chance.randrange(256)
                    )
        file.write_bytes(data)
        if bytes(data) != whole:
            with pytest.raises(Problems, match="cannot be used"):
                read_state(kept)
        try:
            state = read_snapshot(kept.state, LAST_STATE, None)
        except Problems as found:
            counts["read" if is_one(found) else "not read"] += 1
        else:
            state.about = {"clock": 0, "level": 1.0}
            counts["played" if is_heard_or_said(state, session) else "refused"] += 1
    print(f"states with other bytes: {dict(counts)}")
    assert counts["not read"]


def damage_lines(chance: random.Random, entries: list[dict[str, Any]]) -> None:
    """Change, add, repeat and remove fields and lines of a log."""
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        entry = chance.choice(entries)
        names = list(entry)
        match chance.randrange(8):
            case 0:
                entries.insert(chance.randrange(len(entries)), json.loads(json.dumps(chance.choice(entries))))
            case 1:
                entries.remove(entry)
            case 2 if names:
                del entry[chance.choice(names)]
            case 3:
                entry[chance.choice(("settings", "texts", "nodes", "parked", "clears", "moved"))] = chance.choice(ANY)
            case 4 if "settings" in entry and isinstance(entry["settings"], dict) and entry["settings"]:
                entry["settings"][chance.choice(list(entry["settings"]))] = chance.choice(ANY)
            case 5 if names and isinstance(entry[names[0]], int):
                entry[names[0]] += chance.choice((1, 64, -64, 6400, 10**9))
            case _ if names:
                entry[chance.choice(names)] = chance.choice(ANY)
        if not entries:
            entries.append({})


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_logs_at_random(session, tmp_path):
    """A log of somebody else that is played for the piece, its first second."""
    counts = Counter[str]()
    [original] = (session.folder / ".waves" / "sessions").glob("*.jsonl")
    other = tmp_path / "other"
    shutil.copytree(session.folder, other)
    make_foreign(other)
    log_path = other / ".waves" / "sessions" / original.name
    entries = plain_lines(original)
    before, workspace = tree_of(tmp_path), find_workspace(other)
    for chance in cases(3):
        lines = json.loads(json.dumps(entries))
        damage_lines(chance, lines)
        write_lines(log_path, lines)
        try:
            log = read_log(log_path)
            settings = allowed_settings(log, log.commits[0], Settings())
            composer = Composer(workspace, shipped(), settings, log.header["rate"])
            assert not log.is_own and settings.SAMPLE_FOLDERS == []
            sound = ReplayEngine(log, composer, compiler()).render(RATE)
            assert np.isfinite(sound).all()
            counts["played"] += 1
        except Problems:
            counts["refused"] += 1
    write_lines(log_path, entries)
    (other / ".waves" / "sessions" / original.name).write_bytes(original.read_bytes())
    assert tree_of(tmp_path) == before, "nothing was written anywhere"
    print(f"logs with other lines: {dict(counts)}")
    assert counts["played"] and counts["refused"]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_folders_at_random_are_adopted(session, tmp_path):
    """Files that are cut, exchanged, links or pipes, forged lines: what can be used is taken, nothing outside is."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "a").write_text("precious")
    counts = Counter[str]()
    for number, chance in enumerate(cases(4)):
        piece = tmp_path / f"case{number}"
        shutil.copytree(session.folder, piece)
        make_foreign(piece)
        files = [path for path in (piece / ".waves").rglob("*") if path.is_file()]
        for _ in range(chance.choice((1, 2, 5))):
            path = chance.choice(files)
            if not path.is_file() or path.is_symlink():
                continue
            match chance.randrange(7):
                case 0:
                    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size + 1)])
                case 1:
                    path.unlink()
                    path.symlink_to(chance.choice((precious / "a", Path("/dev/zero"), precious, Path("nowhere"))))
                case 2:
                    path.unlink()
                    os.mkfifo(path)
                case 3:
                    whole = [one for one in files if one.is_file() and not one.is_symlink()]  # no pipe, no device
                    path.write_bytes(chance.choice(whole).read_bytes())
                case 4:
                    data = bytearray(path.read_bytes() or b"\0")
                    for _ in range(20):
                        data[chance.randrange(len(data))] = chance.randrange(256)
                    path.write_bytes(data)
                case 5:
                    path.rename(path.with_name(chance.choice(("1.npz", "x", "..x", "versions.jsonl", "2026.jsonl"))))
                case _ if path.suffix == ".jsonl":
                    try:
                        lines = plain_lines(path)
                        damage_lines(chance, lines)
                        write_lines(path, lines)
                    except ValueError:  # it was damaged already
                        continue
        adopt(piece)
        kept = find_kept(piece)
        assert kept and kept.seal
        for one in history_of(find_workspace(piece)).all():
            counts["versions"] += one.number > 0
        for name in kept.logs():
            assert read_log(kept.sessions.path / name).is_own
            counts["sessions"] += 1
        assert kept_around(piece / ".waves-foreign" / "sessions" / "x.jsonl"), "it stays"
        shutil.rmtree(piece)
    print(f"folders: {number + 1}, of which were taken over {dict(counts)}")
    assert tree_of(precious) == {"a": b"precious"} and counts["versions"] and counts["sessions"]


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_states_that_are_written_by_a_forger_with_every_size(session):
    """Ends, limiter and rings of other lengths than the piece has."""
    kept = session.archive.kept
    assert kept.seal
    for chance in cases(5):
        state = read_state(kept)
        state.ends = np.zeros(3 * chance.randrange(500), np.int64)
        state.limiter = state.limiter[: chance.choice((0, state.limiter.size))]
        for key in list(state.states):
            if not chance.randrange(4):
                state.states[key] = state.states[chance.choice(list(state.states))]
        for key in list(state.memories):
            if not chance.randrange(3):
                state.memories[key] = state.memories[chance.choice(list(state.memories))]
        write_snapshot(kept.sessions, "1.npz", state, kept.seal)
        is_heard_or_said(read_snapshot(kept.sessions, "1.npz", kept.seal), session)
