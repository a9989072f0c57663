"""Constants: names that stand for them, vars among them, and settings that are written as constant expressions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from waves.language.expression.builtin_names import TimeName, builtin, flat_meant
from waves.language.expression.bytecode import Program
from waves.language.expression.parser import parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import Finding, Number, Origin, Place, Text, WrittenParameter
from waves.language.model.scalar_validation import BROKEN
from waves.language.tree.tree_node import LazyValue, Source
from waves.node import Node
from waves.node_types.library.parameters import Parameter, accepted, written
from waves.problem import Problem, did_you_mean

MAX_DEPTH = 100

Build = Callable[[str, Number | Text], Source]
"""Makes the source of what is written for a parameter; NaN after a mistake, which it has reported."""
Report = Callable[[Place, str], None]


@dataclass(frozen=True, slots=True)
class Word:
    """A var that is a word, not a number."""

    text: str


Constant = float | list[float] | Word | TimeName


def lengths(bpm: float) -> dict[str, float]:
    """The tempo, and lengths in seconds in 4/4, that have a name without any `tempo` node."""
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
    """Names of constants: vars, which may stand in any order, lengths of the default tempo, built-in names.

    Mistakes in vars are reported, each once.
    """

    def __init__(
        self,
        vars: Mapping[str, WrittenParameter],
        bpm: float,
        report: Callable[[Finding], None],
        lost: Mapping[str, Sequence[Problem]] | None = None,
    ):
        """`lost`: the problems of vars that cannot be read, by name."""
        self.vars = vars
        self.lost = lost or {}
        self.bpm = bpm
        self.lengths = lengths(bpm)
        self.transport: Mapping[str, LazyValue] = {}
        """Names of the transport outside of any `tempo` node; they move."""
        self.report = report
        self.reads: list[tuple[str, LazyValue]] = []
        """Names around a place that were read there, with their values, in the order of the build."""
        self.values: dict[str, Constant] = {}
        """Values of the vars that were read."""
        self.broken: set[str] = set()
        """Vars with a mistake that is reported already."""
        self.mistakes = 0
        self.reading: list[str] = []
        """Vars that are being read, each by the one before."""

    def find(self, name: str) -> Constant | None:
        """The constant of that name, or None."""
        if name in self.vars:
            return self.var(name)
        if name in self.lost:
            self.broken.add(name)
            for problem in self.lost[name]:
                self._mistake(Finding(Place(Origin("vars")), problem.sentence, known=problem))
            return BROKEN
        length = self.lengths.get(name)
        return builtin(name) if length is None else length

    def names(self) -> list[str]:
        """All names but those that are built in."""
        return [*self.vars, *self.lengths, *self.transport]

    def check(self) -> None:
        """Report the mistakes in all vars."""
        for name in self.vars:
            self.var(name)

    def var(self, name: str) -> Constant:
        """The value of a var, `BROKEN` for one with a mistake."""
        if name in self.values:
            return self.values[name]
        data, place = self.vars[name]
        if name in self.reading:
            loop = " → ".join([*self.reading[self.reading.index(name) :], name])
            self._mistake(Finding(place, f"the vars read each other in a circle: {loop}"))
            return BROKEN
        if len(self.reading) >= MAX_DEPTH:
            self._mistake(Finding(place, f"more than {MAX_DEPTH} vars read each other in a row"))
            return BROKEN
        before = self.mistakes
        self.reading.append(name)
        self.values[name] = self._value(data, place)
        self.reading.pop()
        if self.mistakes > before:
            self.broken.add(name)
        return self.values[name]

    def _mistake(self, finding: Finding) -> None:
        self.mistakes += 1
        self.report(finding)

    def not_a_number(self, name: str, word: Word) -> None:
        """Report, once and at its own place, a var that is a word where a number is needed."""
        if name in self.broken:
            return
        self.broken.add(name)
        self._mistake(Finding(self.vars[name].place, f"'{name}' is the word '{word.text}', not a number"))

    def warn_of_flat(self, name: str, place: Place, column: int) -> None:
        """Warn of a note that is another one in German."""
        if name not in self.vars and (flat := flat_meant(name)):
            sentence = f"'{name}' is e sharp, which is f: e flat is written otherwise"
            self.report(Finding(place, sentence, f"'{flat}'", "warning", column))

    def _value(self, data: object, place: Place) -> Constant:
        if isinstance(data, list):
            items = [self._value(item, place.below(i)) for i, item in enumerate(data)]
            if all(isinstance(item, float) for item in items):
                return [item for item in items if isinstance(item, float)]
            self._mistake(Finding(place, "a list in vars holds numbers only"))
            return BROKEN
        if isinstance(data, bool | int | float):
            return self._number(float(data), place)
        if isinstance(data, str):
            return self._text(data, place)
        self._mistake(Finding(place, f"expected a constant, got {written(data)}"))
        return BROKEN

    def _number(self, value: float, place: Place) -> float:
        if math.isfinite(value):
            return value
        self._mistake(Finding(place, f"expected a finite number, got {written(value)}"))
        return BROKEN

    def _text(self, text: str, place: Place) -> Constant:
        """The value of a constant expression; a word that is not a name is itself."""
        known: dict[str, Constant] = {}
        try:
            parsed = parse(text)
            for name in parsed.names:
                value = self.find(name.text)
                if value is None and parsed.word and not name.dollar:
                    return Word(text)
                self.warn_of_flat(name.text, place, name.column)
                if isinstance(value, Word):
                    self.not_a_number(name.text, value)
                    return BROKEN
                if not isinstance(value, float | list):
                    self._mistake(self._unfit(name.text, value, place, name.column))
                    return BROKEN
                known[name.text] = value
            result = parsed.compile(known.get)
        except ExpressionProblem as error:
            problem = error.problems[0]
            self._mistake(Finding(place, problem.sentence, problem.suggestion, column=error.column))
            return BROKEN
        if isinstance(result, Program):
            self._mistake(Finding(place, f"a var is a constant, '{text}' moves"))
            return BROKEN
        return result

    def _unfit(self, name: str, value: Constant | None, place: Place, column: int) -> Finding:
        """The finding for a name that is not a constant number."""
        if isinstance(value, TimeName) or name in self.transport:
            return Finding(place, f"a var is a constant, '{name}' moves", column=column)
        return Finding(place, f"unknown name '{name}'", did_you_mean(name, self.names()), column=column)


def constant_settings(
    kind: type[Node], texts: Mapping[str, Text | list[Number | Text]], build: Build, report: Report
) -> dict[str, Any]:
    """The values of settings that are written as expressions, by name; those with a mistake are left out."""
    settings: dict[str, Any] = {}
    for key, text in texts.items():
        several = text if isinstance(text, list) else [text]
        values = [_constant(accepted(kind)[key], one, build, report) for one in several]
        if None not in values:
            settings[key] = values if isinstance(text, list) else values[0]
    return settings


def _constant(parameter: Parameter, text: Number | Text, build: Build, report: Report) -> float | None:
    """One number; None after a mistake, which is reported."""
    source = build(parameter.name, text)
    if not isinstance(source, float):
        report(text.place, f"'{parameter.name}' is a constant and cannot move")
    elif math.isnan(source):
        return None
    elif complaint := parameter.complaint(source):
        report(text.place, complaint)
    elif parameter.form == "whole" and source != int(source):
        report(text.place, f"expected a whole number, got {source:g}")
    else:
        return int(source) if parameter.form == "whole" else source
    return None
