"""Stream without a device: calls the engine's callback in real time, as a sound card does."""

from __future__ import annotations

import ctypes
import threading
import time

from waves.engine.state.c_functions import CALLBACK

LATE = 3.0  # seconds of delay above which time is skipped and not made up for: the machine slept
BEHIND = 0.1  # seconds, as the buffers of a card last: each time it falls so much further behind is an underflow
UNDERFLOW = 4  # of PortAudio's flags


class SilentStream:
    """A stream with the interface of a card's stream, whose sound goes nowhere.

    Blocks are due at `origin + frames / rate`, so errors of the clock do not add up. A piece that is too slow for that
    has underflows, as on a card. `block` in frames, `rate` in Hz,
    `latency` in seconds; `inputs` are channels that hear nothing. `notice` says why there is no sound; it is empty when
    silence was asked for.
    Threads: one control thread at a time calls `start`, `stop` and `close`; properties on any thread. The callback runs
    on a Python thread of the stream.
    """

    name = "silent"

    def __init__(
        self,
        address: int,
        userdata: int,
        *,
        rate: float,
        block: int,
        channels: int,
        inputs: int = 0,
        notice: str = "",
    ):
        self.rate, self.block, self.notice = float(rate), block, notice
        self.inputs = inputs
        self.latency = block / self.rate
        self.cpu_load = 0.0
        self._callback, self._userdata = CALLBACK(address), userdata
        self._output = (ctypes.c_float * (block * channels))()
        self._input = (ctypes.c_float * (block * inputs))() if inputs else None
        self._times = (ctypes.c_double * 3)()  # input, now, output
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def label(self) -> str:
        """The device in words, for a display."""
        return f"{'no sound card can be used' if self.notice else 'silent device'}: nothing is heard"

    @property
    def active(self) -> bool:
        """Whether the callback is being called."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def closed(self) -> bool:
        """Whether it does not play."""
        return not self.active

    def start(self, late: float = 0.0) -> None:
        """Play, as if it had been started `late` seconds ago: the blocks since then are rendered immediately."""
        if self.active:
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(late,), name="silent device", daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """Stop after the present block; False when the callback did not return within two seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2.0)
        return not self.active

    def close(self) -> bool:
        """As `stop`."""
        return self.stop()

    def _run(self, late: float) -> None:
        origin, played = time.perf_counter() - late, 0
        allowed = late + BEHIND
        while True:
            early = origin + played / self.rate - time.perf_counter()
            if early < -LATE:
                origin -= early
            flags = UNDERFLOW if -early > allowed else 0
            allowed = max(-early, 0.0) + BEHIND if flags else min(allowed, max(-early, 0.0) + BEHIND)
            if self._stopping.wait(max(early, 0.0)):
                return
            started = time.perf_counter()
            self._times[1], self._times[2] = started, started + self.latency
            if self._callback(self._input, self._output, self.block, self._times, flags, self._userdata):
                return
            played += self.block
            load = (time.perf_counter() - started) * self.rate / self.block
            self.cpu_load += 0.05 * (load - self.cpu_load)
