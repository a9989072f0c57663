"""Checks what is written in an entry against the node types, and gives models; every mistake is collected.

    lead: {filter: {cutoff: 800}, signal: {osc: {type: saw}}}

is read as the node `filter` with the parameters `cutoff` and `signal`: keys beside a node are its parameters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from waves.language.expression.builtin_names import builtin
from waves.language.expression.parser import parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import (
    Finding,
    NodeModel,
    Number,
    Origin,
    Place,
    Points,
    Sound,
    Text,
    Use,
    Value,
    WrittenParameter,
)
from waves.language.model.step_notation import read_steps
from waves.language.model.vocabulary import NOTE_NAMES, Vocabulary
from waves.node import Node
from waves.node_types.builtin.curve import PointError, curve_points
from waves.node_types.library.parameters import Common, Parameter, accepted, free_names, parameters, validated, written
from waves.problem import did_you_mean

LENIENT = frozenset({"envelope", "pitch"})  # ignore an unknown parameter, with a warning
NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.[\d_]*)?|\.\d[\d_]*)([eE][-+]?\d+)?")
ASSIGNED = re.compile(r"(\w{1,40})(?:\s*[=:]\s*|\s+)(\S.{0,40})")
ELSEWHERE = {  # names of parameters elsewhere, and those they may mean here
    **dict.fromkeys(("volume", "vol", "gain", "level"), ("amp", "volume")),
    **dict.fromkeys(("pitch", "frequency", "hz"), ("freq", "cutoff")),
    **dict.fromkeys(("q", "res", "resonance"), ("peak",)),
    **dict.fromkeys(("wave", "waveform", "shape", "mode"), ("type",)),
    **dict.fromkeys(("width", "duty", "pwm", "pw"), ("pulse_width",)),
    **dict.fromkeys(("length", "dur"), ("duration",)),
    **dict.fromkeys(("input", "in", "source"), ("signal",)),
    **dict.fromkeys(("path", "sample", "name"), ("file",)),
    **dict.fromkeys(("freq",), ("cutoff",)),
    **dict.fromkeys(("rate",), ("speed",)),
}
BROKEN = 1.0  # stands for a value that has a problem already, so that the others are found too


def read_sound(origin: Origin, data: Any, vocabulary: Vocabulary) -> Sound:
    """The model of one entry, with all that is wrong in it."""
    reader = Validator(vocabulary, origin.name)
    place = Place(origin)
    ids = reader.ids(data, place)
    return Sound(origin.name, origin, reader.top(data, place), ids, reader.findings)


class Validator:
    """Reads values inside the definition of the sound `inside`; what is wrong goes to `findings`."""

    def __init__(self, vocabulary: Vocabulary, inside: str):
        self.vocabulary = vocabulary
        self.inside = inside
        self.findings: list[Finding] = []

    def top(self, data: Any, place: Place) -> NodeModel | Use | None:
        """The value of an entry: one node, or the name of one."""
        name = place.origin.name
        if isinstance(data, str) and self.vocabulary.find(data, self.inside):
            return self.named(data, place)
        if isinstance(data, list):
            self.problem(place, f"a list is no sound: put it under 'mix: {{signals: [...]}}' in '{name}'")
        elif isinstance(data, dict) and data:
            hint = f"; a place for anchors is 'templates:', or a name like '_{name}'"
            return self.node(data, place, hint)
        elif isinstance(data, str):
            self.problem(place, f"expected one node, got {written(data)}", self.vocabulary.near(data))
        elif data is None:
            sentence = f"expected one node, got nothing; what belongs to '{name}' is indented below it"
            self.problem(place, sentence)
        else:
            self.problem(place, f"expected one node, got {written(data)}")
        return None

    def value(self, data: Any, place: Place, parameter: Parameter | None = None, bare: bool = False) -> Value:
        """A signal: a number, an expression, one node, or a list to interpolate.

        With `bare`, text that is the name of a node or sound is that node.
        """
        match data:
            case bool() | int() | float():
                return self.number(data, place, parameter)
            case str() if bare and self.vocabulary.find(data, self.inside):
                return self.named(data, place) or Number(BROKEN, place)
            case str():
                return self.text(data, place, parameter)
            case dict() if data:
                return self.node(data, place) or Number(BROKEN, place)
            case list() if bare and any(map(self.is_node, data)):
                together = "what sounds together is 'mix: {signals: [...]}'"
                self.problem(place, f"a list of numbers moves over a time; {together}")
                return Number(BROKEN, place)
            case list() if data:
                return self.points(data, place, parameter)
        self.problem(place, f"expected a number or one node, got {written(data)}")
        return Number(BROKEN, place)

    def is_node(self, data: Any) -> bool:
        named = isinstance(data, str) and self.vocabulary.find(data, self.inside)
        return isinstance(data, dict) or bool(named)

    def number(self, data: float, place: Place, parameter: Parameter | None) -> Number:
        value = float(data)
        complaint = parameter.complaint(value) if parameter else ""
        if complaint or not (math.isfinite(value) or parameter):
            self.problem(place, complaint or f"expected a finite number, got {written(value)}")
            value = BROKEN
        return Number(value, place)

    def text(self, data: str, place: Place, parameter: Parameter | None = None) -> Number | Text:
        """Text is always an expression; one that is a number is read here."""
        if NUMBER.fullmatch(stripped := data.strip()):
            return self.number(float(stripped.replace("_", "")), place, parameter)
        try:
            return Text(parse(data), place)
        except ExpressionProblem as error:
            problem = error.problems[0]
            self.problem(place, problem.sentence, problem.suggestion, column=error.column)
            return Number(BROKEN, place)

    def named(self, name: str, place: Place) -> NodeModel | Use | None:
        """A bare name is that node or sound without parameters."""
        found = self.vocabulary.find(name, self.inside)
        return self.parameters(name, found, {}, place) if isinstance(found, type) else Use(name, place)

    def node(self, data: dict[str, Any], place: Place, hint: str = "") -> NodeModel | Use | None:
        """One node; the keys beside its name are parameters of it."""
        found = {name: self.vocabulary.find(name, self.inside) for name in data}
        kinds = {name: kind for name, kind in found.items() if isinstance(kind, type)}
        names = list(kinds) or [name for name, sound in found.items() if sound]
        if len(names) > 1:  # a scalar beside a node is a parameter that is called like another node
            names = [name for name in names if isinstance(data[name], dict | None)] or names
        if len(names) > 1:
            self.side_by_side(names, place)
            return None
        if not names:
            self.unknown(data, place, hint)
            return None
        given = self.given(names[0], data, place)
        if kind := kinds.get(names[0]):
            return self.parameters(names[0], kind, given, place.below(names[0]))
        return Use(names[0], place.below(names[0]), given)

    def given(self, name: str, data: dict[str, Any], place: Place) -> dict[str, WrittenParameter]:
        """The parameters inside the node called `name` and beside it."""
        inside = data[name]
        if not isinstance(inside, dict | None):
            sentence = f"expected the parameters of '{name}', got {written(inside)}"
            self.problem(place.below(name), sentence, self.meant(name, inside))
            inside = None
        given = {key: WrittenParameter(value, place.below(name, key)) for key, value in (inside or {}).items()}
        for key, value in data.items():
            if key in given and key != name:
                self.problem(place.below(key).at_key(), f"'{key}' is given inside '{name}' and beside it")
            elif key != name:
                given[key] = WrittenParameter(value, place.below(key))
        return given

    def meant(self, name: str, data: Any) -> str:
        """How `freq 220`, `freq = 220`, or the word of an enumeration, is written as a parameter."""
        kind = self.vocabulary.find(name, self.inside)
        if not isinstance(kind, type) or not isinstance(data, str):
            return ""
        known = accepted(kind)
        if (match := ASSIGNED.fullmatch(data)) and match[1] in known:
            return f"'{match[1]}: {match[2]}'"
        found = [key for key, parameter in known.items() if data.lower() in parameter.words]
        return f"'{{{found[0]}: {data}}}'" if found else ""

    def parameters(
        self, name: str, kind: type[Node], given: Mapping[str, WrittenParameter], place: Place
    ) -> NodeModel | None:
        """A node of a type, from its parameters as written; None without a setting that it must have."""
        model = NodeModel(name, kind, place, written=frozenset(given))
        for key, (data, at) in given.items():
            self.parameter(model, key, data, at)
        known = accepted(kind)
        meant = {_instead(key, known) for key in given if key not in known and name not in LENIENT}
        for key, parameter in known.items():
            if parameter.required and key not in given and f"'{key}'" not in meant:
                self.problem(place.at_key(), f"'{name}' needs '{key}'")
        model = self.checked(model, given)
        needed = [key for key, p in parameters(kind).items() if p.required and not p.is_signal]
        lacks = any(model.settings[key] is None and key not in model.texts for key in needed)
        return None if lacks else model

    def override(self, model: NodeModel, given: Mapping[str, WrittenParameter], sound: str) -> NodeModel:
        """The node at the top of `sound` with the parameters that a use gives in place of its own."""
        new = replace(
            model,
            settings=dict(model.settings),
            texts=dict(model.texts),
            signals=dict(model.signals),
            lists=dict(model.lists),
            free=dict(model.free),
            steps=dict(model.steps),
            orders=dict(model.orders),
            written=model.written | given.keys(),
        )
        allowed = accepted(model.kind).keys() | model.free.keys()
        for key, (data, at) in given.items():
            if key in allowed:
                new.texts.pop(key, None)
                self.parameter(new, key, data, at)
            else:
                sentence = f"'{sound}' has no parameter '{key}': its top node '{model.name}' does not take it"
                self.problem(at.at_key(), sentence, did_you_mean(key, allowed))
        return self.checked(new, given)

    def parameter(self, model: NodeModel, key: str, data: Any, at: Place) -> None:
        """Put one parameter, as written, into a model."""
        known, free = accepted(model.kind), free_names(model.kind)
        p = known.get(key)
        if p and data is None and p.default is None and not p.required:
            return
        if p is None and free:
            model.free[key] = self.free(key, data, at)
        elif p is None:
            level: Any = "warning" if model.name in LENIENT else "error"
            ignored = ": it is ignored" if model.name in LENIENT else ""
            sentence = f"'{model.name}' has no parameter '{key}'{ignored}"
            self.problem(at.at_key(), sentence, _instead(key, known), level)
        elif key == "duration" and p.is_signal:
            model.signals[key] = self.scalar(data, at, p)
        elif p.form == "signals":
            model.lists[key] = self.several(data, at, bare=key == free)
        elif p.form == "values":
            model.orders[key] = self.order(data, at)
            model.lists[key] = self.several(data, at, bare=False, rests=True)
        elif p.form == "steps":
            model.steps[key] = read_steps(self, data, at)
        elif p.is_signal:
            bare = p.form == "channels" or key == "signal"
            model.signals[key] = self.value(data, at, p, bare)
        elif p.form == "number" and isinstance(data, str) and builtin(data.strip()) == p.default == math.inf:
            model.settings[key] = p.default
        elif p.form in ("number", "whole"):
            constant = self.scalar(data, at, p)
            if isinstance(constant, Text):
                model.texts[key] = constant
            else:
                model.settings[key] = constant.value
        elif p.form == "words":
            model.settings[key] = self.word(data, at, p)
        elif p.form in ("text", "file") and not isinstance(data, str):
            self.problem(at, f"expected {p.expected}, got {written(data)}")
        else:
            model.settings[key] = data

    def free(self, key: str, data: Any, at: Place) -> Value:
        """A signal under a name of the user's."""
        if data is None or data == {}:
            hint = f": write '{key}: {key}' to play the sound" if key in self.vocabulary.sounds else ""
            self.problem(at.at_key(), f"'{key}' needs a node{hint}")
            return Number(BROKEN, at)
        return self.value(data, at, bare=True)

    def order(self, data: Any, at: Place) -> tuple[int, ...]:
        """For each entry of a list its position among those that are not null, -1 for null."""
        count, found = 0, []
        for item in data if isinstance(data, list) else ():
            found.append(-1 if item is None else count)
            count += item is not None
        if isinstance(data, list) and not count:
            self.problem(at, "expected at least one value")
        return tuple(found) if count else ()

    def several(self, data: Any, at: Place, bare: bool, rests: bool = False) -> dict[str, Value]:
        """A list of signals, each under its id, its name with a count, or its position; `rests`: null is left out."""
        if not isinstance(data, list):
            self.problem(at, f"expected a list, got {written(data)}")
            return {}
        found: dict[str, Value] = {}
        counts: dict[str, int] = {}
        for position, item in enumerate(data):
            if item is None and rests:
                continue
            value = self.value(item, at.below(position), bare=bare)
            index = str(position)
            if isinstance(value, NodeModel | Use):
                counts[value.name] = counts.get(value.name, 0) + 1
                count = f"~{counts[value.name]}" if counts[value.name] > 1 else ""
                index = value.id or value.name + count
            found[index] = value
        return found

    def word(self, data: Any, at: Place, parameter: Parameter) -> str:
        """The word of an enumeration, whatever its case or spelling."""
        if isinstance(data, str) and (found := parameter.words.get(data.lower())):
            return found
        suggestion = did_you_mean(data, parameter.words) if isinstance(data, str) else ""
        self.problem(at, f"expected {parameter.expected}, got {written(data)}", suggestion)
        return next(iter(parameter.words.values()))

    def points(self, data: list[Any], place: Place, parameter: Parameter | None) -> Value:
        """A list to interpolate: numbers evenly spread, or pairs [value, position] between two ends."""
        try:
            values, positions = curve_points(data)
        except PointError as error:
            self.problem(place.below(error.index), str(error))
            return Number(BROKEN, place)
        at = [place.below(i, 0) if isinstance(item, list) else place.below(i) for i, item in enumerate(data)]
        after = [place.below(i, 1) if isinstance(item, list) else place.below(i) for i, item in enumerate(data)]
        levels = tuple(self.scalar(value, at[i], parameter) for i, value in enumerate(values))
        if len(data) == 1:
            return levels[0]
        return Points(levels, tuple(self.scalar(x, after[i], POSITION) for i, x in enumerate(positions)), place)

    def scalar(self, data: Any, at: Place, parameter: Parameter | None) -> Number | Text:
        """A number or an expression, and no node."""
        if isinstance(data, str):
            return self.text(data, at, parameter)
        if isinstance(data, int | float) and not isinstance(data, bool):
            return self.number(data, at, parameter)
        self.problem(at, f"expected a number or an expression, got {written(data)}")
        return Number(BROKEN, at)

    def checked(self, model: NodeModel, given: Mapping[str, WrittenParameter]) -> NodeModel:
        """The model with its settings validated, those that are not written by default."""
        own = model.kind.model_fields
        values: dict[str, Any] = {key: value for key, value in model.settings.items() if key in own}
        values |= {key: _constant(value) for key, value in model.signals.items() if key in own}
        values |= {key: [_constant(v) for v in several.values()] for key, several in model.lists.items()}
        others = {key: value for key, value in model.settings.items() if key not in own}
        settings, wrong = validated(model.kind, values)
        shared, more = validated(Common, others) if others else ({}, [])
        for key, sentence in wrong + more:
            self.problem(given[key].place if key in given else model.place, sentence)
        settings |= {key: shared[key] for key in others}
        name = settings.pop("id", model.id) if "id" not in own else model.id
        return replace(model, settings=settings, id=name)

    def side_by_side(self, names: list[str], place: Place) -> None:
        outer = next((n for n in names if "signal" in self.signals_of(n)), "")
        inner = [name for name in names if name != outer]
        hint = f"; put '{inner[0]}' under 'signal'" if outer and len(inner) == 1 else ""
        hint = hint or "; what sounds together stands in 'mix'"
        listed = ", ".join(f"'{name}'" for name in names[:-1]) + f" and '{names[-1]}'"
        count = "two" if len(names) == 2 else str(len(names))
        self.problem(place.below(names[-1]).at_key(), f"{count} nodes side by side: {listed}{hint}")

    def signals_of(self, name: str) -> Mapping[str, Parameter]:
        kind = self.vocabulary.find(name, self.inside)
        return parameters(kind) if isinstance(kind, type) else {}

    def unknown(self, data: dict[str, Any], place: Place, hint: str) -> None:
        """No key of a mapping is the name of a node: find the one that was meant to be."""
        common = parameters(Common)
        for key in data:
            like_a_node = len(data) == 1 or isinstance(data[key], dict | None)
            if like_a_node and key not in common and (suggestion := self.vocabulary.near(key)):
                self.problem(place.below(key).at_key(), f"unknown node '{key}'", suggestion)
                return
        if len(data) == 1 and (not hint or isinstance(data[next(iter(data))], dict | None)):
            self.problem(place.below(*data).at_key(), f"unknown node '{next(iter(data))}'")
        else:
            self.problem(place, f"expected one node, got {written(data)}{hint}")

    def ids(self, data: Any, place: Place) -> dict[str, Place]:
        """Every id written in an entry, and where."""
        found: dict[str, Place] = {}
        for name, at in _ids(data, place):
            if name in found:
                line = found[name].mark
                before = f" of line {line.line}" if line else ""
                self.problem(at, f"the id '{name}'{before} is given to a second node")
            if name in NOTE_NAMES and name not in found:
                self.problem(at, f"inside a note '{name}' means the note's, not this node", level="warning")
            found.setdefault(name, at)
        return found

    def problem(self, place: Place, sentence: str, suggestion: str = "", level: Any = "error", column: int = 0) -> None:
        self.findings.append(Finding(place, sentence, suggestion, level, column))


POSITION = Parameter("position", "number", True, None, "position", 0.0, 1.0)


def _instead(key: str, known: Mapping[str, Parameter]) -> str:
    """The parameter that is meant by a name that is none."""
    if match := ASSIGNED.fullmatch(key):
        return f"'{match[1]}: {match[2]}'"
    elsewhere = next((f"'{name}'" for name in ELSEWHERE.get(key.lower(), ()) if name in known), "")
    return elsewhere or did_you_mean(key, known)


def _ids(data: Any, place: Place) -> Iterator[tuple[str, Place]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if key == "id" and isinstance(value, str):
            yield value, place.below(key)
        else:
            yield from _ids(value, place.below(key))


def _constant(value: Value) -> float | None:
    return value.value if isinstance(value, Number) else None
