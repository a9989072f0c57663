"""Places in the text of what sounds: steps of lists, words of patterns, and names of sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import is_

from waves.app.clients.piece.piece_map import nodes_outside
from waves.app.clients.piece.sounding_words import (
    NOTHING,
    PatternClock,
    Spans,
    WatchedState,
    pattern_clock,
    pattern_clocks,
)
from waves.app.clients.piece.text_span import Documents, TextSpan, span_of, value_at
from waves.engine.state.state_registry import Registry
from waves.language.model.vocabulary import REST, SHORT
from waves.language.tree.tree_node import TreeNode
from waves.live.workspace.composition import Composition
from waves.node_types.builtin.form.sections import Sections, key_of
from waves.node_types.builtin.step_clock import StepClock

LISTS = ("steps", "chain")  # parameters that a sequence has its sounds in


class Sounding:
    """All that sounds of one composition. One thread at a time."""

    def __init__(self, composition: Composition, rate: float):
        """`rate`: frames per second."""
        nodes = [*nodes_outside(composition)]
        rows, documents = composition.graph.rows, composition.documents
        self._parts: list[StepPlaces | SectionPlaces | PatternClock] = []
        self._parts += [*step_places(nodes, documents), *section_places(nodes, documents)]
        self._parts += pattern_clocks(nodes, rows, documents, rate)
        self._last: list[Spans] = []
        self._all: Spans = NOTHING

    def now(self, registry: Registry) -> Spans:
        """The places of what sounds; the same set as before if nothing began or ended."""
        found = [part.look(registry) for part in self._parts]
        if len(found) != len(self._last) or not all(map(is_, found, self._last)):
            self._last, self._all = found, frozenset().union(*found)
        return self._all


class StepPlaces:
    """A sequence that is a list: the places of its steps, None for a rest."""

    def __init__(self, clock: str, steps: Sequence[TextSpan | None]):
        self.clock, self.steps = clock, steps
        self._state = WatchedState(clock, ("begun", "next"))
        self._spans = [frozenset((span,)) if span else NOTHING for span in steps]

    def look(self, registry: Registry) -> Spans:
        """The place of the step that began last."""
        begun, following = self._state.read(registry) or (False, 0)
        return self._spans[(following - 1) % len(self._spans)] if begun and following > 0 else NOTHING


class SectionPlaces:
    """A song: the places of the names of its sections, by the numbers that stand for these."""

    def __init__(self, song: str, sections: Mapping[int, TextSpan | None]):
        self._state = WatchedState(song, ("begun", "over", "key"))
        self._spans = {key: frozenset((span,)) for key, span in sections.items() if span}

    def look(self, registry: Registry) -> Spans:
        """The place of the name of the section that plays."""
        begun, over, key = self._state.read(registry) or (False, True, 0)
        return self._spans.get(key, NOTHING) if begun and not over else NOTHING


def step_places(nodes: Sequence[TreeNode], documents: Documents) -> list[StepPlaces]:
    """The sequences that are lists of steps; those that fill cycles are patterns."""
    found = []
    patterns = {clock for node in nodes if (clock := pattern_clock(node))}
    for node in nodes:
        if node.kind is not StepClock or node in patterns:
            continue
        path = tuple(node.path.split("."))
        for at in [(*path, name) for name in LISTS] + [path] * (path[-1] in SHORT):
            value = value_at(documents, at)
            if value is not None and isinstance(value.content, list):
                several = range(min(int(node.settings["steps"]), len(value.content)))
                found.append(StepPlaces(node.id, [_step(documents, (*at, number)) for number in several]))
                break
    return found


def section_places(nodes: Sequence[TreeNode], documents: Documents) -> list[SectionPlaces]:
    """The songs, with the places of their sections."""
    found = []
    for node in nodes:
        if node.kind is Sections:
            path = (*node.path.split("."), "sections")
            names = node.settings["names"]
            found.append(
                SectionPlaces(node.id, {key_of(name): span_of(documents, (*path, name), key=True) for name in names})
            )
    return found


def _step(documents: Documents, path: Sequence[str | int]) -> TextSpan | None:
    """The place of a step; None for a rest."""
    value = value_at(documents, path)
    return None if value is None or value.content in (None, REST) else span_of(documents, path)
