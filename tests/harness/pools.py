"""Pools of voices: as a node of a tree without any text, and as one row of a graph."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.harness.engine_harness import node
from waves.engine.graph.graph import Graph, Row, VoiceGraph, engine_row
from waves.language.tree.tree_node import Template, TreeNode
from waves.node_types.builtin.voices import Gate, NoteValue, Pool, StereoPool
from waves.node_types.library.parameters import parameters

NOTES = (((60.0, 1.0), (64.0, 0.5)), (), ((67.0, 1.0),))
"""Notes of three steps: for each note its frequency and its velocity."""


DEFAULTS = {name: p.default for name, p in parameters(Pool).items() if not p.is_signal}


def clock(**settings: Any) -> TreeNode:
    return node("clock", "metronome", **settings)


def pool(
    id: str,
    clock: TreeNode,
    make: Callable[[TreeNode, TreeNode, TreeNode], TreeNode],
    notes: tuple[Any, ...],
    *,
    voices: int = 4,
    length: float = math.inf,
    stereo: bool = False,
) -> TreeNode:
    """A pool whose voices are what `make(freq, velocity, gate)` builds; nodes named `outside…` are shared by them."""
    freq = TreeNode(f"{id}.freq", NoteValue, {}, {"default": 440.0})
    velocity = TreeNode(f"{id}.velocity", NoteValue, {}, {"default": 1.0})
    gate = TreeNode(f"{id}.gate", Gate)
    template = Template(given=[freq, velocity], held=[gate])
    template.root = make(freq, velocity, gate)
    _mark_voice(template.root, template)
    settings = {**DEFAULTS, "voices": voices, "length": length, "notes": notes}
    return TreeNode(id, StereoPool if stereo else Pool, settings, {"clock": clock}, template=template)


def _mark_voice(root: TreeNode, template: Template) -> None:
    """Mark the nodes of a voice as such."""
    todo = [root]
    while todo:
        one = todo.pop()
        if one.voice is None and not one.id.startswith("outside"):
            one.voice = template
            for source in one.inputs.values():
                each = source.values() if isinstance(source, dict) else (source,)
                todo += [found for found in each if isinstance(found, TreeNode)]


def pool_row(**settings: Any) -> Row:
    """A row of a pool that plays `NOTES`: two note values in three rows."""
    keys = ("freq", "freq#1", "velocity")
    row = engine_row("p", Pool, settings={**DEFAULTS, "notes": NOTES, "voices": 2, "length": math.inf, **settings})
    voice = Graph({key: engine_row(key, NoteValue, inputs={"default": 1.0}) for key in keys}, end="freq")
    row.voice = VoiceGraph(voice, [["freq", "freq#1"], ["velocity"]], [])
    return row
