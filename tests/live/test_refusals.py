"""Refused saves are kept in the session log, whatever kind of file they were, and listed afterwards."""

from __future__ import annotations

from pathlib import Path

from tests.harness.command import Play, waves
from tests.harness.kept_sessions import kept_in
from waves.live.history.log_reader import refused_saves
from waves.live.kept.json_lines import JsonLines

PIECE = "my_sound: {osc: {freq: 220, amp: 0.2}}\n"
NODE = "from waves.node import Node\n\nclass Hum(Node):\n    def render(out)\n"


def test_refused_saves_of_all_files_are_listed_with_their_problems(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "waves.yaml").write_text(PIECE)
    assert waves(tmp_path, "history", "--refused").stdout == "no save was refused\n"
    with Play(tmp_path, "--trust") as play:
        play.wait_for("started")
        play.save(PIECE.replace("freq", "freqq"))
        play.wait_for("refused")
        play.save("BPM = 'fast'\n", "config.py")
        play.wait_for("refused")
        play.save(NODE, "nodes/hum.py")
        play.wait_for("refused")
        play.end()
    assert [one.change for one in refused_saves(tmp_path)] == ["waves.yaml", "config.py", "hum.py"]
    times = [one.time for one in refused_saves(tmp_path)]
    assert times == sorted(times) and times[0] > 1.6e9
    lines = waves(tmp_path, "history", "--refused").stdout.splitlines()
    assert [line[21:] for line in lines if line[0].isdigit()] == ["waves.yaml", "config.py", "hum.py"]
    assert "    waves.yaml:1:18: my_sound.osc.freqq: 'osc' has no parameter 'freqq'; did you mean 'freq'?" in lines
    assert any(line.startswith("    config.py:1:7: BPM: expected a ") for line in lines)
    (tmp_path / "config.py").unlink()
    assert waves(tmp_path, "replay", "last", "-o", "again.wav").returncode == 0


def test_lines_that_are_no_refusals_are_passed_over(tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    lines = JsonLines(kept.sessions, kept.new_log(0.0), kept.texts, kept.seal)
    for entry in (
        {"refused": "x", "change": "a", "problems": []},
        {"refused": 1e999, "change": "a", "problems": []},
        {"refused": 1.0, "change": 3, "problems": []},
        {"refused": 1.0, "change": "a", "problems": None},
        {"refused": 2.0, "change": "good", "problems": ["one"]},
    ):
        lines.add(entry)
    lines.write()
    with lines.path.open("a") as file:
        file.write('{"refused": 3.0, "change": "of somebody else", "problems": []}\nhalf a li')
    (kept.sessions.path / "2026-01-01_00-00-00.jsonl").mkdir()
    assert [one.change for one in refused_saves(tmp_path)] == ["good"]
