"""`waves status`: the status of a player, from another terminal."""

from __future__ import annotations

import typer

from waves.cli.options import HERE, Folder, Json


def status(json: Json = False, folder: Folder = HERE) -> None:
    """Show what the player of a piece does now, from another terminal."""
    from waves.app.commands.show_status import show_status

    raise typer.Exit(show_status(folder, json))
