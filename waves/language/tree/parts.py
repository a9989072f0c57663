"""Levels around a node: gain and mute, the outputs that pass through them, and facts of a part for its mix."""

from __future__ import annotations

import math
from collections.abc import Container
from typing import Any

from waves.language.model.models import Finding, NodeModel, Place, Text, Use, Value
from waves.language.tree.context import BuildContext
from waves.language.tree.expression_nodes import meant, within_bounds
from waves.language.tree.kept.lengths import LENGTHS
from waves.language.tree.song import During
from waves.language.tree.tree_node import MixPart, Reference, Sent, Source, TreeNode
from waves.node import Node
from waves.node_types.builtin.duration import EndAfter
from waves.node_types.builtin.form.heeding import During as Heard
from waves.node_types.builtin.form.heeding import SectionValue
from waves.node_types.builtin.mixing import Gain, Muted
from waves.node_types.library.parameters import LEVELS, SENT, parameters
from waves.node_types.library.signature import names_read
from waves.problem import did_you_mean

LEVEL, MUTED, SEND, SENDS, DURING = ".level", ".muted", ".send", ".sends", ".during"  # at the end of an ID
FADE = 0.02  # s, where none is written
NAMES_OF_TEMPO = frozenset({*LENGTHS, "bpm", "beats", "bars"})
AROUND: tuple[type[Node], ...] = (Gain, Muted, EndAfter, Heard)
"""Types of what stands around a node, whose own sound is their `signal`."""


def entered(context: BuildContext, model: NodeModel) -> BuildContext:
    """The context inside a node; with `during` and without a `fade` notes there begin in these sections only."""
    during = context.during
    if model.settings.get("during"):
        names = _sections(context, model)
        if names is not None and "fade" not in model.written:
            during = During(names if during is None else names & during.names, context.tree.heeded)
    elif during:
        during = During(during.names, context.tree.heeded)
    return context.but(node=model.name, gated=False, part=None, depth=context.depth + 1, during=during)


def _sections(context: BuildContext, model: NodeModel) -> frozenset[str] | None:
    """The sections that are written as `during`; None after a report."""
    written, place = model.settings["during"], model.place.below("during")
    names = [written] if isinstance(written, str) else written
    if context.song is None:
        context.report(place.at_key(), "'during' names sections: it needs a 'song' around it")
        return None
    for k, name in enumerate(names):
        if name not in context.song.names:
            at = place if isinstance(written, str) else place.below(k)
            context.report(at, f"there is no section '{name}'", did_you_mean(name, context.song.names))
    return frozenset(names)


def section_values(context: BuildContext, values: tuple[float, ...], place: Place) -> Source:
    """A number by the section that plays: without one, for each, and for one that is not in the text any more."""
    song = context.song
    assert song
    if values not in song.values:
        said = "".join(f"_{value:g}" for value in values)
        node = context.new(f"{song.id}.section{said}.Value", SectionValue, place)
        node.settings, node.inputs = {"values": values}, {"section": Reference(song.node, output="section")}
        song.values[values] = node
    return song.values[values]


def heard_during(context: BuildContext, names: Container[str], place: Place) -> Source:
    """A gate that is high in some sections."""
    assert context.song
    return section_values(context, (0.0, *(float(name in names) for name in context.song.names), 0.0), place)


def _heard(build: Any, source: Source) -> Source:
    """The source of a node, silent outside of its sections where nothing in it heeds them: with its `fade`."""
    context, model = build.context, build.model
    fade = model.settings.get("fade", FADE)
    written = model.settings.get("during")
    if written and "fade" in model.written:
        names = frozenset([written] if isinstance(written, str) else written)
    elif context.during and context.during.heeded == build.tree.heeded and (build.part or written):
        names, fade = context.during.names, FADE
    else:
        return source
    if context.song is None or context.voice or isinstance(source, float):
        return source
    build.tree.ties += 1
    build.tree.heeded += 1
    node: TreeNode = build.context.new(f"{build.id}{DURING}", Heard, model.place)
    node.settings = {"fade": fade}
    node.inputs = {"signal": source, "gate": heard_during(context, names, model.place)}
    return node


def levelled(build: Any, source: Source) -> Source:
    """The source of a node at its `gain`; all else is told to its mix. Without a mix it is mute itself.

    `build` is the `NodeBuilder` of the node.
    """
    model: NodeModel = build.model
    if model.name == "track" and "signal" in model.signals:
        warn_of_number(build.context, "signal", model.signals["signal"], build.input("signal"))
    source = _heard(build, source)
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


def warn_of_number(context: BuildContext, name: str, value: Value, source: Source) -> None:
    """Warn of a part that is heard and nothing but a number that stands still, or a name of the tempo.

    `value`: the part as it is written. 0 is silence; a part that adds to a parameter, or that has the name of a value
    of a node around it, is a number by right.
    """
    text = meant(context, value)
    if context.control or isinstance(text, NodeModel | Use):
        return
    word, names = (text.parsed.word or "", text.parsed.names) if isinstance(text, Text) else ("", ())
    is_constant = isinstance(source, float) and source != 0.0 and not math.isnan(source)
    of_tempo = word in NAMES_OF_TEMPO and source != 0.0
    read = [context.scope.names.get(one.text) for one in names]
    if not (is_constant or of_tempo) or any(one is bound for one in read if one for bound in context.tree.bound):
        return
    said = f"'{word}' is a number of the tempo" if of_tempo else f"'{name}' is always {source:g}"
    vocabulary = context.tree.piece.vocabulary
    played = f"'{{play: {word}}}'" if word in vocabulary.patterns or word in vocabulary.sounds else ""
    sentence = f"{said}, and no sound: it only moves the middle of the wave"
    context.tree.findings.append(Finding(value.place, sentence, played, "warning"))


def _unseen(build: Any, source: Source) -> str:
    """The reason for which a monitor of a source shows nothing, as a sentence; or an empty string.

    A source with a mistake inside is NaN: of that only the mistake is told.
    """
    if build.context.voice:
        return "the notes of a sequence have no meter: give 'monitor' to what plays them"
    constant = isinstance(source, float) and not math.isnan(source)
    return f"'monitor' shows nothing here: this is always {source:g}" if constant else ""


def _sends(build: Any) -> dict[str, Sent]:
    """The sends of a part, by the names of the parts that it feeds."""
    written = build.model.lists["send"]
    amounts = {
        name: within_bounds(build.context, SENT, amount, written[name])
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
