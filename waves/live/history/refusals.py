"""Saves that were refused, with their problems, from the logs of all sessions of a piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.live.history.log_entries import RefusedSave, check_entry
from waves.live.kept.json_lines import JsonLines
from waves.live.kept.kept_files import find_kept
from waves.problem import Problems


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change that did not play: its time in seconds since 1970, its name, its problems as lines."""

    time: float
    change: str
    problems: tuple[str, ...]


def refused_saves(root: Path) -> list[Refusal]:
    """All refused saves of the piece in a folder, the oldest first. Logs that cannot be read are left out.

    Raises Problems when the `.waves/` of the piece is not the user's own.
    """
    found: list[Refusal] = []
    if kept := find_kept(root):
        with suppress(OSError):
            for name in kept.logs():
                log = JsonLines(kept.sessions, name, kept.texts, kept.seal)
                with suppress(OSError):
                    log.refresh()
                found += _refusals(log.entries)
    return sorted(found, key=lambda refusal: refusal.time)


def _refusals(entries: Iterable[dict[str, Any]]) -> Iterator[Refusal]:
    for entry in entries:
        if "refused" in entry:
            with suppress(Problems):
                check_entry(RefusedSave, entry, "a refused save")
                yield Refusal(entry["refused"], entry["change"], tuple(entry["problems"]))
