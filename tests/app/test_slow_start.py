"""What is told at a terminal while a command starts slowly, and how sounds without a comment are listed."""

from __future__ import annotations

import io
import sys
import time

import pytest

from tests.harness.session_harness import composer_for, save
from waves.app.commands.list_sounds import node_with_parts
from waves.app.terminal.messages import told_when_slow


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("stream", "after", "told"), [(Terminal(), 0.0, True), (Terminal(), 1e5, False)])
def test_what_is_slow_is_told_in_one_line(monkeypatch, stream, after, told):
    monkeypatch.setattr(sys, "stderr", stream)
    with told_when_slow("reading the piece ...", after):
        while told and not stream.getvalue():
            time.sleep(0.001)
    assert stream.getvalue() == ("reading the piece ...\n" if told else "")


def test_without_a_terminal_nothing_is_told(capsys):
    with told_when_slow("reading the piece ...", 0.0):
        time.sleep(0.01)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("sound", "listed"),
    [
        ("{tempo: {bpm: 90, signal: {mix: {drums: {osc: {}}, bass: {osc: {}}}}}}", "tempo: drums, bass"),
        ("{mix: {a: {osc: {}}}}", "mix: a"),
        ("{tempo: {signal: {limit: {signal: {osc: {}}}}}}", "tempo"),
        ("{osc: {}}", "osc"),
        ("hat", "hat"),
        (
            "{mix: {" + ", ".join(f"p{k}: {{osc: {{}}}}" for k in range(9)) + "}}",
            "mix: p0, p1, p2, p3, p4, p5, p6, p7, ...",
        ),
    ],
)
def test_a_sound_without_a_comment_is_listed_with_its_parts(tmp_path, sound, listed):
    save(tmp_path, f"my_sound: {sound}\nhat: {{osc: {{}}}}\n")
    piece, _ = composer_for(tmp_path).read()
    assert node_with_parts(piece.sounds["my_sound"]) == listed
