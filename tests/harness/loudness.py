"""Loudness and balance of music: LUFS by ITU-R BS.1770, and levels of thirds of an octave.

It is independent of `waves.loudness`, which the program prints: by the coefficients of the standard and SciPy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

Frames = np.ndarray[Any, Any]

SHELF = [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585]
HIGHPASS = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]
STEP = 4800  # frames at 48 kHz, a quarter of a block of 400 ms
SILENCE, BELOW = -70.0, 10.0  # LUFS; LU below the loudness without silence: quieter blocks do not count


def loudness(audio: Frames) -> float:
    """LUFS of frames × channels at 44.1 kHz: the filters are given for 48 kHz. At least 0.4 s; -inf for silence."""
    weighted = signal.sosfilt([SHELF, HIGHPASS], signal.resample_poly(audio, 160, 147, axis=0), axis=0)
    steps = (weighted[: len(weighted) // STEP * STEP] ** 2).sum(axis=1).reshape(-1, STEP).mean(axis=1)
    blocks = np.convolve(steps, np.full(4, 0.25), "valid")
    heard = blocks[_lufs(blocks) > SILENCE]
    if not heard.size:
        return -np.inf
    return float(_lufs(heard[_lufs(heard) > _lufs(heard.mean()) - BELOW].mean()))


def _lufs(power: Any) -> Any:
    return -0.691 + 10.0 * np.log10(np.maximum(power, 1e-30))


def loudest(audio: Frames) -> float:
    """LUFS of the loudest 0.4 s of frames × channels at 44.1 kHz, in steps of 10 ms, silence behind it."""
    long = np.vstack([audio, np.zeros((44100, audio.shape[1]))])
    weighted = signal.sosfilt([SHELF, HIGHPASS], signal.resample_poly(long, 160, 147, axis=0), axis=0)
    steps = (weighted[: len(weighted) // 480 * 480] ** 2).sum(axis=1).reshape(-1, 480).mean(axis=1)
    return float(_lufs(np.convolve(steps, np.full(40, 1 / 40), "valid").max()))
