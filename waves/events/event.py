"""The base of all events: a kind, a time, one line of text, and fields that name their units."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

from waves.problem import Problem, printable


def data(description: str, unit: str = "", **default: Any) -> Any:
    """A field of an event with what it means and, for numbers, its unit; `default` as for a dataclass field."""
    return field(metadata={"description": description, **({"unit": unit} if unit else {})}, **default)


Record = TypeVar("Record")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(data,))
def record(kind: type[Record]) -> type[Record]:
    """Make a class a frozen dataclass whose fields are given by name; each field is declared with `data`."""
    return dataclass(frozen=True, slots=True, kw_only=True)(kind)


@record
class ProblemRecord:
    """A mistake as it is written to JSON."""

    level: Literal["error", "warning"] = data("A warning does not keep a piece from playing.")
    sentence: str = data("The mistake, one sentence.")
    file: str | None = data("The file that it is in, if it is in one.")
    line: int | None = data("The line in the file.", "lines from 1")
    column: int | None = data("The column in the line.", "characters from 1")
    path: str = data("Way to the value: lead.osc.amp.")
    suggestion: str = data("The word that was probably meant, empty if none is near.")
    source: str = data("The line of the file as it is written.")

    @classmethod
    def of(cls, problem: Problem) -> ProblemRecord:
        """The record of a problem."""
        mark = problem.mark
        return cls(
            level=problem.level,
            sentence=_sendable(problem.sentence),
            file=_sendable(mark.file) if mark else None,
            line=mark.line if mark else None,
            column=mark.column if mark else None,
            path=_sendable(problem.path),
            suggestion=_sendable(problem.suggestion),
            source=_sendable(problem.source),
        )


@record
class Event:
    """Something that happened during play. Each kind is a class in `playing`, `changes` or `trouble` of this room.

    Events are values: any thread may create and read them.
    """

    kind: ClassVar[str] = ""
    at: float = data("Time of the event, since 1970.", "s", default_factory=time.time)
    problems: tuple[Problem, ...] = data("Mistakes and warnings that belong to it.", default=())

    @property
    def text(self) -> str:
        """One short sentence for people."""
        raise NotImplementedError

    @property
    def over_with(self) -> tuple[str, ...]:
        """Kinds of the events after which the text is no longer true; empty if it stays true."""
        return ()

    @property
    def clock(self) -> str:
        """Local time of day to the millisecond."""
        return time.strftime("%H:%M:%S", time.localtime(self.at)) + f".{int(self.at * 1000) % 1000:03d}"

    @property
    def line(self) -> str:
        """Time and text as one line that is safe to print on a terminal."""
        return printable(f"{self.clock} {self.text}")

    @property
    def document(self) -> dict[str, Any]:
        """The event as plain data: `event` is its kind, `time` when it happened; then its own fields and problems."""
        own = {name: plain(getattr(self, name)) for name in own_fields(type(self))}
        problems = [asdict(ProblemRecord.of(problem)) for problem in self.problems]
        return {"event": self.kind, "time": self.at, "text": self.text, **own, "problems": problems}

    @property
    def json(self) -> str:
        """The document as one line of JSON."""
        return json.dumps(self.document)


def own_fields(kind: type[Event]) -> list[str]:
    """Names of the fields that a kind of event has beside those of every event."""
    common = {one.name for one in fields(Event)}
    return [one.name for one in fields(kind) if one.name not in common]


def plain(value: Any) -> Any:
    """A value of a field as data that JSON knows."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def _sendable(text: str) -> str:
    """A text of a file that any encoder takes: a byte that is not UTF-8 is shown as the replacement character."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def title(sounds: Iterable[str]) -> str:
    """Names of sounds in a line: `kick + hat`."""
    return " + ".join(sounds)


def counted(number: int, noun: str) -> str:
    """A number and its noun: `1 problem`, `2 problems`."""
    return f"{number} {noun}{'s' * (number != 1)}"


Notify = Callable[[Event], None]
"""Publishes an event. Any thread but the sound thread; returns immediately."""
