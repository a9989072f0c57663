"""Versions of the packages of this process: one that is installed while it plays counts from the next start.

Installing a package changes the time of the folder it lies in, so a look costs one `stat` for each folder.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import metadata

from waves.events.changes import RestartNeeded
from waves.events.event import Notify

DISTRIBUTION = "waves-live"
LOOK = 10.0  # seconds between two looks


def requirements(distribution: str) -> tuple[str, list[str]]:
    """The requirements of pyproject.toml: versions of Python (`>=3.11,<3.15`), and names of packages.

    For files that run without being installed nothing is known but that.
    """
    try:
        declared = metadata.metadata(distribution)
    except metadata.PackageNotFoundError:
        return "", [distribution]
    packages = (re.match(r"[\w.-]+", text) for text in declared.get_all("Requires-Dist", []))
    return declared["Requires-Python"], [match[0] for match in packages if match]


def installed_version(name: str) -> str | None:
    """The version of a package that the next start would take, None if it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


class PackageVersions:
    """Says once of each package that it has another version than at the start. On a thread of its own."""

    def __init__(self, notify: Notify, names: Sequence[str] | None = None):
        """`names`: of the packages; None: waves and what it requires."""
        self._notify, self._names = notify, names
        self._versions: dict[str, str] = {}  # that run
        self._installed: dict[str, str] = {}  # at the last look
        self._folders: dict[str, int] = {}  # the time of each in ns
        self._stopping = threading.Event()

    def start(self) -> None:
        """Take the versions, and look from then on."""
        threading.Thread(target=self._run, name="packages", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()

    def take(self) -> None:
        """Take the versions that are installed now as those of this process."""
        names = [DISTRIBUTION, *requirements(DISTRIBUTION)[1]] if self._names is None else self._names
        for name in names:
            with suppress(metadata.PackageNotFoundError):
                found = metadata.distribution(name)
                self._versions[name] = found.version
                self._folders[str(found.locate_file(""))] = 0
        self._folders = {folder: _time(folder) for folder in self._folders}
        self._installed = dict(self._versions)

    def look(self) -> None:
        """Publish the packages of which another version is installed since the last look."""
        times = {folder: _time(folder) for folder in self._folders}
        if times == self._folders:
            return
        self._folders = times
        for name, runs in self._versions.items():
            now = installed_version(name)  # none for a moment, while it is exchanged
            if now and now != self._installed[name]:
                self._installed[name] = now
                if now != runs:
                    self._notify(RestartNeeded(file=name, version=now))

    def _run(self) -> None:
        self.take()
        while not self._stopping.wait(LOOK):
            self.look()


def _time(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0
