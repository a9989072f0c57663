"""A mark: a word or a sign of an entry with its kind, and with the thing that it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from waves.assist.meaning.piece_names import Target
from waves.assist.meaning.role import Role
from waves.assist.sketch.written import Value, Word

Kind = Literal[
    "comment",
    "entry",  # the name of an entry
    "node",  # a node type
    "sound",  # a sound that is used
    "step",  # a sound that a step starts
    "parameter",
    "name",  # a name of the player's where it is given: a var, a name of a `context`, a part of a mix
    "value",  # such a name where it is read, and names of tempo and note
    "reference",  # an id
    "number",
    "note",
    "word",  # of a `Choice`, true and false, of settings
    "constant",  # a built-in name
    "function",
    "operator",
    "rest",
    "anchor",
    "text",
    "punctuation",
    "unknown",  # a name that nothing has
]


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A word of an entry: its line is counted from that of the entry."""

    kind: Kind
    word: Word
    role: Role
    target: Target | None = None
    value: Value | None = None
    """The value that it stands in; of a key the value behind it."""
    alone: bool = False
    """Whether it is the whole of its value."""
    defines: bool = False
    """Whether it is an anchor that is set, not used."""
    output_of: Target | None = None
    """Of the name of an output the id of its node."""
