"""How long a piece has played, pauses not counted."""

from __future__ import annotations

from waves.engine.runtime.engine import Engine


class PlayTime:
    """Frames that were heard. `pause` is for one thread at a time, `frames` for any."""

    def __init__(self, engine: Engine):
        self.engine = engine
        self._silent = 0  # frames in pauses; in a pause, less the frame of the stream at which it began

    def pause(self, paused: bool) -> None:
        """Pause the engine, or let it go on."""
        if paused == self.engine.paused:
            return
        self.engine.pause(paused)
        written = self.engine.frames_written
        self._silent += -written if paused else written

    @property
    def frames(self) -> int:
        """Frames of sound so far, without pauses and the delay of the limiter."""
        written = 0 if self.engine.paused else self.engine.frames_written
        return max(written - self._silent - self.engine.lookahead, 0)
