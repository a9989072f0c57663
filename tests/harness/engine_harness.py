"""Pieces made of tree nodes, without any text, lowered to graphs and played on an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.graph.graph import Graph
from waves.engine.graph.lowering import lower
from waves.engine.plan.plan import Plan, build_plan, needed_for_changes, needed_kernels
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node import Channels, File, Node, Signal, Signals
from waves.node_types.builtin import curve, expression, mixing
from waves.node_types.builtin.crossfade import Fade
from waves.node_types.builtin.duration import EndAfter, LatchAtStart
from waves.node_types.builtin.feedback import FeedbackRead, FeedbackWrite
from waves.node_types.library import signature
from waves.node_types.library.library import load_library
from waves.node_types.library.preparation import KnownParameters, prepared_arrays

RATE = 44100
TRIAL_LIMIT = 10.0  # seconds for each step of a trial, which waves itself gives 2


@cache
def library() -> Mapping[str, type[Node]]:
    """The shipped node types, those of the tests, and those that the language adds itself, by lower-case name."""
    types = load_library(NODES, EXAMPLE_NODES)
    internal = {
        kind.__name__.lower(): kind
        for kind in (
            Fade,
            FeedbackRead,
            FeedbackWrite,
            EndAfter,
            LatchAtStart,
            mixing.Mono,
            expression.Expression,
            curve.Curve,
        )
    }
    return {**types, **internal}


def node(id: str, name: str, /, **given: Any) -> TreeNode:
    """A tree node of a type, by its name in `library`; parameters that are left out have their defaults."""
    kind = library()[name]
    settings: dict[str, Any] = {}
    inputs: dict[str, Source | dict[str, Source]] = {}
    for field, info in kind.model_fields.items():
        annotated = signature.annotation(kind, field)
        value = given.pop(field, None if info.is_required() else info.default)
        if annotated is Signals:
            inputs[field] = value if isinstance(value, dict) else {str(k): v for k, v in enumerate(value or [])}
        elif annotated in (Signal, Channels):
            if value is not None:
                inputs[field] = float(value) if isinstance(value, int | float) else value
        elif annotated is not File or value is not None or not info.is_required():
            settings[field] = value
    assert not given, f"{name} has no {', '.join(given)}"
    return TreeNode(id, kind, settings, inputs)


def lowered(root: TreeNode, **options: Any) -> Graph:
    """The graph of a tree for two channels."""
    options = {"channels": 2, "rate": RATE, "seed": 0, "prepare": _prepare, **options}
    return lower(root, **options)


def _prepare(node: TreeNode, constants: KnownParameters) -> dict[str, Any]:
    return prepared_arrays(node.kind, constants, RATE)


@cache
def compiler() -> Compiler:
    """The compiler processes that all tests share; their trials have time enough beside other work."""
    shared = Compiler()
    shared.sandbox.limit = TRIAL_LIMIT
    return shared


def compile_all(graph: Graph) -> None:
    """Compile whatever a graph and its changes need."""
    compiler().compile([*kernel_cache.engine_kernels(), *needed_kernels(graph), *needed_for_changes(graph)])


class Rig:
    """An engine, a registry and the plan that plays; the test is its device. `stems`: tracks that are outputs too."""

    def __init__(
        self,
        root: TreeNode,
        *,
        rate: float = RATE,
        channels: int = 2,
        limiting: bool = False,
        seed: int = 0,
        stems: Sequence[str] = (),
    ):
        self.rate, self.channels, self.seed, self.stems = rate, channels, seed, stems
        self.prepared: dict[Any, Any] = {}
        graph = self.graph(root)
        compile_all(graph)
        self.engine = Engine(rate, channels, limiting, 2 * len(stems))
        self.registry = Registry()
        self.plan: Plan | None = None
        self.offer(root)

    def graph(self, root: TreeNode) -> Graph:
        """The graph of a tree; equal settings share their prepared arrays, as in a session."""
        options = {"channels": self.channels, "rate": self.rate, "seed": self.seed, "stems": self.stems}
        return lowered(root, prepare=self._prepare, **options)

    def _prepare(self, node: TreeNode, constants: Any) -> Any:
        key = (node.kind, str(node.settings))
        if key not in self.prepared:
            self.prepared[key] = prepared_arrays(node.kind, constants, self.rate)
        return self.prepared[key]

    def build(self, root: TreeNode, fade: float = 0.02, at: int = -1) -> Plan:
        """A plan upon the one that plays, not offered yet; `fade` in seconds, `at` in frames."""
        graph = self.graph(root)
        compile_all(graph)
        return build_plan(graph, self.plan, self.registry, self.engine.addresses, round(fade * self.rate), at=at)

    def offer(self, root: TreeNode, fade: float = 0.02, at: int = -1) -> Plan:
        """Commit with the next block, or at a frame; the last plan must have been taken and its fade be over."""
        plan = self.build(root, fade, at)
        self.engine.offer(plan)
        plan.commit_states(self.registry)
        self.plan = plan
        return plan

    def play(self, frames: int, block: int = 256) -> np.ndarray[Any, Any]:
        """The next frames as the device gets them."""
        sizes = [block] * (frames // block) + ([frames % block] if frames % block else [])
        return np.concatenate([self.engine.call(size) for size in sizes])

    def state(self, key: str) -> Any:
        """The record of a node that plays."""
        found = self.registry.get_state(key)
        assert found is not None, f"no state '{key}' among {', '.join(self.registry.states)}"
        return found


def mix(**tracks: Source) -> TreeNode:
    """A mix of tracks, the root of a piece."""
    return node("root", "mix", signals=dict(tracks))


__all__ = ["RATE", "Reference", "Rig", "TreeNode", "library", "mix", "node"]
