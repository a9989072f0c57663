"""Every text that played, and what its nodes remembered: to go back and forth between versions while it plays."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from waves.engine.runtime.snapshot import Snapshot
from waves.live.history.json_lines import JsonLines, text_hash
from waves.live.history.snapshot_file import read, write
from waves.problem import Problem, Problems

MEGABYTES, SNAPSHOTS = 200.0, 100  # of states, the oldest forgotten first; texts are kept without end
ENTRY = re.compile(r"[^\s#][^:]*:")

Texts = Mapping[str, str]
"""The files of a piece by name."""


@dataclass(frozen=True, slots=True)
class Version:
    """One text that played: its number from 1, when it first did (seconds since the epoch), and what changed in it."""

    number: int
    time: float
    change: str


class History:
    """The versions in a folder; `playing` is the number of the one that plays, 0 before any does."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.playing = 0
        self._file = JsonLines(folder / "versions.jsonl")
        self._unwritten: dict[int, Snapshot] = {}

    @property
    def count(self) -> int:
        return len(self._file.entries)

    def refresh(self) -> None:
        """See what others added. Raises OSError."""
        self._file.refresh()

    def texts(self, number: int) -> dict[str, str]:
        """The texts of a version; raises Problems when there is none."""
        if not 1 <= number <= self.count:
            there = f"they go from 1 to {self.count}" if self.count else "nothing has been played yet"
            raise Problems(Problem(f"there is no version {number}: {there}"))
        try:
            return self._file.texts_of(self._file.entries[number - 1])
        except (KeyError, TypeError):
            raise Problems(Problem(f"the text of version {number} is lost")) from None

    def add(self, texts: Texts) -> int:
        """The number of these texts: of the newest version if it is the same, else of another. Raises OSError."""
        self._file.path.parent.mkdir(parents=True, exist_ok=True)
        self._file.refresh()
        hashes = {name: text_hash(text) for name, text in texts.items()}
        if not self.count or self._file.entries[-1].get("texts") != hashes:
            self._file.add({"time": time.time()}, texts)
        return self.count

    def number(self, texts: Texts) -> int:
        """The newest version of these texts. Raises OSError when it has to be added."""
        hashes = {name: text_hash(text) for name, text in texts.items()}
        numbers = [k for k, entry in enumerate(self._file.entries, 1) if entry.get("texts") == hashes]
        return numbers[-1] if numbers else self.add(texts)

    def versions(self) -> Iterator[Version]:
        """All of them, the oldest first."""
        before: Texts = {}
        for number, entry in enumerate(self._file.entries, 1):
            try:
                texts = self.texts(number)
            except Problems:
                continue
            yield Version(number, float(entry.get("time", 0.0)), what_changed(before, texts) if before else "")
            before = texts

    def keep(self, number: int, snapshot: Snapshot) -> None:
        """Keep what the nodes of a version remember, in memory until `save`."""
        if snapshot.bytes <= MEGABYTES * 1e6:
            self._unwritten[number] = snapshot

    def save(self) -> None:
        """Write what is kept in memory, and forget the oldest. Raises OSError."""
        for number, snapshot in list(self._unwritten.items()):
            write(self._state(number), snapshot)
            if self._unwritten.get(number) is snapshot:
                del self._unwritten[number]
        files = sorted(self.folder.glob("*.npz"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
        total = 0.0
        for place, file in enumerate(files):
            total += file.stat().st_size
            if place >= SNAPSHOTS or total > MEGABYTES * 1e6:
                file.unlink(missing_ok=True)

    def snapshot(self, number: int, rate: float) -> Snapshot | None:
        """What the nodes of a version remembered when it last played; None when nothing is known."""
        found = self._unwritten.get(number)
        if found is None and self._state(number).exists():
            try:
                found = read(self._state(number))
            except Problems:
                return None
        return found if found and found.about.get("rate") == rate else None

    def _state(self, number: int) -> Path:
        return self.folder / f"{number}.npz"


def what_changed(before: Texts, after: Texts) -> str:
    """The entries in which two versions differ, and the count of lines: `lead, kick; +3 -1 lines`."""
    names: list[str] = []
    added = removed = 0
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, "").splitlines(), after.get(name, "").splitlines()
        for what, i, j, k, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if what != "equal":
                removed, added = removed + j - i, added + last - k
                for lines, span in ((old, range(i, j)), (new, range(k, last))):
                    names += filter(None, (_entry(lines, line) for line in span))
    counts = f"+{added} -{removed} lines"
    return "; ".join([", ".join(dict.fromkeys(names)), counts]) if names else counts


def _entry(lines: list[str], line: int) -> str:
    """The name of the entry that a line is in."""
    if not lines[line].strip():
        return ""
    while line >= 0 and not ENTRY.match(lines[line]):
        line -= 1
    return lines[line].partition(":")[0].strip() if line >= 0 else ""
