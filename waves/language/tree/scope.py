"""What a name in an expression means: names around it, ids, vars, the transport, what is built in."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from waves.language.expression.builtin_names import TimeName, builtin
from waves.language.expression.bytecode import Program
from waves.language.expression.parser import Name, parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import Finding, Place, Sound, WrittenParameter
from waves.language.model.vocabulary import NOTE_NAMES
from waves.language.tree.tree_node import UNTIED, Edge, Instance, Reference, Source
from waves.node_types.library.parameters import written
from waves.problem import did_you_mean


@dataclass(frozen=True, slots=True)
class Word:
    """A var that is no number, for `select`."""

    text: str


Constant = float | list[float] | Word | TimeName

MAX_DEPTH = 100
NOTE = re.compile(r"[a-hA-H][#sb]?\d{1,2}")
ELSEWHERE = {  # what has another name elsewhere
    **dict.fromkeys(("yes", "on"), "'true'"),
    **dict.fromkeys(("no", "off"), "'false'"),
    **{"π": "'pi'", "τ": "'tau'"},
}


def lengths(bpm: float) -> dict[str, float]:
    """Lengths in seconds that always have a name; 4/4."""
    beat = 60.0 / bpm
    return {
        "bpm": bpm,
        "beat": beat,
        "bar": 4.0 * beat,
        "eighth": beat / 2.0,
        "sixteenth": beat / 4.0,
        "triplet": beat / 3.0,
    }


class ConstantNames:
    """Vars, in any order, then the transport's names, then what is built in."""

    def __init__(self, vars: Mapping[str, WrittenParameter], bpm: float, report: Callable[[Finding], None]):
        self.vars = vars
        self.bpm = bpm
        self.lengths = lengths(bpm)
        self.transport: Mapping[str, LazyValue] = {}  # names of the transport that is there without a `tempo`
        self.report = report
        self.found: dict[str, Constant] = {}
        self.broken: set[str] = set()  # reported already; they count as 1
        self.faults = 0
        self.reading: list[str] = []

    def find(self, name: str) -> Constant | None:
        """The constant of that name, or None. What is wrong with a var is reported once."""
        if name in self.vars:
            return self.var(name)
        length = self.lengths.get(name)
        return builtin(name) if length is None else length

    def names(self) -> list[str]:
        return [*self.vars, *self.lengths, *self.transport]

    def check(self) -> None:
        """Report what is wrong in any var."""
        for name in self.vars:
            self.var(name)

    def var(self, name: str) -> Constant:
        if name in self.found:
            return self.found[name]
        data, place = self.vars[name]
        if name in self.reading:
            loop = " → ".join([*self.reading[self.reading.index(name) :], name])
            self.wrong(Finding(place, f"the vars read each other in a circle: {loop}"))
            return 1.0
        if len(self.reading) >= MAX_DEPTH:
            self.wrong(Finding(place, f"more than {MAX_DEPTH} vars read each other in a row"))
            return 1.0
        before = self.faults
        self.reading.append(name)
        self.found[name] = self.value(data, place)
        self.reading.pop()
        if self.faults > before:
            self.broken.add(name)
        return self.found[name]

    def wrong(self, finding: Finding) -> None:
        self.faults += 1
        self.report(finding)

    def value(self, data: object, place: Place) -> Constant:
        if isinstance(data, list):
            items = [self.value(item, place.below(i)) for i, item in enumerate(data)]
            if all(isinstance(item, float) for item in items):
                return [item for item in items if isinstance(item, float)]
            self.wrong(Finding(place, "a list in vars holds numbers only"))
            return 1.0
        if isinstance(data, bool | int | float):
            return self.number(float(data), place)
        if isinstance(data, str):
            return self.text(data, place)
        self.wrong(Finding(place, f"expected a constant, got {written(data)}"))
        return 1.0

    def number(self, value: float, place: Place) -> float:
        if math.isfinite(value):
            return value
        self.wrong(Finding(place, f"expected a finite number, got {written(value)}"))
        return 1.0

    def text(self, text: str, place: Place) -> Constant:
        """A constant expression, or a word that no name has."""
        known: dict[str, Constant] = {}
        try:
            parsed = parse(text)
            for name in parsed.names:
                value = self.find(name.text)
                if value is None and parsed.word and not name.dollar:
                    return Word(text)
                if not isinstance(value, float | list):
                    self.wrong(self.unfit(name.text, value, place, name.column))
                    return 1.0
                known[name.text] = value
            result = parsed.compile(known.get)
        except ExpressionProblem as error:
            problem = error.problems[0]
            self.wrong(Finding(place, problem.sentence, problem.suggestion, column=error.column))
            return 1.0
        if isinstance(result, Program):
            self.wrong(Finding(place, f"a var is a constant, '{text}' moves"))
            return 1.0
        return result

    def unfit(self, name: str, value: Constant | None, place: Place, column: int) -> Finding:
        if isinstance(value, TimeName) or name in self.transport:
            return Finding(place, f"a var is a constant, '{name}' moves", column=column)
        if isinstance(value, Word):
            return Finding(place, f"'{name}' is the word '{value.text}', no number", column=column)
        return Finding(place, f"unknown name '{name}'", did_you_mean(name, self.names()), column=column)


