"""The JSON documents of `--json`: each has a `version`, counted up when its shape changes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from waves.audio.device_choice import Device
from waves.events.event import ProblemRecord


class Item(BaseModel):
    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")


class Document(Item):
    version: int = 1


class CheckDocument(Document):
    """`ok`: nothing keeps any sound from playing, with `--strict` not even a warning."""

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


class ListDocument(Document):
    sounds: list[SoundItem]


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
    """A node type; `family`: the folder in `nodes/` of its file; `free_names`: every other key is a signal."""

    name: str
    family: str
    summary: str
    description: str
    free_names: bool
    parameters: list[ParameterItem]


class NodesDocument(Document):
    nodes: list[NodeItem]


class DevicesDocument(Document):
    """`chosen` is the number of the device that `waves play` would use, None: it plays silently."""

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
