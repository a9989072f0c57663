"""`waves ids`: the node IDs of a piece."""

from __future__ import annotations

from waves.cli.options import HERE, Folder, Json, Sounds


def ids(sounds: Sounds = None, json: Json = False, folder: Folder = HERE) -> None:
    """List the nodes of sounds: ID, line, and the fields of the state that is kept under the ID."""
    from waves.app.commands.list_ids import ids_of
    from waves.app.commands.open_workspace import open_workspace, show_notices
    from waves.app.terminal.tables import table

    opened = open_workspace(folder)
    document = ids_of(opened, sounds or [])
    show_notices(opened)
    if json:
        print(document.model_dump_json(indent=2))
    else:
        rows = [[item.id, f"{item.file}:{item.line}", ", ".join(item.state) or "no state"] for item in document.ids]
        print(table([["ID", "line", "state"], *rows]))
