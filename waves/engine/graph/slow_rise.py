"""Edits that may let a level rise with each repetition: numbers that glide in delays, and into loops. Any thread."""

from __future__ import annotations

from collections.abc import Collection

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Output
from waves.node_types.builtin.feedback import FeedbackWrite


def may_rise(graph: Graph, transition: Transition) -> bool:
    """Whether a number that glides may let a level of `graph` rise slowly, in its voices too."""
    moved = {key for key, voices in transition.voices.items() if not voices.is_idle}
    inner = ((graph.rows[key].voice, transition.voices[key]) for key in moved)
    return (
        _reach_a_loop(graph, transition.faded | moved)
        or any(row.memories or row.kind.closes_loops for row in (graph.rows[key] for key in transition.faded))
        or any(voice is not None and may_rise(voice.graph, voices) for voice, voices in inner)
    )


def _reach_a_loop(graph: Graph, keys: Collection[str]) -> bool:
    """Whether the output of one of these rows goes into a loop."""
    reached = set(keys)
    for key, row in graph.rows.items():  # in the order in which they run
        if key in reached or any(isinstance(one, Output) and one.key in reached for one in row.sources()):
            if row.early or row.kind is FeedbackWrite:
                return True
            reached.add(key)
    return False
