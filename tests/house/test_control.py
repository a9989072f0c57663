"""Keys, actions and events are in the documents as in the code; `python -m tests.house.control` writes them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.house.control import (
    CONTROL,
    OPENRPC,
    README,
    SCHEMA,
    openrpc_text,
    schema_text,
    table_of_actions,
    table_of_events,
    table_of_keys,
)
from waves.app.terminal.key_bindings import help_text, screen_lines
from waves.cli.piece.play import HELP
from waves.events.playing import VolumeChanged


def test_the_keys_of_the_readme_the_help_and_the_screen_are_one_table():
    text = README.read_text("utf-8")
    assert table_of_keys() in text
    assert all(line in text for line in screen_lines(100)), "the picture of the screen"
    assert help_text() in HELP


def test_the_document_has_every_action_and_event():
    text = CONTROL.read_text("utf-8")
    assert table_of_actions() in text
    assert table_of_events() in text


def test_the_schema_of_events_is_that_of_their_classes():
    assert SCHEMA.read_text("utf-8") == schema_text()


def test_the_document_of_the_protocol_is_that_of_the_methods():
    assert OPENRPC.read_text("utf-8") == openrpc_text()


def examples(language: str) -> list[str]:
    """The examples of the document in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", CONTROL.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def test_every_example_of_actions_runs_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    [piece], [actions] = examples("yaml"), examples("python")
    (tmp_path / "waves.yaml").write_text(piece)
    exec(compile(actions, "docs/control.md", "exec"), {})


def test_the_line_of_an_event_is_what_is_printed():
    [line] = examples("json")
    assert VolumeChanged(level=-1.0, at=json.loads(line)["time"]).json == line.strip()
