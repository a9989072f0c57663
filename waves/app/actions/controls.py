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
