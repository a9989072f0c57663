"""`waves list`: the sounds and the patterns with a name of a piece, each with its comment."""

from __future__ import annotations

from pathlib import Path

from waves.app.json_documents import ListDocument, PatternItem, SoundItem
from waves.app.terminal.messages import show_notices, show_problems
from waves.app.terminal.tables import table
from waves.language.model.models import NodeModel, Sound, Use, WrittenParameter
from waves.language.model.piece import Piece
from waves.language.patterns.told.python_pattern import PythonPattern
from waves.language.text.comments import comment_of
from waves.live.history.text_changes import value_in_words
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.problem import Problem

MOST_PARTS = 8  # of a mix that are listed


def show_sounds(folder: Path, json: bool) -> None:
    """Print the sounds and patterns as tables or as a JSON document, and the problems of the files. Raises Problems."""
    opened = open_workspace(folder)
    document, piece, problems = read_sounds(opened)
    show_notices(opened.notices)
    show_problems(problems)
    if json:
        print(document.model_dump_json(indent=2))
    else:
        rows = [[one.name, one.comment or node_with_parts(piece.sounds[one.name])] for one in document.sounds]
        named = [[one.name, one.comment or _in_words(one)] for one in document.patterns]
        for title, found in (("", rows), ("Patterns:", named)):
            if found:
                print(*([title] if title else []), table(found), sep="\n")


def read_sounds(opened: Opened) -> tuple[ListDocument, Piece, list[Problem]]:
    """All sounds and patterns in the order of the files, the piece, and the problems of entries that cannot be read."""
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
    patterns = [_pattern(name, one) for name, one in piece.patterns.items()]
    return ListDocument(sounds=items, patterns=patterns), piece, problems


def _pattern(name: str, one: WrittenParameter) -> PatternItem:
    """A name in `patterns`, or a pattern in Python."""
    if isinstance(python := one.data, PythonPattern):
        return PatternItem(name=name, file=python.file, line=python.line, comment=python.about, pattern=python.form)
    mark, entry = one.place.at_key().mark, one.place.origin.entry
    assert mark and entry
    comment = comment_of(entry.lines, mark.line)
    return PatternItem(name=name, file=mark.file, line=mark.line, comment=comment, pattern=one.data)


def _in_words(one: PatternItem) -> str:
    """A pattern without a comment in words."""
    is_text = isinstance(one.pattern, str) or not one.file.endswith(".py")
    return value_in_words(one.pattern) if is_text else f"in {one.file}:{one.line}"


def node_with_parts(sound: Sound) -> str:
    """The node at the top of a sound, with the parts of the mix that it plays: `tempo: drums, bass, lead`."""
    node, parts = sound.root, list[str]()
    while isinstance(node, NodeModel) and not parts:
        if node.name == "mix":
            parts = list(node.free)
        inside = node.signals.get("signal")
        if not isinstance(inside, NodeModel):
            break
        node = inside
    shown = ", ".join(parts[:MOST_PARTS]) + (", ..." if len(parts) > MOST_PARTS else "")
    return f"{node_of(sound)}: {shown}" if parts else node_of(sound)


def node_of(sound: Sound) -> str:
    """Name of the node or sound at the top of a sound."""
    return sound.root.name if isinstance(sound.root, NodeModel | Use) else ""
