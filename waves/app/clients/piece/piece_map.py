"""Places in the text of what plays: parameters and tracks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from waves.app.clients.piece.text_span import Documents, TextSpan, span_of, written_at
from waves.language.expression.parser import parse
from waves.language.mixing.mix_builder import MUTE_SIGN
from waves.language.tree.moved_parameter import MovedParameter, digest_of
from waves.language.tree.tree_node import TreeNode, outermost_mix, reachable, tracks
from waves.live.workspace.composition import Composition
from waves.node import Signal
from waves.node_types.library.parameters import parameters
from waves.node_types.library.signature import parameter_names
from waves.problem import Problems

VARS, CONTEXT = "vars", "context"


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


def parameter_places(composition: Composition, moved: Mapping[str, MovedParameter]) -> list[ParameterPlace]:
    """The parameters that are written, or could be, of all nodes that play but those inside of voices.

    `moved`: those that are moved, by ID, whether the composition reads them yet or not.
    """
    found, written, documents = [], set(composition.library.values()), composition.documents
    for node in nodes_outside(composition):
        for name in parameter_names(node.kind, Signal):
            if name not in node.inputs:
                continue
            span = span_of(documents, (*node.path.split("."), name))
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
        name: span_of(documents, (*path, name), key=True) or span_of(documents, (*path, f"{MUTE_SIGN}{name}"), key=True)
        for name in tracks(composition.root)
    }


def _sources(composition: Composition, path: Sequence[str]) -> tuple[TextSpan, ...]:
    """The places in `vars` of the names that an expression reads, and of those that these read."""
    found: dict[str, TextSpan] = {}
    documents = composition.documents
    _follow(documents, path, found)
    return tuple(found.values())


def _follow(documents: Documents, path: Sequence[str], found: dict[str, TextSpan]) -> None:
    for name in _names(documents, path):
        if name not in found and (span := span_of(documents, (VARS, name))):
            found[name] = span
            _follow(documents, (VARS, name), found)


def _names(documents: Documents, path: Sequence[str]) -> tuple[str, ...]:
    """The names that an expression reads, but those of a `context` around it."""
    sound, *steps = path
    entries = (document.entries.get(sound) for document in documents.values())
    entry = next((found for found in entries if found and written_at(found, steps)), None)
    value = written_at(entry, steps) if entry else None
    if entry is None or value is None or not isinstance(value.content, str):
        return ()
    try:
        names = dict.fromkeys(name.text for name in parse(value.content).names)
    except Problems:
        return ()
    around = (written_at(entry, steps[: k + 1]) for k, step in enumerate(steps) if step == CONTEXT)
    own = {str(name) for one in around if one and isinstance(one.content, dict) for name in one.content}
    return tuple(name for name in names if name not in own)


def nodes_outside(composition: Composition) -> Iterator[TreeNode]:
    """The nodes outside of voices, each once."""
    seen = set()
    for top in (composition.root, composition.root.transport):
        for node in reachable(top) if top else ():
            if node.voice is None and node.mark and node.id not in seen:
                seen.add(node.id)
                yield node


def _bound(number: float) -> float | None:
    return number if math.isfinite(number) else None
