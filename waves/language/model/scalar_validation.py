"""Values without a node in them: numbers, expressions, interpolated lists, words of an enumeration, settings."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from waves.language.expression.builtin_names import FUNCTIONS
from waves.language.expression.parser import parse
from waves.language.expression.tokenizer import ExpressionProblem
from waves.language.model.hints import (
    Hint,
    milliseconds_meant,
    other_unit,
    percent_meant,
    sends_meant,
    texts_of,
    values_of,
)
from waves.language.model.models import (
    Finding,
    NodeModel,
    Number,
    Place,
    Points,
    Text,
    Value,
    WrittenParameter,
    constant_of,
)
from waves.language.model.suggestions import commented_name, number_meant, values_meant
from waves.language.model.vocabulary import Vocabulary
from waves.language.patterns.syntax import Source, Word
from waves.language.patterns.told.told_notes import ToldWord
from waves.language.text.comments import COMMENT_SIGN, comment_behind
from waves.language.text.yaml_scalars import NUMBER, finite
from waves.language.text.yaml_suggestions import IN_BRACES_ONLY, node_in_braces, oscillator_meant
from waves.node_types.builtin.curve import PointError, curve_points
from waves.node_types.contract.aliases import node_called as alias_of
from waves.node_types.library.parameters import Common, Parameter, accepted, validated, written
from waves.problem import did_you_mean

BROKEN = math.nan
"""The value of what has a problem already: so is all that is calculated from it, and nothing more is said of that."""
OTHER_WORDS = {  # shapes of waves in other programs, and their words here
    **dict.fromkeys(("sawtooth", "ramp_up"), "saw"),
    **dict.fromkeys(("pulse", "rect", "rectangle"), "sqr"),
    **dict.fromkeys(("triangle",), "tri"),
    **dict.fromkeys(("white", "pink", "random"), "noise"),
    **dict.fromkeys(("linear", "lin", "line", "interpolate", "glide"), "ramp"),  # and ways of an automation
    **dict.fromkeys(("hold", "stepped", "steps"), "step"),
    **dict.fromkeys(("crossfade", "xfade"), "overlap"),
}
POSITION = Parameter("position", "number", True, None, "position", 0.0, 1.0)


class ScalarValidator:
    """Reads values in the definition of the sound `inside`; mistakes are added to `findings`."""

    def __init__(self, vocabulary: Vocabulary, inside: str):
        self.vocabulary = vocabulary
        self.inside = inside
        self.findings: list[Finding] = []
        self.looked: dict[str, str] = {}
        """By each name of a pattern that was asked for what it stands for; "" for none."""

    def pattern_called(self, name: str, in_lane: bool = False) -> WrittenParameter | None:
        """The value of a name in `patterns`, `in_lane` or else in `vars`; None for no such name."""
        self.looked[name] = self.vocabulary.pattern_text(name)
        return self.vocabulary.named(name) if in_lane else self.vocabulary.patterns.get(name)

    def place_of(self, source: Source, place: Place) -> Place:
        """The place of the text that a word of a pattern stands in; `place` is that of the pattern itself."""
        if not source:
            return place
        name, *below = source
        named = self.vocabulary.named(str(name)) if name else None
        return (named.place if named else place).below(*below)

    def place_of_word(self, word: Word, place: Place) -> Place:
        """The place of the text that a word of a pattern stands in; of a note of Python that of its own text."""
        note = (word.text,) if isinstance(word, ToldWord) else ()
        return self.place_of((*word.source, *note), place)

    def is_plain(self, data: Any, at: Place, parameter: Parameter) -> bool:
        """Whether data that is taken as it is written is a text, where that is what a parameter takes."""
        if parameter.form not in ("text", "file", "data") or isinstance(data, str):
            return True
        self.problem(at, f"expected {parameter.expected}, got {written(data)}")
        return False

    def problem(
        self,
        place: Place,
        sentence: str,
        suggestion: str = "",
        level: Literal["error", "warning"] = "error",
        column: int = 0,
    ) -> None:
        """Add a finding; `column` counts from 0 in the text of the value."""
        self.findings.append(Finding(place, sentence, suggestion, level, column))

    def failed(self, told: int) -> bool:
        """Whether a mistake is among the findings after so many; warnings are none."""
        return any(one.level == "error" for one in self.findings[told:])

    def hint(self, found: Iterable[Hint]) -> None:
        """Add warnings."""
        for place, sentence, suggestion, column in found:
            self.problem(place, sentence, suggestion, "warning", column)

    def scalar(self, data: Any, place: Place, parameter: Parameter | None) -> Number | Text:
        """A number or an expression."""
        if isinstance(data, str):
            return self.text(data, place, parameter)
        if isinstance(data, int | float) and not isinstance(data, bool):
            return self.number(data, place, parameter)
        self.problem(place, f"expected a number or an expression, got {written(data)}", number_meant(data, parameter))
        return Number(BROKEN, place)

    def is_slip(self, data: Any, place: Place, parameter: Parameter | None, bare: bool) -> bool:
        """Whether data is a pattern of values without `values`, which is reported; a sound is never meant there."""
        if isinstance(data, str) and self.vocabulary.is_values(text := data.removeprefix("values ")):
            try:
                parse(data)
            except ExpressionProblem as error:
                problem, column = error.problems[0], error.column
                sentence, meant = problem.sentence, problem.suggestion
                if "side by side" not in sentence or text != data:
                    sentence, meant, column = "a pattern of values stands behind 'values'", "", 0
                elif values := isinstance(place.path[-1], int) and values_meant([data]):
                    meant = f"'{values[2:-2]}'"
                self.problem(place, sentence, meant or f"'{{values: \"{text}\"}}'", column=column)
                return True
        played = data.get("play") if isinstance(data, dict) and parameter and not bare else None
        if parameter and isinstance(played, str) and self.vocabulary.is_values(played):
            sentence = f"'play' starts sounds, and '{parameter.name}' is given values"
            self.problem(place.below("play").at_key(), sentence, "'values'")
            return True
        return False

    def with_values(self, found: Value | None, parameter: Parameter | None) -> Value | None:
        """The same value, after reports of what it gives one after another and does not suit its parameter."""
        if isinstance(found, NodeModel) and parameter:
            for one in values_of(found):
                self.number(one.value, one.place, parameter, one.column)
            for text in texts_of(found):
                self.hint(other_unit(text, parameter))
        return found

    def number(self, data: float, place: Place, parameter: Parameter | None, column: int = 0) -> Number:
        """A constant, within the bounds of its parameter."""
        value = float(data)
        if parameter and (held := parameter.within(value)) != value:
            sentence = f"{parameter.complaint(value)}: it plays as {held:g}"
            self.problem(place, sentence, level="warning", column=column)
            value = held
        complaint = parameter.complaint(value) if parameter else ""
        if complaint or not (math.isfinite(value) or parameter):
            meant = milliseconds_meant(value, parameter) or percent_meant(value, parameter)
            self.problem(place, complaint or f"expected a finite number, got {written(value)}", meant, column=column)
            value = BROKEN
        return Number(value, place)

    def text(self, data: str, place: Place, parameter: Parameter | None = None, bare: bool = False) -> Number | Text:
        """An expression, in place of which a sound could be named if it is `bare`; only a number is that number."""
        if NUMBER.fullmatch(stripped := data.strip()):
            try:
                return self.number(finite(stripped), place, parameter)
            except ValueError as error:
                self.problem(place, str(error))
                return Number(BROKEN, place)
        try:
            found = Text(parse(data), place, bare)
            self.hint(other_unit(found, parameter))
            return found
        except ExpressionProblem as error:
            problem = error.problems[0]
            if (column := comment_behind(data)) is not None:
                self.problem(place, COMMENT_SIGN, column=column)
                return Number(BROKEN, place)
            if node := node_called(data, self.vocabulary, self.inside):
                self.problem(place, *node)
                return Number(BROKEN, place)
            meant = error.suggestion(parameter.unit if parameter else "")
            self.problem(place, problem.sentence, meant, column=error.column)
            return Number(BROKEN, place)

    def numbers(self, model: NodeModel, key: str, data: Any, place: Place) -> None:
        """Put a list of numbers or constant expressions into a model."""
        parameter = accepted(model.kind)[key]
        if not isinstance(data, list):
            self.problem(place, f"expected {parameter.expected}, got {written(data)}")
            return
        if not data and parameter.default != []:
            self.problem(place, f"expected {parameter.expected}, got an empty one")
            return
        items = [self.scalar(item, place.below(index), parameter) for index, item in enumerate(data)]
        if any(isinstance(item, Text) for item in items):
            model.texts[key] = items
        elif not any(isinstance(item, Number) and math.isnan(item.value) for item in items):
            model.settings[key] = [item.value for item in items if isinstance(item, Number)]

    def sends(self, data: Any, place: Place) -> Iterable[tuple[str, Any]]:
        """The sends of a part of a mix, each with the name of the part that it feeds, as written."""
        if isinstance(data, dict):
            return data.items()
        example = ", as 'send: {room: 0.3}'" if isinstance(data, int | float) else ""
        sentence = f"expected parts of the mix, each with a factor, got {written(data)}{example}"
        self.problem(place, sentence, sends_meant(data))
        return ()

    def checked(
        self, model: NodeModel, given: Mapping[str, WrittenParameter], misspelt: Collection[str] = ()
    ) -> NodeModel:
        """The model with its settings validated by its type, or their default; of `misspelt` names nothing is told."""
        own = model.kind.model_fields
        values: dict[str, Any] = {
            key: value
            for key, value in model.settings.items()
            if key in own and (value is not None or own[key].default is not None)
        }
        values |= {key: constant_of(value) for key, value in model.signals.items() if key in own}
        former = {key: p for key, p in accepted(model.kind).items() if p.former and key not in values}
        values |= {key: p.default_in(self.vocabulary.number) for key, p in former.items()}
        lists = {key: several for key, several in model.lists.items() if key in own}
        values |= {key: [constant_of(v) for v in several.values()] for key, several in lists.items()}
        others = {key: value for key, value in model.settings.items() if key not in own}
        settings, wrong = validated(model.kind, values)
        shared, more = validated(Common, others) if others else ({}, [])
        for key, sentence in wrong + more:
            if key not in misspelt:
                self.problem(given[key].place if key in given else model.place, sentence)
        settings |= {key: shared[key] for key in others}
        name = settings.pop("id", model.id) if "id" not in own else model.id
        return replace(model, settings=settings, id=name)

    def name_of_list(self, data: Any, place: Place) -> Text | None:
        """The expression that names a list of signals, as `minor`; None for any other data."""
        if not isinstance(data, str):
            return None
        try:
            parsed = parse(data)
        except ExpressionProblem:
            return None
        return Text(parsed, place) if parsed.word else None

    def is_foreign(self, data: str, place: Place) -> bool:
        """Whether a text is a name with a comment of another language, or a node without braces; it is reported."""
        if meant := commented_name(data, self.vocabulary, self.inside):
            self.problem(place, COMMENT_SIGN, meant)
        elif node := node_called(data, self.vocabulary, self.inside):
            self.problem(place, *node)
            return True
        return bool(meant)

    def points(self, data: list[Any], place: Place, parameter: Parameter | None) -> Number | Text | Points:
        """A list to interpolate: numbers evenly spread, or pairs [value, position] between two ends."""
        if meant := values_meant(data):
            self.problem(place, "a comma separates the values", meant)
            return Number(BROKEN, place)
        try:
            values, positions = curve_points(data)
        except PointError as error:
            self.problem(place.below(error.index), str(error))
            return Number(BROKEN, place)
        places = [place.below(i, 0) if isinstance(item, list) else place.below(i) for i, item in enumerate(data)]
        levels = tuple(self.scalar(value, places[i], parameter) for i, value in enumerate(values))
        if len(data) == 1:
            return levels[0]
        places = [place.below(i, 1) if isinstance(item, list) else place.below(i) for i, item in enumerate(data)]
        return Points(levels, tuple(self.scalar(x, places[i], POSITION) for i, x in enumerate(positions)), place)

    def word(self, data: Any, place: Place, parameter: Parameter) -> str:
        """The word of an enumeration, in any case and accepted spelling."""
        if isinstance(data, str) and (word := parameter.words.get(data.lower())):
            return word
        if data is None and parameter.default in parameter.words.values():
            sentence = f"nothing is written for '{parameter.name}': it is {parameter.default}"
            self.problem(place, sentence, level="warning")
            return str(parameter.default)
        suggestion = ""
        if isinstance(data, str):
            other = OTHER_WORDS.get(data.lower(), "")
            suggestion = f"'{other}'" if other in parameter.words else did_you_mean(data, parameter.words)
        self.problem(place, f"expected {parameter.expected}, got {written(data)}", suggestion)
        return next(iter(parameter.words.values()))

    def order(self, data: Any, place: Place) -> tuple[int, ...]:
        """For each entry of a list its position among the entries that are not null; -1 for null.

        [c4, null, e4]    (0, -1, 1)
        """
        count = 0
        positions = []
        for item in data if isinstance(data, list) else ():
            positions.append(-1 if item is None else count)
            count += item is not None
        if isinstance(data, list) and not count:
            self.problem(place, "expected at least one value")
        return tuple(positions) if count else ()


def node_called(text: str, vocabulary: Vocabulary, inside: str) -> tuple[str, str] | None:
    """The sentence and the suggestion for a node or sound without its braces, or None for any other text.

    osc(3)           '{osc: {freq: 3}}'
    lowpass(800)     none, and the sentence names 'filter'
    play: hat        '{play: hat}'
    """
    if (meant := node_in_braces(text.strip())) and vocabulary.find(text.strip().partition(":")[0], inside):
        return f"{IN_BRACES_ONLY}, without quotes around it", meant
    match = re.fullmatch(r"(\w+)\((.*)\)", text.strip())
    if not match:
        return None
    name, meant = match[1], oscillator_meant(text)
    is_known = bool(vocabulary.find(name, inside))
    if not meant and is_known and not match[2].strip():
        meant = f"'{{{name}: {{}}}}'"
    node = "" if is_known else "osc" if meant else alias_of(name, vocabulary.types)
    if not (is_known or node) or (name in FUNCTIONS and not meant):
        return None
    node_words = f"the node '{node}'" if node else "a node"
    what = f"'{name}' moves no value" if name in FUNCTIONS else f"'{name}' is no function"
    return f"{what}: {node_words} and its parameters stand in {{ }}, not in ( )", meant
