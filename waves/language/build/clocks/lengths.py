"""Lengths in a tempo that does not move: numbers that are written again, and nothing else, where the tempo changes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from waves.language.expression.parser import parse
from waves.language.model.models import Number, Text
from waves.language.tree.context import Tempo
from waves.language.tree.expression_nodes import text_source
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.kept.lengths import Length, OfTempo, of_tempo
from waves.language.tree.tree_node import Source, TreeNode
from waves.node_types.library.parameters import accepted


@dataclass(frozen=True, slots=True)
class TimedLength:
    """A length of time of a node, and what it is in another tempo, if nothing else decides it."""

    source: Source
    of_tempo: OfTempo | None = None

    def times(self, factor: float) -> TimedLength:
        """A number so many times as long."""
        assert isinstance(self.source, float)
        of_tempo = self.of_tempo

        def longer(tempo: Tempo) -> float | None:
            number = of_tempo(tempo) if of_tempo else None
            return None if number is None else number * factor

        return TimedLength(self.source * factor, longer if of_tempo else None)


def length_of(build: NodeBuilder, name: str) -> TimedLength:
    """The length that a parameter of a node gives. Where the tempo alone decides it, it counts as no read of names."""
    tree, is_built = build.tree, name in build.sources
    reads = len(tree.constants.reads)
    source = build.input(name)
    of_tempo = _of_tempo(build, name) if isinstance(source, float) else None
    if of_tempo and not is_built:
        del tree.constants.reads[reads:]
    return TimedLength(source, of_tempo)


def length_times(build: NodeBuilder, name: str, factor: Fraction) -> TimedLength | None:
    """The length that a parameter gives, so many times as long; None where it is no number and no expression."""
    length, written = length_of(build, name), build.model.signals.get(name)
    if factor == 1:
        return length
    if isinstance(length.source, float):
        return length.times(float(factor))
    if not isinstance(written, Text):
        return None
    text = parse(f"({written.parsed.text}) * {factor.numerator} / {factor.denominator}")
    return TimedLength(text_source(build.where(name), Text(text, written.place), f"{build.id}.cycle"))


def _of_tempo(build: NodeBuilder, name: str) -> OfTempo | None:
    written, context, where = build.model.signals.get(name), build.context, build.where(name)
    if context.voice or context.outer_tempo.moves or build.note_inputs.gives(name):
        return None
    if isinstance(written, Number):
        return lambda tempo: written.value
    if not isinstance(written, Text):
        return None
    return of_tempo(where, written, accepted(build.model.kind)[name])


def follow_tempo(build: NodeBuilder, node: TreeNode, interval: TimedLength) -> bool:
    """Let the `interval` and the `beat` of a node follow the tempo around it; whether both can."""
    context = build.context
    if interval.of_tempo is None or context.voice or context.outer_tempo.moves:
        return False
    build.tree.metres += 1
    build.tree.lengths += [
        Length(node, "interval", interval.of_tempo),
        Length(node, "beat", _beat),
    ]
    return True


def _beat(tempo: Tempo) -> float:
    beat = tempo.source("beat")
    assert isinstance(beat, float)
    return beat
