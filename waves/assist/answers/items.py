"""Items of a completion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ItemKind = Literal[
    "entry", "node", "sound", "parameter", "value", "reference", "word", "note", "function", "constant", "file",
    "operator", "rest", "anchor",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be completed to: `insert` replaces the text from start to end of the completion.

    `caret` is where the caret goes, in characters from the beginning of `insert`; `detail` is unit, range and default,
    `help` the first sentence on it.
    """

    label: str
    insert: str
    kind: ItemKind
    detail: str = ""
    help: str = ""
    caret: int = 0


def item(label: str, kind: ItemKind, detail: str = "", help: str = "", insert: str = "", back: int = 0) -> Item:
    """An item with its caret `back` characters before the end of what is inserted, or before a comma there."""
    insert = insert or label
    if insert.endswith(", "):
        back = max(back, 2)
    return Item(label, insert, kind, detail, help, len(insert) - back)
