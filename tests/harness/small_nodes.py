"""Small node types like those of the library, and short functions from text to a tree or its problems."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from waves.language.build.sound_tree import Part, build_tree
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import Document, read_document
from waves.language.tree.channel_width import widen
from waves.language.tree.tree_node import Source, TreeNode, reachable
from waves.node import Channels, Choice, File, Node, Signal, Signals, param
from waves.node_types.builtin.expression import Expression
from waves.problem import Problem, Problems
from waves.testing import node


class Osc(Node):
    type: Choice["sin", "saw", "noise"] = param("sin", words={"sine": "sin"}, description="Shape.")
    freq: Signal = param(1.0, unit="Hz", description="Frequency.")
    amp: Signal = param(1.0, unit="factor", description="Amplitude.")
    phase: Signal = param(0.0, unit="rad", description="Phase.")
    pulse_width: Signal = param(0.5, unit="cycles", minimum=0.0, maximum=1.0, description="High part.")
    range: Signals = param([], unit="value", description="Two ends.")
    duration: Signal = param(math.inf, unit="s", minimum=0.0, description="Time to the end.")
    scale: float = param(1.0, unit="Hz", minimum=0.0, description="Changes per second.")
    seed: int = param(0, unit="number", description="Of noise.")
    naive: bool = param(False, description="Raw shape.")


class Filter(Node):
    signal: Signal = param(unit="value", description="Input.")
    cutoff: Signal = param(unit="Hz", minimum=0.0, description="Frequency.")
    type: Choice["lowpass", "highpass"] = param("lowpass", words={"lp": "lowpass"}, description="Response.")


class Track(Node):
    signal: Channels = param(unit="value", description="Input.")
    pan: Signal = param(0.0, unit="position", minimum=-1.0, maximum=1.0, description="Place.")


class Sample(Node):
    file: File = param(description="What is played.")
    gate: Signal = param(None, unit="value", description="Plays while above a half.")


class Envelope(Node):
    signal: Signal = param(1.0, unit="value", description="Input.")
    attack: Signal = param(0.0, unit="s", minimum=0.0, description="Time to rise.")


class Lag(Node):
    """A type that is not in the grammar: a sound of that name wins over it."""

    signal: Signal = param(unit="value", description="Input.")
    time: Signal = param(0.1, unit="s", description="Time.")


TYPES: dict[str, type[Node]] = {
    **{name: node(name) for name in ("mix", "context", "expression", "reference")},
    **{"osc": Osc, "filter": Filter, "track": Track, "sample": Sample, "envelope": Envelope, "lag": Lag},
}


def build_sounds(
    parts: Sequence[Part],
    library: Mapping[str, type[Node]],
    documents: Iterable[Document],
    cache: Cache | None = None,
    **options: Any,
) -> tuple[TreeNode, list[Problem]]:
    """The root of some sounds, and the warnings. Raises Problems."""
    root, warnings = build_tree(read_piece(documents, library, cache), parts, **{"bpm": 120.0, **options})
    widen(root)
    return root, warnings


def tree(text: str, *parts: Part, **options: Any) -> TreeNode:
    """The root of the sounds called `parts`, of `a` if none is named."""
    root, warnings = build_sounds(parts or ["a"], TYPES, [read_document(text, "waves.yaml")], **options)
    assert warnings == []
    return root


def problems(text: str, *parts: Part) -> list[Problem]:
    """The problems of these sounds; fails when they play without a warning."""
    try:
        _, warnings = build_sounds(parts or ["a"], TYPES, [read_document(text, "waves.yaml")])
    except Problems as error:
        return error.problems
    assert warnings
    return warnings


def problem(text: str, *parts: Part) -> str:
    """The one problem as it is printed, without the name of the file."""
    found = problems(text, *parts)
    assert len(found) == 1, found
    assert found[0].source == text.splitlines()[found[0].mark.line - 1] if found[0].mark else True
    return str(found[0]).removeprefix("waves.yaml:")


def nodes(root: TreeNode) -> dict[str, TreeNode]:
    """Every node by its ID; fails when two have the same."""
    all_nodes = reachable(root)
    by_id = {node.id: node for node in all_nodes}
    assert len(by_id) == len(all_nodes)
    return by_id


def track(root: TreeNode, name: str = "a") -> Any:
    """The source of a track of the root."""
    signals = root.inputs["signals"]
    assert isinstance(signals, dict)
    return signals[name]


def single(root: TreeNode, name: str = "a") -> TreeNode:
    """A track of the root that is a node."""
    source: Source = track(root, name)
    assert isinstance(source, TreeNode)
    return source


def ids(text: str, *parts: Part) -> set[str]:
    """The IDs of all nodes of these sounds."""
    return set(nodes(tree(text, *parts)))


def expression_inputs(source: object) -> list[object]:
    """The inputs of an `Expression`."""
    assert isinstance(source, TreeNode) and source.kind is Expression
    inputs = source.inputs["inputs"]
    assert isinstance(inputs, dict)
    return list(inputs.values())
