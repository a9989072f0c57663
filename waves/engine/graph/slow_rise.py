"""Edits that may raise a level: numbers by how much, and what may do so slowly, with each repetition. Any thread."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Output, Row, Source
from waves.engine.graph.known_rows import are_alike_but_numbers
from waves.node_types.builtin.expression import Expression
from waves.node_types.builtin.feedback import FeedbackWrite
from waves.node_types.builtin.step_clock import StepClock
from waves.node_types.builtin.transport import Transport
from waves.node_types.library.library import is_shipped
from waves.node_types.library.parameters import parameters

CLOCKS = (StepClock, Transport)
BOUNDED = 6.0  # dB by which a number that was or becomes 0 may raise a level, where its parameter has two bounds


def are_numbers(graph: Graph, transition: Transition) -> bool:
    """Whether nothing differs but numbers and notes, those of rows that run twice for a number too."""
    old = transition.old
    return old is not None and (transition.only_glides or are_alike_but_numbers(old, graph))


def may_rise(graph: Graph, transition: Transition) -> bool:
    """Whether a change of `graph` may let a level rise slowly, in its voices too; its new rows do not count."""
    moved = {key for key, voices in transition.voices.items() if not voices.is_idle}
    touched = (transition.faded | transition.changed) & graph.rows.keys()
    inner = ((graph.rows[key].voice, transition.voices[key]) for key in moved)
    return (
        any(row.memories or row.kind.closes_loops for row in (graph.rows[key] for key in touched))
        or any(_is_formula(graph.rows[key]) for key in transition.changed)
        or any(voice is not None and (voices.new or may_rise(voice.graph, voices)) for voice, voices in inner)
        or any(row.early or row.kind is FeedbackWrite for row in _reached(graph, touched | moved))
    )


def rise_of_numbers(graph: Graph, transition: Transition) -> float:
    """By how many dB the numbers that differ may raise a level at most, infinite if nobody knows; of voices too.

    A number raises it by its own factor, as an amplitude does, one in dB by its difference. What a formula or a node of
    the workspace makes of a number is not known, nor how loud it is where there was 0. Clocks that go faster all raise
    it together: by the factor by which more notes sound at once.
    """
    moved = {key for key, voices in transition.voices.items() if not voices.is_idle}
    touched = (transition.faded | transition.changed) & graph.rows.keys()
    if any(map(_is_formula, _reached(graph, touched | moved))):
        return math.inf
    rise = faster = 0.0
    for key in touched:
        row, was = graph.rows[key], transition.old.rows[key] if transition.old else graph.rows[key]
        for name, before, after in _numbers(was, row):
            if row.kind in CLOCKS:
                faster = max(faster, _rise(row, name, before, after))
            else:
                rise += _rise(row, name, before, after)
    for key in moved:
        if voice := graph.rows[key].voice:
            rise += rise_of_numbers(voice.graph, transition.voices[key])
    return rise + faster


def _numbers(was: Row, row: Row) -> Iterator[tuple[str, float, float]]:
    """The inputs of a row whose number is another one: the parameter, the number before, and the one after."""
    for name, source in row.inputs.items():
        if was.inputs[name] != source and not (isinstance(source, Output) or isinstance(was.inputs[name], Output)):
            yield name, float(was.inputs[name]), float(source)  # type: ignore[arg-type]
    for name, entries in row.lists.items():
        for key, source in entries.items():
            before: Source = was.lists[name].get(key, 0.0)
            if before != source and not (isinstance(source, Output) or isinstance(before, Output)):
                yield name, float(before), float(source)


def _rise(row: Row, name: str, before: float, after: float) -> float:
    parameter = parameters(row.kind).get(name)
    if math.isnan(before) and math.isnan(after):  # it is not given
        return 0.0
    if not (math.isfinite(before) and math.isfinite(after)):
        return math.inf
    if parameter and parameter.unit == "dB":
        return abs(after - before)
    if before and after:
        return abs(20 * math.log10(abs(after / before)))
    bounded = parameter is not None and math.isfinite(parameter.minimum) and math.isfinite(parameter.maximum)
    return BOUNDED if bounded else math.inf


def _is_formula(row: Row) -> bool:
    """Whether nobody knows what a row makes of a number."""
    return row.kind is Expression or not is_shipped(row.kind)


def _reached(graph: Graph, keys: Collection[str]) -> Iterator[Row]:
    """These rows, and all that read them, directly or through others."""
    readers, stack, seen = graph.all_readers(), [*keys], {*keys}
    while stack:
        key = stack.pop()
        yield graph.rows[key]
        found = [reader for reader in readers.get(key, ()) if reader not in seen]
        seen.update(found)
        stack += found
