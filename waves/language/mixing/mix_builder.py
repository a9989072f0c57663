"""Builds a mix: of its parts those are heard that are not mute, and only those with `solo` where there are any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from waves.language.model.models import Origin, Place, Value
from waves.language.tree.context import BuildContext
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.parts import MUTED, Part
from waves.language.tree.tree_node import PartState, Source, TreeNode
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
    part: Part = field(default_factory=Part)


def mixed(build: NodeBuilder) -> Source:
    """The source of a `mix`: the sum of those of its parts that are heard."""
    node = build.context.new(build.id, build.model.kind, build.model.place)
    build.id, node.settings = node.id, build.settings
    sources: dict[str, Source] = {}
    parts: dict[str, Part] = {}
    if "signals" in build.model.listed:
        sources = build.several("signals")
    for name, entry in _entries(build):
        where = replace(entry.where, part=entry.part)
        sources[name] = instantiate_node(where, entry.value, node.id, entry.attribute, entry.index)
        parts[name] = entry.part
    put_parts(build.context, node, sources, parts)
    return node


def put_parts(
    context: BuildContext, mix: TreeNode, sources: Mapping[str, Source], parts: Mapping[str, Part] | None = None
) -> None:
    """Give a mix its parts: those that are not heard go on in time behind a `Muted`."""
    parts = parts or {}
    any_solo = any(part.solo for part in parts.values())
    signals: dict[str, Source] = {}
    for name, source in sources.items():
        part = parts.get(name, Part())
        state = PartState(part.mute, part.solo, not part.mute and (part.solo or not any_solo))
        if state != PartState():
            mix.parts[name] = state
        signals[name] = source if state.heard else _muted(context, f"{mix.id}.{name}{MUTED}", source, mix)
    mix.inputs = {"signals": signals}


def _entries(build: NodeBuilder) -> Iterator[tuple[str, _Entry]]:
    """The parts by name: those of the list, then those with names; one whose name begins with `_` is mute."""
    model, where = build.model, build.where("signals")
    listed = model.lists.get("signals", {})
    yield from ((key, _Entry(value, where, "signals", key)) for key, value in listed.items())
    for name, value in model.free.items():
        plain = plain_name(name, model.free)
        key = f"{plain}~2" if plain in listed else plain
        yield key, _Entry(value, build.where(name), plain, None, Part(mute=name.startswith(MUTE_SIGN)))


def plain_name(name: str, others: Mapping[str, object]) -> str:
    """The name of a part without the `_` that mutes it, so that it stays the same part; as it is if that is taken.

    _kick    kick
    """
    plain = name.removeprefix(MUTE_SIGN)
    return plain if plain and plain not in others else name


def _muted(context: BuildContext, id: str, source: Source, mix: TreeNode) -> Source:
    """Silence that goes on as long as a source does."""
    if isinstance(source, float):
        return 0.0
    node = context.new(id, Muted, mix.place or Place(Origin(mix.id)))
    node.inputs = {"signal": source}
    if isinstance(source, TreeNode):
        node.place, node.path, node.common = source.place, source.path, source.common
    return node
