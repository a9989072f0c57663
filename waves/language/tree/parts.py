"""Parts of a mix: the mute and solo that is written of each, for its mix, and its own gain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waves.language.model.models import Finding, NodeModel
from waves.language.tree.tree_node import Source
from waves.node_types.builtin.mixing import Gain, Muted
from waves.node_types.library.parameters import parameters

LEVEL, MUTED = ".level", ".muted"  # at the end of an ID


@dataclass(eq=False, slots=True)
class Part:
    """Facts of a part of a mix that are written in it: filled while the part is built."""

    mute: bool = False
    solo: bool = False


def levelled(build: Any, source: Source) -> Source:
    """The source of a node at its `gain`; `mute` and `solo` are told to its mix, and without one it is mute itself.

    `build` is the `NodeBuilder` of the node.
    """
    model: NodeModel = build.model
    part: Part | None = build.part
    taken = {*parameters(model.kind), *model.free}
    if "gain" not in taken and build.gives("gain"):
        level = build.context.new(f"{build.id}{LEVEL}", Gain, model.place)
        level.inputs = {"signal": source, "gain": build.input("gain")}
        source = level
    said = {name for name in ("mute", "solo") if name not in taken and model.settings.get(name)}
    if said:
        build.tree.ties += 1
    if part:
        part.mute |= "mute" in said
        part.solo |= "solo" in said
        return source
    if "mute" in said:
        muted = build.context.new(f"{build.id}{MUTED}", Muted, model.place)
        muted.inputs = {"signal": source}
        source = muted
    if "solo" in said:
        sentence = "'solo' has no effect here: it is for the parts of a mix"
        build.tree.findings.append(Finding(model.place.below("solo"), sentence, level="warning"))
    return source
