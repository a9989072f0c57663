"""`waves try`: a workspace's own node end to end, a shipped one, one without a kernel, and what cannot be tried."""

from __future__ import annotations

import io
import re
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.harness.command import waves
from tests.harness.paths import TOP
from waves.app.commands.try_node import try_type
from waves.app.terminal import progress
from waves.language.model.sound_arguments import UsageProblem
from waves.problem import Problems
from waves.testing.laws import LAWS

RECTIFY = (TOP / "tests" / "example_nodes" / "rectify.py").read_text("utf-8")
CLEARED = "\x1b[2K"  # a line of a terminal
CASES = """\
import numpy as np

NOISE = np.random.default_rng(1).standard_normal(500)
CASES = {"half a noise": {"signal": NOISE, "type": "half"}, "misspelt": {"signal": 1.0, "tipe": "full"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace with a node of its own and cases beside it."""
    (tmp_path / "nodes" / "_cases").mkdir(parents=True)
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {}}\n", "utf-8")
    (tmp_path / "nodes" / "rectify.py").write_text(RECTIFY, "utf-8")
    return tmp_path


def test_a_node_of_a_workspace_from_its_example_to_its_costs(folder):
    """Its laws on the example hold; a case that cannot be played is a broken law, and the exit code says so."""
    (folder / "nodes" / "_cases" / "rectify.py").write_text(CASES, "utf-8")
    result = waves(folder, "try", "rectify", "--trust")
    assert result.returncode == 1, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == f"rectify: {folder}/nodes/rectify.py"
    assert re.fullmatch(r"example 'buzz': 4\.000 s, peak -\d+\.\d dB", lines[1])
    assert lines[2:4] == ["laws on the example 'buzz': all hold", "laws on the case 'half a noise': all hold"]
    assert lines[4] == "laws on the case 'misspelt': 1 broken law"
    assert lines[5] == "  it cannot be played: Rectify has no parameter tipe"
    time = r"time: (\d+\.\d) ns a frame, (\d+\.\d) ns with checks; the slowest block takes \d+\.\d times the mean"
    plain, checked = map(float, re.fullmatch(time, lines[6]).groups())
    assert plain <= checked
    assert lines[7] == "memory: state 0 bytes, rings and buffers 0, prepared arrays 0"
    assert re.fullmatch(r"compiled in \d+\.\d\d s", lines[8])


class Screen(io.StringIO):
    """Standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_what_it_does_is_shown_on_a_terminal_and_removed(monkeypatch):
    monkeypatch.setattr("sys.stderr", screen := Screen())
    monkeypatch.setenv("TERM", "xterm-256color")
    with progress.activity() as say:
        say("trying [bold] the example: law 1 of 9: blocks")
        time.sleep(0.2)  # it is drawn ten times a second
    assert "trying [bold] the example: law 1 of 9: blocks" in screen.getvalue()
    assert screen.getvalue().endswith(CLEARED)
    monkeypatch.setattr("sys.stderr", piped := io.StringIO())
    with progress.activity() as say:
        say("trying")
    assert piped.getvalue() == ""


def test_a_shipped_node_and_one_that_other_nodes_replace(tmp_path, capsys, monkeypatch):
    said = []
    monkeypatch.setattr(progress, "activity", lambda: nullcontext(said.append))
    assert try_type("smooth", tmp_path, trust=False) == 0
    shown = capsys.readouterr().out
    laws = [words.partition(": law ")[2] for words in dict.fromkeys(said) if ": law " in words]
    assert laws[: len(LAWS)] == [f"{k} of {len(LAWS)}: {name}" for k, name in enumerate(LAWS, 1)]
    assert said[0] == "looking for cases" and said[-1].endswith(": measuring the costs")
    assert shown.startswith("smooth: shipped with waves\n") and "laws on the example" in shown
    assert "laws on the example" in shown and " with moving " in shown
    assert "broken" not in shown and re.search(r"compiled in .* s", shown)
    assert try_type("context", tmp_path, trust=False) == 0
    shown = capsys.readouterr().out
    assert "example 'loud_and_soft': " in shown
    assert "'context' has no kernel: other nodes take its place" in shown and "laws on" not in shown


def test_python_of_a_folder_that_is_not_trusted_does_not_run(folder):
    (folder / "nodes" / "rectify.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n{RECTIFY}", "utf-8")
    with pytest.raises(Problems, match="'rectify' is in nodes/ of a folder that is not trusted: `waves trust "):
        try_type("rectify", folder, trust=False)
    assert not (folder / "ran").exists()


def test_a_name_that_nothing_has_and_a_file_that_is_broken(folder):
    with pytest.raises(UsageProblem, match="there is no node type 'rectifi'; did you mean 'rectify'"):
        try_type("rectifi", folder, trust=True)
    (folder / "nodes" / "rectify.py").write_text(RECTIFY.replace("max(signal[i], 0.0)", "max(signal[i], 0.0"), "utf-8")
    with pytest.raises(Problems, match=r"rectify\.py:\d+:\d+: is not Python"):
        try_type("rectify", folder, trust=True)
