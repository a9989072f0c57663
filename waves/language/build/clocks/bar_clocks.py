"""Clocks whose steps are lengths of bars; where bars are not all alike, they count in bars, not in beats."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from zlib import crc32

from waves.language.expression.parser import parse
from waves.language.model.form.metres import Metre
from waves.language.model.models import Text, Value
from waves.language.tree.expression_nodes import text_source
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import LazyValue, Reference, Source, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.form.bars import POSITION, SECONDS, Bars
from waves.node_types.builtin.form.sections import Sections

COUNTERS = (Bars, Sections)
"""Node types that count bars."""
USUAL = (4.0,)
"""Beats of a bar of 4/4."""
SAME: Mapping[int, Callable[[float, float], float]] = {
    expression.ADD: operator.add,
    expression.SUBTRACT: operator.sub,
    expression.MINIMUM: min,
    expression.MAXIMUM: max,
}
"""Operations of two lengths that give a length."""


def bars_in(time: Source) -> TreeNode | None:
    """The node that counts the bars of which a time is made; None where it is made of none."""
    stack, seen = [time], set[int]()
    while stack:
        source = stack.pop()
        if isinstance(source, Reference):
            if source.target.kind in COUNTERS and source.output == SECONDS:
                return source.target
        elif isinstance(source, TreeNode) and id(source) not in seen:
            seen.add(id(source))
            if source.kind is expression.Expression:
                stack += _inputs(source)
    return None


def in_bars(bars: TreeNode) -> dict[str, Source]:
    """The inputs of a clock that counts these bars: its position, and the seconds of one unit of it."""
    return {"beats": Reference(bars, output=POSITION), "beat": Reference(bars, output=SECONDS)}


def length_in_bars(build: NodeBuilder, clock: TreeNode, length: Source) -> Source:
    """The length of a step of a clock that counts bars; the product of a bar and a number as a node of that clock.

    So a clock that begins in other bars reads one that begins with it, which no fade leads over from the bars before.
    """
    bars, share = bars_in(length), share_of_bar(length)
    if bars is None or share in (None, 1.0):
        return length
    known = build.context.known({"bar": LazyValue(lambda: Reference(bars, output=SECONDS))})
    return text_source(known, Text(parse(f"bar * {share!r}"), build.model.place), f"{clock.id}.interval")


def is_of_song(time: Source) -> bool:
    """Whether a time is made of bars of sections, of which nobody knows which come."""
    bars = bars_in(time)
    return bars is not None and bars.kind is Sections


def unit_of(bars: TreeNode | None, written: Value | None, metre: Metre) -> str:
    """A part of the ID of a clock: in other bars a clock of bars is another one, in its place there.

    `bars`: those that it counts; `written`: its length, which may have the name of a `bar` of the `metre`.
    """
    named = isinstance(written, Text) and any(name.text == "bar" for name in written.parsed.names)
    lengths = metre.lengths if named else USUAL
    if bars is not None:
        lengths = bars.settings["metres" if bars.kind is Sections else "metre"]
    return "" if lengths == USUAL else f"bars-{crc32(repr(lengths).encode()):x}"


def share_of_bar(time: Source) -> float | None:
    """The number by which a bar is multiplied in a time; None for a time that is no such product.

    A clock of one stands in the same place of each bar.
    """
    share, power = _term(time) or (0.0, 0)
    return share if power == 1 else None


def _term(source: Source) -> tuple[float, int] | None:
    """A factor, and the power of the present bar that it stands before: 0 for a number; None for any other source."""
    if isinstance(source, float):
        return source, 0
    if isinstance(source, Reference):
        return (1.0, 1) if source.target.kind in COUNTERS and source.output == SECONDS else None
    if source.kind is not expression.Expression:
        return None
    terms = [_term(one) for one in _inputs(source)]
    code, found = source.settings["instructions"], dict[int, tuple[float, int] | None]()
    target = 0
    for k in range(0, len(code), expression.WIDTH):
        op, target, a, b, _ = code[k : k + expression.WIDTH]
        found[target] = terms[a] if op == expression.LOAD else _combined(op, found.get(a), found.get(b))
    return found.get(target)


def _combined(op: int, left: tuple[float, int] | None, right: tuple[float, int] | None) -> tuple[float, int] | None:
    """The term that an operation makes of two."""
    if left is None or right is None:
        return None
    (a, power), (b, other) = left, right
    if op == expression.MULTIPLY:
        return a * b, power + other
    if op == expression.DIVIDE and b:
        return a / b, power - other
    if op in SAME and power == other:
        return SAME[op](a, b), power
    return None


def _inputs(node: TreeNode) -> list[Source]:
    inputs = node.inputs["inputs"]
    assert isinstance(inputs, dict)
    return [inputs[str(k)] for k in range(len(inputs))]
