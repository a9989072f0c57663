"""Builds the clock of a node that plays steps."""

from __future__ import annotations

from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.step_clock import StepClock


def clock_of(build: NodeBuilder, steps: int, *, chained: bool = False, ends: bool = True) -> TreeNode:
    """A clock of so many steps, as `interval`, `swing`, `trigger`, `repeat` and so on of a node say.

    Inside a note it begins with the note; one that cannot know where it would be, with the next bar.
    """
    tempo = build.context.transport
    node = build.context.new(f"{build.id}.Clock", StepClock, build.model.place)
    given = build.settings
    mode = "chain" if chained else "trigger" if build.gives("trigger") else "interval"
    interval = build.input("interval") if build.gives("interval") else 1.0
    begin = "bar" if mode == "chain" or _moves(interval, {tempo.bpm}) else "grid"
    if given["sync"] == "start" or build.context.voice:
        begin = "now"
    node.settings = {
        "mode": mode,
        "begin": begin,
        "steps": max(steps, 1),
        "repeat": given["repeat"],
        "bar": tempo.bar,
        "ends": ends,
    }
    node.inputs = {"interval": interval, "beats": tempo.source("beats"), "beat": tempo.source("beat")}
    node.inputs |= {name: build.input(name) for name in ("swing", "trigger", "reset") if build.gives(name)}
    node.inputs.setdefault("swing", 0.0)
    return node


def _moves(source: Source, still: set[Source]) -> bool:
    """Whether a time depends on more than constants and the tempo."""
    stack, seen = [source], set[int]()
    while stack:
        one = stack.pop()
        if isinstance(one, float) or one in still or id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Reference) or one.kind is not expression.Expression:
            return True
        code = one.settings["instructions"]
        if any(op in (expression.TIME, expression.DRAW) for op in code[:: expression.WIDTH]):
            return True
        inputs = one.inputs["inputs"]
        assert isinstance(inputs, dict)
        stack += inputs.values()
    return False
