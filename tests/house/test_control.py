"""Keys, actions and events are in the documents as in the code; `python -m tests.house.control` writes them."""

from __future__ import annotations

from tests.house.control import (
    CONTROL,
    README,
    SCHEMA,
    schema_text,
    table_of_actions,
    table_of_events,
    table_of_keys,
)
from waves.app.terminal.key_bindings import help_text, screen_line
from waves.cli.piece.play import HELP


def test_the_keys_of_the_readme_the_help_and_the_screen_are_one_table():
    text = README.read_text("utf-8")
    assert table_of_keys() in text
    assert screen_line() in text and len(screen_line()) <= 100, "the picture of the screen"
    assert help_text() in HELP


def test_the_document_has_every_action_and_event():
    text = CONTROL.read_text("utf-8")
    assert table_of_actions() in text
    assert table_of_events() in text


def test_the_schema_of_events_is_that_of_their_classes():
    assert SCHEMA.read_text("utf-8") == schema_text()
