"""Options of `waves play`."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """Options of `waves play`; `overruled` are those that are settings, by name of the setting."""

    sounds: list[str] = field(default_factory=list)
    folder: Path = Path()
    overruled: dict[str, Any] = field(default_factory=dict)
    stems: bool = False
    duration: float | None = None
    once: bool = False
    loop: bool = False
    record: Path | None = None
    plain: bool = False
    json_events: bool = False
    resume: bool = False
    trust: bool = False
