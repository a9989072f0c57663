"""Parameters moved from outside: finds them by name, inserts their values into a tree; moves and switches as data."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.language.tree.parts import LEVEL
from waves.language.tree.tree_node import Switch, TreeNode, reachable
from waves.node import Node, Signal
from waves.node_types.builtin.moved_value import ValueCell
from waves.node_types.builtin.voices import Pool
from waves.node_types.library.parameters import Parameter, accepted, parameters
from waves.node_types.library.signature import parameter_names
from waves.problem import Problem, Problems, did_you_mean


def renamed_parameters(missing: Iterable[MovedParameter], nodes: Mapping[str, str]) -> dict[str, MovedParameter]:
    """Moved parameters of nodes that have another ID now, by their keys there; `nodes`: the IDs before, by these."""
    present = {before: now for now, before in nodes.items()}
    renamed = [replace(one, node=present[one.node]) for one in missing if one.node in present]
    return {parameter.key: parameter for parameter in renamed}


def find_parameter(root: TreeNode, name: str) -> tuple[TreeNode, str, Parameter]:
    """The node, the name and the description of the parameter that `name` means in a tree.

    `name` is `<id>.<parameter>`, with the whole ID of the node (`my_sound.root.Mix.lead.Osc.freq`), with the path of
    the node in the file (`my_sound.mix.lead.osc.freq`), or with an id that is written in the file (`main.freq`).
    The tempo of a piece without a `tempo` node is `transport.bpm`. Raises Problems when there is no such parameter,
    more than one, or one that cannot move.
    """
    place, _, parameter = name.rpartition(".")
    if not place:
        raise Problems(Problem(f"expected a node and a parameter, as in 'main.freq', got '{name}'"))
    nodes = list({node.id: node for top in (root, root.transport) if top for node in reachable(top)}.values())
    for matches in (
        [node for node in nodes if f"/{node.id}".endswith(f"/{place}{LEVEL}") and parameter in node.inputs],
        [node for node in nodes if node.id == place],
        [node for node in nodes if node.path == place and parameter in node.inputs],
        [node for node in nodes if node.path == place][:1],
        [node for node in nodes if node.id.endswith(f"/{place}")],
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
    signals = parameter_names(node.kind, Signal)
    if name in signals and not _takes_numbers(node.kind, name):
        sentence = f"'{name}' of '{node.id}' is a connection to another node, not a number"
        raise Problems(Problem(sentence, node.mark, node.path))
    if name in known and name not in signals:
        sentence = f"'{name}' of '{node.id}' is a setting: it is changed in the text"
        raise Problems(Problem(sentence, node.mark, node.path))
    if name not in signals:
        sentence = f"'{node.id}' has no parameter '{name}'"
        raise Problems(Problem(sentence, node.mark, node.path, suggestion=did_you_mean(name, signals)))
    return node, name, parameters(node.kind)[name]


def _takes_numbers(kind: type[Node], name: str) -> bool:
    """Whether a type has such an input for numbers: voices read the state of their clock, which no number has."""
    return name in parameter_names(kind, Signal) and not (issubclass(kind, Pool) and name == "clock")


@dataclass(frozen=True, slots=True)
class Insertion:
    """Moved parameters, by their place in a tree: inserted there, released, or missing."""

    inserted: Mapping[str, MovedParameter]
    """Parameters whose values the tree reads, by key."""
    released: tuple[str, ...]
    """Keys of parameters that the text gives another source now: the text has them again."""
    missing: tuple[MovedParameter, ...]
    """Parameters whose node is not in the tree: they wait until it returns."""


def insert_moved(root: TreeNode, moved: Mapping[str, MovedParameter]) -> Insertion:
    """Replace sources by moved values, wherever the text has what it had when they were moved. Changes the tree.

    Before: `Osc(freq=110.0)`. After: `Osc(freq=MovedValue(cell))`, with the ID `<id of the Osc>.freq.MovedValue`.
    """
    if not moved:
        return Insertion({}, (), ())
    nodes = {node.id: node for node in reachable(root)}
    for one in nodes.values():
        one.opened()
    inserted: dict[str, MovedParameter] = {}
    released: list[str] = []
    missing: list[MovedParameter] = []
    for key, parameter in moved.items():
        node = nodes.get(parameter.node)
        if node is None:
            missing.append(parameter)
            continue
        source = node.inputs.get(parameter.name, math.nan)
        assert not isinstance(source, dict)
        if isinstance(source, TreeNode) and source.settings.get("cell") is parameter.cell:  # a tempo, see `make_tempo`
            inserted[key] = parameter
        elif digest_of(source) != parameter.written or not _takes_numbers(node.kind, parameter.name):
            released.append(key)
        else:
            node.inputs[parameter.name] = parameter.value_node(node.place, node.path)
            inserted[key] = parameter
    return Insertion(inserted, tuple(released), tuple(missing))


def moved_to_data(moved: Mapping[str, MovedParameter]) -> list[list[Any]]:
    """Moved parameters as plain data: node, parameter, name of the cell, digest of the written source, value."""
    return [[one.node, one.name, one.cell.name, one.written, one.cell.value] for one in moved.values()]


def moved_from_data(data: Iterable[Sequence[Any]], cells: dict[str, ValueCell]) -> dict[str, MovedParameter]:
    """Moved parameters from plain data, by key. Cells are taken from `cells` by name, and added where it lacks them."""
    moved = {}
    for node, name, cell, written, value in data:
        parameter = MovedParameter(node, name, cells.setdefault(cell, ValueCell(cell, value)), written)
        moved[parameter.key] = parameter
    return moved


def switches_to_data(switches: Mapping[str, Switch]) -> list[list[Any]]:
    """Switches as plain data: the ID of the mix with the name of the track, mute, solo."""
    return [[key, *switch] for key, switch in switches.items()]


def switches_from_data(data: Iterable[Sequence[Any]]) -> dict[str, Switch]:
    """Switches from plain data."""
    return {key: Switch(mute, solo) for key, mute, solo in data}
