"""The loops of `reference.c` as programs: what the same work costs by hand, without an engine."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from bench import pieces, reference
from bench.peers import works
from bench.peers.programs.program import OUTPUT, TONE, Array, Program, RunError
from waves.dsp.minblep import step_table

COMPILER = "cc"
HERE = Path(__file__).parent
FLAGS = ("-O3", "-march=native", "-ffast-math")
SINGLE = ("-DREAL=float", "-fsingle-precision-constant")


class InC64(Program):
    """In float64."""

    name = "C, float64"
    needs = (COMPILER,)
    precision: tuple[str, ...] = ()

    def command(self, patch: str, seconds: float, folder: Path) -> list[str]:
        """Compiled once for a folder."""
        program = folder / "work"
        if not program.exists():
            (folder / "numbers.h").write_text(patch, "utf-8")
            options = [*FLAGS, *self.precision, f"-I{folder}", f"-I{HERE}", "-o", str(program)]
            done = subprocess.run(
                [COMPILER, *options, str(HERE / "by_hand.c"), "-lm"], capture_output=True, text=True, check=False
            )
            if done.returncode:
                raise RunError(f"{COMPILER}: {done.stderr[-2000:]}")
        return [str(program), OUTPUT, TONE, str(works.RATE), str(round(seconds * works.RATE))]

    def sines(self, freqs: Array, gain: float) -> str:
        """The loop with the polynomial, which is the faster one."""
        return numbers(step=freqs / works.RATE, phase=np.zeros(len(freqs))) + work(
            f"sines_fast(out, BLOCK, {len(freqs)}, {gain}, step, phase)"
        )

    def voices(self, freqs: Array) -> str:
        """Saw, state-variable filter, gain."""
        count = len(freqs)
        turns = np.round(0.2 * np.arange(count), 4) / np.pi / 2.0
        low, high = pieces.CUTOFFS
        given = f"{works.RATE}, {low}, {high}, {works.Q!r}, {pieces.VOICE_GAIN}"
        return numbers(
            **{"step": freqs / works.RATE, "phase": np.zeros(count), "turns": turns},
            **{"first": np.zeros(count), "second": np.zeros(count)},
            **{"table": step_table("good"), "sums": np.zeros(reference.AHEAD * count)},
        ) + work(
            f"static long begun; voices(out, BLOCK, {count}, {given}, step, phase, {pieces.SWEEP / works.RATE!r}, "
            "turns, first, second, table, sums, &begun)"
        )

    def players(self, speeds: Array, gain: float) -> str:
        """Windowed sincs."""
        sinc, weights, kernels = reference.sincs(speeds)
        arrays = {"speed": speeds, "place": np.zeros(len(speeds)), "sinc": sinc, "weights": weights, "kernels": kernels}
        return numbers(**arrays) + work(
            f"players(out, BLOCK, {len(speeds)}, around, length, speed, place, sinc, weights, kernels); "
            f"for (int i = 0; i < BLOCK; i++) out[i] *= (REAL){gain}"
        )


class InC32(InC64):
    """In float32; phases and positions in float64, once in a block."""

    name = "C, float32"
    precision = SINGLE


def numbers(**arrays: Array) -> str:
    """Arrays of float64 in C."""
    return "".join(
        f"static double {name}[] = {{{', '.join(repr(float(value)) for value in array)}}};\n"
        for name, array in arrays.items()
    )


def work(call: str) -> str:
    """The call for one block."""
    return f"#define WORK {call}\n"
