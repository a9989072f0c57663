"""Builds the clock of a sequence or an automation."""

from __future__ import annotations

from waves.language.build.clocks.bar_clocks import bars_in, in_bars, length_in_bars, share_of_bar, unit_of
from waves.language.build.clocks.lengths import TimedLength, follow_tempo, length_of
from waves.language.build.form.alternatives import PLAIN, Alternatives
from waves.language.model.patterned.pattern_notes import pace_of, passes
from waves.language.tree.context import BuildContext
from waves.language.tree.instantiate import NodeBuilder
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node_types.builtin import expression
from waves.node_types.builtin.form.sections import WITHIN
from waves.node_types.builtin.step_clock import StepClock

ENDLESS = 2**50
"""Steps of a clock without passes: each step has a number of its own."""


def clock_of(
    build: NodeBuilder,
    steps: int,
    *,
    chained: bool = False,
    ends: bool = True,
    name: str = "",
    cycle: TimedLength | None = None,
    rows: Alternatives = PLAIN,
) -> TreeNode:
    """A clock of so many steps, from the parameters `interval`, `swing`, `trigger`, `repeat` and so on of a node.

    It counts from the beginning of the piece, inside a note from the beginning of the note. A clock whose steps so
    far cannot be calculated, a chain or one with a moving interval, begins with the next bar.
    `name` is added to its ID. `cycle`: the length of a step, which is a cycle of a pattern. `rows`: the alternatives
    of what it plays.
    """
    made = build.model.patterns.get("steps")
    by_cycle = cycle is not None or (made is not None and not build.gives("interval"))
    settings = build.settings
    mode = "chain" if chained else "trigger" if build.gives("trigger") else "interval"
    length = "cycle" if by_cycle else "interval"
    steady = TimedLength(1.0, lambda tempo: 1.0)
    interval = cycle or (length_of(build, length) if build.gives(length) else steady)
    begin = "bar" if mode == "chain" or _moves(build.context, interval.source) else "grid"
    bars = bars_in(interval.source) or (build.context.bars if begin == "bar" else None)
    unit = unit_of(bars, build.model.signals.get(length), build.context.metre) or ("cycle" if by_cycle else "")
    node = build.context.new(f"{build.id}.{unit and f'{unit}.'}Clock{name}", StepClock, build.model.place)
    follows = follow_tempo(build, node, interval)
    tempo = build.context.outer_tempo if follows else build.context.transport
    if settings["sync"] == "start" or build.context.voice:
        begin = "now"
    repeat = settings["repeat"]
    if steps == ENDLESS:
        repeat /= steps
    elif made:
        repeat = passes(repeat, made, steps, pace_of(build.gives))
    node.settings = {
        "mode": mode,
        "begin": begin,
        "steps": max(steps, 1),
        "repeat": repeat,
        "bar": 1.0 if bars else tempo.metre.lengths[0],
        "ends": ends,
    }
    node.inputs = {"interval": interval.source, "beats": tempo.source("beats"), "beat": tempo.source("beat")}
    if bars:
        node.inputs |= in_bars(bars)
        node.inputs["interval"] = length_in_bars(build, node, interval.source)
    node.inputs |= {name: build.input(name) for name in ("swing", "trigger", "reset") if build.gives(name)}
    node.inputs.setdefault("swing", 0.0)
    node.settings |= rows.settings
    node.inputs |= rows.inputs
    if settings["sync"] == "section" and not build.context.voice:
        if song := build.context.song:
            node.inputs["beats"] = Reference(song.node, output=WITHIN if bars else "since")
            node.inputs.setdefault("reset", Reference(song.node, output="tick"))
        else:
            build.report("'sync: section' needs a 'song' around it", "sync")
    return node


def _moves(context: BuildContext, time: Source) -> bool:
    """Whether a time depends on more than constants and the tempo."""
    if bars_in(time):
        return share_of_bar(time) is None
    bpm = context.outer_tempo.bpm
    stack, seen = [time], set[int]()
    while stack:
        source = stack.pop()
        if isinstance(source, float) or source is bpm or id(source) in seen:
            continue
        seen.add(id(source))
        if isinstance(source, Reference) or source.kind is not expression.Expression:
            return True
        code = source.settings["instructions"]
        if any(op in (expression.TIME, expression.DRAW) for op in code[:: expression.WIDTH]):
            return True
        inputs = source.inputs["inputs"]
        assert isinstance(inputs, dict)
        stack += inputs.values()
    return False
