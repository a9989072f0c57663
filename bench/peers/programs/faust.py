"""Patches of Faust, compiled to C++ and to a program."""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

from bench import pieces
from bench.peers import works
from bench.peers.programs.program import OUTPUT, TONE, Array, Program, RunError, number

COMPILER = "g++"
HERE = Path(__file__).parent
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", f"-I{HERE}")
WRAPPER = HERE / "faust_main.cpp"


class Faust(Program):
    """Float32, all of a patch in one loop over the frames; it cannot change while it plays."""

    name = "faust"
    needs = ("faust", COMPILER)
    less = {"sines": "a table without interpolation", "players": "a straight line between two frames"}

    def command(self, patch: str, seconds: float, folder: Path) -> list[str]:
        """Compiled once for a folder."""
        program = folder / "work"
        if not program.exists():
            (folder / "work.dsp").write_text(f'import("stdfaust.lib");\n{patch}', "utf-8")
            steps = (
                ["faust", "-single", "-a", str(WRAPPER), "-o", "work.cpp", "work.dsp"],
                [COMPILER, *FLAGS, "-o", "work", "work.cpp"],
            )
            for step in steps:
                done = subprocess.run(step, cwd=folder, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise RunError(f"{' '.join(step)}: {done.stderr[-2000:]}")
        return [str(program), OUTPUT, TONE, str(works.RATE), str(round(seconds * works.RATE))]

    def sines(self, freqs: Array, gain: float) -> str:
        """os.osc."""
        first, apart = freqs[0], freqs[1] - freqs[0] if len(freqs) > 1 else 0.0
        return f"process = sum(i, {len(freqs)}, os.osc({number(first)} + {number(apart)} * i)) * {gain};\n"

    def voices(self, freqs: Array) -> str:
        """os.sawtooth into fi.svf.lp, whose cutoff is a signal."""
        low, high = pieces.CUTOFFS
        apart = pieces.SAWS[1] - pieces.SAWS[0]
        return (
            f"sweep(i) = {(high + low) / 2} + {(high - low) / 2} * os.oscp({pieces.SWEEP}, 0.2 * i);\n"
            f"voice(i) = os.sawtooth({number(freqs[0])} + {number(apart)} * i) : fi.svf.lp(sweep(i), {works.Q});\n"
            f"process = sum(i, {len(freqs)}, voice(i)) * {number(pieces.VOICE_GAIN / math.sqrt(works.Q))};\n"
        )

    def saw(self, freq: float) -> str:
        """os.sawtooth."""
        return f"process = 0.5 * os.sawtooth({number(freq)});\n"

    def players(self, speeds: Array, gain: float) -> str:
        """soundfile, read in a straight line."""
        first, apart = speeds[0], speeds[1] - speeds[0] if len(speeds) > 1 else 0.0
        return (
            'file = soundfile("tone", 1);\n'
            f"wrapped(p) = p - {pieces.TONE} * (p >= {pieces.TONE});\n"
            "frame(n) = (0, int(n)) : file : !, !, _;\n"
            "part(speed) = (+(ma.frac(speed))) ~ ma.frac;\n"  # float32 has no room for a whole position
            "whole(speed) = (+(int(speed) + int(part(speed))) : wrapped) ~ _;\n"
            "line(n, x) = frame(n) + x * (frame(wrapped(n + 1)) - frame(n));\n"
            "read(speed) = line(whole(speed), ma.frac(part(speed)));\n"
            f"player(i) = {gain} * read({number(first)} + {number(apart)} * i);\n"
            f"process = sum(i, {len(speeds)}, player(i));\n"
        )

    def notes(self, step: float) -> str:
        """Voices in turn; t goes on from the start of each."""
        voices = works.sounding(works.LENGTH, step)
        return clock(step, voices) + (
            f"u(i) = t(i) / {works.LENGTH};\n"
            f"loud(i) = {works.LOUD} * pow({works.FLOOR}, u(i)) * (u(i) < 1);\n"
            f"pitch(i) = {works.HIGH} - {works.HIGH - works.LOW} * u(i);\n"
            f"process = sum(i, {voices}, os.osc(pitch(i)) * loud(i));\n"
        )

    def grains(self, step: float, pitches: Array) -> str:
        """Voices in turn, pitches from a table."""
        voices = works.sounding(works.GRAIN, step)
        return clock(step, voices) + (
            f"u(i) = t(i) / {works.GRAIN};\n"
            f"loud(i) = {works.GRAIN_LOUD} * max(0, 1 - u(i));\n"
            f"pitches = waveform{{{', '.join(map(number, pitches))}}};\n"
            f"pitch(i) = (pitches, int(ba.sAndH(begins(i), count % {len(pitches)}))) : rdtable;\n"
            f"process = sum(i, {voices}, os.osc(pitch(i)) * loud(i));\n"
        )

    def network(self) -> str:
        """de.fdelay4 in a loop, which is exact but for one frame."""
        times = ", ".join(number(time) for time in works.TIMES)
        sways = ", ".join(number(sway) for sway in works.SWAYS)
        return (
            f"N = {works.LINES};\ntimes = ({times});\nsways = ({sways});\n"
            "frames(i) = ma.SR * (ba.take(i + 1, times) + "
            f"{works.SWAY} * os.osc(ba.take(i + 1, sways))) - 1;\n"
            f"click = ba.pulse(int({works.CLICK} * ma.SR));\n"
            "lines = par(i, N, de.fdelay4(8192, frames(i)));\n"
            f"kept = si.bus(N) <: (si.bus(N), (si.bus(N) :> *(-2.0 / N) <: si.bus(N))) :> par(i, N, *({works.KEPT}));\n"
            "loop = (ro.interleave(N, 2) : par(i, N, +) : lines) ~ kept;\n"
            f"process = click <: si.bus(N) : loop :> *({works.OUT});\n"
        )

    def moving(self, freq: float) -> str:
        """de.fdelay4."""
        return f"process = 0.5 * os.osc({number(freq)}) : de.fdelay4(1024, ma.SR * (0.01 + 0.001 * os.osc(0.5)));\n"

    def control(self, count: int) -> str:
        """os.osc for pitch and level: what moves is a signal."""
        middle, half = (works.STRONG + works.SOFT) / 2.0, (works.STRONG - works.SOFT) / 2.0
        return (
            f"pitch(i) = {works.CARRIERS[0]} + 37 * i + {works.BEND} * os.osc(3 + 0.01 * i);\n"
            f"loud(i) = {middle} + {half} * os.osc(2 + 0.013 * i);\n"
            f"process = sum(i, {count}, os.osc(pitch(i)) * loud(i));\n"
        )

    def chain(self) -> str:
        """fi.svf.ap in a row."""
        stages = ", ".join(number(centre) for centre in works.STAGES)
        return (
            f"stages = ({stages});\n"
            f"process = {works.STAGE_GAIN} * os.sawtooth({works.STAGE_FREQ}) : "
            f"seq(i, {len(works.STAGES)}, fi.svf.ap(ba.take(i + 1, stages), {works.STAGE_Q}));\n"
        )


def clock(step: float, voices: int) -> str:
    """`count` of notes so far, `begins(i)` of voice i, and `t(i)` (s) since then."""
    frames = number(step * works.RATE)
    return (
        f"past = (+(1) : \\(n).(n - {frames} * (n >= {frames}))) ~ _;\n"
        "starts = (past < 1) | (1 - 1');\n"
        "count = (starts : + ~ _) - 1;\n"
        f"begins(i) = starts & (count % {voices} == i);\n"
        "t(i) = (\\(n).((n + 1) * (1 - begins(i)) + (count < i) * 1e9) ~ _) / ma.SR;\n"
    )
