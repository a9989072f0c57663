"""Builds an automation, step values on a clock of its own, and a hold: both draw random numbers at their events."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any

from waves.language.build.clocks.clock_builder import ENDLESS, clock_of
from waves.language.build.clocks.lengths import length_times
from waves.language.build.started.played_words import PlayedValues, texts_of
from waves.language.build.started.pool_pages import PatternOfNode
from waves.language.build.started.value_spans import ValuePages, ValuesInSteps
from waves.language.expression.bytecode import Program
from waves.language.model.models import Place, Text
from waves.language.tree.context import BuildContext
from waves.language.tree.expression_nodes import as_source, evaluate
from waves.language.tree.instantiate import NodeBuilder, instantiate_node
from waves.language.tree.tree_node import Source, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.step_values import PatternValues, StepRandom, StepValues, TriggerRandom


def stepped(build: NodeBuilder) -> Source:
    """The source of an `automation`."""
    model = build.model
    if "steps" in model.patterns:
        return patterned(build)
    order = model.orders.get("steps") or (0,)
    settings = build.settings
    node = build.context.new(build.id, StepValues, model.place)
    build.id = node.id
    length = length_times(build, "cycle", Fraction(1, len(order))) if build.gives("cycle") else None
    if build.gives("cycle") and length is None:
        build.report("the 'cycle' of a list is a number or an expression", "cycle")
    position = clock_of(build, len(order), ends=False, cycle=length)
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
                draw = partial(_step_draw, where, path, value.place, position, {"steps": len(order), "at": at})
                result = with_draws(result, draw)
            entries[index] = as_source(where, result, value.place, path)
        else:
            entries[index] = instantiate_node(where, value, build.id, "steps", index)
    node.inputs["steps"] = dict(entries)
    return node


def patterned(build: NodeBuilder) -> Source:
    """The source of an `automation` whose steps are a pattern."""
    made, settings = build.model.patterns["steps"], build.settings
    node = build.context.new(build.id, PatternValues, build.model.place)
    build.id = node.id
    node.settings = {"mode": settings["mode"], "steps": 1}
    texts = texts_of(build.model)
    if pattern := PatternOfNode.of(build, made):
        pages = ValuePages(pattern)
        position = clock_of(build, ENDLESS, ends=False, cycle=pattern.cycle.length)
        node.settings |= {"spans": (), "pages": pages, "last": float(settings["repeat"])}
        node.played = PlayedValues(pages.begun, texts)
    else:
        try:
            steps = build.step_count("steps")
            values = ValuesInSteps(build.notes("steps"), steps)
        except ValueError as error:
            build.report(str(error), "steps")
            steps, values = 1, ValuesInSteps([], 1)
        position = clock_of(build, steps, ends=False)
        node.settings |= {"spans": values.spans, "steps": steps, "last": steps * position.settings["repeat"]}
        node.played = PlayedValues(values.begun, texts)
    node.inputs = {"position": position, "overlap": build.input("overlap")}
    return node


def held(build: NodeBuilder) -> Source:
    """The source of a `hold`, a node with a `signal` that is read where its `trigger` changes."""
    value, where = build.model.signals.get("signal"), build.where("signal")
    if not (isinstance(value, Text) and build.gives("trigger")) or build.note_inputs.gives("signal"):
        return build.node()
    path, place = f"{build.id}.signal", value.place

    def draw(site: int) -> TreeNode:
        node = where.new(f"{path}.{site}.Draw", TriggerRandom, place)
        node.settings = {"site": site}
        node.inputs = {"trigger": build.input("trigger")}
        return node

    result = evaluate(where, value)
    if isinstance(result, Program):
        result = with_draws(result, draw)
    build.sources["signal"] = as_source(where, result, place, path)
    return build.node()


def _step_draw(
    context: BuildContext, path: str, place: Place, position: TreeNode, settings: dict[str, Any], site: int
) -> TreeNode:
    """The source of random number `site` of an expression, which is drawn at a step."""
    node = context.new(f"{path}.{site}.Draw", StepRandom, place)
    node.settings = {**settings, "site": site}
    node.inputs = {"position": position}
    return node


def with_draws(program: Program, draw: Callable[[int], TreeNode]) -> Program:
    """The same program, with the sources that `draw` gives in place of its own random numbers.

    `rand() * 3` reads `draw(0)`, and is not drawn anew after a time.
    """
    code, inputs, nodes = list(program.code), list(program.inputs), dict[int, int]()
    for k in range(0, len(code), expression.WIDTH):
        if code[k] == expression.DRAW:
            site = code[k + 2]
            if site not in nodes:
                nodes[site] = len(inputs)
                inputs.append(draw(site))
            code[k], code[k + 2] = expression.LOAD, nodes[site]
    return Program(tuple(code), tuple(inputs), program.registers, program.factors)
