"""A compiled callback that numbers its frames, in place of the engine's: what a device plays can be counted."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numba import carray, cfunc

from tests.harness.waiting import LIMIT, wait
from waves.engine.native.callback import PORTAUDIO

usleep = ctypes.CDLL(None).usleep  # the compiler reads memory again after a call that it does not know
usleep.argtypes, usleep.restype = [ctypes.c_uint], ctypes.c_int
STEPS = 1 << 22  # a ramp of (n + 1) / STEPS is exact in float32, and its 0 means that nothing was playing
FRAMES, LENGTH, CHANNELS, FLAGS, INSIDE, OVERLAPS, HELD = range(7)


@cfunc(PORTAUDIO)
def ramp(inputs, output, frames, times, flags, userdata):
    """The first channel counts frames up, the others down."""
    words = carray(userdata, (7,), np.int64)
    if words[INSIDE] != 0:
        words[OVERLAPS] += 1
    words[INSIDE] = 1
    while words[HELD] != 0:
        usleep(1000)
    out = carray(output, (frames, words[CHANNELS]), np.float32)
    for i in range(frames):
        n = words[FRAMES] + i + 1
        value = np.float32(n / STEPS) if n <= words[LENGTH] else np.float32(0)
        out[i, 0] = value
        for channel in range(1, words[CHANNELS]):
            out[i, channel] = -value
    words[FRAMES] += frames
    words[FLAGS] += flags != 0
    words[INSIDE] = 0
    return 0


class Ramp:
    """The callback with its user data: frames so far, calls with flags, calls that overlapped."""

    def __init__(self, length: int = STEPS, channels: int = 2):
        """`length`: frames of the ramp; after them it is silent."""
        self.words = np.array([0, length, channels, 0, 0, 0, 0], np.int64)
        self.last = 0  # frame before the last silence

    @property
    def callback(self) -> tuple[int, int]:
        return ramp.address, self.words.ctypes.data

    def clock(self) -> int:
        return int(self.words[FRAMES])

    @property
    def flags(self) -> int:
        return int(self.words[FLAGS])

    @property
    def overlaps(self) -> int:
        return int(self.words[OVERLAPS])

    def inside(self) -> bool:
        return bool(self.words[INSIDE])

    @contextmanager
    def held(self) -> Iterator[None]:
        """A call that does not return."""
        self.words[HELD] = 1
        try:
            wait(self.inside)
            yield
        finally:
            self.words[HELD] = 0

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Silence, once all frames before it were given to the device."""
        length, self.words[LENGTH] = self.words[LENGTH], self.clock() + 4000
        self.last = int(self.words[LENGTH])
        wait(lambda: self.clock() > self.last)
        yield
        self.words[LENGTH] = length

    def plays(self, frames: int = 4410, seconds: float = LIMIT) -> bool:
        """Whether that many frames more are asked for, which is waited for."""
        end = self.clock() + frames
        return wait(lambda: self.clock() >= end, seconds)


def numbers_in(frames: np.ndarray) -> np.ndarray:
    """The frame numbers in a recording of the ramp, silence left out."""
    left = frames[:, 0]
    return np.rint(left[left != 0.0].astype(np.float64) * STEPS).astype(np.int64)


@contextmanager
def playing(stream: Any) -> Iterator[Any]:
    """A stream that is started, and closed whatever happens: the callback's user data goes with the test."""
    stream.start()
    try:
        yield stream
    finally:
        stream.close()


def keeps_time(clock: Callable[[], int], rate: float = 44100.0, seconds: float = 1.0) -> bool:
    """Whether a count of frames moves as fast as time does, to a tenth; measured from now for at least `seconds`.

    On a busy machine a stream is late now and then and makes up for it: that is waited for.
    """
    frames, start = clock(), time.monotonic()

    def in_time() -> bool:
        passed = time.monotonic() - start
        return passed >= seconds and abs((clock() - frames) / rate - passed) <= 0.1 * passed

    return wait(in_time)
