"""Expressions and interpolated lists as nodes of the tree."""

from __future__ import annotations

from waves.language.expression.bytecode import MonoInput, Program
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import Number, Place, Points, Text
from waves.language.model.validation import BROKEN
from waves.language.tree.context import BuildContext
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node_types.builtin import expression, mixing
from waves.node_types.builtin.curve import Curve


def evaluate(context: BuildContext, text: Text) -> Source | list[float] | Program:
    """An expression with its names looked up: a constant, a list, a node, or a program to run per block.

    What is wrong is reported, and 1 stands for it.
    """
    parsed, place = text.parsed, text.place
    known = {name.text: context.scope.find(name, place) for name in parsed.names}
    if None in known.values():
        return BROKEN
    if parsed.word and isinstance(plain := known[parsed.word], TreeNode | Reference):
        return plain
    try:
        found: float | list[float] | Program = parsed.compile(known.get)
    except ExpressionProblem as error:
        problem = error.problems[0]
        context.report(place, problem.sentence, problem.suggestion, error.column)
        return BROKEN
    return found


def as_source(context: BuildContext, found: Source | list[float] | Program, place: Place, path: str) -> Source:
    """The source of an expression's result: a program becomes a node `path.Expression`, a list a `path.Curve`."""
    if isinstance(found, list):
        last = max(len(found) - 1, 1)
        levels = tuple(Number(level, place) for level in found)
        positions = tuple(Number(i / last, place) for i in range(len(found)))
        return curve(context, Points(levels, positions, place), path)
    if not isinstance(found, Program):
        return found
    node = context.new(f"{path}.Expression", expression.Expression, place)
    # Programs that draw no random numbers do not change with `rand_hold`.
    draws = expression.DRAW in found.code[:: expression.WIDTH]
    node.settings = {"instructions": found.code, "hold": context.tree.rand_hold if draws else 1}
    inputs: dict[str, Source] = {}
    for i, source in enumerate(found.inputs):
        inputs[str(i)] = (
            _mono(context, source, f"{node.id}.inputs.{i}", place) if isinstance(source, MonoInput) else source
        )
    node.inputs = {"inputs": inputs, "ends_with": {str(k): inputs[str(k)] for k in found.factors}}
    return node


def text_source(context: BuildContext, text: Text, path: str) -> Source:
    """The source of an expression."""
    return as_source(context, evaluate(context, text), text.place, path)


def curve(context: BuildContext, points: Points, path: str) -> Source:
    """A node `path.Curve`: an interpolated list over the duration of the context."""
    if context.duration is None:
        context.report(points.place, f"a list moves over a time: give '{context.node}' a 'duration'")
        return BROKEN
    node = context.new(f"{path}.Curve", Curve, points.place)
    for name, row in {"values": points.values, "positions": points.positions}.items():
        node.inputs[name] = {
            str(i): one.value if isinstance(one, Number) else text_source(context, one, f"{node.id}.{name}.{i}")
            for i, one in enumerate(row)
        }
    node.inputs["duration"] = context.duration
    return node


def _mono(context: BuildContext, mono: MonoInput, path: str, place: Place) -> Source:
    node = context.new(f"{path}.Mono", mixing.Mono, place)
    node.inputs = {"signal": mono.source}
    return node
