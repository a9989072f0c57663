"""The role of a value: what may stand there, with the node and the parameter that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from waves.assist.meaning.piece_names import Target
from waves.assist.sketch.written import Item
from waves.node import Node
from waves.node_types.library.parameters import Parameter, accepted, names_values

Form = Literal[
    "file",  # the entries
    "entry",  # the value of a sound
    "signal",  # a number, an expression, a node or a list
    "constant",  # a number, or an expression of constants
    "point",  # an entry of a list to interpolate
    "position",  # of such an entry
    "signals",  # a list of signals
    "values",  # a list of signals and rests
    "sends",  # parts of a mix, each with a factor
    "sections",  # of a song, by name
    "section",  # its bars and what comes after it
    "section name",
    "metre",  # one, or a list of them
    "numbers",  # a list of constants
    "steps",  # a list of steps
    "step",
    "lane",  # a pattern of values
    "transform",  # the value of a transform of a pattern
    "words",  # a word of a `Choice`
    "flag",
    "text",
    "file name",
    "id",  # the id that a node gets
    "reference",  # the id of another node
    "output",  # the name of an output of it
    "parameters",  # of the node
    "vars",
    "patterns",
    "pattern",  # of sounds or of values
    "settings",
    "boundary",  # of the setting `at`
    "templates",
    "template",
    "unknown",
]

KeyKind = Literal["entry", "node", "sound", "parameter", "name", "anchor", "unknown"]


@dataclass(frozen=True, slots=True, eq=False)
class NodeWritten:
    """A node as it is written: `sound` is the name of the sound that it stands for, `kind` the type of its top node."""

    name: str
    kind: type[Node] | None
    sound: str = ""
    given: dict[str, Item] = field(default_factory=dict)
    """Parameters inside the node and beside it."""
    free: dict[str, Target] = field(default_factory=dict)
    """The names of the player's that it takes, for a sound those of its top node."""

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The parameters that its type declares, and those of every node."""
        return accepted(self.kind) if self.kind else {}

    @property
    def takes_values(self) -> bool:
        """Whether its free names are those of values, and not of parts."""
        return bool(self.kind and names_values(self.kind))

    @property
    def names_values(self) -> bool:
        """Whether its free names are known to the expressions inside."""
        return not self.sound and self.takes_values


NOTHING = NodeWritten("", None)


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """Everything that is known of a value before it is read. `inside` is the entry that it stands in."""

    form: Form
    inside: str = ""
    node: NodeWritten = NOTHING
    parameter: Parameter | None = None
    bare: bool = False
    """Whether the name of a node or a sound alone is that node."""
    names: Mapping[str, Target] = field(default_factory=dict)
    """The names that nodes around give to values."""
    key: KeyKind = "unknown"
    """The kind of the key."""
    target: Target | None = None
    """The thing that the key defines or means."""
    path: tuple[str, ...] = ()
    """The keys from the entry down to it."""


FILE = Role("file")
