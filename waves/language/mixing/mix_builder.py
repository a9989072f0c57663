"""Builds a mix: of its parts those are heard that are not mute, and only those with `solo` where there are any."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import NamedTuple

from waves.language.mixing.sends import Buses, Edges, checked_sends, fed_by, feeding, targets_of
from waves.language.model.models import Origin, Place, Use, Value
from waves.language.tree.context import BuildContext, MixAround
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.kept import kept_runs
from waves.language.tree.kept.kept_parts import made_of_model
from waves.language.tree.parts import MUTED, warn_of_number
from waves.language.tree.tree_node import NO_SWITCH, MixPart, PartRun, PartState, Source, Switch, TreeNode
from waves.node_types.builtin.mixing import Muted

MUTE_SIGN = "_"
"""At the beginning of the name of a part that is mute."""


class _Entry(NamedTuple):
    """A part of a mix before it is built."""

    value: Value
    made_of: Hashable
    """The key of its model."""
    parameter: str
    """The name under which it is written."""
    attribute: str
    listed: str | None = None
    """Its index in a list."""
    is_mute: bool = False

    def path(self, mix: TreeNode) -> str:
        """The path of its place."""
        return f"{mix.id}.{self.attribute}" + ("" if self.listed is None else f".{self.listed}")


def mixed(build: NodeBuilder) -> Source:
    """The source of a `mix`: the sum of those of its parts that are heard."""
    node = build.context.new(build.id, build.model.kind, build.model.place)
    build.id, node.settings, node.is_mix = node.id, build.settings, True
    entries = dict(_entries(build))
    values = {entry.made_of: entry.value for entry in entries.values()}
    fed = {bus for value in values.values() for bus in targets_of(build.tree.piece, value)}
    buses = Buses(build.context, node, fed)
    parts = {name: MixPart(mute=entry.is_mute) for name, entry in entries.items()}
    sources, runs = _built(build, node, entries, parts, buses)
    for name, entry in entries.items():
        if not isinstance(entry.value, Use):
            warn_of_number(build.where(entry.parameter), name, entry.value, sources[name])
    edges = checked_sends(parts, buses, build.is_broken)
    put_parts(build.context, node, sources, parts, edges)
    if not node.parts:
        node.runs = runs
    soloed = {name for name, state in node.parts.items() if state.solo}
    to_solo = feeding(soloed, edges) if soloed else ()
    for name, part in parts.items():
        behind = node.inputs["signals"][name]  # type: ignore[index]
        is_mute = name in node.parts and node.parts[name].mute
        for bus in edges[name]:
            buses.feed(name, part, sources[name] if bus in to_solo and not is_mute else behind, bus)
    return node


def _built(
    build: NodeBuilder, mix: TreeNode, entries: Mapping[str, _Entry], parts: Mapping[str, MixPart], buses: Buses
) -> tuple[dict[str, Source], list[PartRun | str]]:
    """The sources of the parts of a mix; and of a mix of many parts these in runs, for `TreeNode.runs`."""
    sources = build.several("signals") if "signals" in build.model.listed else {}
    runs: list[PartRun | str] = []
    names, are_many = [*entries], len(entries) >= 2 * kept_runs.RUN and not build.givers
    for first in range(0, len(names), kept_runs.RUN):
        some = {name: entries[name] for name in names[first : first + kept_runs.RUN]}
        place = None
        if are_many:
            made_of = (*some, *(entry[1:] for entry in some.values()))  # the value may have been read again
            place = kept_runs.RunPlace(build.context, f"{mix.id} {first}", made_of)
        run = place and place.find()
        if not run:
            for name, entry in some.items():
                around = MixAround(name, entries)
                where = buses.known_to(name, build.where(entry.parameter)).in_part(parts[name], around)
                sources[name] = instantiate_node(where, entry.value, mix.id, entry.attribute, entry.listed)
            run = place and place.keep({name: sources[name] for name in some}, [one.path(mix) for one in some.values()])
        if run:
            sources |= run.tops
        runs += [run] if run else some
    return sources, runs if any(isinstance(one, PartRun) for one in runs) else []


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
    model = build.model
    listed = model.lists.get("signals", {})
    for key, value in listed.items():
        yield key, _Entry(value, _made_of(value), "signals", "signals", key)
    for name, value in model.free.items():
        is_mute = name.startswith(MUTE_SIGN)
        plain = plain_name(name, model.free) if is_mute else name
        key = f"{plain}~2" if plain in listed else plain
        yield key, _Entry(value, _made_of(value), name, plain, None, is_mute)


def _made_of(value: Value) -> Hashable:
    """The key of the model of a part, which is that of others if they use the same sound as it is."""
    return made_of_model(value) if isinstance(value, Use) else value


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
