"""Parts of a pool while it is built: its sounds with their notes, the voice that is made of them."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from waves.language.expression.parser import parse
from waves.language.model.hints import times_in_note
from waves.language.model.models import Finding, NodeModel, Note, Place, Text, Use
from waves.language.model.vocabulary import SLID_FROM, SLIDE
from waves.language.tree.context import BuildContext, Tempo, TreeBuilder
from waves.language.tree.expression_nodes import text_source
from waves.language.tree.kept.lengths import Length
from waves.language.tree.tree_node import LazyValue, Source, Template, TreeNode
from waves.notes import Note as StartedNote


@dataclass(eq=False, slots=True)
class Group:
    """The sounds that one pool plays, as they are written, and the notes that are started of each."""

    model: NodeModel | Use
    data: Any
    numbers: list[int] = field(default_factory=list)
    """The number of each sound in its parameter."""
    written: list[Note] = field(default_factory=list)
    started: list[list[StartedNote]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MadeVoice:
    """A template, and what is known of the values of its notes."""

    template: Template
    keys: tuple[str, ...]
    """Names of the values, in the order of `template.given`."""
    unused: list[str]
    """Names of the values that are given, and neither set a parameter nor are read."""
    length: float | None
    """The longest constant duration in it, infinite where it ends by itself, None without one."""
    uses_length: bool
    """Whether it reads how long a note is: as `gate`, as its `length`, or with a list that takes so long."""

    def values(self, given: dict[str, float]) -> tuple[float, ...]:
        """The values of one note, in the order of `template.given`; NaN for those that it does not give."""
        return tuple(given.get(key, math.nan) for key in self.keys)


def slid(inner: BuildContext, place: Place, pool: str, pitch: TreeNode, start: TreeNode, time: TreeNode) -> Source:
    """The pitch of a note that comes from another one in a time, by equal ratios; `inner`: the context of the voice."""
    start.inputs["default"] = pitch
    names = {"pitch": pitch, SLID_FROM: start, SLIDE: time}
    known = inner.known({name: LazyValue(lambda source=source: source) for name, source in names.items()})  # type: ignore[misc]
    text = parse(f"{SLID_FROM} * (pitch / {SLID_FROM}) ** min(t / max({SLIDE}, 1e-6), 1)")
    return text_source(known, Text(text, place), f"{pool}.slide")


def fitted(inner: BuildContext, place: Place, pool: str, cycle: Source, cycles: TreeNode) -> Source:
    """The seconds of some cycles; `inner`: the context of the voice."""
    known = inner.known({"cycle": LazyValue(lambda: cycle), "cycles": LazyValue(lambda: cycles)})
    return text_source(known, Text(parse("cycles * cycle"), place), f"{pool}.fit")


def warn_of_times(
    tree: TreeBuilder, pool: TreeNode, clock: TreeNode, nodes: list[NodeModel], step: Source, share: Fraction
) -> None:
    """Warn of times in a sound that were probably meant in milliseconds.

    `step`: seconds of its shortest note, a `share` of the interval of the clock. In another tempo the pool stays as
    long as there is nothing to warn of.
    """
    for hint in times_in_note(nodes, step):
        tree.findings.append(Finding(hint.place, hint.sentence, hint.suggestion, "warning"))
    lengths = (one for one in reversed(tree.lengths) if one.node is clock and one.name == "interval")
    interval = next((one.of_tempo for one in lengths), None)
    if interval and any(times_in_note(nodes, sys.float_info.min)):  # of a step that is short enough

        def is_quiet(tempo: Tempo) -> float | None:
            step = interval(tempo)
            return None if step is None or any(times_in_note(nodes, step * float(share))) else step

        tree.lengths.append(Length(pool, "", is_quiet))
