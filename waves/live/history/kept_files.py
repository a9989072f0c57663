"""Paths of what is kept of a piece: in the folder `.waves/` beside its text, and in `recordings/`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = ".waves"


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Paths of what is kept of the piece in the folder `root`. They need not exist."""

    root: Path

    @property
    def folder(self) -> Path:
        """The folder of everything but recordings."""
        return self.root / FOLDER

    @property
    def history(self) -> Path:
        """The folder of the versions."""
        return self.folder / "history"

    @property
    def sessions(self) -> Path:
        """The folder of the session logs."""
        return self.folder / "sessions"

    @property
    def state_file(self) -> Path:
        """The file of the state to resume from."""
        return self.folder / "state" / "last.npz"

    @property
    def recordings(self) -> Path:
        """The folder of recordings and renders."""
        return self.root / "recordings"


def piece_of(log: Path) -> Path | None:
    """The folder of the piece that a session log was kept for; None for a log that lies elsewhere."""
    return log.resolve().parents[2] if log.parent.parent.name == FOLDER else None