class LazyValue:
    """A value under a name: built when it is first read, one source for all that read it."""

    def __init__(self, make: Callable[[], Source | list[float]]):
        self.make = make
        self.value: Source | list[float] | None = None
        self.is_read = False

    def built(self) -> Source | list[float]:
        if self.value is None:
            self.value = self.make()
        return self.value

    def read(self) -> Source | list[float]:
        self.is_read = True
        return self.built()


@dataclass(frozen=True, eq=False, slots=True)
class Scope:
    """The names that may be used at one place of the tree."""

    constants: ConstantNames
    sounds: Mapping[str, Sound]
    ids: frozenset[str]
    """Every id of every sound."""
    edges: list[Edge]
    instance: Instance
    names: Mapping[str, LazyValue] = field(default_factory=dict)

    def inside(self, instance: Instance) -> Scope:
        return replace(self, instance=instance)

    def find(self, name: Name, place: Place) -> Source | list[float] | TimeName | None:
        """What a name means here; None when that is a problem, which is reported.

        Names around come first, then ids, vars, built-ins, ids of other sounds; with a dollar, ids are first.
        """
        text = name.text
        own = any(text in i.nodes or (i.sound and text in i.sound.ids) for i in self.instance.around())
        foreign = not own and text in self.ids
        if name.dollar and (own or foreign):
            return self.reference(text, place, name.column)
        if text in self.names:
            return self.names[text].read()
        if own:
            return self.reference(text, place, name.column)
        constant = self.constants.find(text)
        if text in self.constants.broken:
            return None
        if isinstance(constant, Word):
            self.report(place, f"'{text}' is the word '{constant.text}', no number", "", name.column)
            return None
        if constant is None and text in self.constants.transport:
            return self.constants.transport[text].read()
        if constant is None and foreign:
            return self.reference(text, place, name.column)
        if constant is None:
            self.unknown(name, place)
        return constant

    def unknown(self, name: Name, place: Place) -> None:
        text = name.text
        known = [*self.names, *self.instance.ids(), *self.constants.names(), *self.sounds]
        if text in self.sounds:
            self.report(place, f"'{text}' is a sound: write '{{{text}: {{}}}}' to play it here", "", name.column)
        elif name.dollar:
            self.report(place, f"no node has the id '{text}'", did_you_mean(text, self.instance.ids()), name.column)
        elif text in NOTE_NAMES:
            self.report(place, f"'{text}' is known inside a note only", "", name.column)
        elif NOTE.fullmatch(text):
            german = f"'b{text[1:]}'" if text[0] in "hH" else ""
            self.report(place, f"'{text}' is no note: they go from c0 to g10", german, name.column)
        else:
            suggestion = ELSEWHERE.get(text.lower()) or did_you_mean(text, known)
            self.report(place, f"unknown name '{text}'", suggestion, name.column)

    def reference(self, name: str, place: Place, column: int = 0) -> Reference:
        """An edge to the node with that id."""
        suggestion = did_you_mean(name, self.instance.ids())
        finding = Finding(place, f"no node has the id '{name}'", suggestion, column=column)
        reference = Reference(UNTIED, finding.problem().mark)
        self.edges.append(Edge(reference, name, self.instance, finding))
        return reference

    def report(self, place: Place, sentence: str, suggestion: str = "", column: int = 0) -> None:
        self.constants.report(Finding(place, sentence, suggestion, "error", column))
