"""Lengths of a tempo that does not move: numbers of nodes that alone are others where the tempo is another one.

So a part of a tree stays, and its numbers are written again. What plays may have the same nodes: a composition keeps
its numbers, and writes them back.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import NodeModel, Text
from waves.language.tree.tree_node import TreeNode
from waves.node import Node
from waves.node_types.library.parameters import Parameter, accepted
from waves.node_types.library.signature import has_memory

LENGTHS = ("bpm", "beat", "bar", "eighth", "sixteenth", "triplet")
"""Names of a tempo that are numbers where it does not move."""

Numbers = list[tuple[TreeNode, str, Any]]
"""Inputs of nodes with their numbers."""


OfTempo = Callable[[Any], float | None]
"""Gives the number for another `Tempo`; None where that cannot be."""


class Length(NamedTuple):
    """An input of a node whose number follows from a tempo that does not move.

    Without a name it is no input, but says whether the node may stay in another tempo.
    """

    node: TreeNode
    name: str
    of_tempo: OfTempo | None = None
    """None of the number means that the node cannot stay. The position of the tempo itself has none."""


def of_tempo(context: Any, text: Text, parameter: Parameter) -> OfTempo | None:
    """The number of an expression of a parameter, if nothing but the tempo around it decides that, which does not move.

    `context`: the `BuildContext` in which it is written.
    """
    parsed, tempo, names = text.parsed, context.outer_tempo, context.scope.names
    if tempo.moves:
        return None
    for one in parsed.names:
        if one.dollar or one.text not in LENGTHS or names.get(one.text) is not tempo.names[one.text]:
            return None

    def number(tempo: Any) -> float | None:
        try:
            made = parsed.compile(tempo.source)
        except ExpressionProblem:
            return None
        return made if isinstance(made, float) and not parameter.complaint(made) else None

    return number


def of_tempo_in_voice(context: Any, model: NodeModel, name: str, source: object) -> OfTempo | None:
    """As `of_tempo`, of a number that is an input of a node in a voice; None where its type makes more of the number.

    In voices alone: nobody asks for their numbers from outside while these are of another tempo.
    """
    kind, text = model.kind, model.signals.get(name)
    if not (isinstance(text, Text) and text.parsed.names and isinstance(source, float) and math.isfinite(source)):
        return None
    if has_memory(kind) or kind.adopted is not Node.adopted or accepted(kind)[name].form != "signal":
        return None
    number = of_tempo(context, text, accepted(kind)[name])

    def finite(tempo: Any) -> float | None:
        made = number(tempo) if number else None
        return made if made is not None and math.isfinite(made) else None

    return finite if number else None


def numbers_of(lengths: Iterable[Length]) -> Numbers:
    """The numbers that some lengths have now."""
    return [(node, name, node.inputs[name]) for node, name, _ in lengths if name]


def write(numbers: Numbers) -> None:
    """Give nodes their numbers."""
    for node, name, number in numbers:
        node.inputs[name] = number
