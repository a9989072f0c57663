"""Adoption: versions, sessions and the state of a `.waves/` that is not the user's own, written anew into the own one.

Everything is read as files of somebody else are: bounded, through no link, each name and number checked. No file is
moved. Python in logs and states is left behind: nothing that was adopted can run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from waves.engine.runtime.snapshot import Snapshot
from waves.events.event import counted
from waves.live.history.log_entries import ENTRIES, StateAbout, check_entry, kind_of
from waves.live.history.log_entries import Version as VersionEntry
from waves.live.history.log_reader import RecordedSession, checked_log
from waves.live.history.versions import Versions, numbered
from waves.live.kept.json_lines import JsonLines
from waves.live.kept.kept_files import (
    LAST_STATE,
    LOG,
    MOST_ENTRIES,
    KeptFolder,
    foreign_folders,
    open_kept,
    state_file,
)
from waves.live.kept.safe_folder import SafeFolder
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.kept.text_store import text_hash
from waves.live.workspace.setting_table import SETTINGS
from waves.problem import Problem, Problems, reason_of

STATES = SETTINGS["HISTORY_MB"].default * 1e6  # bytes of states that are taken over


def adopt(root: Path) -> list[str]:
    """Take over what the folders hold that were set aside, and one sentence for each. Raises Problems.

    What is already in the own folder is not taken again. The folders stay as they are.
    """
    try:
        own, _ = open_kept(root)
        found, refused = foreign_folders(root)
        if not found and not refused:
            raise Problems(Problem("there is nothing to take over: no folder was set aside, and '.waves/' is your own"))
        return [*refused, *(Adoption(KeptFolder(folder, None), own).take() for folder in found)]
    except OSError as error:
        raise Problems(Problem(f"'{error.filename}' cannot be used: {reason_of(error)}")) from None


@dataclass
class Adoption:
    """One folder that is taken over. Main thread."""

    other: KeptFolder
    own: KeptFolder
    counts: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    reason: str = ""
    """Reason of the first thing that was left out."""
    _room: float = STATES
    _numbers: dict[int, int] = field(default_factory=dict)

    def take(self) -> str:
        """Take over what can be used; one sentence. Raises OSError where the own folder cannot be written."""
        for part in (self._versions, self._sessions, self._state):
            self._try(part)
        taken = [counted(count, what) for what, count in self.counts.items()]
        name = self.other.folder.path.name
        said = f"'{name}/': {', '.join(taken) or 'nothing'} taken over"
        if self.left_out:
            said += f"; left out: {self.left_out}, the first because {self.reason}"
        return f"{said}. The folder stays as it is: delete it when nothing in it is needed"

    def _try(self, action: Callable[[], None]) -> None:
        """Do something; what cannot be used is left out. Raises OSError of the own folder."""
        try:
            action()
        except Problems as found:
            self._leave(str(found))
        except KeyError as error:
            self._leave(f"the text {error} is lost")
        except FileNotFoundError:
            return  # there is none
        except OSError as error:
            if Path(str(error.filename)).is_relative_to(self.own.folder.path):
                raise
            self._leave(f"'{Path(str(error.filename)).name}' cannot be used: {reason_of(error)}")

    def _leave(self, reason: str) -> None:
        self.left_out += 1
        self.reason = self.reason or reason

    def _write(self, folder: SafeFolder, name: str, snapshot: Snapshot) -> None:
        assert self.own.seal
        self._room -= write_snapshot(folder, name, snapshot, self.own.seal)

    # versions

    def _versions(self) -> None:
        file = self.other.versions_file
        file.refresh()
        inline = dict(filter(None, map(_inline_text, file.entries)))
        entries = numbered(entry for entry in file.entries if "content" not in entry)
        history = Versions(self.own)
        history.refresh()
        for number, entry in [*entries.items()][:MOST_ENTRIES]:
            self._try(partial(self._version, history, number, entry, file, inline))
        for number in sorted(self._numbers, reverse=True):
            self._try(partial(self._state_of, number))

    def _version(
        self, history: Versions, number: int, entry: dict[str, Any], file: JsonLines, inline: Mapping[str, str]
    ) -> None:
        check_entry(VersionEntry, entry, f"version {number}")
        texts = {name: inline[key] if key in inline else file.texts.text(key) for name, key in entry["texts"].items()}
        before = history.count
        number_here = history.number_of(texts, entry["time"])
        history.write()
        if number_here > before:
            self._numbers[number] = history.count
            self.counts["version"] += 1

    def _state_of(self, number: int) -> None:
        """Take over the state of a version, while there is room."""
        if self.other.history.stat(state_file(number)).st_size > self._room:
            return
        snapshot = read_snapshot(self.other.history, state_file(number), None)
        snapshot.check_engine()
        self._write(self.own.history, state_file(self._numbers[number]), snapshot)
        self.counts["state"] += 1

    # the state to resume from

    def _state(self) -> None:
        if self.own.state.is_there(LAST_STATE):
            return
        self.other.state.stat(LAST_STATE)
        snapshot = read_snapshot(self.other.state, LAST_STATE, None)
        check_entry(StateAbout, snapshot.about, "the state to resume from")
        snapshot.check_engine()
        known = {*StateAbout.model_fields} - {"substitutes", "hanging", "hanging_file", "hanging_text", "file_texts"}
        snapshot.about = {name: value for name, value in snapshot.about.items() if name in known}
        snapshot.about |= {"file_texts": None, "version": self._numbers.get(snapshot.about.get("version", 0), 0)}
        self._write(self.own.state, LAST_STATE, snapshot)
        self.counts["state to resume from"] += 1

    # sessions

    def _sessions(self) -> None:
        names = [name for name in self.other.sessions.names() if LOG.fullmatch(name)]
        for name in names[:MOST_ENTRIES]:
            if not self.own.sessions.is_there(name):
                self._try(partial(self._session, name))

    def _session(self, name: str) -> None:
        file = JsonLines(self.other.sessions, name, self.other.texts, None)
        file.refresh()
        log = checked_log(file)
        entries = []
        for entry in file.entries:
            if (kind := kind_of(entry)) and kind != "nodes":  # which is Python of somebody else
                entries.append(ENTRIES[kind].model_validate(entry).model_dump(exclude_unset=True))
        texts = [None if entry.get("texts") is None else log.texts(entry) for entry in entries]
        self._states_of(log)
        made = JsonLines(self.own.sessions, name, self.own.texts, self.own.seal)
        for entry, named in zip(entries, texts, strict=True):
            made.add(entry, named)
        made.write()
        self.counts["session"] += 1

    def _states_of(self, log: RecordedSession) -> None:
        """Take over the states that belong to a session. Raises Problems when one cannot be used."""
        wanted = [log.header["state"], *(commit.get("parked") for commit in log.commits)]
        for name in dict.fromkeys(filter(None, wanted)):
            snapshot = log.snapshot(name)
            snapshot.check_engine()
            if self._room <= 0:
                raise Problems(Problem(f"'{log.path.name}' has states for which there is no room (HISTORY_MB)"))
            self._write(self.own.sessions.folder(log.path.stem), name, snapshot)


def _inline_text(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Hash and text of a line that holds a text, as earlier versions of waves wrote them; None for any other line."""
    text = entry.get("content")
    return (text_hash(text), text) if isinstance(text, str) else None
