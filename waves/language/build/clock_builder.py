"""Unfolds what goes with the music: clocks, the names of a tempo, and values one after another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from waves.node_types.builtin import expression
from waves.node_types.builtin.step_clock import Clock
from waves.language.expression.parser import Program
from waves.language.model.models import Finding
from waves.language.model.models import Place
from waves.language.model.models import Text
from waves.language.tree.tree_node import Reference
from waves.language.tree.tree_node import Source
from waves.language.tree.tree_node import TreeNode
from waves.node_types.builtin.step_values import Draw
from waves.node_types.builtin.step_values import Stepped
from waves.language.build.tempo_names import Tempo
from waves.node_types.builtin.transport import Keep

if TYPE_CHECKING:
    from waves.language.tree.instantiate import Build
    from waves.language.tree.context import Around


def clock_of(build: Build, steps: int, *, chained: bool = False, ends: bool = True) -> TreeNode:
    """A clock of so many steps, as `interval`, `swing`, `trigger`, `repeat` and so on of a node say.

    Inside a note it begins with the note; one that cannot know where it would be, with the next bar.
    """
    tempo = build.around.transport
    node = build.around.new(f"{build.id}.Clock", Clock, build.model.place)
    given = build.settings
    mode = "chain" if chained else "trigger" if build.gives("trigger") else "interval"
    interval = build.input("interval") if build.gives("interval") else 1.0
    begin = "bar" if mode == "chain" or _moves(interval, {tempo.bpm}) else "grid"
    if given["sync"] == "start" or build.around.voice:
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


def timed(build: Build, metre: tuple[int, int]) -> Source:
    """What a tempo stands around: it knows the names, and follows the outermost tempo."""
    around, place = build.around, build.model.place
    if build.settings["source"] == "external":
        sentence = "no MIDI clock is followed: 'bpm' gives the tempo"
        build.growth.findings.append(Finding(place.below("source"), sentence, level="warning"))
    bpm = build.input("bpm") if build.gives("bpm") else build.growth.constants.bpm
    tempo = Tempo(around, build.id, place, bpm, metre)
    if around.tempo is None and around.voice is None:
        build.growth.tempos.append(tempo)
    build.around = replace(around.known(tempo.names), tempo=around.tempo or tempo)
    source = build.input("signal")
    if not tempo.moves:
        return source
    keep = around.new(build.id, Keep, place)
    keep.inputs = {"signal": source, "beats": tempo.source("beats")}
    return keep


def stepped(build: Build) -> Source:
    """Values one after another."""
    model = build.model
    order = model.orders.get("steps") or (0,)
    given = build.settings
    node = build.around.new(build.id, Stepped, model.place)
    build.id = node.id
    position = clock_of(build, len(order), ends=False)
    node.settings = {"mode": given["mode"], "order": order, "last": len(order) * given["repeat"]}
    node.inputs = {"position": position, "overlap": build.input("overlap")}
    where = build.where("steps")
    beginnings = [k for k, one in enumerate(order) if one >= 0]
    entries: dict[str, Source] = {}
    for j, (index, value) in enumerate(model.lists.get("steps", {}).items()):
        at = beginnings[j - 1 if given["mode"] == "ramp" else j] if beginnings else 0
        if isinstance(value, Text):
            path = f"{build.id}.steps.{index}"
            found = where.evaluate(value)
            if isinstance(found, Program):
                found = _drawn(found, where, path, value.place, position, {"steps": len(order), "at": at})
            entries[index] = where.solid(found, value.place, path)
        else:
            entries[index] = where.instantiate_node(value, build.id, "steps", index)
    node.inputs["steps"] = dict(entries)
    return node


def _drawn(
    program: Program, around: Around, path: str, place: Place, position: TreeNode, settings: dict[str, Any]
) -> Program:
    """The same program, its random numbers drawn anew at a step instead of after a time."""
    code, inputs, nodes = list(program.code), list(program.inputs), dict[int, int]()
    for k in range(0, len(code), expression.WIDTH):
        if code[k] == expression.DRAW:
            site = code[k + 2]
            if site not in nodes:
                node = around.new(f"{path}.{site}.Draw", Draw, place)
                node.settings = {**settings, "site": site}
                node.inputs = {"position": position}
                nodes[site] = len(inputs)
                inputs.append(node)
            code[k], code[k + 2] = expression.LOAD, nodes[site]
    return Program(tuple(code), tuple(inputs), program.registers, program.factors)
