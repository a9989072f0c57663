"""Expressions and interpolated lists as nodes of the tree."""

from __future__ import annotations

import math

from waves.language.expression.builtin_names import builtin
from waves.language.expression.bytecode import MonoInput, Program
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import Finding, NodeModel, Number, Place, Points, Text, Value
from waves.language.model.scalar_validation import BROKEN
from waves.language.model.validation import Validator
from waves.language.tree.context import BuildContext
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node import Node
from waves.node_types.builtin import expression, mixing
from waves.node_types.builtin.curve import Curve
from waves.node_types.builtin.duration import LatchAtStart
from waves.node_types.library.parameters import Parameter, validated


def is_known(context: BuildContext, word: str) -> bool:
    """Whether a word is the name of a value at this place, where it could also be that of a node."""
    scope = context.scope
    constants = scope.constants
    names = (scope.names, scope.ids, constants.vars, constants.lost, constants.lengths, constants.transport)
    return any(word in known for known in names) or builtin(word) is not None


def meant(context: BuildContext, value: Value | float) -> Value | float:
    """A value as written; of a node that is written as its name alone, that name where it is known as a value."""
    word = value.word if isinstance(value, NodeModel) else None
    return word if word and is_known(context, word.parsed.text) else value


def is_node(context: BuildContext, text: Text) -> bool:
    """Whether a name alone is that of a node and of no value: of a node that lacks something, which is reported."""
    tree, word = context.tree, text.parsed.text.strip()
    if not text.bare or word not in tree.piece.vocabulary.types or is_known(context, word):
        return False
    validator = Validator(tree.piece.vocabulary, text.place.origin.name)
    validator.named(word, text.place)
    tree.findings += validator.findings
    return bool(validator.findings)


def named_list(context: BuildContext, text: Text) -> list[float]:
    """The numbers of a list that is written as its name; one that is `BROKEN` after a report."""
    value = evaluate(context, text)
    if isinstance(value, list):
        return value
    if not (isinstance(value, float) and math.isnan(value)):
        context.report(text.place, f"'{text.parsed.text.strip()}' is not a list")
    return [BROKEN]


def numbers_named(context: BuildContext, text: Text, kind: type[Node], name: str) -> list[float]:
    """The numbers of a list of signals of a type that is written as the name of a list."""
    values = named_list(context, text)
    if not any(map(math.isnan, values)):
        for _, sentence in validated(kind, {name: values})[1]:
            context.report(text.place, sentence)
    return values


def evaluate(context: BuildContext, text: Text) -> Source | list[float] | Program:
    """The value of an expression, its names looked up: a constant, a list, a node, or a program that moves.

    Mistakes are reported, and the value is `BROKEN` then.
    """
    parsed, place = text.parsed, text.place
    bare = text.bare and parsed.word is not None
    meanings = {name.text: context.scope.find(name, place, parsed.text, bare) for name in parsed.names}
    if None in meanings.values():
        return BROKEN
    if parsed.word and isinstance(plain := meanings[parsed.word], TreeNode | Reference):
        return plain
    try:
        return parsed.compile(meanings.get)
    except ExpressionProblem as error:
        problem = error.problems[0]
        context.report(place, problem.sentence, problem.suggestion, error.column)
        return BROKEN


def as_source(context: BuildContext, value: Source | list[float] | Program, place: Place, path: str) -> Source:
    """The source of the value of an expression: a program becomes a node `path.Expression`, a list a `path.Curve`."""
    if isinstance(value, list):
        last = max(len(value) - 1, 1)
        levels = tuple(Number(level, place) for level in value)
        positions = tuple(Number(i / last, place) for i in range(len(value)))
        return curve(context, Points(levels, positions, place), path)
    if not isinstance(value, Program):
        return value
    node = context.new(f"{path}.Expression", expression.Expression, place)
    # A program without random numbers does not change with `rand_hold`; a voice draws with the start of its note.
    held = expression.DRAW in value.code[:: expression.WIDTH] and not context.voice
    node.settings = {"instructions": value.code, "hold": context.tree.rand_hold if held else math.inf}
    inputs: dict[str, Source] = {}
    for i, source in enumerate(value.inputs):
        inputs[str(i)] = (
            _mono(context, source, f"{node.id}.inputs.{i}", place) if isinstance(source, MonoInput) else source
        )
    node.inputs = {"inputs": inputs, "ends_with": {str(k): inputs[str(k)] for k in value.factors}}
    return node


