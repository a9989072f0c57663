"""Meaning of a name in an expression at one place: names around it, ids, vars, the transport, built-in names."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from waves.language.expression.builtin_names import (
    FUNCTIONS,
    NOTE_LENGTHS,
    PITCH_CLASS,
    TimeName,
    builtin,
    flat_meant,
    german_note,
    resembles_note,
)
from waves.language.expression.bytecode import Program
from waves.language.expression.other_forms import call_meant
from waves.language.expression.parser import Name, parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.models import Finding, Origin, Place, Sound, WrittenParameter
from waves.language.model.scalar_validation import BROKEN
from waves.language.model.vocabulary import NOTE_NAMES
from waves.language.text.comments import COMMENT_SIGN
from waves.language.tree.tree_node import UNTIED, Edge, Instance, Reference, Source
from waves.node_types.library.parameters import written
from waves.problem import Problem, did_you_mean


@dataclass(frozen=True, slots=True)
class Word:
    """A var that is a word, not a number."""

    text: str


Constant = float | list[float] | Word | TimeName

MAX_DEPTH = 100
OTHER_NAMES = {  # names of other languages, and those they have here
    **dict.fromkeys(("yes", "on"), "'1'"),
    **dict.fromkeys(("no", "off"), "'0'"),
    **{"π": "'pi'", "τ": "'tau'"},
    **{word: f"'{NOTE_LENGTHS[count]}'" for word, count in (("half", 2), ("quarter", 4), ("thirtysecond", 32))},
    **{"measure": "'bar'", **dict.fromkeys(("forever", "infinite", "infinity", "endless", "always"), "'inf'")},
}
SIDES = {"left": "'-1'", "right": "'1'", "center": "'0'", "centre": "'0'", "middle": "'0'"}  # words for a pan
EXAMPLES = {  # values of parameters for which words like "loud" and "fast" are written
    **{"amp": "0.5", "volume": "0.5", "freq": "220", "cutoff": "800", "peak": "0.5", "pan": "0.5", "bpm": "120"},
    **{"interval": "0.5", "duration": "2", "attack": "0.01", "decay": "0.2", "sustain": "0.5", "release": "0.3"},
    **{"time": "0.3", "feedback": "0.4", "mix": "0.5", "swing": "0.2", "speed": "1"},
}


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


class LazyValue:
    """The value of a name: built when it is first needed, one source for all that read it."""

    def __init__(self, make: Callable[[], Source | list[float]]):
        self.make = make
        self.value: Source | list[float] | None = None
        self.reads = 0
        """Number of times that an expression has read it."""

    def built(self) -> Source | list[float]:
        """The value, built if that has not been done; this does not count as a read."""
        if self.value is None:
            self.value = self.make()
        return self.value

    def read(self) -> Source | list[float]:
        """The value for an expression."""
        self.reads += 1
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
        """The scope of a use of a sound at this place."""
        return replace(self, instance=instance)

    def find(
        self, name: Name, place: Place, whole: str = "", bare: bool = False
    ) -> Source | list[float] | TimeName | None:
        """The meaning of a name at this place, in the expression `whole`; None after a report when it has none.

        `bare`: whether the name of a sound could stand in place of the expression.

        The first that has the name wins: names around this place, ids of the sound and those around it, vars, built-in
        names, ids of other sounds. With a dollar all ids come first.

            a: {context: {x: 2, signal: {osc: {id: x, freq: x, amp: $x}}}}

        Here `x` is 2, and `$x` the oscillator.
        """
        text, _, output = name.text.partition(".")
        own = any(text in i.nodes or (i.sound and text in i.sound.ids) for i in self.instance.around())
        foreign = not own and text in self.ids
        if name.dollar and (own or foreign):
            return self.reference(text, place, name.column, output)
        if output:
            self.unknown(name._replace(text=text), place, whole, False)
            return None
        key = f"${text}" if name.dollar and f"${text}" in self.names else text
        if key in self.names:
            self.constants.reads.append((key, self.names[key]))
            return self.names[key].read()
        if own:
            return self.reference(text, place, name.column)
        constant = self.constants.find(text)
        if text in self.constants.broken:
            return None
        if isinstance(constant, Word):
            self.constants.not_a_number(text, constant)
            return None
        if constant is None and text in self.constants.transport:
            self.constants.reads.append(("", self.constants.transport[text]))
            return self.constants.transport[text].read()
        if constant is None and foreign:
            return self.reference(text, place, name.column)
        if constant is None:
            self.unknown(name, place, whole, bare)
        self.constants.warn_of_flat(text, place, name.column)
        return constant

    def unknown(self, name: Name, place: Place, whole: str, bare: bool) -> None:
        """Report a name without a meaning in the expression `whole`; `bare` as in `find`."""
        text = name.text
        known = [*self.names, *self.instance.ids(), *self.constants.names(), *(self.sounds if bare else ())]
        if text in self.sounds:
            self.report(place, f"'{text}' is a sound: write '{{{text}: {{}}}}' to play it here", "", name.column)
        elif whole[: name.column].rstrip().endswith("//"):
            self.report(place, f"unknown name '{text}': {COMMENT_SIGN}", "", name.column)
        elif name.dollar:
            near = did_you_mean(text, self.instance.ids()) or did_you_mean(f"${text}", self.names)
            self.report(place, f"no node has the id '{text}'", near, name.column)
        elif text in FUNCTIONS:
            self.report(place, f"'{text}' is a function: ( ) stand behind it", call_meant(text, whole), name.column)
        elif text in NOTE_NAMES:
            self.report(place, f"'{text}' is known only inside a note", "", name.column)
        elif PITCH_CLASS.fullmatch(text):
            self.report(place, f"unknown name '{text}': a note has an octave", f"'{text}4'", name.column)
        elif resembles_note(text):
            meant = f"'{german}'" if (german := german_note(text)) else ""
            self.report(place, f"'{text}' is not a note: notes go from c0 to g10", meant, name.column)
        else:
            side = SIDES.get(text.lower()) if "pan" in place.path[-2:] else ""
            suggestion = side or OTHER_NAMES.get(text.lower()) or did_you_mean(text, known)
            example = EXAMPLES.get(str(place.path[-1]), "") if not suggestion and whole.strip() == text else ""
            way = f": write a number, as '{place.path[-1]}: {example}'" if example else ""
            self.report(place, f"unknown name '{text}'{way}", suggestion, name.column)

    def reference(self, name: str, place: Place, column: int = 0, output: str = "") -> Reference:
        """An edge to the node with that id, or to an output of it; it is tied to its target when the tree is built."""
        finding = Finding(place, f"no node has the id '{name}'", did_you_mean(name, self.instance.ids()), column=column)
        reference = Reference(UNTIED, finding.problem().mark, output)
        self.edges.append(Edge(reference, name, self.instance, finding))
        return reference

    def report(self, place: Place, sentence: str, suggestion: str = "", column: int = 0) -> None:
        """Add an error to the findings of the build."""
        self.constants.report(Finding(place, sentence, suggestion, "error", column))
