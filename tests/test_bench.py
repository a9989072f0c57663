"""The benchmarks measure what they say: each piece sounds as it should, each figure comes of a short run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import commits, memory, piece, reference, rows, texts, timing, workloads
from bench.session import Live
from bench.table import Table
from waves.document import read_document

TOP = Path(__file__).parent.parent
FRAMES = 32 * reference.BLOCK


@pytest.fixture(scope="module", autouse=True)
def compiler():
    yield
    piece.close()


@pytest.mark.parametrize("workload", workloads.WORKLOADS, ids=lambda workload: workload.name)
def test_a_workload_is_the_textbook_sound(workload):
    heard = piece.Piece(workload.text()).render(FRAMES)
    expected = workloads.summed(reference.plain(workload.name), FRAMES)
    assert np.abs(expected).max() > 0.01
    assert np.abs(heard - expected).max() < workload.error


def test_the_sines_have_their_closed_form():
    expected = workloads.expected_sines(FRAMES)
    assert np.abs(workloads.summed(reference.plain("sines"), FRAMES) - expected).max() < 1e-10


@pytest.mark.parametrize("name", ["sines", "sines_fast", "voices", "players"])
def test_the_loops_in_c_go_on_from_call_to_call(name):
    loop = reference.in_c(name)
    if loop is None:
        pytest.skip("needs a C compiler")
    heard = np.concatenate([workloads.summed(loop, FRAMES // 2) for _ in range(2)])
    expected = workloads.summed(reference.plain(name.removesuffix("_fast")), FRAMES)
    assert np.abs(heard - expected).max() < 1e-8


def test_a_wrong_sound_is_no_figure(monkeypatch):
    monkeypatch.setattr(texts, "VOICE_GAIN", 0.031)
    wrong = texts.voices()
    monkeypatch.undo()
    voices = next(workload for workload in workloads.WORKLOADS if workload.name == "voices")
    with pytest.raises(AssertionError, match="off by"):
        workloads.check(workloads.Workload(voices.name, voices.title, lambda: wrong, 1.0, 1.0, voices.error), FRAMES)


def test_pieces_have_as_many_nodes_as_they_say():
    assert [piece.Piece(texts.many(groups)).rows for groups in rows.GROUPS[:3]] == [11, 101, 1001]  # and the transport
    assert piece.Piece(texts.many(commits.GROUPS)).rows == 1001


def test_the_song_has_300_lines_and_one_entry_changes():
    before = read_document(texts.song(), "waves.yaml")
    after = read_document(texts.song(2001, 3), "waves.yaml", before)
    changed = [name for name in after.entries if after.entries[name].data is not before.entries[name].data]
    assert texts.song().count("\n") >= 300
    assert changed == ["part3"]


def test_a_row_without_work_is_silent():
    assert not piece.Piece(texts.many(1, "{nothing: {}}")).render(FRAMES).any()


def test_commits_are_timed_by_stage():
    _, spent = commits.commits(
        [texts.changing(2, freq, 1, mode) for freq, mode in ((220, "DIGITAL"), (330, "TAPE"))], 3
    )
    names = {"read and parse", "schema and tree", "graph", "transition", "plan", "trial", "added"}
    assert set(spent) == names
    assert all(len(seconds) == 3 for seconds in spent.values())
    assert min(min(spent[name]) for name in names - {"added"}) > 0.0


def test_a_save_is_heard_and_its_stages_add_up():
    live = Live(texts.song())
    with live.on_air():
        total, event = live.saved({"waves.yaml": texts.song(2500)})
    live.close()
    counts = {name: event.figures[name] for name in ("new", "dropped")}
    assert counts == {"new": 0, "dropped": 0}
    assert 0.0 < event.figures["stages"]["commit"] / 1e3 < total


def test_reloads_keep_neither_plans_nor_states():
    reloads = memory.Reloads()
    reloads.run(1, 20)
    engines = reloads.counts()["llvm engines"]
    reloads.run(20, 60)
    counts = reloads.counts()
    reloads.session.stop()
    plan = reloads.engine.playing
    assert plan and counts["states"] == len(plan.states)
    assert 0 < counts["parked"] <= memory.PARKING
    assert counts["plans"] <= 2
    assert counts["llvm engines"] == engines
    assert memory.resident() > 1e6


def test_stages_are_those_of_the_functions_called():
    holder = type("Holder", (), {"work": staticmethod(lambda x: x + 1)})
    with timing.stages({"one": (holder, "work")}) as spent:
        assert holder.work(1) == 2
        assert spent["one"] > 0.0
    held = dict(spent)
    holder.work(1)
    assert spent == held


def test_a_table_counts_what_is_missed(capsys):
    table = Table("A title")
    table.add("fast", "1 ms", "2 ms", True)
    table.add("[slow]", "3 ms", "2 ms", False)
    table.add("seen", "4 ms")
    table.show()
    shown = capsys.readouterr().out
    assert table.failures == 1
    assert [figure.word for figure in table.figures] == ["pass", "FAIL", ""]
    assert "[slow]" in shown and "FAIL" in shown


def test_an_unknown_part_is_wrong_usage():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "lunch"], check=False, cwd=TOP, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "no part 'lunch'" in done.stderr


def test_the_sequence_is_the_right_sound(monkeypatch):
    from bench import sequences

    assert sequences.check(22_050) < 1e-9
    monkeypatch.setattr(sequences, "expected", lambda frames: sequences.np.zeros(frames))
    with pytest.raises(AssertionError, match="off by"):
        sequences.check(6400)
