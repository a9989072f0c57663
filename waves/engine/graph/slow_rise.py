"""Edits that may raise a level: numbers by how much, and what may do so slowly, with each repetition. Any thread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Output, Row, Source
from waves.node import Node
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.feedback import FeedbackWrite
from waves.node_types.builtin.step_clock import StepClock
from waves.node_types.builtin.transport import Transport
from waves.node_types.library.library import is_shipped
from waves.node_types.library.parameters import parameters

CLOCKS = (StepClock, Transport)
BOUNDED = 6.0  # dB by which a number that was or becomes 0 may raise a level, where its parameter has two bounds

Place = tuple[str, ...]


class Distance(NamedTuple):
    """The distance of a number from where it was."""

    start: float
    """The number when the level was measured."""
    rise: float
    """The dB by which a level may have risen since then."""


@dataclass(frozen=True)
class Rise:
    """By how many dB numbers may have raised a level since it was measured: each by its distance from where it was.

    A number that comes back raises nothing. Example: an amplitude of 0.1 is 0.2, then 0.1 again:

        places {("osc", "amp", ""): (0.1, 6.02)}   total 6.02      then   {("osc", "amp", ""): (0.1, 0.0)}   total 0.0
    """

    places: Mapping[Place, Distance] = field(default_factory=dict)
    """Of each number: by the pools that it is in, its row, its parameter and its entry in a list."""
    clocks: Mapping[Place, Distance] = field(default_factory=dict)
    """The same of numbers of clocks; those of one graph raise it together."""
    other: float = 0.0
    """Of those that do not go back, infinite if nobody knows."""

    @cached_property
    def total(self) -> float:
        """All of it; of the clocks of a graph the largest."""
        most: dict[Place, float] = {}
        for place, clock in self.clocks.items():
            pools = place[:-3]
            most[pools] = max(most.get(pools, 0.0), clock.rise)
        return sum(one.rise for one in self.places.values()) + sum(most.values()) + self.other

    @property
    def kept(self) -> Rise:
        """The same where nobody knows any more from which numbers: nothing of it goes back."""
        return Rise(other=self.total)


def are_numbers(graph: Graph, transition: Transition) -> bool:
    """Whether nothing differs but numbers and notes, those of rows that run twice for a number too."""
    if transition.old is None or transition.only_glides:
        return transition.old is not None
    pools = transition.others.pools if transition.others else []
    voices = [(graph.rows[key].voice, transition.voices.get(key)) for key in pools]
    return transition.others is not None and all(
        voice is not None and inner is not None and are_numbers(voice.graph, inner) for voice, inner in voices
    )


def may_rise(graph: Graph, transition: Transition) -> bool:
    """Whether a change of `graph` may let a level rise slowly, in its voices too; its new rows do not count."""
    inner = ((graph.rows[key].voice, transition.voices[key]) for key in _moved(transition))
    return (
        any(row.memories or row.kind.closes_loops for row in (graph.rows[key] for key in _touched(graph, transition)))
        or any(_is_formula(graph.rows[key].kind) for key in transition.changed)
        or any(voice is not None and (voices.new or may_rise(voice.graph, voices)) for voice, voices in inner)
        or any(row.early or row.kind is FeedbackWrite for row in _reached(graph, transition))
    )


def rise_of_numbers(graph: Graph, transition: Transition, before: Rise) -> Rise:
    """By how much numbers may have raised the level, after `before` by those that differ; of voices too.

    A number raises it by its own factor, as an amplitude does, one in dB by its difference. What a formula or a node of
    the workspace makes of a number is not known, nor how loud it is where there was 0. Clocks that go faster all raise
    it together: by the factor by which more notes sound at once.
    """
    if _has_other_ids(transition):
        before = before.kept
    sums = _Sums({**before.places}, {**before.clocks}, before.other)
    sums.add(graph, transition, ())
    return Rise(sums.places, sums.clocks, sums.other)


def _has_other_ids(transition: Transition) -> bool:
    """Whether the place of a number may have been that of another one before."""
    return bool(transition.previous_ids) or any(map(_has_other_ids, transition.voices.values()))


@dataclass
class _Sums:
    """The parts of a `Rise` while numbers are added."""

    places: dict[Place, Distance]
    clocks: dict[Place, Distance]
    other: float

    def add(self, graph: Graph, transition: Transition, pools: Place) -> None:
        """Add the numbers that differ in a graph, which is that of the voices of `pools`, the outermost first."""
        if any(map(_is_formula, {row.kind for row in _reached(graph, transition)})):
            self.other = math.inf
            return
        for key in _touched(graph, transition):
            row, was = graph.rows[key], transition.old.rows[key] if transition.old else graph.rows[key]
            sums = self.clocks if row.kind in CLOCKS else self.places
            for name, entry, before, after in _numbers(was, row):
                place = (*pools, key, name, entry)
                start = sums[place].start if place in sums else before
                sums[place] = Distance(start, _rise(row, name, start, after))
        for key in _moved(transition):
            if voice := graph.rows[key].voice:
                self.add(voice.graph, transition.voices[key], (*pools, key))


def _numbers(was: Row, row: Row) -> Iterator[tuple[str, str, float, float]]:
    """The numbers of a row that differ: the parameter, the entry of a list, the number before, and the one after."""
    for name, source in row.inputs.items():
        if was.inputs[name] != source and not (isinstance(source, Output) or isinstance(was.inputs[name], Output)):
            yield name, "", float(was.inputs[name]), float(source)  # type: ignore[arg-type]
    for name, entries in row.lists.items():
        for key, source in entries.items():
            before: Source = was.lists[name].get(key, 0.0)
            if before != source and not (isinstance(source, Output) or isinstance(before, Output)):
                yield name, key, float(before), float(source)


def _rise(row: Row, name: str, before: float, after: float) -> float:
    """The dB by which a number may have raised a level, infinite if nobody knows."""
    parameter = parameters(row.kind).get(name)
    if before == after or (math.isnan(before) and math.isnan(after)):  # NaN: it is not given
        return 0.0
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.inf
    if parameter and parameter.unit == "dB":
        return abs(after - before)
    if before and after:
        return abs(20 * math.log10(abs(after / before)))
    bounded = parameter is not None and math.isfinite(parameter.minimum) and math.isfinite(parameter.maximum)
    return BOUNDED if bounded else math.inf


def _is_formula(kind: type[Node]) -> bool:
    """Whether nobody knows what a row of a type makes of a number."""
    return kind is Expression or not is_shipped(kind)


def _touched(graph: Graph, transition: Transition) -> set[str]:
    """The rows that differ."""
    return (transition.faded | transition.changed) & graph.rows.keys()


def _moved(transition: Transition) -> set[str]:
    """The pools whose voices differ."""
    return {key for key, voices in transition.voices.items() if not voices.is_idle}


def _reached(graph: Graph, transition: Transition) -> list[Row]:
    """The rows and pools that differ, and all that read them, directly or through others; kept with the transition."""
    if transition.reached is None:
        readers, seen = graph.all_readers(), _touched(graph, transition) | _moved(transition)
        stack = [*seen]
        while stack:
            found = [reader for reader in readers.get(stack.pop(), ()) if reader not in seen]
            seen.update(found)
            stack += found
        transition.reached = [graph.rows[key] for key in seen]
    return transition.reached
