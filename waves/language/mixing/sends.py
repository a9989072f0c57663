"""Sends between the parts of a mix: the sum that each part is fed with, and loops of sends, which cannot be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

from waves.language.model.models import Finding, NodeModel, Place, Use, Value
from waves.language.model.piece import Piece
from waves.language.tree.context import BuildContext
from waves.language.tree.parts import SEND, SENDS
from waves.language.tree.tree_node import LazyValue, MixPart, Source, TreeNode
from waves.node_types.builtin.mixing import Send, Sum
from waves.problem import did_you_mean

SENT_HERE = "$sends"
"""The name under which a part reads what is sent to it."""

Edges = Mapping[str, Collection[str]]
"""For each part the names of those that it feeds."""


@dataclass(eq=False, slots=True)
class Buses:
    """The parts of a mix that others feed, while it is built: each reads `$sends`, the sum of what is sent to it."""

    context: BuildContext
    mix: TreeNode
    names: Collection[str]
    """Parts that a send names."""
    sums: dict[str, TreeNode] = field(default_factory=dict)
    """The sums that are read; their sources are known when all parts are built."""

    def known_to(self, name: str, where: BuildContext) -> BuildContext:
        """The context of a part, in which `$sends` is known if it is fed."""
        if name not in self.names:
            return where
        binding = LazyValue(lambda: self._sum(name))
        where.tree.bound.append(binding)
        return where.known({SENT_HERE: binding})

    def _sum(self, name: str) -> TreeNode:
        assert self.mix.place
        node = self.sums[name] = self.context.new(f"{self.mix.id}.{name}{SENDS}", Sum, self.mix.place)
        node.inputs = {"signals": {}}
        return node

    def feed(self, sender: str, part: MixPart, source: Source, bus: str) -> None:
        """Add what a part sends to another to the sum there."""
        if bus not in self.sums or isinstance(source, float):
            return
        sent = part.sends[bus]
        node = self.context.new(f"{self.mix.id}.{sender}.{bus}{SEND}", Send, sent.place)
        node.inputs = {"signal": source, "amount": sent.amount}
        signals = self.sums[bus].inputs["signals"]
        assert isinstance(signals, dict)
        signals[sender] = node


def targets_of(piece: Piece, value: Value | None) -> set[str]:
    """The names of the parts that a part feeds, before it is built."""
    names: set[str] = set()
    seen: set[str] = set()
    while isinstance(value, Use | NodeModel):
        if isinstance(value, Use):
            given = value.given.get("send")
            names |= {*given.data} if given and isinstance(given.data, dict) else set()
            if value.name in seen:
                break
            seen.add(value.name)
            value = piece.sounds[value.name].root
        else:
            names |= {*value.lists.get("send", ())}
            value = value.signals.get("signal") if value.kind.pass_through else None
    return names


def checked_sends(parts: Mapping[str, MixPart], buses: Buses, is_broken: Callable[[], bool]) -> Edges:
    """The sends of each part, with those left out that lead nowhere or close a loop: both are mistakes.

    `is_broken`: whether a mistake is known, so that a part may not read what it would.
    """
    findings = buses.context.tree.findings
    edges: dict[str, list[str]] = {name: [] for name in parts}
    for name, part in parts.items():
        for bus, sent in part.sends.items():
            if bus not in parts:
                near = did_you_mean(bus, [other for other in parts if other != name])
                findings.append(_not_here(buses.context, name, bus, sent.place, near))
            elif way := _way(edges, bus, name):
                loop = " and ".join(f"'{one}'" for one in dict.fromkeys([name, bus]))
                ring = f": {' → '.join([name, *way])}" if len(way) > 2 else ""
                sentence = f"{loop} feed each other{ring}" if bus != name else f"{loop} feeds itself"
                findings.append(Finding(sent.place, sentence, f"a 'delay' that reads '${name}' by its id"))
            else:
                edges[name].append(bus)
                if bus not in buses.sums and not is_broken():
                    sentence = f"'{bus}' never reads '{SENT_HERE}'"
                    findings.append(Finding(sent.place, sentence, level="warning"))
    return edges


def _not_here(context: BuildContext, name: str, bus: str, place: Place, near: str) -> Finding:
    """The finding for a send of the part `name` to what is no part of its mix; `near`: one of a like name."""
    outer = next((mix for mix in reversed(context.mixes) if bus in mix.parts), None)
    if outer is None:
        return Finding(place, f"no part of this mix is called '{bus}'", near)
    if outer.part == bus:
        return Finding(
            place, f"'{bus}' feeds itself: the mix of '{name}' is in it", f"a 'delay' that reads '${bus}' by its id"
        )
    sentence = (
        f"'{bus}' is a part of the mix around this one, which its part '{outer.part}' can feed, with 'send' there"
    )
    return Finding(place, f"{sentence}; '{name}' alone gets there by 'id: {name}' here, and '${name}' in '{bus}'")


def fed_by(names: Collection[str], edges: Edges) -> set[str]:
    """Some parts, and all that they feed, directly or through others."""
    return {one for name in names for one in _reached(edges, name)}


def feeding(names: Collection[str], edges: Edges) -> set[str]:
    """Some parts, and all that feed them, directly or through others."""
    return {name for name in edges if any(one in names for one in _reached(edges, name))}


def _reached(edges: Edges, name: str) -> Iterator[str]:
    """A part, and all that it feeds, each once."""
    stack, met = [name], {name}
    while stack:
        one = stack.pop()
        yield one
        fresh = [bus for bus in edges[one] if bus not in met]
        met.update(fresh)
        stack += fresh


def _way(edges: Edges, first: str, last: str) -> list[str]:
    """The parts from one to another, each fed by the one before; empty if there is no way."""
    before: dict[str, str] = {first: ""}
    stack = [first]
    while stack and last not in before:
        one = stack.pop()
        for bus in edges[one]:
            if bus not in before:
                before[bus] = one
                stack.append(bus)
    way = [last] if last in before else []
    while way and before[way[0]]:
        way.insert(0, before[way[0]])
    return way
