"""JSON documents of `--json`. Each has a `version`, which is increased when the format changes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from waves.audio.device_choice import Device
from waves.events.event import ProblemRecord


class Item(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class Document(Item):
    """A document; `version` is the version of its format."""

    version: int = 1


class CheckDocument(Document):
    """The document of `waves check`. `ok`: there is no error, and with `--strict` no warning."""

    ok: bool
    sounds: int
    problems: list[ProblemRecord]
    notices: list[str]


class SoundItem(Item):
    """A sound: where it is written, its top node, and the first line of the comment above or beside it."""

    name: str
    file: str
    line: int
    node: str
    comment: str


class PatternItem(Item):
    """A name in `patterns`, its comment and what it stands for.

    Of a pattern in Python its place there, the first line of its docstring, and its form; null is a function.
    """

    name: str
    file: str
    line: int
    comment: str
    pattern: Any


class ListDocument(Document):
    """The document of `waves list`."""

    sounds: list[SoundItem]
    patterns: list[PatternItem]


class SampleItem(Item):
    """A name of samples: its files, the `pitches` of those of a sample map in Hz, lowest first, and its pack.

    `hidden`: another one of this name plays.
    """

    name: str
    pack: str
    files: list[str]
    pitches: list[float]
    hidden: bool


class PackItem(Item):
    """A folder in `samples/` that has names of samples in it, with its number of names and files of sound."""

    name: str
    names: int
    files: int
    licence: str


class SamplesDocument(Document):
    """The document of `waves list --samples`. `problems`: a sentence for each JSON file that is no sample map."""

    packs: list[PackItem]
    samples: list[SampleItem]
    problems: list[str]


class ParameterItem(Item):
    """A parameter of a node type; `words` are those of an enumeration."""

    name: str
    form: str
    required: bool
    default: Any
    unit: str
    minimum: float | None
    maximum: float | None
    words: list[str]
    description: str


class NodeItem(Item):
    """A node type; `family`: the folder in `nodes/` of its file; `free_names`: every other key is a signal.

    `aliases`: names that other programs have for it.

    `facts` of one that was asked for by name: what it is to the player.
    """

    name: str
    family: str
    aliases: list[str]
    summary: str
    description: str
    free_names: bool
    facts: dict[str, str]
    parameters: list[ParameterItem]


class NodesDocument(Document):
    """The document of `waves nodes`."""

    nodes: list[NodeItem]


class DevicesDocument(Document):
    """The document of `waves devices`. `chosen` is the number of the device that `waves play` uses, None if silent."""

    devices: list[Device]
    chosen: int | None


class IdItem(Item):
    """A node: its ID, its class, where it is written, whether each note has its own, the fields of its state."""

    id: str
    node: str
    file: str
    line: int
    path: str
    voice: bool
    state: list[str]


class IdsDocument(Document):
    """The nodes of `waves ids`, in the order of their lines."""

    ids: list[IdItem]


class FindingItem(Item):
    """One fact about the installation. `fix` is a command or an action that mends it, empty if it is good."""

    name: str
    ok: bool
    sentence: str
    fix: str = ""


class DoctorDocument(Document):
    """The findings of `waves doctor`, in a fixed order."""

    findings: list[FindingItem]
