"""`waves list`: the sounds of a piece, each with its comment."""

from __future__ import annotations

from pathlib import Path

from waves.app.json_documents import ListDocument, SoundItem
from waves.app.terminal.messages import show_notices, show_problems
from waves.app.terminal.tables import table
from waves.language.model.models import NodeModel, Sound, Use
from waves.language.text.comments import comment_of
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.problem import Problem


def show_sounds(folder: Path, json: bool) -> None:
    """Print the sounds as a table or as a JSON document, and the problems of their files. Raises Problems."""
    opened = open_workspace(folder)
    document, problems = sounds_of(opened)
    show_notices(opened.notices)
    show_problems(problems)
    if json:
        print(document.model_dump_json(indent=2))
    elif document.sounds:
        print(table([[sound.name, sound.comment or sound.node] for sound in document.sounds]))


def sounds_of(opened: Opened) -> tuple[ListDocument, list[Problem]]:
    """All sounds in the order of the files, and the problems of entries that cannot be read."""
    composer = opened.composer()
    piece, problems = composer.read()
    items = []
    for document in composer.documents.values():
        for name, entry in document.entries.items():
            if name in piece.sounds:
                item = SoundItem(
                    name=name,
                    file=entry.file,
                    line=entry.line,
                    node=node_of(piece.sounds[name]),
                    comment=comment_of(entry.lines, entry.line),
                )
                items.append(item)
    return ListDocument(sounds=items), problems


def node_of(sound: Sound) -> str:
    """Name of the node or sound at the top of a sound."""
    return sound.root.name if isinstance(sound.root, NodeModel | Use) else ""
