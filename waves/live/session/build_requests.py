"""What the next build is to make. Requests that come while a build runs become one, in which the newest wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from waves.language.model.quantize import Quantize
from waves.live.workspace.composer import Sounds

SAVED_JUST_NOW = 5.0  # s; a file older than this when its change is seen: its time is not when it was saved


@dataclass(frozen=True, slots=True)
class Change:
    """What was changed, and when (seconds since 1970)."""

    name: str
    saved: float

    @classmethod
    def now(cls, name: str) -> Change:
        """A change of something other than files, just now."""
        return cls(name, time.time())


def change_of_files(files: Iterable[Path]) -> Change:
    """The change of files that were just seen to change; it has their names."""
    files = tuple(files)
    times = []
    for file in files:
        try:
            times.append(file.stat().st_mtime)
        except OSError:  # gone again
            continue
    now = time.time()
    saved = max(times, default=now)
    return Change(", ".join(file.name for file in files), saved if now - saved < SAVED_JUST_NOW else now)


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One build: of the sounds that play, from the files, at the usual boundary, unless it says otherwise."""

    change: Change
    sounds: Sounds | None = None
    texts: Mapping[str, str] | None = None  # by name of the file, in place of what the files say
    fade: float | None = None  # s
    at: Quantize | None = None
    restart: bool = False  # the piece begins from its start
    untried: bool = False  # without a trial

    def after(self, earlier: BuildRequest | None) -> BuildRequest:
        """This request and an earlier one that did not take effect, as one.

        save of waves.yaml, after play(night) at the next bar: waves.yaml as it is now, night, at the next bar
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
            untried=self.untried or earlier.untried,
        )


class BuildRequests:
    """The request that waits for the build thread. Any thread may call its methods.

    A request may also be set aside, until machine code is there or another request comes: it becomes part of that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: BuildRequest | None = None
        self._aside: BuildRequest | None = None
        self._urgent = False

    def add(self, request: BuildRequest) -> None:
        """A request that is newer than all others."""
        with self._lock:
            self._waiting = request.after(self._waiting)

    def put_back(self, request: BuildRequest) -> None:
        """A request that was taken and did not take effect: it waits again, after what came meanwhile."""
        with self._lock:
            self._waiting = self._waiting.after(request) if self._waiting else request

    def set_aside(self, request: BuildRequest) -> None:
        """A request that was taken and cannot take effect yet."""
        with self._lock:
            self._aside = request

    def take(self) -> BuildRequest | None:
        """The request that waits, with what was set aside; None when none waits."""
        with self._lock:
            request, self._waiting = self._waiting, None
            if request:
                request, self._aside = request.after(self._aside), None
            return request

    def take_aside(self) -> BuildRequest | None:
        """The request that was set aside, if no other took it up."""
        with self._lock:
            request, self._aside = self._aside, None
            return request

    @contextmanager
    def urgent(self) -> Iterator[None]:
        """While this lasts, a plan that waits for its boundary gives way."""
        self._urgent = True
        try:
            yield
        finally:
            self._urgent = False

    @property
    def overtake(self) -> bool:
        """Whether a plan that waits for its boundary is to give way, and be built again."""
        return self._waiting is not None or self._urgent
