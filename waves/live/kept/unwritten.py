"""Failures to write to `.waves/`: told once, as is that all is written, and at the end what never was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from waves.events.event import Notify, counted
from waves.events.trouble import Fault, KeepingInterrupted, KeepingResumed
from waves.live.kept.kept_files import FOLDER
from waves.problem import Problems, reason_of


class Unwritten:
    """Tells of failures to write. Any thread."""

    def __init__(self, notify: Notify):
        self.notify = notify
        self._is_told = False

    @contextmanager
    def telling(self, is_lost: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Pass over a failure to write, and tell the first; not that of a folder that is lost, which is renewed."""
        try:
            yield
        except (OSError, Problems) as error:
            if not self._is_told and not is_lost():
                self._is_told = True
                self.notify(KeepingInterrupted(reason=reason_of(error)))

    def all_written(self, is_lost: Callable[[], bool]) -> None:
        """Say that nothing waits any more, if it did and the folder is not lost."""
        if self._is_told and not is_lost():
            self._is_told = False
            self.notify(KeepingResumed())

    def begin_anew(self) -> None:
        """Tell the next failure, which is that of another folder."""
        self._is_told = False

    def end(self, versions: int, log: str) -> None:
        """Say what ends with the program: so many versions, and of the log what the words say, if it is any."""
        if lost := [*([counted(versions, "version")] if versions else []), *filter(None, [log])]:
            self.notify(Fault(message=f"not written to {FOLDER}/, and lost: {' and '.join(lost)}"))
