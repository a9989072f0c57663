"""Places in the text of what plays: parameters, tracks, and the steps that sound."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.engine.state.state_registry import Registry
from waves.language.expression.parser import parse
from waves.language.mixing.mix_builder import MUTE_SIGN
from waves.language.model.vocabulary import REST
from waves.language.text.document import Document, Entry
from waves.language.text.yaml_values import YamlValue
from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.language.tree.tree_node import TreeNode, outermost_mix, reachable, tracks
from waves.live.workspace.composer import Composition
from waves.node import Signal
from waves.node_types.builtin.step_clock import StepClock
from waves.node_types.library.parameters import parameters
from waves.node_types.library.signature import parameter_names
from waves.problem import Problems

VARS, CONTEXT = "vars", "context"
LISTS = ("steps", "chain")  # parameters that a sequence has its sounds in


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A part of one line of a file; line and column count from 1, in characters."""

    file: str
    line: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class ParameterPlace:
    """A parameter that can be moved, as it is written."""

    id: str
    """`<id of the node>.<parameter>`."""
    value: float | None
    """The constant; None for a signal."""
    unit: str
    minimum: float | None
    maximum: float | None
    default: float | None
    moved: bool
    """Whether it has a value from outside now, which is `value` then."""
    as_written: bool
    """Whether `value` is what the text says: false for a moved value until it is the number in the text again."""
    path: str
    span: TextSpan | None
    """The value in the text that plays; None if it is not written there."""
    sources: tuple[TextSpan, ...]
    """The values in `vars` that it is calculated from, each after what reads it: the last has the number."""


@dataclass(frozen=True, slots=True)
class StepPlaces:
    """A sequence of the piece: the ID of its clock, and the places of its steps."""

    clock: str
    count: int
    steps: tuple[TextSpan | None, ...]


Documents = Mapping[Path, Document]


def parameter_places(composition: Composition, moved: Mapping[str, MovedParameter]) -> list[ParameterPlace]:
    """The parameters that are written, or could be, of all nodes that play but those inside of voices.

    `moved`: those that are moved, by ID, whether the composition reads them yet or not.
    """
    found, written, documents = [], set(composition.library.values()), composition.documents
    for node in _nodes(composition):
        for name in parameter_names(node.kind, Signal):
            if name not in node.inputs:
                continue
            span = _span(documents, (*node.path.split("."), name))
            if span is None and node.kind not in written:  # nodes that the language adds
                continue
            key, source = f"{node.id}.{name}", node.inputs[name]
            parameter = parameters(node.kind)[name]
            constant = source if isinstance(source, float) and math.isfinite(source) else None
            default = _bound(float(parameter.default)) if isinstance(parameter.default, int | float) else None
            found.append(
                ParameterPlace(
                    id=key,
                    value=moved[key].cell.value if key in moved else constant,
                    unit=parameter.unit,
                    minimum=_bound(parameter.minimum),
                    maximum=_bound(parameter.maximum),
                    default=default,
                    moved=key in moved,
                    as_written=key not in moved or _is_written(moved[key]),
                    path=f"{node.path}.{name}",
                    span=span,
                    sources=_sources(composition, (*node.path.split("."), name)),
                )
            )
    return found


def _is_written(parameter: MovedParameter) -> bool:
    """Whether the text has the number that a parameter was moved to."""
    return parameter.written == digest_of(parameter.cell.value)


def track_places(composition: Composition) -> dict[str, TextSpan | None]:
    """The tracks of the piece, the entries of its outermost mix, with the places of their keys."""
    path = outermost_mix(composition.root).path.split(".")
    documents = composition.documents
    return {
        name: _span(documents, (*path, name), key=True) or _span(documents, (*path, f"{MUTE_SIGN}{name}"), key=True)
        for name in tracks(composition.root)
    }


def step_places(composition: Composition) -> list[StepPlaces]:
    """The sequences of the piece, but those inside of voices."""
    found, documents = [], composition.documents
    for node in _nodes(composition):
        if node.kind is not StepClock:
            continue
        steps, path = int(node.settings["steps"]), tuple(node.path.split("."))
        name = next((name for name in LISTS if _span(documents, (*path, name))), None)
        if name:
            places = tuple(_step(documents, (*path, name, number)) for number in range(steps))
            found.append(StepPlaces(node.id, steps, places))
    return found


