"""Clocks whose steps are lengths of bars; where bars are not all alike, they count in bars, not in beats."""

from __future__ import annotations

from zlib import crc32

from waves.language.model.form.metres import Metre
from waves.language.model.models import Text, Value
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.form.bars import POSITION, SECONDS, Bars
from waves.node_types.builtin.form.sections import Sections

COUNTERS = (Bars, Sections)
"""Node types that count bars."""
USUAL = (4.0,)
"""Beats of a bar of 4/4."""
SAME = (expression.ADD, expression.SUBTRACT, expression.MINIMUM, expression.MAXIMUM, expression.MODULO)
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


def is_of_song(time: Source) -> bool:
    """Whether a time is made of bars of sections, of which nobody knows which come."""
    bars = bars_in(time)
    return bars is not None and bars.kind is Sections


def unit_of(bars: TreeNode | None, written: Value | None, metre: Metre) -> str:
    """A part of the ID of a clock: in other bars a clock of bars is another one, in its place there.

    `bars`: those that it counts; `written`: its length, which may have the name of a `bar` of the `metre`.
    """
    if bars is not None and bars.kind is Sections:
        return "bars-song"
    named = isinstance(written, Text) and any(name.text == "bar" for name in written.parsed.names)
    lengths = bars.settings["metre"] if bars else metre.lengths if named else USUAL
    return "" if lengths == USUAL else f"bars-{crc32(repr(lengths).encode()):x}"


def is_share_of_bar(time: Source) -> bool:
    """Whether a time is a bar times a number, so that a clock of it stands in the same place of each bar."""
    return _power(time) == 1


def _power(source: Source) -> int | None:
    """The power of the present bar to which a source is proportional, 0 for a number; None for any other."""
    if isinstance(source, float):
        return 0
    if isinstance(source, Reference):
        return 1 if source.target.kind in COUNTERS and source.output == SECONDS else None
    if source.kind is not expression.Expression:
        return None
    powers = [_power(one) for one in _inputs(source)]
    code, found = source.settings["instructions"], dict[int, int | None]()
    target = 0
    for k in range(0, len(code), expression.WIDTH):
        op, target, a, b, _ = code[k : k + expression.WIDTH]
        left, right = found.get(a), found.get(b)
        if op == expression.LOAD:
            found[target] = powers[a]
        elif left is None or right is None:
            found[target] = None
        elif op == expression.MULTIPLY:
            found[target] = left + right
        elif op == expression.DIVIDE:
            found[target] = left - right
        else:
            found[target] = left if op in SAME and left == right else None
    return found.get(target)


def _inputs(node: TreeNode) -> list[Source]:
    inputs = node.inputs["inputs"]
    assert isinstance(inputs, dict)
    return [inputs[str(k)] for k in range(len(inputs))]
