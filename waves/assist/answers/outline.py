"""Outline of a text: its entries, and the parts of each."""

from __future__ import annotations

from dataclasses import dataclass

from waves.assist.answers.desk import Desk
from waves.assist.meaning.piece_names import Surroundings
from waves.assist.meaning.role import FILE, Role
from waves.assist.sketch.entries import EntryText
from waves.assist.sketch.written import Item, Value
from waves.language.text.comments import comment_of

DEEPEST = 20  # nodes around the mix whose parts are shown


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sound, or a var: `node` is the name of its node, `line` counts from 1."""

    name: str
    node: str
    line: int
    comment: str


@dataclass(frozen=True, slots=True)
class Outlined:
    """An entry on the lines from `line` to `last`, which count from 1, with the first line of its comment."""

    name: str
    node: str
    line: int
    last: int
    comment: str
    parts: list[Part]


def outline(text: str, around: Surroundings) -> list[Outlined]:
    """The entries of a text in order, with the parts of the outermost mix of each sound. Any text is taken."""
    desk = Desk(text, around)
    return [_Outline(desk, entry).outlined() for entry in desk.file.entries if entry.name]


class _Outline:
    """The outline of one entry."""

    def __init__(self, desk: Desk, entry: EntryText):
        self.desk, self.entry = desk, entry

    def outlined(self) -> Outlined:
        """The entry with its parts."""
        items = self.entry.sketch.items
        parts: list[Part] = []
        node = ""
        if items:
            role = self.desk.roles.of_item(FILE, Value("mapping", items=items), items[0])
            node = self._node(items[0].value, role)
            parts = [self._part(item, one) for item, one in self._parts(items[0].value, role)]
        first = self.entry.first
        said = [
            k for k, line in enumerate(self.entry.sketch.lines) if line.strip() and not line.lstrip().startswith("#")
        ]
        return Outlined(self.entry.name, node, first + 1, first + said[-1] + 1, self._comment(first + 1), parts)

    def _comment(self, line: int) -> str:
        return comment_of(self.desk.file.lines, line)

    def _part(self, item: Item, role: Role) -> Part:
        line = self.entry.first + item.begin[0] + 1 if item.key is None else self.entry.first + item.key.line + 1
        return Part(item.name, self._node(item.value, role), line, self._comment(line))

    def _node(self, value: Value, role: Role) -> str:
        """The name of the node that a value is, or an empty string."""
        if value.kind == "mapping":
            return self.desk.roles.node_of(value, role.inside).name
        if value.kind == "scalar" and role.bare:
            return self.desk.roles.named(value.text.strip(), role.inside).name
        return ""

    def _parts(self, value: Value, role: Role) -> list[tuple[Item, Role]]:
        """The items that are the parts of an entry."""
        roles = self.desk.roles
        if role.form in ("vars", "patterns", "templates", "settings"):
            return [(item, roles.of_item(role, value, item)) for item in value.items if item.sign and item.key]
        for _ in range(DEEPEST):
            node = roles.node_of(value, role.inside)
            if node.free and not node.sound and not node.names_values:
                items = [node.given[name] for name in node.free]
                return [(item, roles.parameter(role, node, item)) for item in items]
            if "signal" not in node.given or node.sound:
                break
            role = roles.parameter(role, node, node.given["signal"])
            value = node.given["signal"].value
        return []
