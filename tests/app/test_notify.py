"""Notifications of problems: sequences of terminals, and commands of the user."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from tests.harness.command import Play, waves
from tests.harness.waiting import wait
from waves.app.player.notifier import Notifier
from waves.app.terminal.notification import sequence
from waves.events.changes import Refused
from waves.events.event_bus import EventBus
from waves.live.workspace.settings import Settings
from waves.problem import Problem

HOSTILE = "a;b\x1b]0;title\x07\x9c\u202e\n" + "x" * 300
MISTAKE = Refused(file="waves.yaml", problems=(Problem("wrong"),))


@pytest.mark.parametrize(
    ("environment", "form"),
    [
        ({"TERM": "xterm-256color"}, "\x1b]9;{}\a"),
        ({"TERM": "xterm-kitty"}, "\x1b]99;;{}\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;waves;{}\x1b\\"),
        ({"TERM": "tmux", "TMUX": "x"}, "\x1bPtmux;\x1b\x1b]9;{}\a\x1b\\"),
    ],
)
def test_no_control_character_of_a_text_gets_into_a_sequence(environment, form):
    begin, end = form.split("{}")
    made = sequence("terminal", HOSTILE, environment)
    assert made.startswith(begin) and made.endswith(end)
    text = made[len(begin) : len(made) - len(end)]
    assert text.isprintable() and len(text) <= 200 and "title" in text
    assert sequence("terminal", "wrong", environment) == form.format("wrong")
    assert sequence("bell", HOSTILE, environment) == "\a"


def test_a_command_gets_its_arguments_and_the_text_without_a_shell(tmp_path):
    program = tmp_path / "say.py"
    program.write_text(f"import json, sys; open({str(tmp_path / 'said')!r}, 'w').write(json.dumps(sys.argv[1:]))")
    given = ["$(touch x)", "a b", ";", "*"]
    settings = Settings(NOTIFY="command", NOTIFY_COMMAND=[sys.executable, str(program), *given])
    Notifier(EventBus(), lambda: settings).event(MISTAKE)
    assert json.loads((tmp_path / "said").read_text()) == [*given, MISTAKE.text]


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ([], "NOTIFY is 'command', and NOTIFY_COMMAND is empty"),
        (["/nowhere/at/all"], "NOTIFY_COMMAND cannot be run: '/nowhere/at/all': No such file or directory"),
        (["a\0b"], "NOTIFY_COMMAND cannot be run: 'a\0b': embedded null byte"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], "NOTIFY_COMMAND takes more than 0.5 s and is ended"),
    ],
    ids=["none", "missing", "null", "slow"],
)
def test_a_command_that_cannot_be_run_is_told_and_plays_on(command, sentence, monkeypatch):
    monkeypatch.setattr("waves.app.player.notifier.PATIENCE", 0.5)
    bus = EventBus()
    said = bus.subscribe()
    notifier = Notifier(bus, lambda: Settings(NOTIFY="command", NOTIFY_COMMAND=command))
    notifier.event(MISTAKE)
    event = said.take(10.0)
    assert event and event.text == sentence


def test_only_the_user_gives_a_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    piece, said = tmp_path / "piece", tmp_path / "said"
    piece.mkdir()
    (piece / "waves.yaml").write_text("my_sound: {osc: {freq: 220, amp: 0.1}}\n")
    command = [sys.executable, "-c", f"open({str(said)!r}, 'w')"]
    (piece / "config.py").write_text(f"NOTIFY = 'command'\nNOTIFY_COMMAND = {command!r}\n")
    result = waves(piece, "play", "--device", "silent", "--duration", "0.1", "--plain", "--trust")
    assert re.search(
        r"NOTIFY_COMMAND in config.py has no effect: it counts in \S+ and on the command line", result.stderr
    )
    own = tmp_path / "config" / "waves-live" / "config.py"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(f"NOTIFY = 'command'\nNOTIFY_COMMAND = {command!r}\n")
    (piece / "config.py").unlink()
    with Play(piece, "my_sound") as play:
        play.wait_for("started")
        assert not said.exists()
        play.save("my_sound: {osc: {frq: 220}}\n")
        play.wait_for("refused")
        assert wait(said.exists)
        play.end()
