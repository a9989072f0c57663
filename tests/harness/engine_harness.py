"""Pieces made of nodes without any text, played on an engine; for the tests of graph, plan and engine."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from tests.harness.paths import EXAMPLE_NODES, NODES
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.graph.graph import Graph
from waves.engine.graph.lowering import lower
from waves.engine.plan.plan import Plan, build_plan, needed_kernels
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node import Channels, File, Node, Signal, Signals
from waves.node_types.builtin import curve, expression, mixing
from waves.node_types.builtin.crossfade import Fade
from waves.node_types.builtin.duration import EndAfter, LatchAtStart
from waves.node_types.builtin.feedback import FeedbackRead, FeedbackWrite
from waves.node_types.library import signature
from waves.node_types.library.library import load_library, load_node, node_files, open_folder
from waves.node_types.library.preparation import prepared_arrays

RATE = 44100


@cache
def library() -> Mapping[str, type[Node]]:
    """The shipped nodes, those of the tests, and those the language writes itself."""
    types = load_library(NODES)
    package = open_folder(EXAMPLE_NODES, "tests_library")
    own = {name: load_node(file, package) for name, file in node_files(EXAMPLE_NODES).items()}
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
    return {**types, **own, **internal}


def node(id: str, name: str, /, **given: Any) -> TreeNode:
    """A node with defaults for what is not given; numbers, nodes and references are inputs."""
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
        elif annotated is not File or value is not None:
            settings[field] = value
    assert not given, f"{name} has no {', '.join(given)}"
    return TreeNode(id, kind, settings, inputs)


@cache
def compiler() -> Compiler:
    return Compiler()


def compile_all(graph: Graph) -> None:
    fades = kernel_cache.variants(Fade)
    compiler().compile([*kernel_cache.engine_kernels(), *needed_kernels(graph), *fades])


class Rig:
    """An engine, a registry and the plan that plays."""

    def __init__(self, root: TreeNode, *, rate: float = RATE, channels: int = 2, limiting: bool = False, seed: int = 0):
        self.rate, self.channels, self.seed = rate, channels, seed
        self.prepared: dict[Any, Any] = {}
        graph = self.graph(root)
        compile_all(graph)
        self.engine = Engine(rate, channels, limiting)
        self.registry = Registry()
        self.plan: Plan | None = None
        self.offer(root)

    def graph(self, root: TreeNode) -> Graph:
        return lower(root, channels=self.channels, rate=self.rate, seed=self.seed, prepare=self._prepare)

    def _prepare(self, node: TreeNode, constants: Any) -> Any:
        key = (node.kind, str(node.settings))
        if key not in self.prepared:
            self.prepared[key] = prepared_arrays(node.kind, constants, self.rate)
        return self.prepared[key]

    def build(self, root: TreeNode, fade: float = 0.02, at: int = -1) -> Plan:
        graph = self.graph(root)
        compile_all(graph)
        return build_plan(graph, self.plan, self.registry, self.engine.bus, round(fade * self.rate), at=at)

    def offer(self, root: TreeNode, fade: float = 0.02, at: int = -1) -> Plan:
        """Commit at the next block; to be called when the last plan has been taken and has settled."""
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
        found = self.registry.get_state(key)
        assert found is not None, f"no state '{key}' among {', '.join(self.registry.states)}"
        return found


def mix(**tracks: Source) -> TreeNode:
    return node("root", "mix", signals=dict(tracks))


__all__ = ["RATE", "Reference", "Rig", "TreeNode", "library", "mix", "node"]
