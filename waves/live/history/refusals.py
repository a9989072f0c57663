"""Saves that were refused, with their problems, from the logs of all sessions of a piece."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.live.history.json_lines import read_json_lines
from waves.live.history.kept_files import KeptFiles


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that did not play: its time in seconds since 1970, its name, its problems as lines."""

    time: float
    change: str
    problems: tuple[str, ...]


def refused_saves(root: Path) -> list[Refusal]:
    """All refused saves of the piece in a folder, the oldest first. Logs that cannot be read are left out."""
    found: list[Refusal] = []
    for log in KeptFiles(root).sessions.glob("*.jsonl"):
        with suppress(OSError):
            found += _refusals(read_json_lines(log).entries)
    return sorted(found, key=lambda refusal: refusal.time)


def _refusals(entries: list[dict[str, Any]]) -> Iterator[Refusal]:
    for entry in entries:
        at, change, problems = entry.get("refused"), entry.get("change"), entry.get("problems")
        if isinstance(at, float) and math.isfinite(at) and isinstance(change, str) and isinstance(problems, list):
            yield Refusal(at, change, tuple(map(str, problems)))
