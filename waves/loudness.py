"""Loudness and true peak of what is played, after ITU-R BS.1770-5: mean power of the K-weighted channels, in LUFS.

momentary   the last 400 ms
short-term  the last 3 s
integrated  all of it, but for what is silent or far softer than the rest

The first two are without a gate, and new every 100 ms, as in EBU Tech 3341. Each channel has the weight 1: the standard
gives more to the rear ones of a surround layout, and outputs of a piece have no such places. One channel that two
loudspeakers play counts as one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

HOP = 0.1  # s
MOMENTARY, SHORT_TERM = 4, 30  # hops
OFFSET = -0.691  # dB, of the standard: a sine of 997 Hz in one channel at full scale is -3.01 LUFS
FLOOR = -120.0  # LUFS, of silence
WINDOW, OVER = 16_384, 4  # frames, places in each
GATE, BELOW = -70.0, 10.0  # LUFS, and dB below the loudness over that gate: softer blocks of 400 ms do not count

# The standard gives the coefficients at 48 kHz. These are the filters that they come from by the bilinear transform, as
# B. De Man, "Evaluation of implementations of the EBU R128 loudness measurement" (AES 145, 2018), has them.
SHELF = (1681.974450955533, 3.999843853973347, 0.7071752369554196)  # Hz, dB, Q: the head
HIGH_PASS = (38.13547087602444, 0.5003270373238773)  # Hz, Q


def k_weighting(rate: float) -> tuple[Array, Array]:
    """The two filters at a rate in Hz, each b0 b1 b2 a1 a2 with a0 = 1: the shelf, then the high-pass."""
    centre, gain, quality = SHELF
    k, high = math.tan(math.pi * centre / rate), 10.0 ** (gain / 20.0)
    band, norm = high**0.4996667741545416, 1.0 + k / quality + k * k
    shelf = [high + band * k / quality + k * k, 2.0 * (k * k - high), high - band * k / quality + k * k]
    first = np.array([*shelf, 2.0 * (k * k - 1.0), 1.0 - k / quality + k * k]) / norm
    centre, quality = HIGH_PASS
    k = math.tan(math.pi * centre / rate)
    norm = 1.0 + k / quality + k * k
    second = np.array([1.0, -2.0, 1.0, 2.0 * (k * k - 1.0) / norm, (1.0 - k / quality + k * k) / norm])
    return first, second


def impulse_response(rate: float, frames: int) -> Array:
    """The first frames of the answer of both filters to an impulse."""
    signal = [1.0] + [0.0] * (frames - 1)
    for b0, b1, b2, a1, a2 in k_weighting(rate):
        one = two = 0.0  # the filter in its transposed form II
        for at, value in enumerate(signal):
            signal[at] = out = b0 * value + one
            one, two = b1 * value - a1 * out + two, b2 * value - a2 * out
    return np.array(signal)


class HopPowers:
    """Power of each hop of 100 ms of a stream at `rate` frames per second, K-weighted, summed over its channels.

    The answer of the filters to an impulse is over after a hop, but for 1e-8 of it: so each hop is weighted by a
    convolution with the hop before it. One thread.
    """

    def __init__(self, rate: float, channels: int):
        self._hop = round(HOP * rate)
        self._weights = np.fft.rfft(impulse_response(rate, self._hop), 2 * self._hop)[:, None]
        self._before = np.zeros((self._hop, channels))
        self._rest = np.zeros((0, channels))

    def of(self, frames: Array) -> list[float]:
        """The powers of the hops that are complete with these frames, shape (frames, channels)."""
        rest, powers = np.concatenate((self._rest, frames)), []
        while len(rest) >= self._hop:
            hop, rest = rest[: self._hop], rest[self._hop :]
            both = np.fft.rfft(np.concatenate((self._before, hop)), axis=0)
            weighted = np.fft.irfft(both * self._weights, axis=0)[self._hop :]
            powers.append(float(np.sum(np.mean(weighted**2, axis=0))))
            self._before = hop
        self._rest = rest
        return powers

    def last(self) -> list[float]:
        """The power of the hop that has begun, with silence behind it; none if none has begun."""
        left = self._hop - len(self._rest)
        return self.of(np.zeros((left, self._before.shape[1]))) if left < self._hop else []


class IntegratedLoudness:
    """Loudness of a whole file, gated. One thread."""

    def __init__(self, rate: float, channels: int):
        self._powers = HopPowers(rate, channels)
        self._hops: list[float] = []

    def add(self, frames: Array) -> None:
        """Take the next frames of the file, shape (frames, channels)."""
        self._hops += self._powers.of(frames)

    def end(self) -> float:
        """The loudness in LUFS, once all frames are there, at least FLOOR; of a short file with silence behind."""
        hops = [*self._hops, *self._powers.last()]
        hops += [0.0] * (MOMENTARY - len(hops))
        blocks = np.convolve(hops, np.full(MOMENTARY, 1.0 / MOMENTARY), "valid")
        heard = blocks[blocks > _power(GATE)]
        if not heard.size:
            return FLOOR
        return _level(heard[heard > _power(_level(heard.mean()) - BELOW)].mean())


class TruePeak:
    """The highest level of the wave between the frames too, at four places a frame, as in Annex 2 of the standard.

    Each window of WINDOW frames is brought to four times the rate by a transform; its middle half counts, which is far
    from what its edges change. One thread.
    """

    def __init__(self, channels: int):
        self._rest = np.zeros((WINDOW // 4, channels))  # silence before the file
        self.highest = 0.0

    def add(self, frames: Array) -> None:
        """Take the next frames of the file, shape (frames, channels)."""
        rest = np.concatenate((self._rest, frames))
        while len(rest) >= WINDOW:
            spectrum = np.fft.rfft(rest[:WINDOW], axis=0)
            fine = OVER * np.fft.irfft(spectrum, OVER * WINDOW, axis=0)[OVER * WINDOW // 4 : 3 * OVER * WINDOW // 4]
            self.highest = max(self.highest, float(fine.max(initial=0.0)), -float(fine.min(initial=0.0)))
            rest = rest[WINDOW // 2 :]
        self._rest = rest

    def end(self) -> float:
        """The peak as a factor, once all frames are there."""
        self.add(np.zeros((WINDOW, self._rest.shape[1])))
        return self.highest


class Loudness:
    """Loudness of the last seconds of a stream at `rate` frames per second. One thread."""

    def __init__(self, rate: float, channels: int):
        self._hop_powers = HopPowers(rate, channels)
        self._powers: deque[float] = deque(maxlen=SHORT_TERM)

    def add(self, frames: Array) -> None:
        """Take the next frames of the stream, shape (frames, channels)."""
        self._powers.extend(self._hop_powers.of(frames))

    @property
    def momentary(self) -> float:
        """Loudness of the last 400 ms in LUFS, at least FLOOR."""
        return _level(_mean([*self._powers][-MOMENTARY:]))

    @property
    def short_term(self) -> float:
        """Loudness of the last 3 s in LUFS, at least FLOOR."""
        return _level(_mean(self._powers))


def _mean(powers: Collection[float]) -> float:
    return sum(powers) / max(len(powers), 1)


def _level(power: float) -> float:
    return max(OFFSET + 10.0 * math.log10(power), FLOOR) if power > 0.0 else FLOOR


def _power(level: float) -> float:
    return float(10.0 ** ((level - OFFSET) / 10.0))
