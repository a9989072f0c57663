"""Entries of a session log and of a saved state, as they are read: each number in its range, each name as it is made.

| entry | fields |
| --- | --- |
| header, the first line | `session` (SCHEMA), `waves` (version), `time`, `sounds`, `rate`, `channels`, `limiting`, |
| | `stems`, `seed`, `state` (the file of the state that it goes on from) |
| commit | `commit` (from 1 on), `frame` of the stream, `clock` (frame of the piece), `fade` in frames, |
| | `restart`, `sounds`, `texts`; where it has them `slow_fades` (IDs), `moved` (parameters), |
| | `switches` (tracks with mute and solo), `parked` (a file of states), `settings`, |
| | `clears` (times that parked states were deleted) |
| node types, before a commit | `nodes` (file by module), `texts` |
| input event | `input` (frame of the stream), `kind`, `value`, `target` |
| patterns of Python, | `patterns`: of each its `name`, `file`, `line`, `source` (that line) and `form`, or the |
| before a commit | number of its `function` with the notes of the cycles that were `tried` |
| notes of a function | `cycles` (its number), `of` (the notes by cycle) |
| files of samples | `files` (the commit from which on they play), `of` (by the text that names a file or a |
| | folder: each file in the order of its numbers, with its digest; null if it could not be used), |
| | where they are known `pitches` (of these files by the same text, in Hz) |
| position | `frames` of the stream that the device got |
| refused save | `refused` (time), `change` (its files), `problems` (a line each) |
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from waves.abi import INPUT_KINDS
from waves.engine.runtime.state_checks import MOST_LEVEL
from waves.language.patterns.syntax import MOST_NOTES
from waves.live.kept.kept_files import STATE
from waves.live.kept.text_store import HASH
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.workspace import LONGEST_PATH, is_piece_file
from waves.node import BLOCK, COUNTS
from waves.problem import Problem, Problems

SCHEMA = 3
MOST_COMMITS = 200_000
MOST_CLEARS = 1_000_000
LONGEST_FADE = 3600 * 384_000  # frames
INPUT_RANGES = {
    "pause": (0.0, 1.0),
    "mute": (0.0, 1.0),
    "limit": (0.0, 1.0),
    "gain": (0.0, MOST_LEVEL),
    "ramp": (1e-6, 3600.0),
}


def _piece_file(name: str) -> str:
    if not is_piece_file(name):
        raise ValueError("it is not a file of a piece")
    return name


def _bounded(name: str) -> Any:
    setting = SETTINGS[name]
    return Field(ge=setting.at_least, le=setting.at_most, lt=setting.below)


Count = Annotated[int, Field(ge=COUNTS[0], le=COUNTS[1])]
Frame = Annotated[Count, Field(multiple_of=BLOCK)]
"""A frame of the stream at which a block begins."""
MOST_LETTERS = 1000  # of a name
Name = Annotated[str, Field(max_length=MOST_LETTERS)]
Hash = Annotated[str, Field(pattern=rf"^{HASH.pattern}$")]
Number = Annotated[float, Field(allow_inf_nan=False)]
PieceFile = Annotated[str, AfterValidator(_piece_file)]
Sounds = Annotated[list[Annotated[list[Any], Field(min_length=2, max_length=2)]], Field(max_length=1000)]
Moved = Annotated[list[Annotated[list[Any], Field(min_length=5, max_length=5)]], Field(max_length=100_000)]
Switches = Annotated[list[Annotated[list[Any], Field(min_length=3, max_length=3)]], Field(max_length=100_000)]
Path = Annotated[str, Field(max_length=LONGEST_PATH)]
NameAndDigest = Annotated[list[Path | None], Field(min_length=2, max_length=2)]
StateFile = Annotated[str, Field(pattern=rf"^({STATE.pattern})$")]
Rate = Annotated[Number, _bounded("SAMPLE_RATE")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class _WithSounds(_Entry):
    sounds: Sounds | None = None
    moved: Moved = Field(default_factory=list)
    switches: Switches = Field(default_factory=list)

    @model_validator(mode="after")
    def _check(self) -> _WithSounds:
        for sound in self.sounds or ():
            if not isinstance(sound[0], str) or not isinstance(sound[1], dict):
                raise ValueError("a sound is its name and its parameters")
        for *names, value in self.moved:
            if not all(isinstance(name, str) for name in names) or not _is_finite(value):
                raise ValueError("a moved parameter is four names and a number")
        for name, *switch in self.switches:
            if (
                not isinstance(name, str)
                or len(name) > MOST_LETTERS
                or not all(isinstance(on, bool | None) for on in switch)
            ):
                raise ValueError("a switch is a name, and mute and solo as true, false or nothing")
        return self


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= 1e300  # false for NaN


class Header(_WithSounds):
    """The first line of a log."""

    session: Literal[3]
    waves: Annotated[str, Field(max_length=100)]
    time: Number
    sounds: Sounds
    rate: Rate
    channels: Annotated[int, _bounded("CHANNELS")]
    limiting: bool
    stems: Annotated[list[Name], Field(max_length=1000)]
    seed: Annotated[int, _bounded("SEED")]
    state: StateFile | None


class Commit(_WithSounds):
    """A plan that came in."""

    commit: Count
    frame: Frame
    clock: Count
    fade: Annotated[int, Field(ge=0, le=LONGEST_FADE)]
    restart: bool
    slow_fades: Annotated[list[Name], Field(max_length=100_000)] = Field(default_factory=list)
    clears: Annotated[int, Field(ge=0, le=MOST_CLEARS)] = 0
    parked: StateFile | None = None
    settings: dict[str, Any] | None = None
    texts: dict[PieceFile, Hash] | None = None


class Nodes(_Entry):
    """Node types that the next commit plays, by module."""

    nodes: dict[Name, Path]
    texts: dict[Name, Hash]

    @model_validator(mode="after")
    def _check(self) -> Nodes:
        if self.nodes.keys() != self.texts.keys():
            raise ValueError("each module has a file and a text")
        return self


class Input(_Entry):
    """An input event."""

    input: Frame
    kind: Literal[INPUT_KINDS]  # type: ignore[valid-type]
    value: Number
    target: Name = ""

    @model_validator(mode="after")
    def _check(self) -> Input:
        least, most = INPUT_RANGES.get(self.kind, (-1e300, 1e300))
        if not least <= self.value <= most or (self.kind == "parameter") != bool(self.target):
            raise ValueError(f"'{self.kind}' of {self.value:g}")
        return self


class Files(_Entry):
    """The files that texts name, from a commit on."""

    files: Count
    of: dict[Path, Annotated[list[NameAndDigest], Field(min_length=1, max_length=100_000)]]
    pitches: dict[Path, list[Annotated[float, Field(gt=0.0, le=1e5)]]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Files:
        for listed in self.of.values():
            if not all(isinstance(name, str) and len(name) <= LONGEST_PATH for name, _ in listed):
                raise ValueError("a file has a name")
            if len({name for name, _ in listed}) < len(listed):
                raise ValueError("a file has one number")
        for text, pitches in self.pitches.items():
            if len(pitches) != len(self.of.get(text, ())) or pitches != sorted(pitches):
                raise ValueError("a file has one pitch, and they rise")
        return self


CycleNumber = Annotated[str, Field(pattern=r"^(0|[1-9]\d{0,11})$")]
Cycles = Annotated[dict[CycleNumber, Annotated[list[Any], Field(max_length=MOST_NOTES)]], Field(max_length=100_000)]


class LoggedPattern(_Entry):
    """A pattern of Python."""

    name: Name
    file: Path
    line: Annotated[int, Field(ge=1, le=1_000_000)]
    source: Name
    form: Any = None
    function: Annotated[int, Field(ge=1, le=MOST_COMMITS)] | None = None
    tried: Cycles = Field(default_factory=dict)


class Patterns(_Entry):
    """The patterns of Python that the next commit plays."""

    patterns: Annotated[list[LoggedPattern], Field(max_length=10_000)]


class GivenCycles(_Entry):
    """The notes that a function gave."""

    cycles: Annotated[int, Field(ge=1, le=MOST_COMMITS)]
    of: Cycles


class Position(_Entry):
    """Frames that the device got."""

    frames: Count


class RefusedSave(_Entry):
    """A change that did not play."""

    refused: Number
    change: Path
    problems: Annotated[list[str], Field(max_length=100)]


class Version(_Entry):
    """A version of a piece."""

    number: Count | None = None
    time: Annotated[float, Field(ge=0.0, le=1e11, allow_inf_nan=False)]
    texts: dict[PieceFile, Hash]
    accepted: bool = False
    failing: Annotated[list[Name], Field(max_length=100_000)] = Field(default_factory=list)
    kept: bool = False


class StatePosition(_Entry):
    """Data of every state that a session goes on from."""

    clock: Count
    level: Annotated[float, Field(ge=0.0, le=MOST_LEVEL, allow_inf_nan=False)]
    seeds: dict[str, Annotated[int, Field(ge=-(2**63), lt=2**63)]] = Field(default_factory=dict)


class StateAbout(StatePosition, _WithSounds):
    """Data of a state to resume from."""

    rate: Rate
    sounds: Sounds
    texts: dict[PieceFile, str]
    file_texts: dict[PieceFile, str] | None = None
    gain: Annotated[float, Field(ge=0.0, le=MOST_LEVEL, allow_inf_nan=False)]
    version: Count = 0
    substitutes: dict[str, Annotated[list[str], Field(min_length=2, max_length=2)]] = Field(default_factory=dict)
    hanging: list[str] = Field(default_factory=list)
    hanging_file: str = ""
    hanging_text: str = ""


ENTRIES: dict[str, type[BaseModel]] = {
    "session": Header, "commit": Commit, "nodes": Nodes, "input": Input, "files": Files, "frames": Position,
    "refused": RefusedSave, "patterns": Patterns, "cycles": GivenCycles,
}  # fmt: skip
"""The model of an entry by the field that marks it."""


def kind_of(entry: Mapping[str, Any]) -> str | None:
    """The field that marks the kind of an entry; None for a kind that is not known."""
    return next((kind for kind in ENTRIES if kind in entry), None)


def check_entry(model: type[BaseModel], entry: Mapping[str, Any], where: str) -> None:
    """Check an entry; `where` names it. Raises Problems, one sentence."""
    try:
        model.model_validate(entry)
    except ValidationError as found:
        first = found.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        reason = str(first["msg"]).removeprefix("Value error, ")
        reason = reason[:1].lower() + reason[1:]
        raise Problems(Problem(f"{where} cannot be used: {f'{place:.80}: ' if place else ''}{reason:.200}")) from None
