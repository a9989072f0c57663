"""Duration of what has played, without pauses."""

from __future__ import annotations

from waves.engine.runtime.engine import Engine


class PlayTime:
    """Counts frames. `pause` may be called on one thread at a time, `frames` on any."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self.earlier = 0
        """Frames that were played before this engine."""
        self._silent = 0  # frames in pauses; in a pause, less the frame of the stream at which it began

    def pause(self, paused: bool) -> None:
        """Pause the engine, or let it continue."""
        if paused == self.engine.paused:
            return
        self.engine.pause(paused)
        written = self.engine.frames_written
        self._silent += -written if paused else written

    @property
    def frames(self) -> int:
        """Frames played so far, without pauses and without the delay of the limiter."""
        written = 0 if self.engine.paused else self.engine.frames_written
        return self.earlier + max(written - self._silent - self.engine.lookahead, 0)
