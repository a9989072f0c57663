"""Names of a tempo: lengths in seconds, the position in beats, ticks and numbers of divisions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from waves.language.build import sequence_builder
from waves.language.build.clocks.bar_clocks import bars_in, in_bars
from waves.language.build.form.counted_bars import Counted, bar_names, several_bars
from waves.language.expression.parser import parse
from waves.language.mixing.sends import SENT_HERE
from waves.language.model.form.metres import Metre, metre_of
from waves.language.model.models import Finding, NodeModel, Place, Text
from waves.language.model.piece import Piece
from waves.language.tree.context import TRANSPORT, BuildContext, Tempo, TreeBuilder
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.kept.lengths import LENGTHS, Length
from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.language.tree.tree_node import Instance, LazyValue, Reference, Source
from waves.node_types.builtin.expression import HOLD
from waves.node_types.builtin.form.bars import Bars
from waves.node_types.builtin.form.ramp import Ramp, RampedTransport, way
from waves.node_types.builtin.transport import KeepAlive, Transport

SLOWEST = 1e-3  # beats per minute, of the length of a beat that moves; the position may stand still


def tree_builder(
    piece: Piece,
    bpm: float,
    step_length: float = 1.0,
    rand_hold: float = HOLD,
    moved: Mapping[str, MovedParameter] | None = None,
) -> TreeBuilder:
    """A builder for the tree of a piece, with 4/4 at `bpm` beats per minute outside of any `tempo` node.

    `step_length`, `rand_hold` and `moved`: as for `TreeBuilder`.
    """
    tree = TreeBuilder(piece, bpm, step_length, rand_hold, moved)
    tree.starter = sequence_builder
    outermost = tree.context(Instance(TRANSPORT.origin.name))
    tree.tempo = make_tempo(outermost, TRANSPORT.origin.name, TRANSPORT, bpm, Metre())
    tree.constants.transport = tree.tempo.names
    tree.names = {SENT_HERE: LazyValue(lambda: 0.0)}
    if tree.tempo.moves:  # lengths are no constants then
        tree.names |= tree.tempo.names
    return tree


@dataclass(frozen=True, slots=True)
class TempoRamp:
    """A tempo that moves over beats: from one to another, in so many bars, or else beats."""

    before: float
    after: float
    beats: float
    bars: float


def make_tempo(context: BuildContext, id: str, place: Place, bpm: Source | TempoRamp, metre: Metre) -> Tempo:
    """A tempo; its nodes get IDs below `id`."""
    context.tree.ties += 1
    lengths, unit = metre.lengths, metre.unit
    bar = lengths[0]
    ramp, written = (bpm, bpm.before) if isinstance(bpm, TempoRamp) else (None, bpm)
    in_text = written if isinstance(written, float) and not ramp else None
    moved = context.tree.moved.get(f"{id}.Transport.bpm")
    if moved and moved.written == digest_of(written):  # here, so that all lengths follow
        ramp, written = None, moved.value_node(place.at_key(), str(place))
    names: dict[str, LazyValue] = {}
    if ramp:
        node = context.new(f"{id}.Transport", RampedTransport, place)
        node.settings = {"metre": lengths, "before": ramp.before, "after": ramp.after}
        node.settings |= way(ramp.beats, ramp.bars, lengths)
        node.inputs = {"bpm": ramp.before}
        bpm = Reference(node, output="tempo")
        names["beats"] = LazyValue(lambda: node)
    else:
        bpm = written

    def transport() -> Source:
        kept, inputs, settings, own = context.tree.kept, {"bpm": bpm}, {"metre": lengths}, f"{id}.Transport"
        if isinstance(bpm, float) and (known := kept.transport(context.tree, own, str(place), inputs, settings)):
            return known
        node = context.new(own, Transport, place)
        node.settings, node.inputs = settings, {**inputs}
        if isinstance(bpm, float) and not node.voice:
            kept.transports[node.id] = node
            context.tree.lengths.append(Length(node, "bpm"))
        return node

    def length(name: str, beats: float) -> Callable[[], Source]:
        def make() -> Source:
            inner = context.known({"bpm": names["bpm"]})
            slow = "bpm" if isinstance(bpm, float) else f"max(bpm, {SLOWEST})"  # at 0 the beats stand still
            return instantiate_node(inner, Text(parse(f"{60 * beats!r} / {slow}"), place), id, name)

        return make

    def counted() -> Source:
        node = context.new(f"{id}.Bars", Bars, place)
        node.settings = {"metre": lengths}
        node.inputs = {"beats": tempo.source("beats"), "beat": tempo.source("beat")}
        return node

    every = {"beat": 1.0, "bar": bar, "eighth": unit / 8, "sixteenth": unit / 16, "triplet": 1 / 3}
    names["bpm"] = LazyValue(lambda: bpm)
    names.setdefault("beats", LazyValue(transport))
    in_beats = Counted(context, id, place, lambda: tempo.source("beats"), lambda: tempo.source("beat"))
    for name, beats in every.items():
        names[name] = LazyValue(length(name, beats))
        names |= in_beats.names({name: beats})
    bars = LazyValue(counted) if len(lengths) > 1 else None
    names |= bar_names(context, id, place, bars) if bars else in_beats.names(several_bars(bar), ("tick",))
    tempo = Tempo(bpm, metre, names, in_text, bars)
    return tempo


def in_time(build: NodeBuilder) -> Source:
    """The node itself; with an `interval` its `beats` are the position of the piece, `beat` the length of a beat.

    An `interval` that is made of bars which are not all alike is one of a position in bars.
    """
    node = build.node()
    if build.gives("interval") and not build.gives("beats"):
        tempo, bars = build.context.transport, bars_in(build.input("interval"))
        node.inputs |= in_bars(bars) if bars else {name: tempo.source(name) for name in ("beats", "beat")}
    return node


def timed(build: NodeBuilder, metre: object) -> Source:
    """The source of a `tempo`: its signal, built with the names of the tempo.

    `metre`: as it is written, or as a pair of numbers.
    Clocks inside follow the outermost tempo around them.
    """
    context, place = build.context, build.model.place
    if build.settings["source"] == "external":
        sentence = "MIDI clock is not supported: 'bpm' gives the tempo"
        build.tree.findings.append(Finding(place.below("source"), sentence, level="warning"))
    bpm = _ramp(build) or (build.input("bpm") if build.gives("bpm") else build.tree.constants.bpm)
    tempo = make_tempo(context, build.id, place, bpm, metre_of(metre))
    if context.tempo is None and context.voice is None:
        build.tree.tempos.append(tempo)
    for name in LENGTHS if not tempo.moves else ():  # so that none is made inside a part, which would depend on it
        tempo.source(name)
    build.context = replace(context.known(tempo.names), tempo=context.tempo or tempo)
    source = build.input("signal")
    if not tempo.moves:
        return source
    keep = context.new(build.id, KeepAlive, place)
    keep.inputs = {"signal": source, "beats": tempo.source("beats")}
    return keep


def _ramp(build: NodeBuilder) -> TempoRamp | None:
    """The ramp that is written for the tempo."""
    model = build.model.signals.get("bpm")
    if not isinstance(model, NodeModel) or model.kind is not Ramp:
        return None
    written = NodeBuilder(model, {}, build.where("bpm"), f"{build.id}.bpm").settings
    return TempoRamp(written["from"], written["to"], written["length"], written["bars"])
