"""The workloads as hand-written loops: the reference for the speed of the engine and for its sound.

In C (`reference.c`) for speed, if there is a compiler; and as in a textbook, frame by frame with `math.sin`, compiled
by Numba. The same functions, not compiled, are the reference of the tests.
"""

from __future__ import annotations

import ctypes
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench import pieces
from bench.workspace import RATE
from waves.dsp.filters.sinc import wide_sincs
from waves.dsp.minblep import LATE, PHASES, step_table

Array = np.ndarray[Any, Any]
Loop = Callable[[Array], Any]  # adds the next frames to its argument, float64 of shape (frames,)

BLOCK = 64  # frames; the C loops take whole blocks
CC = ("-O3", "-march=native", "-ffast-math", "-fPIC", "-c")
LINK = ("-shared", "-lm")  # not -ffast-math: it would flush denormals in the whole process
AHEAD = 32  # frames in which a step is smoothed, at most
PAD = 32  # frames that the widest sinc reads before a position, and after it
Q = 0.707 + 9.293 * pieces.PEAK**2


def sines(out, gain, step, phase):  # type: ignore[no-untyped-def]
    """`step` and `phase` in turns, per frame and at the first frame."""
    for i in range(out.size):
        total = 0.0
        for k in range(step.size):
            total += math.sin(math.tau * phase[k])
            phase[k] += step[k]
            phase[k] -= math.floor(phase[k])
        out[i] += gain * total


def voices(  # type: ignore[no-untyped-def]
    out, rate, low, high, q, gain, step, phase, sweep, sweep_phase, first, second, table, sums, begun
):
    """Saw with steps of minimum phase, state-variable low-pass, gain; `sums` is what smooths steps in next frames."""
    frames = table.size // (2 * (PHASES + 1))
    damping = 1.0 / q
    loud = gain * math.sqrt(min(damping, 1.0))
    for i in range(out.size):
        total = 0.0
        for k in range(step.size):
            p = phase[k] + 0.5 + 1e-12  # next to a step it is behind it
            p -= math.floor(p)
            if p < step[k]:
                row = p / step[k] * PHASES
                at = int(row) * frames
                for j in range(frames):
                    smooth = table[at + j] + (row - int(row)) * (table[at + frames + j] - table[at + j])
                    sums[k, (begun[0] + j) % AHEAD] -= 2.0 * smooth
            saw = 2.0 * (p - min(begun[0], LATE) * step[k]) - 1.0 + sums[k, begun[0] % AHEAD]
            sums[k, begun[0] % AHEAD] = 0.0
            cutoff = low + (high - low) * (0.5 + 0.5 * math.sin(math.tau * sweep_phase[k]))
            g = math.tan(math.pi * cutoff / rate)
            a1 = 1.0 / (1.0 + g * (g + damping))
            v3 = saw - second[k]
            band = a1 * first[k] + g * a1 * v3
            lowpass = second[k] + g * a1 * first[k] + g * g * a1 * v3
            first[k] = 2.0 * band - first[k]
            second[k] = 2.0 * lowpass - second[k]
            total += lowpass
            phase[k] += step[k]
            phase[k] -= math.floor(phase[k])
            sweep_phase[k] += sweep
            sweep_phase[k] -= math.floor(sweep_phase[k])
        out[i] += loud * total
        begun[0] += 1


def players(out, tone, speed, position, sinc, weights, kernels):  # type: ignore[no-untyped-def]
    """Windowed sincs, wider for speeds above 1; `tone` has `PAD` frames of its other end on either side."""
    length = tone.size - 2 * PAD
    for i in range(out.size):
        total = 0.0
        for k in range(speed.size):
            j = int(position[k])
            for n in range(int(sinc[k]), math.ceil(sinc[k]) + 1):
                points = int(kernels[3 * n + 1])
                row = (position[k] - j) * kernels[3 * n + 2]
                first = int(kernels[3 * n]) + int(row) * points
                rest = row - int(row)
                near, far = weights[first : first + points], weights[first + points : first + 2 * points]
                begin = PAD + j - points // 2 + 1
                value = (tone[begin : begin + points] * (near + rest * (far - near))).sum()
                total += (1.0 - abs(sinc[k] - n)) * value
            position[k] += speed[k]
            if position[k] >= length:
                position[k] -= length
        out[i] += total


def arguments(name: str) -> tuple[Any, ...]:
    """The arguments of a loop after `out`, as they are at the first frame."""
    if name == "sines":
        return pieces.SINE_GAIN, pieces.SINES / RATE, np.zeros(len(pieces.SINES))
    if name == "voices":
        count = len(pieces.SAWS)
        offsets = np.round(0.2 * np.arange(count), 4) / math.tau
        charges = np.zeros(count), np.zeros(count)
        phases = pieces.SAWS / RATE, np.zeros(count), pieces.SWEEP / RATE, offsets - np.floor(offsets)
        steps = step_table("good"), np.zeros((count, AHEAD)), np.zeros(1, np.int64)
        return (float(RATE), *pieces.CUTOFFS, Q, pieces.VOICE_GAIN, *phases, *charges, *steps)
    tone, speeds = pieces.tone(), pieces.SPEEDS
    around = np.concatenate([tone[-PAD:], tone, tone[:PAD]])
    return around, speeds.copy(), np.zeros(len(speeds)), *sincs(speeds)


def sincs(speeds: Array) -> tuple[Array, Array, Array]:
    """Of each speed the number of its sinc, the weights of all sincs, and the place, points and phases of each."""
    weights, kernels = wide_sincs("good")
    wider = np.maximum(np.minimum(2.0 * speeds - 1.0, 1.25 * speeds), 1.0)
    return 4.0 * np.log2(wider), weights, kernels.astype(float)


def plain(name: str) -> Loop:
    """A loop that is not compiled."""
    given = arguments(name)
    return lambda out: globals()[name](out, *given)


def in_numba(name: str) -> Loop:
    """A loop compiled by Numba."""
    import numba

    compiled, given = numba.njit(fastmath=True)(globals()[name]), arguments(name)
    compiled(np.zeros(0), *given)
    return lambda out: compiled(out, *given)


def in_c(name: str) -> Loop | None:
    """A loop compiled by the C compiler, for whole blocks; None if there is no compiler."""
    library = _library()
    if library is None:
        return None
    base = name.removesuffix("_fast")
    given = arguments(base)
    count = len(given[{"sines": 1, "voices": 5, "players": 2}[base]])
    words = [ctypes.c_long(count), *(w for value in given for w in _words(value, base))]

    def run(out: Array) -> None:
        assert out.size % BLOCK == 0
        getattr(library, name)(*_words(out, base)[:1], ctypes.c_long(out.size), *words)

    run.keep = given  # type: ignore[attr-defined]
    return run


def _words(value: Any, name: str) -> list[Any]:
    if not isinstance(value, np.ndarray):
        return [ctypes.c_double(value)]
    pointer = ctypes.c_void_p(value.ctypes.data)
    return [pointer, ctypes.c_long(value.size - 2 * PAD)] if value.dtype == np.float32 else [pointer]


@cache
def _library() -> Any:
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    folder = Path(tempfile.mkdtemp(prefix="waves-bench-"))
    source = Path(__file__).with_name("reference.c")
    try:
        made = folder / "reference.o"
        for command in ((*CC, "-o", made, source), ("-o", folder / "reference.so", made, *LINK)):
            subprocess.run([compiler, *command], check=True, capture_output=True)
        return ctypes.CDLL(str(folder / "reference.so"))
    except (OSError, subprocess.CalledProcessError):
        return None
    finally:
        shutil.rmtree(folder)
