"""`waves list`: lists the sounds and patterns of a piece."""

from __future__ import annotations

from waves.cli.options import HERE, Folder, Json


def list_sounds(json: Json = False, folder: Folder = HERE) -> None:
    """List the sounds, each with its comment, or with its node if it has none."""
    from waves.app.commands.list_sounds import show_sounds

    show_sounds(folder, json)
