"""A setting is declared once: what derives from the table is up to date, and no declaration is without effect."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

import pytest
import typer

from tests.harness.paths import TOP
from tests.house.settings import config_lines, table_of_settings
from waves.cli import app
from waves.live.workspace.setting_table import SETTINGS, DeclaredSettings, Effect, Setting, options_of_command

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]

NO_SETTINGS = {
    *("--dir", "--json", "--help", "--trust", "--strict", "--version"),
    *("--duration", "--once", "--loop", "--record", "--stems", "--resume", "--plain", "--json-events"),
    *("--output", "-o", "--subtype", "--from", "--to", "--refused", "--force", "--full", "--cores", "--loudness"),
    *("--tolerance", "--write", "--bars", "--bpm", "--samples", "--name", "--most-mb", "--most-files"),
}
"""Options that say what a command does this time; a property of the piece or the machine is a setting."""


def flags_of(command: Any) -> set[str]:
    """Every option of a command and of those below it, on and off."""
    own = {
        flag for one in command.params if one.param_type_name == "option" for flag in (*one.opts, *one.secondary_opts)
    }
    return own.union(*(flags_of(one) for one in getattr(command, "commands", {}).values()))


def flags_of_settings(command: str) -> set[str]:
    """Every option that the table gives to a command."""
    return {flag for option, _ in options_of_command(command) for flag in option.flag.split("/")}


def unread(names: Iterable[str], sources: Iterable[str]) -> set[str]:
    """The settings that no source reads as `settings.NAME`."""
    nodes = (node for source in sources for node in ast.walk(ast.parse(source)))
    return set(names) - {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def test_readme_has_the_table() -> None:
    """`python -m tests.house.settings` writes it."""
    text = (TOP / "README.md").read_text("utf-8")
    assert table_of_settings() in text
    assert all(f"`{setting.variable}`" in text for setting in SETTINGS.values() if setting.in_environment)


def test_the_shipped_config_is_the_table() -> None:
    """`python -m tests.house.settings` writes it."""
    lines = (TOP / "config.py").read_text("utf-8").splitlines()
    assert [line for line in lines if line] == config_lines()


def test_every_setting_is_read_somewhere() -> None:
    files = [file for file in (TOP / "waves").rglob("*.py") if file.name != "setting_table.py"]
    assert unread(SETTINGS, (file.read_text("utf-8") for file in files)) == set()


def test_a_setting_that_nobody_reads_is_found() -> None:
    assert unread(["A", "B", "C"], ["print(settings.A)", "settings(B=1); C = 2"]) == {"B", "C"}


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_is_of_the_table_or_no_setting(command: str) -> None:
    flags = flags_of(COMMANDS[command])
    assert flags_of_settings(command) <= flags
    assert flags - flags_of_settings(command) - NO_SETTINGS == set()


def test_an_option_without_an_entry_is_found() -> None:
    other = typer.Typer()

    @other.command()
    def play(tempo: float = 120.0, device: str = "") -> None: ...

    assert flags_of(typer.main.get_command(other)) - flags_of_settings("play") - NO_SETTINGS >= {"--tempo"}


def test_every_option_belongs_to_a_command_that_is_there() -> None:
    assert {name for setting in SETTINGS.values() if setting.option for name in setting.option.commands} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=lambda setting: setting.name)
def test_a_declaration_is_complete(setting: Setting) -> None:
    number = setting.type in (int, float)
    assert setting.description
    assert not number or setting.unit, "a number needs a unit"
    assert not number or (setting.at_least, setting.above) != (None, None), "a number needs a lower bound"
    assert bool(setting.reason) == (setting.effect is Effect.START), "what waits for a start says why"
    assert setting.option is None or setting.option.help.endswith(".")


def test_the_table_has_every_declaration() -> None:
    assert list(SETTINGS) == [name for name in vars(DeclaredSettings) if name.isupper()]
