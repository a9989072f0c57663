"""Values of a YAML file as written, each with its place, and all that one reading of some lines has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from waves.language.text.yaml_errors import Place
from waves.language.text.yaml_scalars import Scalar
from waves.problem import Problem

EntryPath = tuple[str | int, ...]
"""Keys and positions from an entry down to a value in it."""


@dataclass(frozen=True, slots=True)
class YamlValue:
    """A value as written, with its place and that of its key; of an item of a list both are the same."""

    content: Scalar | dict[str, YamlValue] | list[YamlValue]
    place: Place
    key: Place
    size: int = 1  # values in it, itself included
    height: int = 0  # collections inside each other in it

    def data(self) -> Any:
        """Plain dicts, lists and scalars; new ones with each call."""
        if isinstance(self.content, dict):
            return {key: child.data() for key, child in self.content.items()}
        if isinstance(self.content, list):
            return [child.data() for child in self.content]
        return self.content


@dataclass(frozen=True, slots=True)
class Reading:
    """Entries and problems of some lines of a file."""

    entries: dict[str, YamlValue]
    problems: list[Problem]
    shared: dict[str, set[str]]
    """For each entry that uses an anchor of another entry the names of those; "" where there is none here."""
    lost: dict[str, set[str]]
    """For each entry the anchors that it uses of entries that are left out."""
    doubled: dict[str, dict[EntryPath, str]]
    """For each entry a warning for each name in it that one mapping has twice, by its path: the last one counts."""
    begins: list[tuple[int, str]]
    """Line, from 0, and name of each entry, also of those that a later one of the name replaces."""
    broken: bool
    """Whether the text could not be read to its end: the entries are not complete then."""
    is_limited: bool
    """Whether a limit of size or depth is the reason."""
    flow: bool
    """Whether the entries are written in one { }."""

    @property
    def is_one_entry(self) -> bool:
        """Whether this is an entry that means the same alone as in its file."""
        return len(self.entries) == 1 and not (self.broken or self.flow or self.shared)
