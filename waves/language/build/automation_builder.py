"""Builds an automation: step values on a clock of its own."""

from __future__ import annotations

from typing import Any

from waves.language.build.clock_builder import clock_of
from waves.language.expression.bytecode import Program
from waves.language.model.models import Place, Text
from waves.language.tree.context import BuildContext
from waves.language.tree.expression_nodes import as_source, evaluate
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.tree_node import Source, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.step_values import StepRandom, StepValues


def stepped(build: NodeBuilder) -> Source:
    """The source of an `automation`."""
    model = build.model
    order = model.orders.get("steps") or (0,)
    settings = build.settings
    node = build.context.new(build.id, StepValues, model.place)
    build.id = node.id
    position = clock_of(build, len(order), ends=False)
    node.settings = {"mode": settings["mode"], "order": order, "last": len(order) * settings["repeat"]}
    node.inputs = {"position": position, "overlap": build.input("overlap")}
    where = build.where("steps")
    value_steps = [step for step, index in enumerate(order) if index >= 0]
    entries: dict[str, Source] = {}
    for j, (index, value) in enumerate(model.lists.get("steps", {}).items()):
        at = value_steps[j - 1 if settings["mode"] == "ramp" else j] if value_steps else 0
        if isinstance(value, Text):
            path = f"{build.id}.steps.{index}"
            result = evaluate(where, value)
            if isinstance(result, Program):
                result = _draw_at_step(result, where, path, value.place, position, {"steps": len(order), "at": at})
            entries[index] = as_source(where, result, value.place, path)
        else:
            entries[index] = instantiate_node(where, value, build.id, "steps", index)
    node.inputs["steps"] = dict(entries)
    return node


def _draw_at_step(
    program: Program, context: BuildContext, path: str, place: Place, position: TreeNode, settings: dict[str, Any]
) -> Program:
    """The same program, with random numbers that are drawn at a step instead of after a time.

    `rand() * 3` reads a node `StepRandom` in place of its own draw.
    """
    code, inputs, nodes = list(program.code), list(program.inputs), dict[int, int]()
    for k in range(0, len(code), expression.WIDTH):
        if code[k] == expression.DRAW:
            site = code[k + 2]
            if site not in nodes:
                node = context.new(f"{path}.{site}.Draw", StepRandom, place)
                node.settings = {**settings, "site": site}
                node.inputs = {"position": position}
                nodes[site] = len(inputs)
                inputs.append(node)
            code[k], code[k + 2] = expression.LOAD, nodes[site]
    return Program(tuple(code), tuple(inputs), program.registers, program.factors)
