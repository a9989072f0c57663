"""Builds a mix: of its parts those are heard that are not mute, and only those with `solo` where there are any."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from waves.language.mixing.sends import Buses, Edges, checked_sends, fed_by, feeding, targets_of
from waves.language.model.models import Origin, Place, Use, Value
from waves.language.tree.context import BuildContext, MixAround
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.kept.kept_parts import made_of_model
from waves.language.tree.parts import MUTED
from waves.language.tree.tree_node import NO_SWITCH, MixPart, PartState, Source, Switch, TreeNode
from waves.node_types.builtin.mixing import Muted

MUTE_SIGN = "_"
"""At the beginning of the name of a part that is mute."""


@dataclass(eq=False, slots=True)
class _Entry:
    """A part of a mix before it is built."""

    value: Value
    where: BuildContext
    attribute: str
    index: str | None
    part: MixPart = field(default_factory=MixPart)


def mixed(build: NodeBuilder) -> Source:
    """The source of a `mix`: the sum of those of its parts that are heard."""
    node = build.context.new(build.id, build.model.kind, build.model.place)
    build.id, node.settings, node.is_mix = node.id, build.settings, True
    entries = dict(_entries(build))
    values = {
        made_of_model(one.value) if isinstance(one.value, Use) else id(one.value): one.value for one in entries.values()
    }
    fed = {bus for value in values.values() for bus in targets_of(build.tree.piece, value)}
    buses = Buses(build.context, node, fed)
    sources = build.several("signals") if "signals" in build.model.listed else {}
    for name, entry in entries.items():
        where = buses.known_to(name, entry.where).in_part(entry.part, MixAround(name, entries))
        sources[name] = instantiate_node(where, entry.value, node.id, entry.attribute, entry.index)
    parts = {name: entry.part for name, entry in entries.items()}
    edges = checked_sends(parts, buses, build.is_broken())
    put_parts(build.context, node, sources, parts, edges)
    soloed = {name for name, state in node.parts.items() if state.solo}
    to_solo = feeding(soloed, edges) if soloed else ()
    for name, part in parts.items():
        behind = node.inputs["signals"][name]  # type: ignore[index]
        is_mute = name in node.parts and node.parts[name].mute
        for bus in edges[name]:
            buses.feed(name, part, sources[name] if bus in to_solo and not is_mute else behind, bus)
    return node


def put_parts(
    context: BuildContext, mix: TreeNode, sources: Mapping[str, Source], parts: Mapping[str, MixPart], edges: Edges
) -> None:
    """Give a mix its parts: those that are not heard go on in time behind a `Muted`. `edges` are their sends."""
    switches = {} if context.voice else switches_of(context.tree.switches, mix)
    states, plain = dict[str, PartState](), PartState()
    if switches or any(part.mute or part.solo for part in parts.values()):
        states = _states(parts, edges, switches)
    mix.parts = {name: state for name, state in states.items() if state != plain}
    if mix.parts:
        context.tree.ties += 1
    mix.inputs = {
        "signals": {
            name: source if name not in states or states[name].heard else _muted(context, mix, name, source)
            for name, source in sources.items()
        }
    }


def switches_of(switches: Mapping[str, Switch], mix: TreeNode) -> dict[str, Switch]:
    """The switches of the parts of a mix, by name; `switches` has those of all mixes, by ID."""
    start = f"{mix.id}."
    return {key.removeprefix(start): switch for key, switch in switches.items() if key.startswith(start)}


def _states(parts: Mapping[str, MixPart], edges: Edges, switches: Mapping[str, Switch]) -> dict[str, PartState]:
    """The state of each part: with a solo only the soloed ones are heard, and those that they feed."""
    kept = {}
    for name, switch in switches.items():
        if part := parts.get(name):
            mute = None if switch.mute in (None, part.mute) else switch.mute
            solo = None if switch.solo in (None, part.solo) else switch.solo
            kept[name] = Switch(mute, solo)
            part.mute, part.solo = part.mute ^ (mute is not None), part.solo ^ (solo is not None)
    soloed = {name for name, part in parts.items() if part.solo}
    heard: Collection[str] = fed_by(soloed, edges) if soloed else parts
    return {
        name: PartState(part.mute, part.solo, name in heard and not part.mute, kept.get(name, NO_SWITCH))
        for name, part in parts.items()
    }


def _entries(build: NodeBuilder) -> Iterator[tuple[str, _Entry]]:
    """The parts by name: those of the list, then those with names; one whose name begins with `_` is mute."""
    model, where = build.model, build.where("signals")
    listed = model.lists.get("signals", {})
    yield from ((key, _Entry(value, where, "signals", key)) for key, value in listed.items())
    for name, value in model.free.items():
        plain = plain_name(name, model.free)
        key = f"{plain}~2" if plain in listed else plain
        yield key, _Entry(value, build.where(name), plain, None, MixPart(mute=name.startswith(MUTE_SIGN)))


def plain_name(name: str, others: Mapping[str, object]) -> str:
    """The name of a part without the `_` that mutes it, so that it stays the same part; as it is if that is taken.

    _kick    kick
    """
    plain = name.removeprefix(MUTE_SIGN)
    return plain if plain and plain not in others else name


def _muted(context: BuildContext, mix: TreeNode, name: str, source: Source) -> Source:
    """Silence that goes on as long as the source of a part does."""
    if isinstance(source, float):
        return 0.0
    node = context.new(f"{mix.id}.{name}{MUTED}", Muted, mix.place or Place(Origin(mix.id)))
    node.inputs = {"signal": source}
    if isinstance(source, TreeNode):
        node.place, node.path, node.common = source.place, source.path, source.common
    return node
