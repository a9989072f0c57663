"""Parameters that are moved from outside: found by name, put into the tree, given up where the text changes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waves.language.tree.tree_node import Reference, Source, TreeNode, reachable
from waves.node import Signal
from waves.node_types.builtin.moved_value import MovedValue, ValueCell
from waves.node_types.library.parameters import Parameter, accepted, parameters
from waves.problem import Problem, Problems, did_you_mean


@dataclass(frozen=True, slots=True)
class MovedParameter:
    """An input of a node that has a value from outside, until the text changes what is written there."""

    node: str
    """ID of the node."""
    name: str
    """Name of the parameter."""
    cell: ValueCell
    written: str
    """Digest of what the text has there, see `digest_of`."""

    @property
    def key(self) -> str:
        """`<id>.<parameter>`."""
        return f"{self.node}.{self.name}"


def digest_of(source: Source) -> str:
    """A short text that is equal for sources that are written alike: a number, or the nodes behind an input."""
    if isinstance(source, float):
        return repr(source)
    return hashlib.sha256("\n".join(_lines(source, set())).encode()).hexdigest()[:16]


def _lines(source: Source, seen: set[str]) -> Iterator[str]:
    target = source.target if isinstance(source, Reference) else source
    if isinstance(target, float):
        yield repr(target)
        return
    yield f"{target.kind.__name__} {target.id if target.id in seen else ''}"
    if target.id in seen:
        return
    seen.add(target.id)
    settings = {name: value for name, value in target.settings.items() if not isinstance(value, ValueCell)}
    yield repr(sorted(settings.items(), key=lambda item: item[0]))
    for name, value in target.inputs.items():
        for key, entry in value.items() if isinstance(value, dict) else [("", value)]:
            yield f"{name} {key}"
            yield from _lines(entry, seen)


def find_parameter(root: TreeNode, name: str) -> tuple[TreeNode, str, Parameter]:
    """The node and parameter that `name` means in a tree. Raises Problems when there is none, or more than one.

    A name is `<id>.<parameter>`, with the whole ID of the node (`my_sound.root.Mix.lead.Osc.freq`), with the way to
    it in the file (`my_sound.mix.lead.osc.freq`), or with an id that is written in the file (`main.freq`).
    """
    place, _, parameter = name.rpartition(".")
    nodes = list({node.id: node for node in reachable(root)}.values())
    for matches in (
        [node for node in nodes if node.id == place],
        [node for node in nodes if node.path == place and parameter in node.inputs],
        [node for node in nodes if place and node.id.endswith(f"/{place}")],
    ):
        if len(matches) > 1:
            several = ", ".join(f"'{node.id}'" for node in matches[:4])
            raise Problems(Problem(f"'{place}' is the name of several nodes: {several}"))
        if matches:
            return _movable(matches[0], parameter)
    known = [shown for node in nodes for shown in (node.id, node.path, node.id.rpartition("/")[2]) if shown]
    raise Problems(Problem(f"nothing that plays has the name '{place}'", suggestion=did_you_mean(place, known)))


def _movable(node: TreeNode, name: str) -> tuple[TreeNode, str, Parameter]:
    known = accepted(node.kind)
    signals = [key for key, info in node.kind.model_fields.items() if info.annotation is Signal]
    if name in known and name not in signals:
        sentence = f"'{name}' of '{node.id}' is a setting: it is changed in the text"
        raise Problems(Problem(sentence, node.mark, node.path))
    if name not in signals:
        sentence = f"'{node.id}' has no parameter '{name}'"
        raise Problems(Problem(sentence, node.mark, node.path, suggestion=did_you_mean(name, signals)))
    return node, name, parameters(node.kind)[name]


@dataclass(frozen=True, slots=True)
class Insertion:
    """Moved parameters, by their place in a tree: held there, given up, or missing."""

    held: Mapping[str, MovedParameter]
    """Those that the tree reads, by key."""
    given_up: tuple[str, ...]
    """Keys of those whose place in the text says something else now."""
    missing: tuple[MovedParameter, ...]
    """Those whose node is not in the tree: they hold again when it returns."""


def insert_moved(root: TreeNode, moved: Mapping[str, MovedParameter]) -> Insertion:
    """Put moved parameters into a tree, where the text says what it said when they were moved."""
    nodes = {node.id: node for node in reachable(root)}
    held: dict[str, MovedParameter] = {}
    given_up: list[str] = []
    missing: list[MovedParameter] = []
    for key, parameter in moved.items():
        node = nodes.get(parameter.node)
        if node is None:
            missing.append(parameter)
            continue
        source = node.inputs.get(parameter.name, math.nan)
        assert not isinstance(source, dict)
        if isinstance(source, TreeNode) and source.settings.get("cell") is parameter.cell:  # it plays already
            held[key] = parameter
        elif digest_of(source) != parameter.written:
            given_up.append(key)
        else:
            id, path = f"{key}.MovedValue", f"{node.path}.{parameter.name}"
            node.inputs[parameter.name] = TreeNode(id, MovedValue, {"cell": parameter.cell}, mark=node.mark, path=path)
            held[key] = parameter
    return Insertion(held, tuple(given_up), tuple(missing))


def packed(moved: Mapping[str, MovedParameter]) -> list[list[Any]]:
    """Moved parameters as plain data: node, parameter, name of the cell, digest, value."""
    return [[one.node, one.name, one.cell.name, one.written, one.cell.value] for one in moved.values()]


def unpacked(data: Iterable[Sequence[Any]], cells: dict[str, ValueCell]) -> dict[str, MovedParameter]:
    """The same from plain data, by key; cells that are not in `cells` yet are added there."""
    found = {}
    for node, name, cell, written, value in data:
        parameter = MovedParameter(node, name, cells.setdefault(cell, ValueCell(cell, value)), written)
        found[parameter.key] = parameter
    return found
