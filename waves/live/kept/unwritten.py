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
        self.ends = False
        """Whether the program ends, so that `end` tells what fails from now on."""
        self._is_told, self._reason = False, ""

    @contextmanager
    def telling(self, is_lost: Callable[[], bool] = lambda: False) -> Iterator[None]:
        """Pass over a failure to write, and tell the first; not that of a folder that is lost, which is renewed."""
        try:
            yield
        except (OSError, Problems) as error:
            if not (self.ends and self._reason):  # at the end the first one counts
                self._reason = reason_of(error)
            if not self._is_told and not self.ends and not is_lost():
                self._is_told = True
                self.notify(KeepingInterrupted(reason=self._reason))

    def all_written(self, is_lost: Callable[[], bool]) -> None:
        """Say that nothing waits any more, if it did and the folder is not lost."""
        if self._is_told and not is_lost():
            self.begin_anew()
            self.notify(KeepingResumed())

    def begin_anew(self) -> None:
        """Tell the next failure, which is another one."""
        self._is_told, self._reason = False, ""

    def end(self, versions: int, *others: str) -> None:
        """Say what ends with the program: so many versions, and what the words say, each of which may be empty."""
        if lost := [*([counted(versions, "version")] if versions else []), *filter(None, others)]:
            *first, last = lost
            what = f"{', '.join(first)} and {last}" if first else last
            self.notify(Fault(message=f"not written to {FOLDER}/ ({self._reason}), and lost: {what}"))