def sounding_steps(found: list[StepPlaces], registry: Registry) -> Iterator[TextSpan]:
    """The places of the steps that began last."""
    for sequence in found:
        state: Any = registry.get_state(sequence.clock)
        if state is None or not state.begun or state.next <= 0:
            continue
        if span := sequence.steps[(int(state.next) - 1) % sequence.count]:
            yield span


def _sources(composition: Composition, path: Sequence[str]) -> tuple[TextSpan, ...]:
    """The places in `vars` of the names that an expression reads, and of those that these read."""
    found: dict[str, TextSpan] = {}
    documents = composition.documents
    _follow(documents, path, found)
    return tuple(found.values())


def _follow(documents: Documents, path: Sequence[str], found: dict[str, TextSpan]) -> None:
    for name in _names(documents, path):
        if name not in found and (span := _span(documents, (VARS, name))):
            found[name] = span
            _follow(documents, (VARS, name), found)


def _names(documents: Documents, path: Sequence[str]) -> tuple[str, ...]:
    """The names that an expression reads, but those of a `context` around it."""
    sound, *steps = path
    entries = (document.entries.get(sound) for document in documents.values())
    entry = next((found for found in entries if found and _written(found, steps)), None)
    value = _written(entry, steps) if entry else None
    if entry is None or value is None or not isinstance(value.content, str):
        return ()
    try:
        names = dict.fromkeys(name.text for name in parse(value.content).names)
    except Problems:
        return ()
    around = (_written(entry, steps[: k + 1]) for k, step in enumerate(steps) if step == CONTEXT)
    own = {str(name) for one in around if one and isinstance(one.content, dict) for name in one.content}
    return tuple(name for name in names if name not in own)


def _nodes(composition: Composition) -> Iterator[TreeNode]:
    """The nodes outside of voices, each once."""
    seen = set()
    for top in (composition.root, composition.root.transport):
        for node in reachable(top) if top else ():
            if node.voice is None and node.mark and node.id not in seen:
                seen.add(node.id)
                yield node


def _bound(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _span(documents: Documents, path: Sequence[str | int], key: bool = False) -> TextSpan | None:
    """The part of a line that a value (or its key) is written in; None for what is not written there."""
    sound, *steps = path
    for document in documents.values():
        entry = document.entries.get(str(sound))
        if entry and _written(entry, steps):
            mark = entry.mark(steps, key)
            rest = entry.source(mark)[mark.column - 1 :]
            return TextSpan(document.name, mark.line, mark.column, _length(rest, key))
    return None


def _step(documents: Documents, path: Sequence[str | int]) -> TextSpan | None:
    """The place of a step; None for a rest."""
    span = _span(documents, path)
    return None if span and any(_is_rest(document, path) for document in documents.values()) else span


def _is_rest(document: Document, path: Sequence[str | int]) -> bool:
    sound, *steps = path
    entry = document.entries.get(str(sound))
    value = _written(entry, steps) if entry else None
    return value is not None and value.content in (None, REST)


def _written(entry: Entry, steps: Sequence[str | int]) -> YamlValue | None:
    """The value at a path in an entry."""
    value: Any = entry.value
    for step in steps:
        if isinstance(value.content, str):
            return None
        try:
            value = value.content[step]
        except (LookupError, TypeError):
            return None
    return value  # type: ignore[no-any-return]


def _length(text: str, key: bool) -> int:
    """Characters of the first value in the rest of a line: up to the quote, bracket, comma or comment that ends it."""
    if not text:
        return 0
    if text[0] in "'\"":
        end = text.find(text[0], 1)
        return end + 1 if end > 0 else len(text)
    if text[0] in "[{":
        depth = 0
        for column, letter in enumerate(text):
            depth += (letter in "[{") - (letter in "]}")
            if not depth:
                return column + 1
        return len(text)
    marks = (":",) if key else (",", "]", "}", " #")
    ends = [place for mark in marks if (place := text.find(mark)) >= 0]
    return len(text[: min(ends, default=len(text))].rstrip())
