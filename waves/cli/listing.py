"""`waves list`: the sounds of a piece."""

from __future__ import annotations

from waves.cli.options import HERE, Folder, Json


def list_sounds(json: Json = False, folder: Folder = HERE) -> None:
    """List the sounds, each with its comment or its node."""
    from waves.app.commands.list_sounds import sounds_of
    from waves.app.commands.open_workspace import open_workspace, show_notices, show_problems
    from waves.app.terminal.tables import table

    opened = open_workspace(folder)
    document, problems = sounds_of(opened)
    show_notices(opened)
    show_problems(problems)
    if json:
        print(document.model_dump_json(indent=2))
    elif document.sounds:
        print(table([[sound.name, sound.comment or sound.node] for sound in document.sounds]))
