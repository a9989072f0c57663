"""Description of a node type: what waves needs to know of a class whose Python runs in another process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from waves.node import Node

Mistakes = list[tuple[str, str]]
"""A parameter, or nothing, and a sentence."""
Validate = Callable[[dict[str, Any]], tuple[dict[str, Any], Mistakes]]

_DESCRIPTION = f"{__name__}.description"  # attributes of a node class: a table of classes would keep old ones alive
_VALIDATE = f"{__name__}.validate"


@dataclass(frozen=True, slots=True)
class Description:
    """A node type as plain data. All texts and numbers are those of its class."""

    name: str
    document: str
    fields: list[dict[str, Any]]
    """Parameters in their order: name, form, words, whether it is optional or required, default, extra, description."""
    declarations: Mapping[str, Any]
    state: list[dict[str, Any]]
    """Fields of the state: name, element, shape, default."""
    ranges: Mapping[str, list[float]]
    """Least and greatest value of fields of the state."""
    was: Mapping[str, str]
    """The names that fields of the state had before."""
    numbered: list[str]
    arguments: list[str] | None
    """Arguments of the kernel; None without one."""
    kernel: str
    """Fingerprint of the kernel."""
    fingerprint: str
    """Fingerprint of the type."""
    reports_end: bool
    """Whether the kernel returns anything."""
    functions: Mapping[str, int]
    """Functions of a node that it has itself, each with its line."""
    validates: bool
    """Whether it checks its parameters by Python of its own."""


def set_description(kind: type[Node], description: Description, validate: Validate | None = None) -> None:
    """Make a class the one of a description; `validate` runs the checks of its parameters."""
    setattr(kind, _DESCRIPTION, description)
    setattr(kind, _VALIDATE, validate)


def description_of(kind: type) -> Description | None:
    """The description that a class was made from; None for a class whose Python runs in this process."""
    return kind.__dict__.get(_DESCRIPTION)


def validate_elsewhere(kind: type) -> Validate | None:
    """The function that runs the checks of a class in the process of its Python; None where it has none of its own."""
    return kind.__dict__.get(_VALIDATE)
