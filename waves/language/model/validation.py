"""Validates entries against the node types: plain data in, models out; every mistake is collected.

    lead: {filter: {cutoff: 800}, signal: {osc: {type: saw}}}

is read as the node `filter` with the parameters `cutoff` and `signal`: keys beside a node are its parameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from waves.language.expression.builtin_names import builtin
from waves.language.expression.parser import parse
from waves.language.model import suggestions
from waves.language.model.form.metres import tell_metre
from waves.language.model.form.ramps import read_ramp
from waves.language.model.hints import chords, hints, loud_parts, unknown_parameter
from waves.language.model.models import (
    NodeModel,
    Number,
    Origin,
    Place,
    Sound,
    Text,
    Use,
    Value,
    WrittenParameter,
    written_ids,
)
from waves.language.model.patterned.pattern_node import given_to_short, is_pattern, is_short, read_pattern_node
from waves.language.model.scalar_validation import BROKEN
from waves.language.model.step_notation import NodeReader, read_step, read_steps
from waves.language.model.vocabulary import NOTE_NAMES, Vocabulary
from waves.memo import Rereading
from waves.node import Node
from waves.node_types.library.parameters import (
    GIVE_WAY,
    SENT,
    Parameter,
    accepted,
    free_names,
    gives_way,
    names_values,
    parameters,
    written,
)
from waves.problem import did_you_mean

LENIENT = frozenset({"envelope", "pitch"})  # an unknown parameter of these is ignored, with a warning


def read_sound(origin: Origin, data: Any, vocabulary: Vocabulary, nodes: Rereading | None = None) -> Sound:
    """The model of one entry, with all findings in it; `nodes` are those of the last reading of it."""
    validator = Validator(vocabulary, origin.name, nodes)
    validator.nodes.begin()
    place = Place(origin)
    ids = validator.ids(data, place)
    root = validator.top(data, place)
    validator.hint(loud_parts(root))
    return Sound(origin.name, origin, root, validator.meant_ids | ids, validator.findings, data, validator.looked)


class Validator(NodeReader):
    """Reads nodes and all values in the definition of the sound `inside`; mistakes are added to `findings`."""

    def __init__(self, vocabulary: Vocabulary, inside: str, nodes: Rereading | None = None):
        super().__init__(vocabulary, inside)
        self.nodes = nodes or Rereading()
        self.meant_ids: dict[str, Place] = {}
        """Ids that are given by a misspelt `id`."""

    def top(self, data: Any, place: Place) -> NodeModel | Use | None:
        """The value of an entry: one node, or the name of one."""
        name = place.origin.name
        if isinstance(data, str) and self.vocabulary.find(data, self.inside):
            return self.named(data, place)
        if isinstance(data, list):
            self.problem(place, f"a list is not a sound: put it under 'mix: {{signals: [...]}}' in '{name}'")
        elif isinstance(data, dict) and data:
            return self.node(data, place, f"; a place for anchors is 'templates:', or a name like '_{name}'")
        elif isinstance(data, str) and not self.is_foreign(data, place):
            self.problem(place, f"expected one node, got {written(data)}", self.vocabulary.near(data))
        elif data is None:
            self.problem(place, f"expected one node, got nothing; what belongs to '{name}' is indented below it")
        elif not isinstance(data, str):
            self.problem(place, f"expected one node, got {written(data)}{suggestions.tempo_meant(name, data)}")
        return None

    def value(self, data: Any, place: Place, parameter: Parameter | None = None, bare: bool = False) -> Value:
        """A signal: a number, an expression, one node, or a list to interpolate.

        With `bare`, text that is the name of a node or sound is that node.
        """
        if self.is_slip(data, place, parameter, bare):
            return Number(BROKEN, place)
        match data:
            case int() | float() if not isinstance(data, bool):
                return self.number(data, place, parameter)
            case str() if bare and self.vocabulary.find(data, self.inside):
                return self.bare(data, place)
            case str() if bare and self.is_foreign(data, place):
                return Number(BROKEN, place)
            case str():
                return self.text(data, place, parameter, bare)
            case dict() if data:
                found = read_ramp(self, data, place, parameter) or self.node(data, place)
                return self.with_values(found, parameter) or Number(BROKEN, place)
            case list() if bare and any(map(self.is_node, data)):
                together = "what sounds together is 'mix: {signals: [...]}'"
                self.problem(place, f"a list of numbers moves over a time; {together}")
                return Number(BROKEN, place)
            case list() if data:
                return self.points(data, place, parameter)
        meant = suggestions.number_meant(data, parameter)
        self.problem(place, f"expected a number or one node, got {written(data)}", meant)
        return Number(BROKEN, place)

    def is_node(self, data: Any) -> bool:
        """Whether data is written like a node, or is the name of one."""
        return isinstance(data, dict) or (isinstance(data, str) and bool(self.vocabulary.find(data, self.inside)))

    def named(self, name: str, place: Place) -> NodeModel | Use | None:
        """The node or sound of a bare name, without parameters."""
        kind = self.vocabulary.find(name, self.inside)
        return self.parameters(name, kind, {}, place) if isinstance(kind, type) else Use(name, place)

    def bare(self, name: str, place: Place) -> NodeModel | Use | Text:
        """The node or sound of a bare name where a value may stand too.

        A value of that name comes before a node, as the build knows: a node with mistakes is left to it.
        """
        told, text = len(self.findings), Text(parse(name), place, True)
        model = self.named(name, place)
        if isinstance(model, NodeModel) and len(self.findings) == told:
            return replace(model, word=text)
        del self.findings[told:]
        return model if isinstance(model, Use) else text

    def node(self, data: dict[str, Any], place: Place, hint: str = "") -> NodeModel | Use | None:
        """One node; the keys beside its name are parameters of it. `hint` is added when there is no node."""
        return self.nodes.made(place.path, data, lambda: self._node(data, place, hint), self._told)

    def _told(self) -> tuple[int, int]:
        return len(self.findings), len(self.meant_ids)

    def _node(self, data: dict[str, Any], place: Place, hint: str) -> NodeModel | Use | None:
        names = self.vocabulary.nodes_among(data, self.inside)
        if len(names) == 1:
            names += self.vocabulary.beside(names[0], data, self.inside)
        if len(names) > 1:
            types = {name: kind for name in data if isinstance(kind := self.vocabulary.find(name, self.inside), type)}
            processors = [name for name, kind in types.items() if "signal" in parameters(kind)]
            self.problem(place.below(names[-1]).at_key(), suggestions.side_by_side(names, processors))
            return None
        if not names:
            self.problem(*suggestions.node_meant(data, place, self.vocabulary, self.inside, hint))
            return None
        name = names[0]
        given = self.given(name, data, place)
        if isinstance(kind := self.vocabulary.find(name, self.inside), type):
            return self.parameters(name, kind, given, place.below(name))
        self.hint(chords(name, given))
        return Use(name, place.below(name), given)

    def given(self, name: str, data: dict[str, Any], place: Place) -> dict[str, WrittenParameter]:
        """The parameters inside the node called `name` and beside it, as written."""
        inside = data[name]
        if is_short(name, inside):
            return given_to_short(self, name, data, place)
        if not isinstance(inside, dict | None):
            wrong = suggestions.no_parameters(name, self.vocabulary.find(name, self.inside), inside)
            self.problem(place.below(name), *wrong)
            inside = None
        given = {key: WrittenParameter(value, place.below(name, key)) for key, value in (inside or {}).items()}
        for key, value in data.items():
            if key in given and key != name:
                self.problem(place.below(key).at_key(), f"'{key}' is given inside '{name}' and beside it")
            elif key != name:
                given[key] = WrittenParameter(value, place.below(key))
        return given

    def parameters(
        self, name: str, kind: type[Node], given: Mapping[str, WrittenParameter], place: Place
    ) -> NodeModel | None:
        """A node of a type, from its parameters as written; None without a setting that it must have."""
        known = accepted(kind)
        given, joined = suggestions.rejoined(given, known), given
        if is_pattern(self, name, kind, given):
            return read_pattern_node(self, name, kind, given, dict(joined), place)
        meant = {} if name in LENIENT or free_names(kind) else suggestions.meant_parameters(given, known)
        model = NodeModel(name, kind, place, written=frozenset([*given, *meant]))
        for key, (data, at) in given.items():
            if comma := suggestions.comma_meant(key, given, known):
                if comma[0]:
                    self.problem(at.at_key(), *comma)
                continue
            self.parameter(model, key, data, at)
        for key, (data, at) in meant.items():
            self.meant_parameter(model, key, data, at)
        told = any(finding.place == place for finding in self.findings)
        for key, parameter in known.items():
            if parameter.required and not told and key not in given and key not in meant:
                self.problem(place.at_key(), f"'{name}' needs '{key}'")
        model = self.checked(model, given, meant)
        self.hint(hints(model))
        required = [key for key, p in parameters(kind).items() if p.required and not p.is_signal]
        lacks = any(model.settings[key] is None and key not in model.texts for key in required)
        return None if lacks else model

    def override(self, model: NodeModel, given: Mapping[str, WrittenParameter], sound: str) -> NodeModel:
        """The node at the top of `sound` with the parameters that a use gives in place of its own."""
        new = model.copied(given)
        allowed = accepted(model.kind).keys() | model.free.keys()
        for key, (data, at) in given.items():
            if key in allowed:
                new.texts.pop(key, None)
                self.parameter(new, key, data, at, is_name=key in model.free)
            else:
                sentence = f"'{sound}' has no parameter '{key}': its top node '{model.name}' does not take it"
                self.problem(at.at_key(), sentence, did_you_mean(key, allowed))
        return self.checked(new, given)

    def parameter(self, model: NodeModel, key: str, data: Any, at: Place, is_name: bool = True) -> None:
        """Put one parameter, as written, into a model; `is_name`: whether it may be a name of the player's."""
        known, free = accepted(model.kind), free_names(model.kind)
        p = known.get(key)
        if p and free and is_name and gives_way(model.kind, p, data, self.is_node(data)):
            model.free[key] = self.free(model.kind, key, data, at)
            if key in GIVE_WAY and p.fits(data):  # and the parameter, if nothing inside uses the name
                model.settings[key] = data
            return
        if p and data is None and p.default is None and not p.required:
            return
        if p is None and free:
            model.free[key] = self.free(model.kind, key, data, at)
        elif p is None:
            level: Literal["error", "warning"] = "warning" if model.name in LENIENT else "error"
            ignored = ": it is ignored" if model.name in LENIENT else ""
            unknown = f"'{model.name}' has no parameter '{key}'{ignored}"
            self.problem(at.at_key(), *unknown_parameter(unknown, model.name, key, data, known), level)
        elif key == "duration" and p.is_signal:
            model.signals[key] = self.scalar(data, at, p)
        elif p.form == "signals":
            model.lists.pop(key, None)
            model.listed.pop(key, None)
            if key != free and (text := self.name_of_list(data, at)):
                model.listed[key] = text
            else:
                model.lists[key] = self.several(data, at, p, bare=key == free)
        elif p.form == "sends":
            model.lists[key] = {name: self.value(amount, at.below(name), SENT) for name, amount in self.sends(data, at)}
        elif p.form == "values":
            model.orders[key] = self.order(data, at)
            model.lists[key] = self.several(data, at, p, bare=False, rests=True)
        elif p.form == "steps":
            model.patterns.pop(key, None)
            model.steps[key] = read_steps(self, data, at)
        elif p.form == "step":
            model.steps[key] = read_step(self, data, at)
        elif p.is_signal:
            bare = p.form == "channels" or key == "signal"
            model.signals[key] = self.value(data, at, p, bare)
        elif p.form == "number" and isinstance(data, str) and builtin(data.strip()) == p.default == math.inf:
            model.settings[key] = p.default
        elif p.form in ("number", "whole"):
            constant = self.scalar(data, at, p)
            if isinstance(constant, Text):
                model.texts[key] = constant
            elif not math.isnan(constant.value):
                model.settings[key] = constant.value
        elif p.form == "numbers":
            self.numbers(model, key, data, at)
        elif p.form == "words":
            model.settings[key] = self.word(data, at, p)
        elif self.is_plain(data, at, p) and (p.form != "metre" or tell_metre(data, at, self.findings.append)):
            model.settings[key] = data

    def meant_parameter(self, model: NodeModel, key: str, data: Any, at: Place) -> None:
        """Put a parameter whose name is misspelt into a model: what needs it is quiet, and so is its value."""
        told = len(self.findings)
        if accepted(model.kind)[key].form not in ("file", "data"):
            self.parameter(model, key, data, at)
        if key == "id" and isinstance(data, str):
            self.meant_ids.setdefault(data, at)
        del self.findings[told:]

    def free(self, kind: type[Node], key: str, data: Any, at: Place) -> Value:
        """A signal under a name of the user; one that expressions read may be true or false, as in them: 1 or 0."""
        if data is None or data == {}:
            hint, meant = suggestions.part_meant(key, self.vocabulary, self.inside)
            self.problem(at.at_key(), f"'{key}' needs a node{hint}", meant)
            return Number(BROKEN, at)
        as_number = isinstance(data, bool) and names_values(kind)
        return Number(float(data), at) if as_number else self.value(data, at, bare=True)

    def several(self, data: Any, at: Place, parameter: Parameter, bare: bool, rests: bool = False) -> dict[str, Value]:
        """A list of signals, each under its id, its name with a count, or its position; `rests`: null is left out."""
        if not isinstance(data, list):
            self.problem(at, f"expected a list, got {written(data)}", suggestions.list_meant(data))
            return {}
        values: dict[str, Value] = {}
        counts: dict[str, int] = {}
        for position, item in enumerate(data):
            if item is None and rests:
                continue
            value = self.value(item, at.below(position), parameter, bare)
            index = str(position)
            if isinstance(value, NodeModel | Use):
                counts[value.name] = counts.get(value.name, 0) + 1
                index = value.id or value.name + (f"~{counts[value.name]}" if counts[value.name] > 1 else "")
            values[index] = value
        return values

    def ids(self, data: Any, place: Place) -> dict[str, Place]:
        """Every id written in an entry, with its place."""
        places: dict[str, Place] = {}
        for name, at in written_ids(data, place):
            if name in places:
                line = places[name].mark
                before = f" of line {line.line}" if line else ""
                self.problem(at, f"the id '{name}'{before} is given to a second node")
            if name in NOTE_NAMES and name not in places:
                sentence = f"inside a note '{name}' is a value of the note, not this node"
                self.problem(at, sentence, level="warning")
            places.setdefault(name, at)
        return places
