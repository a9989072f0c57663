"""Session logs as they are read: checked, and the same whether they are the user's own or somebody else's.

Of all logs of a piece the saves that were refused are read too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waves.engine.runtime.snapshot import Snapshot
from waves.language.patterns.told.python_pattern import NO_PYTHON, PythonPatterns
from waves.live.history.log_entries import ENTRIES, MOST_COMMITS, SCHEMA, RefusedSave, check_entry, kind_of
from waves.live.history.session_log import file_hash
from waves.live.kept.json_lines import JsonLines
from waves.live.kept.kept_files import KeptFolder, find_kept, kept_around, piece_of
from waves.live.kept.owner_key import Seal
from waves.live.kept.safe_folder import SafeFolder
from waves.live.kept.snapshot_file import read_snapshot
from waves.live.kept.text_store import TextStore
from waves.live.workspace.composition import Sounds
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import KEPT, PathError, Workspace, safe_path
from waves.node_types.library.module_loader import SourceFile
from waves.problem import Problem, Problems, reason_of
from waves.python_patterns.cycle_book import RecordedBook
from waves.python_patterns.logged_patterns import cycles_from_data, patterns_from_data
from waves.python_patterns.pattern_process import Notes

LONGEST_FOREIGN = 24 * 3600  # seconds of a session of somebody else
MOST_FOREIGN = 64 * 192_000  # numbers per second of all channels and stems of such a session

Entry = Mapping[str, Any]
"""An entry of the log, as the table in `log_entries` says."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordedSession:
    """A log that was read."""

    path: Path
    header: Entry
    commits: Sequence[Entry]
    """Each with the entry of its node types under `nodes`, None where they are those of the commit before; and that of
    its patterns of Python under `patterns`, None without any.
    """
    inputs: Sequence[Entry]
    """Input events in the order of their frames."""
    files: Sequence[Entry]
    """The files that texts name, each entry from its commit on."""
    frames: int
    """Frames of the stream that the device got."""
    file: JsonLines
    cycles: Mapping[int, Mapping[int, Notes]] = field(default_factory=dict)
    """By number of a function of Python the notes that it gave, by cycle."""
    books: dict[int, RecordedBook] = field(default_factory=dict)
    """The functions that were asked for so far, by number."""

    def python(self, commit: Entry) -> PythonPatterns:
        """The patterns of Python of a commit. Raises Problems."""
        logged = commit.get("patterns")
        return NO_PYTHON if logged is None else patterns_from_data(logged, self.cycles, self.books)

    @property
    def is_own(self) -> bool:
        """Whether it was written by this user; of another one neither Python nor folders of samples are used."""
        return self.file.seal is not None

    @property
    def settings(self) -> Settings:
        """Settings of the first commit. Raises Problems."""
        return self.settings_of(self.commits[0])

    def settings_of(self, commit: Entry) -> Settings:
        """Settings of a commit that has some; their channels are those of the session. Raises Problems."""
        try:
            settings = Settings(**commit["settings"])
        except (ValidationError, TypeError):
            raise Problems(Problem(f"'{self.path.name}' has settings that are out of their ranges")) from None
        if (channels := self.header["channels"]) != settings.CHANNELS:
            sentence = f"has settings with CHANNELS = {settings.CHANNELS}, and its session has {channels}"
            raise Problems(Problem(f"'{self.path.name}' {sentence}"))
        return settings

    def sounds(self, commit: Entry) -> Sounds:
        """The sounds of a commit, with their parameters."""
        return [(name, parameters) for name, parameters in commit.get("sounds", self.header["sounds"])]

    def texts(self, entry: Entry) -> dict[str, str]:
        """The texts of an entry by name. Raises Problems when one is lost."""
        try:
            return self.file.texts_of(entry)
        except KeyError:
            raise Problems(Problem(f"'{self.path.name}' lacks a text that was played")) from None

    def sources(self, commit: Entry) -> dict[str, SourceFile]:
        """Texts of the node types of a commit by module, empty: as before. Raises Problems when one is lost."""
        nodes = commit.get("nodes")
        if nodes is None:
            return {}
        return {name: SourceFile(name, nodes["nodes"][name], text) for name, text in self.texts(nodes).items()}

    def files_of(self, commit: Entry) -> dict[str, Sequence[Sequence[str | None]]]:
        """The files that texts name with a commit, by the text: as `RecordedFiles` says."""
        before = (entry["of"] for entry in self.files if entry["files"] <= commit["commit"])
        return {text: listed for of in before for text, listed in of.items()}

    def pitches_of(self, commit: Entry) -> dict[str, Sequence[float]]:
        """The pitches of these files, where they are known, by the same text."""
        found: dict[str, Sequence[float]] = {}
        for entry in self.files:
            if entry["files"] <= commit["commit"]:
                known = entry.get("pitches", {})
                found = {text: one for text, one in found.items() if text not in entry["of"]} | known
        return found

    def snapshot(self, name: str) -> Snapshot:
        """A snapshot that belongs to the log. Raises Problems."""
        try:
            inside = self.file.folder.existing_folder(self.path.stem)
            inside.stat(name)
        except FileNotFoundError:
            goes_on = f"session '{self.path.stem}' goes on from a state that was removed"
            way = "sessions that begin anew need none, and a larger HISTORY_MB in config.py keeps more from now on"
            sentence = f"{goes_on}: states take at most HISTORY_MB in {KEPT}/, the oldest are removed first; {way}"
            raise Problems(Problem(sentence)) from None
        except OSError as error:
            sentence = f"the states of session '{self.path.stem}' cannot be read: {reason_of(error)}"
            raise Problems(Problem(sentence)) from None
        return read_snapshot(inside, name, self.file.seal)

    def in_order(self) -> Iterator[tuple[int, Entry]]:
        """Input events and commits with the frames of their blocks; of one block, input events come first."""
        events = [(int(event["input"]), event) for event in self.inputs]
        events += [(int(commit["frame"]), commit) for commit in self.commits]
        yield from sorted(events, key=lambda event: event[0])


