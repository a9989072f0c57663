"""The benchmarks measure what they say: each piece has the right sound, each result comes from a short run."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from bench import (
    commits,
    live,
    memory,
    node_costs,
    oscillator,
    pieces,
    reference,
    rows,
    save_latency,
    timing,
    workloads,
    workspace,
)
from bench.clicks import ALLOWED
from bench.edit_case import Edit
from bench.edit_cases import EDITS
from bench.session import Live
from bench.table import Table
from tests.harness.paths import TOP
from waves.language.text.document import read_document

pytestmark = pytest.mark.long
FRAMES = 32 * reference.BLOCK


@pytest.fixture(scope="module", autouse=True)
def compiler():
    yield
    workspace.close()


@pytest.mark.parametrize("workload", workloads.WORKLOADS, ids=lambda workload: workload.name)
def test_a_workload_is_the_textbook_sound(workload):
    rendered = workspace.Piece(workload.text()).render(FRAMES)
    expected = workloads.summed(reference.plain(workload.name), FRAMES)
    assert np.abs(expected).max() > 0.01
    assert np.abs(rendered - expected).max() < workload.error


def test_the_sines_have_their_closed_form():
    expected = workloads.expected_sines(FRAMES)
    assert np.abs(workloads.summed(reference.plain("sines"), FRAMES) - expected).max() < 1e-10


@pytest.mark.parametrize("name", ["sines", "sines_fast", "voices", "players"])
def test_the_loops_in_c_go_on_from_call_to_call(name):
    loop = reference.in_c(name)
    if loop is None:
        pytest.skip("needs a C compiler")
    summed = np.concatenate([workloads.summed(loop, FRAMES // 2) for _ in range(2)])
    expected = workloads.summed(reference.plain(name.removesuffix("_fast")), FRAMES)
    assert np.abs(summed - expected).max() < 1e-8


def test_a_wrong_sound_is_not_timed(monkeypatch):
    monkeypatch.setattr(pieces, "VOICE_GAIN", 0.031)
    wrong = pieces.voices()
    monkeypatch.undo()
    voices = next(workload for workload in workloads.WORKLOADS if workload.name == "voices")
    with pytest.raises(AssertionError, match="off by"):
        workloads.check(replace(voices, text=lambda: wrong), FRAMES)


def test_pieces_have_as_many_nodes_as_they_say():
    counts = [workspace.Piece(pieces.many(groups)).rows for groups in rows.GROUPS[:3]]
    assert counts == [11, 101, 1001], "one is the transport"
    assert workspace.Piece(pieces.many(commits.GROUPS)).rows == 1001


def test_the_song_has_300_lines_and_one_entry_changes():
    before = read_document(pieces.song(), "waves.yaml")
    after = read_document(pieces.song(2001, 3), "waves.yaml", before)
    changed = [name for name in after.entries if after.entries[name].data is not before.entries[name].data]
    assert pieces.song().count("\n") >= 300
    assert changed == ["part3"]


def test_a_row_without_work_is_silent():
    assert not workspace.Piece(pieces.many(1, "{nothing: {}}")).render(FRAMES).any()


def test_commits_are_timed_by_stage():
    _, spent = commits.commits(
        [pieces.changing(2, freq, 1, mode) for freq, mode in ((220, "DIGITAL"), (330, "TAPE"))], 3
    )
    names = {"read and parse", "schema and tree", "graph", "transition", "plan", "trial", "added"}
    assert set(spent) == names
    assert all(len(seconds) == 3 for seconds in spent.values())
    assert min(min(spent[name]) for name in names - {"added"}) > 0.0


def test_a_save_is_committed_and_its_stages_add_up():
    song = Live(pieces.song())
    with song.on_air():
        total, event = song.saved({"waves.yaml": pieces.song(2500)})
    song.close()
    counts = {name: getattr(event, name) for name in ("new", "dropped")}
    assert counts == {"new": 0, "dropped": 0}
    assert 0.0 < event.stages["commit"] / 1e3 < total


def test_reloads_keep_neither_plans_nor_states():
    reloads = memory.Reloads()
    reloads.run(1, 20)
    engines = reloads.counts()["machine code"]
    reloads.run(20, 60)
    counts = reloads.counts()
    reloads.session.stop()
    plan = reloads.engine.playing
    assert plan and counts["states"] == len(plan.states)
    assert 0 < counts["parked"] <= memory.PARKING
    assert counts["plans"] <= 2
    assert counts["machine code"] == engines
    assert memory.resident() > 1e6


def test_stages_are_those_of_the_functions_called():
    holder = type("Holder", (), {"work": staticmethod(lambda x: x + 1)})
    with timing.stages({"one": (holder, "work")}) as spent:
        assert holder.work(1) == 2
        assert spent["one"] > 0.0
    held = dict(spent)
    holder.work(1)
    assert spent == held


def test_a_table_counts_exceeded_budgets(capsys):
    table = Table("A title")
    table.add("fast", "1 ms", "2 ms", True)
    table.add("[slow]", "3 ms", "2 ms", False)
    table.add("seen", "4 ms")
    table.show()
    shown = capsys.readouterr().out
    assert table.failures == 1
    assert [figure.word for figure in table.figures] == ["pass", "FAIL", ""]
    assert "[slow]" in shown and "FAIL" in shown
    assert table.markdown.splitlines()[:3] == [
        "| measured | figure | budget |",
        "| --- | ---: | ---: |",
        "| fast | 1 ms | 2 ms |",
    ]


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


# ---- effect of an edit on a playing piece

KINDS = {edit.title: edit for edit in EDITS}
SHOWN = ("a number", "a number becomes a signal", "time of a delay", "steps of a sequencer", "tempo", "undo")
SHOWN += ("moved into a mix of its own", "an unchanged save", "a mistake", "the code of a node")


def rows_of_the_table() -> dict[str, list[str]]:
    """The cells of docs/live.md after the title of each row."""
    table = live.DOCUMENT.read_text("utf-8").partition(live.MARKS[0])[2].partition(live.MARKS[1])[0]
    cells = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in table.strip().splitlines()]
    return {title: rest for title, *rest in cells[2:]}


@pytest.mark.parametrize("title", SHOWN)
def test_the_table_of_edits_says_what_is_measured(title):
    outcome = live.measured(KINDS[title])
    assert outcome.passed
    _, report, click, excess, state, rest, *_ = outcome.cells
    shown = rows_of_the_table()[title]
    assert (report, excess, state, rest) == (shown[0], *shown[2:5])
    assert float(click) == pytest.approx(float(shown[1]), abs=0.011)


def test_the_table_of_edits_has_every_kind_of_them_and_its_milliseconds():
    rows = rows_of_the_table()
    assert list(rows) == [edit.title for edit in EDITS]
    for edit in EDITS:
        *stages, whole = rows[edit.title][-5:]
        assert int(whole) > 0
        assert stages == [""] * 4 if edit.refused else sum(map(int, stages)) > 0


def measured_once(edit: Edit) -> live.Outcome:
    return live.measured(edit, live.COMMITS[:1])


def test_a_cut_is_a_click(monkeypatch):
    edit = KINDS["a track removed"]
    assert measured_once(edit).click <= ALLOWED
    monkeypatch.setattr("bench.session.FADE", 0)
    cut = measured_once(edit)
    assert cut.click > 2.0 and not cut.passed


def test_state_is_compared_to_a_part_of_a_frame():
    """A glide that begins a frame late: 110 Hz less in that frame, in frames of 330 Hz."""
    edit = KINDS["a number"]
    late = replace(edit, expected=edit.expected.replace("GLIDE", f"clip((t * sr - {live.COMMITS[0]}) / 882, 0, 1)"))
    off = measured_once(late)
    assert off.state == pytest.approx(1 / 3, abs=1e-4) and not off.passed


def test_a_step_that_is_missing_is_a_state_that_is_lost():
    edit = KINDS["steps of a sequencer"]
    assert measured_once(replace(edit, expected=edit.expected.replace("0.06", "0.061"))).state > 10.0


def test_a_node_that_starts_again_is_a_state_that_is_lost(monkeypatch):
    edit = KINDS["a track renamed"]
    monkeypatch.setattr("waves.engine.plan.renaming.match_nodes", lambda old, new, pools: {})
    assert measured_once(edit).state == float("inf")


def test_a_track_that_is_touched_is_seen():
    edit = KINDS["a number"]
    text = str(edit.saved["waves.yaml"])
    for old, new, whose in (("f900", "f800", "rhythmic"), ("freq: 0.7", "freq: 0.8", "steady")):
        touched = measured_once(replace(edit, saved={"waves.yaml": text.replace(old, new)}))
        assert touched.cells[5] == f"not {whose}" and not touched.passed


def test_an_edit_is_timed_by_stage():
    spent = live.time_of(KINDS["undo"], 2)
    assert set(spent) == {*live.STAGES, "all"}
    assert 0.0 < spent["compose"] < spent["all"]


def test_a_table_goes_between_its_marks(tmp_path, monkeypatch):
    document = tmp_path / "live.md"
    document.write_text(f"before\n{live.MARKS[0]}old\n{live.MARKS[1]}after\n")
    monkeypatch.setattr(live, "DOCUMENT", document)
    table = Table("A title")
    table.add("fast", "1 ms")
    live.write([table])
    assert document.read_text() == f"before\n{live.MARKS[0]}\n{table.markdown}\n{live.MARKS[1]}after\n"


@pytest.mark.parametrize("places", [commits.STAGES, save_latency.STAGES, oscillator.places()])
def test_a_stage_is_a_function_of_the_program(places):
    assert all(callable(getattr(holder, name)) for holder, name in places.values())


def test_the_quality_that_a_node_states():
    text = "Osc: a wave.\n\n    tone: {osc: {}} # below -10 dB\n\nAliases of\nit are below -80 dB. It is blue.\n"
    assert node_costs.stated(text) == "Aliases of it are below -80 dB"
    table = "\n| `quality` | to 1 kHz | cost |\n| --- | --- | --- |\n| `draft` | -1 dB | 1 |\n| `good` | -2 dB | 2 |\n"
    assert node_costs.stated(f"{text}\nWhat is lost:\n{table}") == "What is lost: to 1 kHz -2 dB"
    assert node_costs.stated("Mix: a sum.") == ""


def test_rows_of_nodes_that_were_not_measured_stay(tmp_path, monkeypatch):
    document = tmp_path / "README.md"
    begin, end = node_costs.MARKS
    monkeypatch.setattr(node_costs, "DOCUMENT", document)
    document.write_text(
        f"before\n{begin}\n| node | ns | quality |\n| --- | ---: | --- |\n| dc | 1 |  |\n| mix | 2 |  |\n\n{end}after\n"
    )
    table = Table("Nodes", columns=("node", "ns"))
    table.row(("mix", "3"))
    table.row(("string", "4"))
    node_costs.write([table])
    rows = document.read_text().splitlines()[3:]
    assert rows[:4] == ["| node | ns | quality |", "| --- | ---: | --- |", "| dc | 1 |  |", "| mix | 3 |  |"]
    assert rows[4].startswith("| string | 4 | The pitch is exact to 0.1 cent") and rows[-1] == "after"


def test_the_costs_of_a_node():
    """A sum of four signals is cheap, and `track` has four variants."""
    found = node_costs.costs(["mix", "track", "tempo"])
    assert found.keys() == {"mix", "track"}
    assert 0.0 < found["mix"].frame < 100.0
    assert found["track"].compiled.keys() == {"", "pan", "volume", "pan and volume"}
    assert all(0.0 < seconds < 60.0 for seconds in found["track"].compiled.values())
