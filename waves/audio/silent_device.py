"""A stream that nobody hears: calls the engine's callback in real time, as a sound card would."""

from __future__ import annotations

import ctypes
import threading
import time

CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,  # input, interleaved float32
    ctypes.c_void_p,  # output, interleaved float32
    ctypes.c_ulong,  # frames
    ctypes.c_void_p,  # PaStreamCallbackTimeInfo: three doubles, seconds
    ctypes.c_ulong,  # flags: under- and overflows
    ctypes.c_void_p,  # userdata
)
"""PortAudio's `PaStreamCallback`; it returns 0 to go on."""

LATE = 3.0  # seconds behind which time is dropped instead of caught up: the machine slept


class SilentStream:
    """Same interface as a card's stream; blocks are due at `origin + frames / rate`, so no error adds up.

    `notice` says in one line why there is no sound, empty when silence was asked for.
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
        self.latency = block / self.rate
        self.cpu_load = 0.0
        self._callback, self._userdata = CALLBACK(address), userdata
        self._output = (ctypes.c_float * (block * channels))()
        self._input = (ctypes.c_float * (block * inputs))() if inputs else None
        self._times = (ctypes.c_double * 3)()  # input, now, output
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def active(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def closed(self) -> bool:
        return not self.active

    def start(self, late: float = 0.0) -> None:
        """Begin `late` seconds ago: what is due since then is rendered at once."""
        if self.active:
            return
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, args=(late,), name="silent device", daemon=True)
        self._thread.start()

    def stop(self) -> bool:
        """Ends after the running block; False when it did not end in two seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(2.0)
        return not self.active

    def close(self) -> bool:
        return self.stop()

    def _run(self, late: float) -> None:
        origin, played = time.perf_counter() - late, 0
        while True:
            early = origin + played / self.rate - time.perf_counter()
            if early < -LATE:
                origin -= early
            if self._stopping.wait(max(early, 0.0)):
                return
            started = time.perf_counter()
            self._times[1], self._times[2] = started, started + self.latency
            if self._callback(self._input, self._output, self.block, self._times, 0, self._userdata):
                return
            played += self.block
            load = (time.perf_counter() - started) * self.rate / self.block
            self.cpu_load += 0.05 * (load - self.cpu_load)