def read_log(path: Path, texts: TextStore | None = None) -> RecordedSession:
    """Read a log, also while its session still plays; one of the user's own has a seal in each line.

    A log of somebody else has its texts beside it, as `.waves/` has them, or in `texts`. Raises Problems when it cannot
    be replayed.
    """
    path = path.resolve()
    try:
        file = JsonLines(*_place_of(path, texts))
        file.folder.stat(file.name)
        file.refresh()
    except OSError as error:
        raise Problems(Problem(f"'{path}' cannot be read: {reason_of(error)}")) from None
    return checked_log(file)


def _place_of(path: Path, texts: TextStore | None) -> tuple[SafeFolder, str, TextStore, Seal | None]:
    """The arguments of `JsonLines` for a log. Raises OSError."""
    if own := _own_folder(path):
        return own.sessions, path.name, own.texts, own.seal
    around = kept_around(path)
    stores = [texts] if texts else []
    if around:
        with suppress(OSError):  # texts that are missing are said where they are needed
            stores.insert(0, around.texts)
    return SafeFolder(path.parent), path.name, TextStore(None, *stores), None


def _own_folder(path: Path) -> KeptFolder | None:
    """The user's own `.waves/` that a log lies in, if it lies in one."""
    root = piece_of(path)
    try:
        return find_kept(root) if root else None
    except Problems:
        return None


def checked_log(file: JsonLines) -> RecordedSession:
    """A log whose entries were read: each is checked. Raises Problems."""
    header = file.entries[0] if file.entries else {}
    if header.get("session") != SCHEMA:
        known = "session" in header
        sentence = "is of another version of waves" if known else "is not the log of a session"
        raise Problems(Problem(f"'{file.name}' {sentence}"))
    commits: list[dict[str, Any]] = []
    nodes: dict[str, Any] | None = None
    patterns: dict[str, Any] | None = None
    cycles: dict[int, dict[int, Notes]] = {}
    inputs, frames, files = [], 0, list[dict[str, Any]]()
    for number, entry in enumerate(file.entries, 1):
        if (kind := kind_of(entry)) is None:
            continue
        check_entry(ENTRIES[kind], entry, f"'{file.name}', entry {number}")
        if kind == "nodes":
            nodes = entry
        elif kind == "commit":
            commits.append({**entry, "nodes": nodes, "patterns": patterns})
            nodes = None
        elif kind == "patterns":
            patterns = entry
        elif kind == "cycles":
            cycles.setdefault(entry["cycles"], {}).update(cycles_from_data(entry["of"]))
        elif kind == "input":
            inputs.append(entry)
        elif kind == "files":
            files.append(entry)
        elif kind == "frames":
            frames = max(frames, entry["frames"])
    if not commits:
        raise Problems(Problem(f"'{file.name}' has no sound: nothing was played"))
    if commits[0].get("texts") is None or commits[0].get("settings") is None or len(commits) > MOST_COMMITS:
        raise Problems(Problem(f"'{file.name}' does not begin with a piece"))
    if file.seal is None and frames > LONGEST_FOREIGN * header["rate"]:
        raise Problems(Problem(f"'{file.name}' is longer than a day, and not of this computer"))
    channels = header["channels"] + 2 * len(header["stems"])
    if file.seal is None and channels * header["rate"] > MOST_FOREIGN:
        sentence = f"has {channels} channels at {header['rate']:g} Hz, which is too much for a log of another computer"
        raise Problems(Problem(f"'{file.name}' {sentence}"))
    inputs.sort(key=lambda entry: int(entry["input"]))
    return RecordedSession(file.path, header, commits, inputs, files, frames, file, cycles)


def changed_samples(log: RecordedSession, workspace: Workspace, sample_folders: Sequence[str] = ()) -> list[Problem]:
    """Warnings of sample files that changed or were removed since the session, or that the piece may not read."""
    digests: dict[str, set[str]] = {}
    for entry in log.files:
        for name, digest in (one for listed in entry["of"].values() for one in listed):
            if digest is not None:  # what could not be used is silent in the replay as well
                digests.setdefault(name, set()).add(digest)
    warnings = []
    for name, known in digests.items():
        sentence = ""
        try:
            if known != {file_hash(safe_path(workspace, name, sample_folders))}:
                sentence = f"'{name}' is not what it was in this session: the replay may differ from there"
        except (OSError, PathError):
            sentence = f"'{name}' of this session is not there: the replay has silence in its place"
        if sentence:
            warnings.append(Problem(sentence, level="warning"))
    return warnings


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