def vars_read(context: BuildContext, value: Value | float) -> list[str]:
    """The vars that a value is calculated from, each once."""
    text = meant(context, value)
    if not isinstance(text, Text):
        return []
    names = dict.fromkeys(one.text for one in text.parsed.names)
    return [name for name in names if name in context.scope.constants.vars and name not in context.scope.names]


def bounded(
    context: BuildContext, parameter: Parameter, number: float, place: Place, value: Value | float = math.nan
) -> float:
    """A constant within the bounds of its parameter: held at them with a warning, or `BROKEN` after a report.

    `value`: as it is written; a report names the vars in it with their lines.
    """
    complaint = "" if math.isnan(number) else parameter.complaint(number)
    if complaint and (held := parameter.within(number)) != number:
        sentence = f"{complaint}: it plays as {held:g}"
        context.tree.findings.append(Finding(place, sentence, level="warning"))
        return held
    if complaint:
        for name in vars_read(context, value):
            mark = context.scope.constants.vars[name].place.mark
            complaint += f"; '{name}' stands in vars" + (f", line {mark.line}" if mark else "")
        context.report(place, complaint)
        return BROKEN
    return number


def within_bounds(context: BuildContext, parameter: Parameter, source: Source, value: Value) -> Source:
    """The source of a parameter: a constant, and each constant expression of a list, as `bounded` has it."""
    if isinstance(source, float):
        return bounded(context, parameter, source, value.place, value)
    key, listed = "values", dict[str, Value]()
    if isinstance(value, Points):
        listed = {str(number): one for number, one in enumerate(value.values)}
    elif isinstance(value, NodeModel) and "steps" in value.orders:
        key, listed = "steps", value.lists["steps"]
    inputs = source.inputs.get(key) if isinstance(source, TreeNode) else None
    if isinstance(inputs, dict):
        for name, one in listed.items():
            if isinstance(one, Text) and isinstance(number := inputs.get(name), float):
                inputs[name] = bounded(context, parameter, number, one.place, one)
    return source


def value_of(context: BuildContext, text: Text, path: str) -> Source | list[float]:
    """The value of an expression as written: its source, or a list."""
    if is_node(context, text):
        return BROKEN
    value = evaluate(context, text)
    return value if isinstance(value, list) else as_source(context, value, text.place, path)


def text_source(context: BuildContext, text: Text, path: str) -> Source:
    """The source of an expression as written."""
    value = value_of(context, text, path)
    return as_source(context, value, text.place, path) if isinstance(value, list) else value


def curve(context: BuildContext, points: Points, path: str) -> Source:
    """An interpolated list as a node `path.Curve`, over the duration of the context."""
    context.tree.durations += 1
    if context.duration is None:
        for value in points.values:  # their mistakes are told too
            if isinstance(value, Text):
                evaluate(context, value)
        context.report(points.place, f"a list moves over a time: give '{context.node}' a 'duration'")
        return BROKEN
    node = context.new(f"{path}.Curve", Curve, points.place)
    for name, row in {"values": points.values, "positions": points.positions}.items():
        node.inputs[name] = {
            str(i): value.value if isinstance(value, Number) else text_source(context, value, f"{node.id}.{name}.{i}")
            for i, value in enumerate(row)
        }
    node.inputs["duration"] = context.duration
    return node


def held(context: BuildContext, source: Source, path: str, place: Place) -> Source:
    """A source that is read at the start and held, as a node `path.Start`; a number needs no such node."""
    if isinstance(source, float):
        return source
    node = context.new(f"{path}.Start", LatchAtStart, place)
    node.inputs = {"signal": source}
    return node


def _mono(context: BuildContext, mono: MonoInput, path: str, place: Place) -> Source:
    node = context.new(f"{path}.Mono", mixing.Mono, place)
    node.inputs = {"signal": mono.source}
    return node
