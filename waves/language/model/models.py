"""What is written in an entry, checked: the models that `schema` gives and `tree` unfolds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

from waves.language.expression.parser import Parsed
from waves.node import Node
from waves.problem import Mark, Problem

Step = str | int
Path = tuple[Step, ...]


class Entry(Protocol):
    """What is read of a `document.Entry`: plain data, and where each part of it stands."""

    @property
    def name(self) -> str: ...
    @property
    def data(self) -> Any: ...
    def mark(self, path: Path, key: bool = False) -> Mark: ...
    def source(self, mark: Mark) -> str: ...


@dataclass(eq=False, slots=True)
class Origin:
    """Where models were read from. `entry` is exchanged when the same text moves in its file."""

    name: str
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A value of a file: the entry, the way to it, and whether its key is meant."""

    origin: Origin
    path: Path = ()
    key: bool = False

    def below(self, *steps: Step) -> Place:
        return Place(self.origin, (*self.path, *steps))

    def at_key(self) -> Place:
        return Place(self.origin, self.path, bool(self.path))

    @property
    def mark(self) -> Mark | None:
        entry = self.origin.entry
        return entry.mark(self.path, self.key) if entry else None

    def __str__(self) -> str:
        return ".".join([self.origin.name, *map(str, self.path)])


class Finding(NamedTuple):
    """A problem whose line is looked up when it is shown, since unchanged text moves in its file."""

    place: Place
    sentence: str
    suggestion: str = ""
    level: Literal["error", "warning"] = "error"
    column: int = 0
    """Frames the caret further right: columns into the text of the value."""

    def problem(self) -> Problem:
        mark, source = self.place.mark, ""
        entry = self.place.origin.entry
        if mark and entry:
            source = entry.source(mark)
            quoted = source[mark.column - 1 : mark.column] in ("'", '"')
            if self.column and mark.column + self.column + quoted <= len(source):
                mark = Mark(mark.file, mark.line, mark.column + self.column + quoted)
        return Problem(self.sentence, mark, str(self.place), self.level, self.suggestion, source)


class WrittenParameter(NamedTuple):
    """One parameter as written, not yet checked."""

    data: Any
    place: Place


@dataclass(frozen=True, eq=False, slots=True)
class Number:
    """A constant."""

    value: float
    place: Place


@dataclass(frozen=True, eq=False, slots=True)
class Text:
    """An expression."""

    parsed: Parsed
    place: Place


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """A list to interpolate: values, each with its position 0..1 in the duration."""

    values: tuple[Number | Text, ...]
    positions: tuple[Number | Text, ...]
    place: Place


class StepToken(NamedTuple):
    """A word of a step behind the name of the sound, and its column in the text."""

    text: str
    column: int


@dataclass(frozen=True, eq=False, slots=True)
class Note:
    """One sound of a step. `name` is that of its voices; notes of one name and equal `data` share them."""

    name: str
    model: NodeModel | Use
    place: Place
    tokens: tuple[StepToken, ...] = ()
    data: Any = None
    """What is written, of a node in the list."""


@dataclass(frozen=True, eq=False, slots=True)
class NodeModel:
    """One node of a type: its parameters as far as written, and every setting."""

    name: str
    kind: type[Node]
    place: Place
    settings: dict[str, Any] = field(default_factory=dict)
    """Every parameter that is no signal, validated; of the common ones those that are written."""
    texts: dict[str, Text] = field(default_factory=dict)
    """Settings that are numbers written as expressions."""
    signals: dict[str, Value] = field(default_factory=dict)
    """Signals and channels that are written, `duration` of any node among them."""
    lists: dict[str, dict[str, Value]] = field(default_factory=dict)
    """Signals written as a list, by index."""
    free: dict[str, Value] = field(default_factory=dict)
    """Signals under names of the user's."""
    steps: dict[str, tuple[tuple[Note, ...], ...]] = field(default_factory=dict)
    """Of each step the sounds that begin together."""
    orders: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """Of a list of values with rests: for each entry its position in `lists`, -1 where the former goes on."""
    written: frozenset[str] = frozenset()
    """Every parameter that is written."""
    id: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """A sound inside a sound. Its parameters can be read only once its top node is known."""

    name: str
    place: Place
    given: dict[str, WrittenParameter] = field(default_factory=dict)

    @property
    def id(self) -> str:
        given = self.given.get("id")
        return given.data if given and isinstance(given.data, str) else ""


Value = Number | Text | Points | NodeModel | Use


@dataclass(eq=False, slots=True)
class Sound:
    """One entry: what plays under its name, or why it cannot."""

    name: str
    origin: Origin
    root: NodeModel | Use | None
    ids: dict[str, Place]
    findings: list[Finding]

    @property
    def failed(self) -> bool:
        return any(finding.level == "error" for finding in self.findings)


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    """The problems in the order of the file, each once."""
    return in_order(finding.problem() for finding in findings)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the file, each once; those without a place last."""
    nowhere = Mark("\U0010ffff", 0, 0)
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.mark or nowhere)
