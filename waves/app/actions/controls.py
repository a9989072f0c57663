"""The parts of a running player that actions work on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from waves.app.actions.play_time import PlayTime
from waves.app.actions.recordings import Recordings
from waves.events.event import Notify
from waves.live.session.session import Session


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of whoever calls an action."""

    loudest: float = 12.0
    """Highest volume, dB."""
    names_files: bool = True
    """Whether it chooses the names of files that are written."""
    longest: float | None = None
    """Length of a recording, s; None: no limit."""


OF_KEYS = Limits()
OF_CLIENTS = Limits(loudest=6.0, names_files=False, longest=3600.0)


@dataclass(frozen=True, slots=True)
class Controls:
    """The parts of a player that actions use. `reload` builds all files again, `quit` ends the player."""

    session: Session
    recordings: Recordings
    time: PlayTime
    publish: Notify
    reload: Callable[[], None]
    quit: Callable[[], None]
    folder: Path  # of the piece
    trusted: bool  # whether the Python of the piece runs
    limits: Limits = OF_KEYS
