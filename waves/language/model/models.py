"""Checked models of what is written in the files, with their places and findings."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from waves.language.expression.parser import Parsed
from waves.language.patterns.syntax import Source
from waves.language.patterns.together.started_words import NotePages, StartedWord
from waves.language.text.document import Entry
from waves.language.text.yaml_values import EntryPath
from waves.node import Node
from waves.notes import Note as StartedNote
from waves.problem import Mark, Problem, Problems


@dataclass(eq=False, slots=True)
class Origin:
    """The entry that models were read from. `entry` is replaced when the file is read again."""

    name: str
    entry: Entry | None = None
    has_path: bool = True
    """Whether a message tells the path in it; a text of Python is told by its line alone."""


@dataclass(frozen=True, slots=True)
class Place:
    """Place of a value in a file: its entry, the path to it, and whether its key is meant."""

    origin: Origin
    path: EntryPath = ()
    key: bool = False

    def below(self, *steps: str | int) -> Place:
        """The place of a value inside this one."""
        return Place(self.origin, (*self.path, *steps))

    def at_key(self) -> Place:
        """The place of the key of this value; an entry itself has none."""
        return Place(self.origin, self.path, bool(self.path))

    @property
    def mark(self) -> Mark | None:
        """Line and column; None for what is not in a file."""
        entry = self.origin.entry
        return entry.mark(self.path, self.key) if entry else None

    def __str__(self) -> str:
        return ".".join([self.origin.name, *map(str, self.path if self.origin.has_path else ())])


class Finding(NamedTuple):
    """A problem at a place; its line is looked up when it is shown, as unchanged text may move in its file."""

    place: Place
    sentence: str
    suggestion: str = ""
    level: Literal["error", "warning"] = "error"
    column: int = 0
    """Column in the text of the value, from 0."""
    known: Problem | None = None
    """The problem itself, of text that cannot be read."""

    def problem(self) -> Problem:
        """The problem with its line and column as they are now."""
        if self.known:
            return self.known
        mark, source, entry = self.place.mark, "", self.place.origin.entry
        if mark and entry:
            source = entry.source(mark)
            quoted = source[mark.column - 1 : mark.column] in ("'", '"')
            if self.column and mark.column + self.column + quoted <= len(source):
                mark = Mark(mark.file, mark.line, mark.column + self.column + quoted)
        return Problem(self.sentence, mark, str(self.place), self.level, self.suggestion, source)


class BuildStopped(Problems):
    """A finding after which a build cannot go on, such as a limit that is reached."""

    def __init__(self, finding: Finding):
        super().__init__(finding.problem())
        self.finding = finding


class WrittenParameter(NamedTuple):
    """One parameter as written, not yet checked."""

    data: Any
    place: Place


@dataclass(frozen=True, eq=False, slots=True)
class Number:
    """A constant; `column`: that of a word in the text of a pattern."""

    value: float
    place: Place
    column: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Text:
    """An expression; `bare`: whether the name of a sound could stand in its place."""

    parsed: Parsed
    place: Place
    bare: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Points:
    """A list to interpolate: values, each with its position in the duration, 0 to 1."""

    values: tuple[Number | Text, ...]
    positions: tuple[Number | Text, ...]
    place: Place


class StepWord(NamedTuple):
    """A word of a step behind the name of its sound, with its column in the text."""

    text: str
    column: int


@dataclass(frozen=True, eq=False, slots=True)
class Note:
    """One sound of a step. `name` is that of its pool; notes with the same name and equal `data` share the pool."""

    name: str
    model: NodeModel | Use
    place: Place
    words: tuple[StepWord, ...] = ()
    data: Any = None
    """Data as written, for a node in the list."""


@dataclass(frozen=True, slots=True)
class Groove:
    """Places to which notes are moved: how late each step of a grid is, and the factors of their strength."""

    grid: str
    """The length of a step, as it is written."""
    times: tuple[Fraction, ...]
    """In shares of the grid, below 0 early; they go round."""
    strengths: tuple[float, ...]
    """Factors, which go round; none without any."""


Texts = dict[tuple[str, Source], Place]
"""The places of the texts that the words of a pattern stand in, by lane and source."""


@dataclass(frozen=True, eq=False, slots=True)
class PatternPass:
    """The notes of a pattern, each until it comes again."""

    cycles: int
    """Those of one of its passes."""
    width: Fraction
    """The steps of the top level of a cycle; those of all cycles are a whole number."""
    notes: tuple[StartedWord, ...]
    lanes: dict[str, Place] = field(default_factory=dict)
    """By the value that they give the places of its lanes."""
    groove: Groove | None = None
    pages: NotePages | None = None
    """The notes of layers that never come again, which `notes` has not."""
    length: Place | None = None
    """The place of the lane that says how long notes are."""
    lengths: frozenset[str] = frozenset()
    """The lengths of notes that are those of the tempo, as they are written."""
    texts: Texts = field(default_factory=dict)
    """The places of its texts."""
    values: tuple[Number, ...] = ()
    """Of a pattern of values each that is written, once."""
    in_steps: dict[Hashable, list[StartedNote]] = field(default_factory=dict, init=False)
    """The same as notes of a node, by all else that they depend on: filled as they are made."""


@dataclass(frozen=True, eq=False, slots=True)
class NodeModel:
    """One node of a type: the parameters that are written, and every setting."""

    name: str
    kind: type[Node]
    place: Place
    settings: dict[str, Any] = field(default_factory=dict)
    """Every parameter that is not a signal, validated; of the common ones those that are written."""
    texts: dict[str, Text | list[Number | Text]] = field(default_factory=dict)
    """Settings that are numbers written as expressions, or lists of numbers with expressions in them."""
    signals: dict[str, Value] = field(default_factory=dict)
    """Signals and channels that are written, with the `duration` of any node."""
    lists: dict[str, dict[str, Value]] = field(default_factory=dict)
    """Signals written as a list, by index."""
    listed: dict[str, Text] = field(default_factory=dict)
    """Lists of signals that are written as the name of a list."""
    free: dict[str, Value] = field(default_factory=dict)
    """Signals under names of the user."""
    steps: dict[str, tuple[tuple[Note, ...], ...]] = field(default_factory=dict)
    """For each step the sounds that begin together."""
    patterns: dict[str, PatternPass] = field(default_factory=dict)
    """The notes of steps that are written as a text; `steps` has their sounds as one step."""
    orders: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """For each entry of a list of values its position in `lists`; -1 for a rest, where the previous value goes on."""
    written: frozenset[str] = frozenset()
    """Names of all parameters that are written."""
    id: str = ""
    word: Text | None = None
    """For a node that is written as its name alone, that name: a value of the name comes before the node."""

    def copied(self, written: Iterable[str]) -> NodeModel:
        """A copy into which other parameters, of the names `written`, can be put."""
        return replace(
            self,
            settings=dict(self.settings),
            texts=dict(self.texts),
            signals=dict(self.signals),
            lists=dict(self.lists),
            listed=dict(self.listed),
            free=dict(self.free),
            steps=dict(self.steps),
            patterns=dict(self.patterns),
            orders=dict(self.orders),
            written=self.written | {*written},
        )


@dataclass(frozen=True, eq=False, slots=True)
class Use:
    """A sound used inside a sound. Its parameters are checked when its top node is known."""

    name: str
    place: Place
    given: dict[str, WrittenParameter] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id that the use gives to the top node, or an empty string."""
        given = self.given.get("id")
        return given.data if given and isinstance(given.data, str) else ""


