"""Versions: every text that played, and the state that its nodes had when it was replaced."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waves.engine.runtime.snapshot import Snapshot
from waves.events.event import counted
from waves.language.model.sound_arguments import UsageProblem
from waves.live.history.log_entries import Version as VersionEntry
from waves.live.history.log_entries import check_entry
from waves.live.history.text_changes import changes_in_words
from waves.live.kept.kept_files import KeptFolder, state_file
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.kept.text_store import text_hash
from waves.live.workspace.setting_table import SETTINGS
from waves.node import COUNTS
from waves.problem import Problem, Problems

DAMAGED = "its text is damaged"
NAMED = 3  # sounds that a remark names
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
    """Differences from the version before, in words; empty for the first, and after one that is damaged."""
    damaged: bool = False
    """Whether its text is lost or damaged, so that it cannot be played or restored."""
    failing: tuple[str, ...] = ()
    """Names of its sounds that have errors, and cannot play."""
    kept: bool = False
    """Whether its text was only kept, when another one was restored, and has not played."""

    @property
    def remark(self) -> str:
        """The sounds that cannot play in it, and whether it was not played; empty where there is nothing to say."""
        more = [counted(len(self.failing) - NAMED, "more sound")] if len(self.failing) > NAMED else []
        cannot = [f"{' and '.join([*self.failing[:NAMED], *more])} cannot play"] if self.failing else []
        return "; ".join([*cannot, *(["kept before a restore, not played"] if self.kept else [])])

    @property
    def said(self) -> str:
        """The differences and the remark."""
        return "; ".join(filter(None, (self.change, self.remark)))


class Versions:
    """The versions in a folder. Any thread, but each snapshot is written by one.

    Without a folder there are none, and none is added. What is there is in memory from `refresh` on: only the texts and
    states of a version are read when they are asked for, and a method that opens files says that it raises OSError.
    """

    def __init__(self, kept: KeptFolder | None, megabytes: float = SETTINGS["HISTORY_MB"].default):
        """`megabytes`: for states; the oldest are deleted first."""
        self.kept = kept
        self.playing = 0
        """Number of the version that plays, 0 before any does."""
        self.megabytes = megabytes
        self._unwritten: dict[int, Snapshot] = {}
        self._changes: dict[int, str] = {}  # words of what differs between a version and the one before

    def move_to(self, kept: KeptFolder, texts: Texts) -> None:
        """Go on in another folder, with the version that plays, which has these texts. Raises OSError."""
        kept.versions_file.refresh()
        self.kept = kept
        self._unwritten.clear()  # states of versions that are gone
        self._changes.clear()
        self.playing = self.number_of(texts)

    def move_waiting(self, kept: KeptFolder) -> dict[int, int]:
        """Go on in a folder that can be opened now; the numbers of what waits, each with that after what is there."""
        with suppress(OSError):  # as in `add`
            kept.versions_file.refresh()
        assert self.kept
        before = self._entries
        named = {number: self.kept.versions_file.texts_of(entry) for number, entry in before.items()}
        self.kept = kept
        numbers = {
            number: self.add(
                texts, one["time"], one.get("accepted", False), one.get("failing", ()), one.get("kept", False)
            )
            for number, texts in named.items()
            if (one := before[number])
        }
        self.playing = numbers.get(self.playing, 0)
        self._unwritten = {numbers[number]: state for number, state in self._unwritten.items()}
        self._changes.clear()
        return numbers

    @property
    def count(self) -> int:
        """Number of the newest version, 0 when there is none."""
        return max(self._entries, default=0)

    @property
    def damaged(self) -> int:
        """Lines of the file that cannot be read."""
        return self.kept.versions_file.damaged if self.kept else 0

    @property
    def _entries(self) -> dict[int, dict[str, Any]]:
        return numbered(self.kept.versions_file.entries) if self.kept else {}

    def refresh(self) -> None:
        """Read the versions that other processes added. Raises OSError."""
        if self.kept:
            self.kept.versions_file.refresh()

    def texts(self, number: int) -> dict[str, str]:
        """The texts of a version. Raises Problems when there is no such version, or its texts are lost."""
        if not 1 <= number <= self.count:
            there = f"they go from 1 to {self.count}" if self.count else "nothing has been played yet"
            raise UsageProblem(f"there is no version {number}: {there}")
        return self._texts_of(number, self._entries.get(number))

    def _texts_of(self, number: int, entry: dict[str, Any] | None) -> dict[str, str]:
        lost = Problems(Problem(f"the text of version {number} is lost"))
        if entry is None:  # its line is damaged
            raise lost
        try:
            assert self.kept
            check_entry(VersionEntry, entry, f"version {number}")
            return self.kept.versions_file.texts_of(entry)
        except KeyError:
            raise lost from None

    def add(
        self,
        texts: Texts,
        at: float | None = None,
        accepted: bool = False,
        failing: Sequence[str] = (),
        kept: bool = False,
    ) -> int:
        """Add a version, unless the newest one has the same texts; the number of the newest. It waits for `write`.

        `at`: time of its first play, in seconds since 1970; None: now. `accepted`: whatever its trial says. `failing`:
        names of its sounds that cannot play. `kept`: it has not played.
        """
        if self.kept is None:
            return 0
        with suppress(OSError):  # of other processes: `write` raises it too
            self.refresh()
        entries, count = self._entries, self.count
        if not count or entries[count].get("texts") != _hashes(texts):
            entry: dict[str, Any] = {"number": count + 1, "time": time.time() if at is None else at}
            told = {"accepted": accepted, "failing": list(failing), "kept": kept}
            self.kept.versions_file.add(entry | {name: one for name, one in told.items() if one}, texts)
        return self.count

    def write(self) -> None:
        """Write the versions that were added. Raises OSError; then they go on to wait."""
        if self.waiting and self.kept:
            file = self.kept.versions_file
            with file.lock:  # so that nobody sees fewer versions between the two
                file.write()
                file.refresh()

    @property
    def waiting(self) -> int:
        """Versions that are not written yet."""
        return self.kept.versions_file.waiting if self.kept else 0

    def label(self, number: int | None, substitutes: Iterable[str], files: Texts | None = None) -> str:
        """A version, and the node files that play as they were, in words; empty for the files as they are.

        `files`: their texts; a version that has these is no older one.
        """
        is_in_files = number and files is not None and self._entries.get(number, {}).get("texts") == _hashes(files)
        version = [] if number is None or is_in_files else [f"version {number} of {self.count}"]
        older = [*version, *(f"{Path(file).name} as it was" for file in substitutes)]
        return f"{' with '.join(older)}, older than the file" if older else ""

    def name(self, number: int | None) -> str:
        """A version by its number, None for that of the files: `version 12 of 15`."""
        return f"version {number or self.count} of {self.count}"

    def is_accepted(self, number: int) -> bool:
        """Whether the player accepted a version although its trial refused it."""
        return self._entries.get(number, {}).get("accepted") is True

    def find(self, texts: Texts) -> int:
        """The newest version with these texts, 0 when there is none."""
        hashes = _hashes(texts)
        return max((number for number, entry in self._entries.items() if entry.get("texts") == hashes), default=0)

    def has_texts(self, number: int, texts: Texts) -> bool:
        """Whether a version has these texts."""
        return self._entries.get(number, {}).get("texts") == _hashes(texts)

    def number_of(self, texts: Texts, at: float | None = None) -> int:
        """The newest version with these texts; it is added if there is none, as `add` says."""
        return self.find(texts) or self.add(texts, at)

    def all(self) -> Iterator[Version]:
        """All versions, the oldest first."""
        before: Texts = {}
        for number, entry in self._entries.items():
            try:
                texts: Texts = self._texts_of(number, entry)
            except Problems:
                texts = {}
            if before and texts and number not in self._changes:
                self._changes[number] = changes_in_words(before, texts)
            change = self._changes.get(number, "") if texts else DAMAGED
            yield Version(number, _time_of(entry), change, not texts, _failing_of(entry), entry.get("kept") is True)
            before = texts

    def add_snapshot(self, number: int, snapshot: Snapshot) -> None:
        """Keep the state of a version, in memory until `write_snapshots`; not the oldest above the limit."""
        self._unwritten.pop(number, None)
        self._unwritten[number] = snapshot
        left = self.megabytes * 1e6
        for kept, one in reversed(list(self._unwritten.items())):  # many, while the disk takes nothing
            left -= one.bytes
            if left < 0:
                self._unwritten.pop(kept, None)

    def write_snapshots(self) -> None:
        """Write the states that are in memory, and delete the oldest above the limit. Raises OSError."""
        if not self._unwritten or self.kept is None or self.kept.seal is None:
            return
        for number, snapshot in list(self._unwritten.items()):
            write_snapshot(self.kept.history, state_file(number), snapshot, self.kept.seal)
            if self._unwritten.get(number) is snapshot:
                del self._unwritten[number]
        self.kept.limit_states(self.megabytes)

    def snapshot(self, number: int, rate: float) -> Snapshot | None:
        """The state of a version when it last played, None when there is none that can be used at this rate."""
        snapshot = self._unwritten.get(number)
        if snapshot is None and self.kept:
            try:
                snapshot = read_snapshot(self.kept.history, state_file(number), self.kept.seal)
            except (OSError, Problems):
                return None
        return snapshot if snapshot and snapshot.about.get("rate") == rate else None


def numbered(entries: Iterable[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """The entries of versions by number: the one that was given, so that a lost line moves no other version.

    One without a number, or with that of another process that was faster, follows the one before.
    """
    found: dict[int, dict[str, Any]] = {}
    last = 0
    for entry in entries:
        given = entry.get("number")
        last = given if type(given) is int and last < given <= COUNTS[1] else last + 1
        found[last] = entry
    return found


def _time_of(entry: Mapping[str, Any]) -> float:
    at = entry.get("time")
    return float(at) if isinstance(at, int | float) else 0.0


def _failing_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    names = entry.get("failing")
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else ()


def _hashes(texts: Texts) -> dict[str, str]:
    return {name: text_hash(text) for name, text in texts.items()}
