"""`check` against the start of a piece: both say the same, also of what only the graph and the sample files show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.mistakes import LiveSession, composer_for, make_workspace
from waves.engine.state.memory_limit import require_memory
from waves.live.workspace import node_arrays
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.problem import Problem, Problems

STEPS = "my_sound: {sequencer: {interval: 0.2, steps: [%s]}}"
KIT = "k: {sample: {file: samples/kit}}\n"
LOOP = "delay: {time: 0.001, id: d, signal: {expression: {exp: 'x + 0.5 * $d', x: hat}}}"
BAD = "'c.wav' is not a sound file: Format not recognised"

LONG_DELAYS = "my_sound: {mix: {signals: [" + "{delay: {time: 30, signal: hat}}, " * 121 + "]}}"
TOGETHER = "my_sound: {play: '" + ", ".join(f"<{'hat ' * k}>" for k in (3, 5, 7, 11, 13, 17, 19)) + "', cycle: 1}"

SAID = [  # text, the sentence of the start, the suggestion, column
    ("my_sound: {mix: {a: {" + LOOP + "}}}", "a loop takes at least 1.45 ms", "", 22),
    ("my_sound: {mix: {a: {track: {out: 5, signal: hat}}}}", "there is no output 6", "", 35),
    (STEPS % "{track: {out: 1, signal: hat}}", "a voice has no outputs of its own", "", 61),
    (STEPS % "hat" + "\nx: {sequencer: {interval: 1, steps: [kit:1]}}", "", "", 0),
    (STEPS.replace("0.2", "0.2, voices: 1000") % "{delay: {time: 30, signal: hat}}", "1000 voices need", "", 61),
    (LONG_DELAYS, "all nodes need 2,030 MB of memory, more than 2,000, and this one most, 17 MB", "", 29),
    (TOGETHER, "'hat' comes again after 33,948,915 notes: 20,000 at most", "", 12),
    ("my_sound: {sample: {file: samples/wide.wav}}", "has 1024 channels: the first two play", "", 27),
    ("my_sound: {sample: {file: samples/six.wav}}", "has 6 channels: the first two play", "", 27),
    (STEPS % "kit:0", f"{BAD}; number 2 of 'kit' is silent, the others play", "", 47),
    (STEPS % "kit:2", BAD, "'kit:1'", 47),
    (STEPS % "hat, 'kit:2'", BAD, "'kit:1'", 52),
    (STEPS % "kit:7", BAD, "'kit:1'", 47),
    (KIT + STEPS % "k chop2", BAD, "'chop1'", 49),
    (KIT + STEPS % "k chop=2", BAD, "'chop=1'", 49),
    (KIT + "my_sound: {k: {chop: 2}}", BAD, "'chop: 1'", 22),
    ("my_sound: {sample: {file: samples/kit, chop: 2}}", BAD, "'chop: 1'", 46),
]


def workspace(root: Path, text: str) -> Path:
    file = make_workspace(root, text)
    (file.parent / "samples" / "kit" / "c.wav").write_text("404 not found")
    soundfile.write(file.parent / "samples" / "six.wav", np.zeros((100, 6)), 44100)
    soundfile.write(file.parent / "samples" / "wide.wav", np.zeros((48, 1024)), 44100)
    return file


def at_the_start(file: Path) -> list[Problem]:
    """What a start of `my_sound` says."""
    composer = composer_for(file)
    try:
        composition = composer.compose([("my_sound", {})])
        require_memory(composition.graph)  # as the plan
        return [composer.located(problem) for problem in composition.findings]
    except Problems as error:
        return [composer.located(problem) for problem in error.problems]


@pytest.mark.parametrize(("text", "sentence", "suggestion", "column"), SAID, ids=[row[0][:70] for row in SAID])
def test_check_says_what_the_start_says(tmp_path: Path, text: str, sentence: str, suggestion: str, column: int) -> None:
    file = workspace(tmp_path / "piece", text)
    said = at_the_start(file)
    if not sentence:
        assert said == []
        return
    [problem] = [one for one in said if sentence in one.sentence]
    assert (problem.suggestion, problem.mark and problem.mark.column) == (suggestion, column)
    found = check_piece(open_workspace(file.parent))[0]
    assert found.count(problem) == 1 and set(said) <= set(found)
    if suggestion:
        assert problem.level == "error" and problem.source
        old, new = problem.source[column - 1 :].split("]")[0].split("}")[0], suggestion.strip("'")
        name = "chop: 2" if new.startswith("chop: ") else old.split()[-1].strip("'")
        file.write_text(text.replace(name, new))
        assert all(one.level == "warning" for one in at_the_start(file)), "the suggestion works"


def test_a_file_of_a_folder_that_is_no_sound_is_one_warning_and_asked_for_one_error(tmp_path: Path) -> None:
    file = make_workspace(tmp_path / "piece", STEPS % "hat, 'kit:1', 'kit:1'")
    (file.parent / "samples" / "kit" / "a.wav").write_text("no sound")
    found = check_piece(open_workspace(file.parent))[0]
    assert [(one.level, one.sentence.split(";")[-1]) for one in found] == [
        ("warning", " number 0 of 'kit' is silent, the others play")
    ]
    assert at_the_start(file) == found
    file.write_text(STEPS % "hat, 'kit:0', 'kit:1', 'kit:0'")
    [asked] = check_piece(open_workspace(file.parent))[0]
    assert (asked.level, asked.suggestion) == ("error", "'kit:1'") and at_the_start(file) == [asked]


def test_check_says_all_missing_files_of_a_sound(tmp_path: Path) -> None:
    text = "my_sound: {mix: {a: {sample: {file: samples/no.wav}}, b: {sample: {file: samples/nor.wav}}}}"
    found = check_piece(open_workspace(workspace(tmp_path / "piece", text).parent))[0]
    assert [(one.mark and one.mark.column, one.level) for one in found] == [(37, "error"), (74, "error")]


def test_check_says_a_warning_once_however_many_sounds_use_it(tmp_path: Path) -> None:
    text = "my_sound: {mix: {p: a, q: b}}\na: {" + LOOP + "}\nb: {track: {signal: a}}\n"
    found = check_piece(open_workspace(workspace(tmp_path / "piece", text).parent))[0]
    assert [(one.level, one.mark and one.mark.line) for one in found] == [("warning", 2)]


def test_a_file_that_is_asked_for_and_breaks_refuses_the_save_and_the_old_sound_plays_on(tmp_path: Path) -> None:
    live = LiveSession(tmp_path / "piece", STEPS % "kit:1")
    (live.file.parent / "samples" / "kit" / "b.wav").write_text("404 not found")
    refused = live.save(STEPS.replace("0.2", "0.1") % "kit:1")
    [problem] = refused.problems  # type: ignore[attr-defined]
    assert refused.kind == "refused" and problem.suggestion == "'kit:0'"
    live.play(400)
    assert np.abs(live.output[-400:]).max() > 0.1
    assert live.save(STEPS % "kit:0").kind == "reloaded"


def test_a_number_without_a_default_is_no_mistake_of_who_uses_the_sound(tmp_path: Path) -> None:
    """`overlap` of a sample has none."""
    file = make_workspace(tmp_path / "piece", KIT + "my_sound: {k: {chop: 1, loop: true}}")
    assert at_the_start(file) == []


def test_arrays_of_all_nodes_together_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each `grains` with another seed has arrays of its own; a piece with fewer of them is good again."""
    text = "my_sound: {mix: {signals: [%s]}}"
    grains = [f"{{grains: {{file: samples/six.wav, seed: {k}}}}}" for k in range(40)]
    file = workspace(tmp_path / "piece", text % ", ".join(grains))
    monkeypatch.setattr(node_arrays, "MEGABYTES", 2.0)
    opened = open_workspace(file.parent)
    [problem] = [one for one in check_piece(opened)[0] if one.level == "error"]
    assert problem.mark and problem.mark.column > 100
    assert problem.sentence.startswith("up to here the files and tables of nodes need 2 MB of memory, more than 2")
    file.write_text(text % ", ".join(grains[:3]))
    assert not [one for one in check_piece(open_workspace(file.parent))[0] if one.level == "error"]


def test_a_var_with_the_name_of_a_value_of_notes_is_what_it_is_where_the_sound_plays(tmp_path: Path) -> None:
    text = "vars: {v: [1, 2]}\nmy_sound: {osc: {freq: mean(v)}}\nx: {osc: {amp: v}}"
    file = make_workspace(tmp_path / "piece", text)
    assert at_the_start(file) == [] and check_piece(open_workspace(file.parent))[0] == []
    file.write_text(text.replace("mean(", "no("))
    assert len(check_piece(open_workspace(file.parent))[0]) == 1
