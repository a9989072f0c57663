"""Levels around a node: gain and mute, the outputs that pass through them, and facts of a part for its mix."""

from __future__ import annotations

from typing import Any

from waves.language.model.models import Finding, NodeModel
from waves.language.tree.expression_nodes import bounded
from waves.language.tree.tree_node import MixPart, Reference, Sent, Source, TreeNode
from waves.node import Node
from waves.node_types.builtin.duration import EndAfter
from waves.node_types.builtin.mixing import Gain, Muted
from waves.node_types.library.parameters import LEVELS, SENT, parameters
from waves.node_types.library.signature import names_read

LEVEL, MUTED, SEND, SENDS = ".level", ".muted", ".send", ".sends"  # at the end of an ID
AROUND: tuple[type[Node], ...] = (Gain, Muted, EndAfter)
"""Types of what stands around a node, whose own sound is their `signal`."""


def levelled(build: Any, source: Source) -> Source:
    """The source of a node at its `gain`; all else is told to its mix. Without a mix it is mute itself.

    `build` is the `NodeBuilder` of the node.
    """
    model: NodeModel = build.model
    if model.settings.get("monitor") and (sentence := _unseen(build, source)):
        build.tree.findings.append(Finding(build.place_of("monitor"), sentence, level="warning"))
    if not (LEVELS & model.written or build.note_inputs.gives("gain")):
        return source
    part: MixPart | None = build.part
    taken = {*parameters(model.kind), *model.free}
    if "gain" not in taken and build.gives("gain"):
        level = build.context.new(f"{build.id}{LEVEL}", Gain, model.place)
        level.inputs = {"signal": source, "gain": build.input("gain")}
        source = level
    said = {name for name in ("mute", "solo") if model.settings.get(name)} | ({"send"} & model.lists.keys())
    said -= taken
    if said:
        build.tree.ties += 1
    if part:
        part.mute |= "mute" in said
        part.solo |= "solo" in said
        part.sends |= _sends(build) if "send" in said else {}
        return source
    if "mute" in said:
        muted = build.context.new(f"{build.id}{MUTED}", Muted, model.place)
        muted.inputs = {"signal": source}
        source = muted
    for name in sorted(said - {"mute"}):
        sentence = f"'{name}' has no effect here: it is for the parts of a mix"
        build.tree.findings.append(Finding(build.place_of(name), sentence, level="warning"))
    return source


def _unseen(build: Any, source: Source) -> str:
    """The reason for which a monitor of a source shows nothing, as a sentence; or an empty string."""
    if build.context.voice:
        return "the notes of a sequence have no meter: give 'monitor' to what plays them"
    return f"'monitor' shows nothing here: this is always {source:g}" if isinstance(source, float) else ""


def _sends(build: Any) -> dict[str, Sent]:
    """The sends of a part, by the names of the parts that it feeds."""
    written = build.model.lists["send"]
    amounts = {
        name: bounded(build.context, SENT, amount, written[name].place) if isinstance(amount, float) else amount
        for name, amount in build.several("send").items()
    }
    return {name: Sent(amount, written[name].place.at_key()) for name, amount in amounts.items()}


def names_behind(node: TreeNode) -> tuple[str, ...]:
    """The names by which a piece reads parts of what a node gives, through all that stands around it."""
    return names_read(inside(node).kind)


def inside(node: TreeNode) -> TreeNode:
    """The node itself, inside of what stands around it."""
    while node.kind in AROUND:
        source: Source | dict[str, Source] = node.inputs["signal"]
        source = source.target if isinstance(source, Reference) else source
        if not isinstance(source, TreeNode):
            return node
        node = source
    return node


def giver_of(node: TreeNode, output: str) -> TreeNode:
    """The node that a reference to an output reads.

    An output with a name is that of the node itself. A channel is part of the sound, so it is read of what is heard.
    """
    return inside(node) if output in inside(node).kind.outputs else node


def channels_behind(node: TreeNode) -> tuple[str, ...]:
    """The names of the channels that pass through something around a node; none for the node itself."""
    channels = inside(node).kind.channels
    return channels if node.kind in AROUND and isinstance(channels, tuple) else ()
