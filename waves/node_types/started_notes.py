"""The notes that a kernel starts, where it runs as Python: in trials and tests."""

from __future__ import annotations

import numpy as np

from waves.abi import MOST_IN_FRAME, MOST_NOTES, started_notes
from waves.node import BLOCK


class StartedNotes:
    """The notes that a kernel starts in one call, each with `width` values: its `notes` where it runs as Python.

    The compiled one is the same. `record` is of the type `abi.started_notes`, of shape (1,).
    """

    def __init__(self, width: int, frames: int = BLOCK):
        """`frames`: of the blocks that it is called with."""
        self.record = np.zeros(1, started_notes(width))
        self.record["step"] = np.arange(MOST_NOTES)
        self.width, self.size, self.unread = width, 0, np.zeros(frames)

    def begin(self, frames: int) -> StartedNotes:
        """Forget the notes of the call before; this one has so many frames."""
        self.size = frames
        self.record["count"] = self.record["begun"] = 0
        return self

    def start(self, i: int, length: float, *values: float) -> bool:
        """A note begins at frame `i` of this call; its gate falls after `length` frames.

        False where it is left out, as eight have begun in that frame. Raises IndexError for a frame outside.
        """
        record = self.record[0]
        if not 0 <= int(i) < self.size:
            raise IndexError(f"starts a note at frame {int(i)} of {self.size}")
        if len(values) != self.width:
            raise TypeError(f"starts a note with {len(values)} values, and `note_values` has {self.width}")
        if record["begun"][int(i)] >= MOST_IN_FRAME:
            return False
        k = int(record["count"])
        record["frame"][k] = int(i)
        record["length"][k] = int(min(max(length, 0.0), 2.0**53)) if length == length else 0
        for column, value in enumerate(values):
            record["values"][k * self.width + column] = value if abs(value) < 1e30 else np.nan
        record["begun"][int(i)] += 1
        record["count"] += 1
        return True

    @property
    def started(self) -> list[tuple[float, ...]]:
        """The notes of the last call: frame, length and values of each."""
        record = self.record[0]
        values = record["values"].reshape(MOST_NOTES, self.width)
        count = range(int(record["count"]))
        return [(int(record["frame"][k]), int(record["length"][k]), *values[k].tolist()) for k in count]
