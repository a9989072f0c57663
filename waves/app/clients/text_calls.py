"""Calls about a text that need not be saved: colours, completion, help, places, outline, the number under a caret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from waves.app.clients.client_calls import ClientCalls
from waves.app.clients.methods import LONGEST_NAME, LONGEST_TEXT, Params, method
from waves.app.clients.piece.piece_texts import FIRST
from waves.app.clients.piece.text_span import TextSpan
from waves.assist.answers import completion as completions
from waves.assist.answers import hover as hovers
from waves.assist.answers import numbers
from waves.assist.answers import outline as outlines
from waves.assist.answers import places as places_of_names
from waves.assist.answers import tokens as words
from waves.assist.answers.completion import Completion
from waves.assist.answers.outline import Outlined
from waves.assist.meaning.piece_names import Surroundings

LAST = 1_000_000  # line


class OfText(Params):
    """A text as it stands in an editor."""

    file: str = Field(FIRST, max_length=LONGEST_NAME, description="The file that the text is for.")
    text: str = Field(max_length=LONGEST_TEXT, description="The whole text.")


class OfLines(OfText):
    """Lines of a text."""

    first: int = Field(1, ge=1, le=LAST, description="The first line, from 1.")
    last: int | None = Field(None, ge=1, le=LAST, description="The last line; none: that of the text.")


class AtCaret(OfText):
    """A place in a text."""

    line: int = Field(ge=1, le=LAST, description="The line, from 1.")
    column: int = Field(ge=1, le=LAST, description="The column of the character behind the caret, from 1.")


@dataclass(frozen=True, slots=True)
class HoverAt:
    """Help for the part of a line from `start` to before `end`."""

    line: int
    start: int
    end: int
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class NumberAt:
    """A number in a line from `start` to before `end`, and what a slider for it needs."""

    line: int
    start: int
    end: int
    written: str
    value: float
    id: str
    """`<id>.<parameter>` for `setValue`; empty if it is not one that plays."""
    parameter: str
    """Name of the parameter, or of the player's; empty for a number in an expression."""
    unit: str
    minimum: float | None
    maximum: float | None
    low: float
    """Ends of the slider."""
    high: float
    scale: Literal["linear", "log"]
    step: float


def around(calls: ClientCalls, file: str) -> Surroundings:
    """The surroundings of a text, which an answer about it needs."""
    calls.texts.check_name(file)
    composer = calls.piece.composer()
    others = {name: calls.texts.read(name).text for name in calls.texts.names() if name != file}
    python = composer.pattern_files.patterns.patterns
    patterns = {name: f"{one.about} In {one.file}, line {one.line}.".lstrip() for name, one in python.items()}
    return Surroundings(composer.library, others, calls.sample_names(), file, patterns)


@method("play", OfLines, "For each word and sign: line, column, length, kind.")
def tokens(calls: ClientCalls, given: OfLines) -> list[tuple[int, int, int, str]]:
    """Kinds of the words and signs of a text, for colours."""
    found = words.tokens(given.text, around(calls, given.file), given.first, given.last)
    return [(one.line, one.column, one.length, one.kind) for one in found]


@method("play", AtCaret, "The items, and the part of the line that one of them takes the place of.")
def complete(calls: ClientCalls, at: AtCaret) -> Completion:
    """Complete the word at a caret."""
    return completions.complete(at.text, at.line, at.column, around(calls, at.file))


@method("play", AtCaret, "Title and text, null where there is nothing to say.")
def hover(calls: ClientCalls, at: AtCaret) -> HoverAt | None:
    """Explain the word at a caret."""
    found = hovers.hover(at.text, at.line, at.column, around(calls, at.file))
    if found is None:
        return None
    return HoverAt(found.range.line, found.range.start, found.range.end, found.title, found.text)


@method("play", AtCaret, "Parts of lines, the definition first.")
def places(calls: ClientCalls, at: AtCaret) -> list[TextSpan]:
    """Find the places of the name at a caret."""
    found = places_of_names.places(at.text, at.line, at.column, around(calls, at.file))
    return [TextSpan(one.file, one.line, one.start, one.end - one.start) for one in found]


@method("play", OfText, "Entries with their parts.")
def outline(calls: ClientCalls, given: OfText) -> list[Outlined]:
    """List the entries of a text, and the parts of each sound."""
    return outlines.outline(given.text, around(calls, given.file))


@method("play", AtCaret, "The number, its parameter and the range of a slider; null where none is.")
def number_at(calls: ClientCalls, at: AtCaret) -> NumberAt | None:
    """Find the number at a caret."""
    found = numbers.number_at(at.text, at.line, at.column, around(calls, at.file))
    if found is None:
        return None
    return NumberAt(
        line=found.range.line,
        start=found.range.start,
        end=found.range.end,
        written=found.written,
        value=found.value,
        id=calls.movable(f"{found.path}.{found.parameter}"),
        parameter=found.parameter,
        unit=found.unit,
        minimum=found.minimum,
        maximum=found.maximum,
        low=found.low,
        high=found.high,
        scale="log" if found.logarithmic else "linear",
        step=found.step,
    )
