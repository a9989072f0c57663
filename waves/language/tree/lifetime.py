"""The time after which a source ends by itself, known before it plays."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from waves.language.tree.tree_node import (
    UNTIED,
    Reference,
    Source,
    Template,
    TreeNode,
    reachable,
    sources_first,
    sources_of,
    target_of,
)
from waves.node_types.builtin import curve
from waves.node_types.library.signature import kernel_reports_end


def seconds_to_end(source: Source, delayed: Collection[TreeNode | Reference] = ()) -> float:
    """Least time in seconds until a source ends by itself: 0 where only playing shows it, infinite without an end.

    A node ends when its kernel reports it, with the first of its `factors`, or with the last of the inputs that it
    `waits` for, numbers left out. A pool waits for its clock.

        {osc: {duration: 2}}                                     2
        {osc: {duration: 1 + rand()}}                            0
        {mix: {a: {osc: {duration: 2}}, b: {osc: {}}}}           infinite

    `delayed` are the edges that close a loop: they read the previous block, which has no end. While the tree is
    built, no reference has its target yet, and none has an end.
    """
    if isinstance(source, float):
        return math.inf
    closing = set(delayed)

    def inputs(node: TreeNode, names: tuple[str, ...]) -> list[TreeNode]:
        """The nodes that some inputs read; a track with outputs of its own is not part of the sum."""
        read = [one for one in sources_of(node, names) if not isinstance(one, float)]
        summed = [one for one in read if isinstance(one, Reference) or not one.settings.get("out")]
        return [UNTIED if one in closing else target_of(one) for one in summed]

    def waits(node: TreeNode) -> list[TreeNode]:
        return inputs(node, ("clock",) if node.template else node.kind.waits)

    ends: dict[TreeNode, float] = {}
    for node in sources_first(target_of(source), lambda node: [*inputs(node, node.kind.factors), *waits(node)]):
        factors = [ends.get(factor, math.inf) for factor in inputs(node, node.kind.factors)]
        awaited = [ends.get(target, math.inf) for target in waits(node)]
        ends[node] = min(_own_end(node), *factors, max(awaited, default=math.inf))
    return ends[target_of(source)]


def _own_end(node: TreeNode) -> float:
    """Least time in seconds until the kernel of a node reports its end."""
    settings, inputs = node.settings, node.inputs
    if node.template or not kernel_reports_end(node.kind):
        return math.inf
    if not (settings.get("end", True) and settings.get("ends", True)):
        return math.inf
    if not settings.get("loop", True) or settings.get("repeat", math.inf) < math.inf:
        return 0.0
    if "gate" in inputs:  # it holds the node, whatever the durations are; one that is constant never falls
        return math.inf if isinstance(inputs["gate"], float) else 0.0
    if "trigger" in node.kind.waits and not any(name in inputs for name in node.kind.waits):
        return 0.0  # it is struck once, and ends when it is silent
    decays, sustains = settings.get("decays"), settings.get("sustains")
    if isinstance(decays, Sequence) and isinstance(sustains, Sequence) and (decays or sustains) and not any(sustains):
        return 0.0  # its own envelopes fall to nothing
    durations = [source for name, source in inputs.items() if name.endswith("duration")]
    if not all(isinstance(duration, float) for duration in durations):
        return 0.0
    return min((time for time in durations if isinstance(time, float) and math.isfinite(time)), default=math.inf)


def longest(template: Template) -> float | None:
    """The largest constant duration inside a voice in seconds, None without one."""
    assert template.root
    durations = [
        source
        for node in reachable(template.root)
        if node.voice is template and node.kind is not curve.Curve
        for name, source in node.inputs.items()
        if name == "duration" and isinstance(source, float) and math.isfinite(source)
    ]
    return max(durations, default=None)
