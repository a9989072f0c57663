"""Requests for builds. Requests that come while a build runs are merged into one; the newest wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from waves.events.event import counted, title
from waves.language.model.quantize import Quantize
from waves.live.workspace.composition import Sounds

SAVED_JUST_NOW = 5.0  # s; the time of a file that is older, or lies in the future, is not when it was saved


@dataclass(frozen=True, slots=True)
class Change:
    """Name and times of a change: `saved` in seconds since 1970, `asked` in seconds of the monotonic clock."""

    name: str
    saved: float
    asked: float = field(default_factory=time.monotonic, compare=False)

    @classmethod
    def now(cls, name: str) -> Change:
        """A change that happens now and is not a save of files."""
        return cls(name, time.time())


def change_of_files(files: Iterable[Path]) -> Change:
    """The change of files that the watcher has just reported, named after them: it was asked for as they were saved."""
    files = tuple(files)
    times = []
    for file in files:
        try:
            times.append(file.stat().st_mtime)
        except OSError:  # gone again
            continue
    now, asked = time.time(), time.monotonic()
    saved = max(times, default=now)
    saved = saved if 0.0 <= now - saved < SAVED_JUST_NOW else now
    names = dict.fromkeys(file.name for file in files)  # files of two folders may have one name
    return Change(", ".join(names), saved, asked - (now - saved))


@dataclass(frozen=True, slots=True)
class VersionSearch:
    """Search of undo or redo for a version that can play and is heard, and how many it has stepped over."""

    direction: int  # -1: to earlier versions, 1: to later ones, 0: no further than the one that was chosen
    silent: int = 0  # that change nothing of what plays
    failing: int = 0  # that cannot play now

    def over(self, fails: bool) -> VersionSearch:
        """The search, one more version stepped over."""
        return replace(self, silent=self.silent + (not fails), failing=self.failing + fails)

    @property
    def action(self) -> str:
        """The action that asked for it."""
        return "undo" if self.direction < 0 else "redo"

    @property
    def text(self) -> str:
        """`stepped over 2 versions that change nothing that plays`; empty if it stepped over none."""
        silent = "changes" if self.silent == 1 else "change"
        groups = (self.silent, f"{silent} nothing that plays"), (self.failing, "cannot play now")
        parts = [f"{counted(count, 'version')} that {what}" for count, what in groups if count]
        return f"stepped over {' and '.join(parts)}" if parts else ""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """A request for one build. By default: the present sounds, the text of the files, fade and boundary of saves."""

    change: Change
    sounds: Sounds | None = None
    texts: Mapping[str, str] | None = None  # by name of the file, in place of the files
    fade: float | None = None  # s
    at: Quantize | None = None
    restart: bool = False  # the piece begins from its start
    accepted: bool = False  # whatever its trial says
    search: VersionSearch | None = None  # of undo and redo
    files: frozenset[Path] = frozenset()  # that were saved, where it is nothing more than a save

    @property
    def subject(self) -> str:
        """The things that are built: names of files, of the sounds that were chosen, or the version."""
        return title(name for name, _ in self.sounds) if self._is_choice and self.sounds else self.change.name

    @property
    def aim(self) -> str:
        """The effect of it, in words: `night plays`, `the save takes effect`."""
        if self.restart and self.sounds is None:
            return "the piece begins again"
        if self.search:
            return f"{self.change.name} plays"
        if not self.sounds:
            return "the save takes effect"
        plays = f"{title(name for name, _ in self.sounds)} {'plays' if len(self.sounds) == 1 else 'play'}"
        return plays if self._is_choice else f"the save takes effect, and {plays}"

    @property
    def _is_choice(self) -> bool:
        """Whether sounds of the version that plays were chosen, and no file was saved."""
        return self.sounds is not None and self.texts is not None

    def after(self, earlier: BuildRequest | None) -> BuildRequest:
        """Merge this request with an earlier one that has not taken effect.

        Before: `play night` waits for its bar, then waves.yaml is saved.
        After: one request for the sound `night` at the next bar, from the saved text.
        """
        if earlier is None:
            return self
        chooses = self if self.sounds is not None else earlier
        return replace(
            self,
            sounds=chooses.sounds,
            texts=self.texts if earlier.texts is not None else None,  # files that were saved are not forgotten
            fade=chooses.fade,
            at=chooses.at,
            restart=self.restart or earlier.restart,
            accepted=self.accepted or earlier.accepted,
            search=self.search or earlier.search,  # where a save wins it finds no other version
            files=self.files | earlier.files if self.files and earlier.files else frozenset(),
        )


class BuildRequests:
    """The request that waits for the build thread. Any thread may call its methods.

    A request may also be postponed: until its machine code is compiled, or until it is merged into the next request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: BuildRequest | None = None
        self._postponed: BuildRequest | None = None
        self.taken: BuildRequest | None = None
        """The request that is being built. Build thread."""
        self._calm = threading.Event()
        self._calm.set()

    def add(self, request: BuildRequest) -> None:
        """Add a request, merged with the one that waits."""
        with self._lock:
            self._waiting = request.after(self._waiting)

    def put_back(self, request: BuildRequest) -> None:
        """Let a request wait again that was taken and did not take effect; newer requests win."""
        with self._lock:
            self._waiting = self._waiting.after(request) if self._waiting else request

    def postpone(self, request: BuildRequest) -> None:
        """Postpone a request that was taken."""
        with self._lock:
            self._postponed = request

    def take(self) -> BuildRequest | None:
        """Remove and return the request that waits, merged with a postponed one; None if none waits."""
        with self._lock:
            request, self._waiting = self._waiting, None
            if request:
                request, self._postponed = request.after(self._postponed), None
            self.taken = request
            return request

    @property
    def unfinished(self) -> str:
        """Names of the changes that are built, wait to be built, or wait for their machine code."""
        with self._lock:
            waits = None if self._postponed and self._postponed.restart else self._postponed  # for the next save
            return ", ".join(dict.fromkeys(one.change.name for one in (waits, self.taken, self._waiting) if one))

    @property
    def aim(self) -> str:
        """The effect of all of them, in words; empty if there are none. Any thread."""
        found = None
        with self._lock:
            for one in (self._postponed, self.taken, self._waiting):
                found = one.after(found) if one else found
        return found.aim if found else ""

    def take_postponed(self) -> BuildRequest | None:
        """Remove and return the postponed request; None if there is none."""
        with self._lock:
            request, self._postponed = self._postponed, None
            return request

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """During this context no build starts, and a plan that waits for its boundary gives up. For one thread."""
        self._calm.clear()
        try:
            yield
        finally:
            self._calm.set()

    def let_urgent_pass(self) -> None:
        """Wait while another thread is in `urgent`. Build thread, before it takes its lock."""
        self._calm.wait()

    @property
    def overtake(self) -> bool:
        """Whether a plan that waits for its boundary should give up, to be built again."""
        return self._waiting is not None or not self._calm.is_set()
