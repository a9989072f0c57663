"""`waves ids`: the node IDs of a piece."""

from __future__ import annotations

from waves.cli.options import HERE, Folder, Json, Sounds


def ids(sounds: Sounds = None, json: Json = False, folder: Folder = HERE) -> None:
    """List the nodes of sounds: ID, line, and the fields of the state that is kept under the ID."""
    from waves.app.commands.list_ids import show_ids

    show_ids(sounds or [], folder, json)