Value = Number | Text | Points | NodeModel | Use


@dataclass(eq=False, slots=True)
class Sound:
    """One entry: the model of what plays under its name, and its findings."""

    name: str
    origin: Origin
    root: NodeModel | Use | None
    """None where a mistake leaves nothing to play, or the text cannot be read."""
    ids: dict[str, Place]
    findings: list[Finding]
    data: Any = None
    """The data that it was read from."""
    looked: dict[str, str] = field(default_factory=dict)
    """By each name of a pattern that it has asked for what it stands for; "" for none."""
    notes: int = field(default=0, init=False)
    """The sounds that its patterns start."""
    written: object = field(default=None, init=False)
    """Kept by `session.written_changes`."""
    files: object = field(default=None, init=False)
    """Kept by `workspace.node_arrays`."""

    @property
    def is_broken(self) -> bool:
        """Whether there is a mistake in it."""
        return any(finding.level == "error" for finding in self.findings)


def as_taken(model: NodeModel, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that a use gives to this top node; for `signal` its name `input_signal`, if it has one."""
    into = "input_signal" if "input_signal" in model.free and "input_signal" not in given else "signal"
    return {into if key == "signal" else key: one for key, one in given.items()}


def constant_of(value: Value) -> float | None:
    """The number that a value is, None for one that may move or has a mistake."""
    return value.value if isinstance(value, Number) and not math.isnan(value.value) else None


def nodes_inside(model: object) -> Iterator[NodeModel]:
    """A node and all nodes written inside it, those of steps too; nothing for a value without nodes."""
    return (one for one in models_inside(model) if isinstance(one, NodeModel))


def models_inside(model: object) -> Iterator[NodeModel | Use]:
    """A node or a use of a sound, and all of both that are written inside it."""
    if isinstance(model, NodeModel | Use):
        yield model
    if isinstance(model, NodeModel):
        for values in (model.signals, model.free, *model.lists.values()):
            for value in values.values():
                yield from models_inside(value)
        for note in notes_of(model):
            yield from models_inside(note.model)


def notes_of(model: NodeModel) -> Iterator[Note]:
    """The notes in the steps of a node."""
    return (note for steps in model.steps.values() for notes in steps for note in notes)


def written_ids(data: Any, place: Place) -> Iterator[tuple[str, Place]]:
    """Every text under a key `id`, at any depth."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        if key == "id" and isinstance(value, str):
            yield value, place.below(key)
        elif isinstance(value, dict | list):
            yield from written_ids(value, place.below(key))


def problems_of(findings: Iterable[Finding]) -> list[Problem]:
    """The problems in the order of the file, each once."""
    return in_order(finding.problem() for finding in findings)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems in the order of the file, each once; those without a place last."""
    last = Mark("\U0010ffff", 0, 0)  # after every file name
    return sorted(dict.fromkeys(problems), key=lambda problem: problem.mark or last)
