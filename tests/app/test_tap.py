"""`waves tap`: taps against a clock that the test holds, and the pattern in the file under the rules of saves."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.harness.command import environment
from tests.harness.session_harness import composer_for, save
from waves.app.clients.piece.piece_texts import PieceTexts
from waves.app.commands.tap.listening import Count, listen
from waves.app.commands.tap.pattern_file import with_pattern, write_pattern
from waves.app.commands.tap.tap import tap_pattern, tempo_of
from waves.app.commands.tap.tapped import tapped
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problems

PIECE = "# a piece\nmy_sound: {play: beat}\nkick: {osc: {}}\npatterns:\n  # four\n  beat: 'kick*4'\n"


class Hand:
    """Somebody who taps at given times, with a clock that stands still while nobody waits."""

    def __init__(self, *taps: tuple[float, str]):
        self.taps, self.time, self.written = [*taps], 0.0, ""

    def read(self, timeout: float) -> str:
        self.time += max(timeout, 0.001)
        due = [key for at, key in self.taps if at <= self.time]
        self.taps = [one for one in self.taps if one[0] > self.time]
        return "".join(due)

    def write(self, text: str) -> None:
        self.written += text

    def listen(self, count: Count) -> list[float] | None:
        return listen(count, self.read, lambda: self.time, self.write)


def test_a_bar_is_counted_and_taps_are_times_in_bars():
    hand = Hand((0.3, " "), (1.99, " "), (2.5, "k"), (2.51, "k"), (3.0, "\r"), (5.99, "x"))
    found = hand.listen(Count(2, (4.0,), 0.5))
    # one of two in 30 ms, none of the count, none at the end
    assert found == pytest.approx([-0.005, 0.25, 0.5], abs=0.005)
    lines = [line.replace("x", "") for line in hand.written.splitlines()]
    assert lines == ["count  1 2 3 4", "bar 1  1 2 3 4", "bar 2  1 2 3 4"]


def test_bars_that_differ_are_counted_in_turn():
    hand = Hand((1.25, " "), (2.25, " "), (3.0, " "), (3.75, " "))
    found = hand.listen(Count(3, (3.0, 1.5), 0.5))
    assert found == pytest.approx([1 / 3, 1.0, 2.0, 2.5], abs=0.01)
    lines = [line.replace("x", "") for line in hand.written.splitlines()]
    assert lines == ["count  1 2", "bar 1  1 2 3", "bar 2  1 2", "bar 3  1 2 3"]
    assert tapped(found, 3, 0, 0.05, "kick").pattern == "<[~ kick ~] kick kick*2>"


def test_q_ends_it():
    assert Hand((1.0, "q")).listen(Count(1, (4.0,), 0.5)) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PIECE, PIECE.replace("  # four", '  new: "kick(3,8)"\n  # four')),
        ("kick: {osc: {}}\n", 'kick: {osc: {}}\n\npatterns:\n  new: "kick(3,8)"\n'),
        ("patterns:\r\n    a: x\r\n", 'patterns:\r\n    new: "kick(3,8)"\r\n    a: x\r\n'),
        ("patterns: {a: kick}\nkick: {osc: {}}\n", 'patterns: {new: "kick(3,8)", a: kick}\nkick: {osc: {}}\n'),
        ("patterns:\nkick: {osc: {}}\n", 'patterns:\n  new: "kick(3,8)"\nkick: {osc: {}}\n'),
    ],
)
def test_one_line_comes_and_the_rest_of_the_file_stays(text, expected):
    assert with_pattern(text, "waves.yaml", "new", "kick(3,8)") == expected


@pytest.mark.parametrize("value", ["'kick*4'", '"kick [kick, kick]"', "kick", "kick kick"])
def test_a_pattern_that_is_there_is_replaced_only_by_force(value):
    text = f"kick: {{osc: {{}}}}\npatterns:\n  beat: {value}  # mine\n"
    with pytest.raises(UsageProblem, match="there is a pattern 'beat' already"):
        with_pattern(text, "waves.yaml", "beat", "kick*3")
    assert with_pattern(text, "waves.yaml", "beat", "kick*3", True) == text.replace(f"beat: {value}", 'beat: "kick*3"')


@pytest.mark.parametrize(
    "text", ["patterns: &a\n  ? x\n  : y\n", "a: [\n", "patterns:\n  beat: {steps: kick, rev}\n", "kick: {osc: {}}\n"]
)
def test_a_text_that_cannot_take_it_stays_as_it_is(text):
    name = "kick" if text.startswith("kick") else "beat"
    with pytest.raises(Problems):
        with_pattern(text, "waves.yaml", name, "kick*3", True)


def test_a_newer_file_wins_and_gets_the_pattern_too(tmp_path, monkeypatch):
    """Somebody saves between the reading and the writing: both are in the file then."""
    file = tmp_path / "waves.yaml"
    file.write_text(PIECE)
    texts = PieceTexts(find_workspace(tmp_path))
    read, saved = texts.read, []

    def read_before_a_save(name=None):
        found = read(name)
        if not saved:
            saved.append(file.write_text(PIECE + "hat: {osc: {}}\n"))
        return found

    monkeypatch.setattr(texts, "read", read_before_a_save)
    assert write_pattern(texts, "new", "kick(3,8)", False) == "waves.yaml"
    assert file.read_text() == PIECE.replace("  # four", '  new: "kick(3,8)"\n  # four') + "hat: {osc: {}}\n"


def test_the_tempo_is_that_of_the_piece(tmp_path):
    save(tmp_path, "my_sound: {tempo: {bpm: 90, metre: 3/4, signal: {osc: {}}}}\n")
    assert tempo_of(composer_for(tmp_path).read()[0], 120.0) == (90.0, (3.0,))
    save(tmp_path, "my_sound: {tempo: {bpm: 90, metre: [4/4, 7/8], signal: {osc: {}}}}\n")
    assert tempo_of(composer_for(tmp_path).read()[0], 120.0) == (90.0, (4.0, 3.5))
    save(tmp_path, "my_sound: {osc: {}}\n")
    assert tempo_of(composer_for(tmp_path).read()[0], 111.0) == (111.0, (4.0,))


def test_without_a_terminal_it_is_told_at_once(tmp_path):
    (tmp_path / "waves.yaml").write_text(PIECE)
    with pytest.raises(UsageProblem, match="taps are read from the keyboard of a terminal"):
        tap_pattern(tmp_path, "kick", 2, None, 40.0)
    with pytest.raises(UsageProblem, match="there is no sound 'kik'; did you mean 'kick'"):
        tap_pattern(tmp_path, "kik", 2, None, 40.0)


@pytest.mark.long
def test_in_a_terminal_the_pattern_is_shown_and_written(tmp_path: Path):
    pty = pytest.importorskip("pty")
    (tmp_path / "waves.yaml").write_text(PIECE)
    main, side = pty.openpty()
    command = [sys.executable, "-m", "waves", "tap", "kick", "--bars", "1", "--bpm", "120", "--write", "new"]
    script = ["sh", "-c", 'exec <"$0" 2>"$0"; exec "$@"', os.ttyname(side), *command]
    process = subprocess.Popen(
        script, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, start_new_session=True
    )
    shown = b""
    while b"bar 1" not in shown:
        shown += os.read(main, 4096)
    os.write(main, b" ")
    time.sleep(1.0)
    os.write(main, b" ")
    out = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 0 and out.startswith('play: "') and "kick" in out
    assert 'new: "' in (tmp_path / "waves.yaml").read_text()
    os.close(main)
    os.close(side)
