"""Versions: every text that played, and the state that its nodes had when it was replaced."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from waves.engine.runtime.snapshot import Snapshot
from waves.live.history.json_lines import JsonLines, text_hash
from waves.live.history.snapshot_file import read_snapshot, write_snapshot
from waves.problem import Problem, Problems

MAX_MEGABYTES, MAX_SNAPSHOTS = 200.0, 100  # of states, the oldest deleted first; texts are never deleted
ENTRY = re.compile(r"[^\s#][^:]*:")

Texts = Mapping[str, str]
"""The files of a piece by name."""


@dataclass(frozen=True, slots=True)
class Version:
    """One text that played."""

    number: int
    """From 1 on."""
    time: float
    """Time of its first play, in seconds since 1970."""
    change: str
    """Summary of the difference to the version before, empty for the first."""


class Versions:
    """The versions in a folder. Any thread, but each snapshot is written by one."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.playing = 0
        """Number of the version that plays, 0 before any does."""
        self._file = JsonLines(folder / "versions.jsonl")
        self._unwritten: dict[int, Snapshot] = {}

    @property
    def count(self) -> int:
        """Number of the newest version, 0 when there is none."""
        return len(self._file.entries)

    def refresh(self) -> None:
        """Read the versions that other processes added. Raises OSError."""
        self._file.refresh()

    def texts(self, number: int) -> dict[str, str]:
        """The texts of a version. Raises Problems when there is no such version, or its texts are lost."""
        if not 1 <= number <= self.count:
            there = f"they go from 1 to {self.count}" if self.count else "nothing has been played yet"
            raise Problems(Problem(f"there is no version {number}: {there}"))
        try:
            return self._file.texts_of(self._file.entries[number - 1])
        except (KeyError, TypeError):
            raise Problems(Problem(f"the text of version {number} is lost")) from None

    def add(self, texts: Texts) -> int:
        """Add a version, unless the newest one has the same texts; the number of the newest. Raises OSError."""
        self._file.path.parent.mkdir(parents=True, exist_ok=True)
        self._file.refresh()
        if not self.count or self._file.entries[-1].get("texts") != _hashes(texts):
            self._file.add({"time": time.time()}, texts)
        return self.count

    def number_of(self, texts: Texts) -> int:
        """The newest version with these texts; it is added if there is none. Raises OSError."""
        hashes = _hashes(texts)
        numbers = [k for k, entry in enumerate(self._file.entries, 1) if entry.get("texts") == hashes]
        return numbers[-1] if numbers else self.add(texts)

    def all(self) -> Iterator[Version]:
        """The versions whose texts are not lost, the oldest first."""
        before: Texts = {}
        for number, entry in enumerate(self._file.entries, 1):
            try:
                texts = self.texts(number)
            except Problems:
                continue
            yield Version(number, float(entry.get("time", 0.0)), summary_of(before, texts) if before else "")
            before = texts

    def add_snapshot(self, number: int, snapshot: Snapshot) -> None:
        """Keep the state of a version, in memory until `write_snapshots`."""
        if snapshot.bytes <= MAX_MEGABYTES * 1e6:
            self._unwritten[number] = snapshot

    def write_snapshots(self) -> None:
        """Write the states that are in memory, and delete the oldest above the limits. Raises OSError."""
        if not self._unwritten:
            return
        for number, snapshot in list(self._unwritten.items()):
            write_snapshot(self._snapshot_path(number), snapshot)
            if self._unwritten.get(number) is snapshot:
                del self._unwritten[number]
        files = sorted(self.folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        total = 0.0
        for place, file in enumerate(files):
            total += file.stat().st_size
            if place >= MAX_SNAPSHOTS or total > MAX_MEGABYTES * 1e6:
                file.unlink(missing_ok=True)

    def snapshot(self, number: int, rate: float) -> Snapshot | None:
        """The state of a version when it last played, None when there is none that can be used at this rate."""
        snapshot, path = self._unwritten.get(number), self._snapshot_path(number)
        if snapshot is None and path.exists():
            try:
                snapshot = read_snapshot(path)
            except Problems:
                return None
        return snapshot if snapshot and snapshot.about.get("rate") == rate else None

    def _snapshot_path(self, number: int) -> Path:
        return self.folder / f"{number}.npz"


def _hashes(texts: Texts) -> dict[str, str]:
    return {name: text_hash(text) for name, text in texts.items()}


def summary_of(before: Texts, after: Texts) -> str:
    """The entries in which two versions differ, and the count of lines: `lead, kick; +3 -1 lines`."""
    names: list[str] = []
    added = removed = 0
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        for operation, i, j, k, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if operation != "equal":
                removed, added = removed + j - i, added + last - k
                for lines, span in ((old, range(i, j)), (new, range(k, last))):
                    names += filter(None, (_entry_at(lines, line) for line in span))
    counts = f"+{added} -{removed} lines"
    return "; ".join([", ".join(dict.fromkeys(names)), counts]) if names else counts


def _entry_at(lines: list[str], line: int) -> str:
    """The name of the entry that a line belongs to, empty for a blank line and outside entries."""
    if not lines[line].strip():
        return ""
    while line >= 0 and not ENTRY.match(lines[line]):
        line -= 1
    return lines[line].partition(":")[0].strip() if line >= 0 else ""
