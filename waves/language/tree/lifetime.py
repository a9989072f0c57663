"""What is known of a source before it plays: whether it ends by itself, how long it lasts, its channels."""

from __future__ import annotations

import dis
import math
from itertools import pairwise

from waves.language.tree.tree_node import Reference, Source, Template, TreeNode, reachable
from waves.memo import per_class
from waves.node import Node
from waves.node_types.builtin import curve


@per_class
def kernel_reports_end(kind: type[Node]) -> bool:
    """Whether the kernel of a node tells its end: returns anything. Its file may hold another text by now."""
    steps = list(dis.get_instructions(kind.render))  # type: ignore[attr-defined]
    expression = [step.argval for step in steps if step.opname == "RETURN_CONST"]
    for before, step in pairwise(steps):
        if step.opname == "RETURN_VALUE":
            expression.append(before.argval if before.opname == "LOAD_CONST" else before)
    return any(value is not None for value in expression)


def ends(source: Source) -> bool:
    """Whether a source ends by itself: its kernel does, or one of its factors, or all that it waits for."""
    known: dict[TreeNode, bool] = {}

    def of(one: Source) -> bool:
        node = one.target if isinstance(one, Reference) else one
        if isinstance(node, float):
            return False
        if node not in known:
            known[node] = False  # a loop does not end by itself
            factors = _inputs(node, node.kind.factors)
            waits = _inputs(node, ("clock",) if node.template else node.kind.waits)
            awaited = [of(wait) for wait in waits if not isinstance(wait, float)]
            known[node] = _by_itself(node) or any(map(of, factors)) or (bool(awaited) and all(awaited))
        return known[node]

    return of(source)


def _inputs(node: TreeNode, names: tuple[str, ...]) -> list[Source]:
    found: list[Source] = []
    for name in names:
        source = node.inputs.get(name, math.nan)
        found += source.values() if isinstance(source, dict) else [source]
    return found


def _by_itself(node: TreeNode) -> bool:
    settings = node.settings
    goes_on = not (settings.get("end", True) and settings.get("ends", True))
    if node.template or goes_on or not kernel_reports_end(node.kind):
        return False
    if not settings.get("loop", True) or settings.get("repeat", math.inf) < math.inf:
        return True
    times = [source for name, source in node.inputs.items() if name.endswith("duration") or name == "gate"]
    durations = [source for name, source in node.inputs.items() if name.endswith("duration")]
    constant = [source for source in durations if isinstance(source, float) and math.isfinite(source)]
    return bool(constant) or not all(isinstance(source, float) for source in times)


def longest(template: Template) -> float | None:
    """The largest constant duration inside a voice in seconds, None without one."""
    assert template.root
    found = [
        source
        for node in reachable(template.root)
        if node.voice is template and node.kind is not curve.Curve
        for name, source in node.inputs.items()
        if name == "duration" and isinstance(source, float) and math.isfinite(source)
    ]
    return max(found, default=None)
