"""Patches of Csound."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from bench import pieces
from bench.peers import works
from bench.peers.programs.program import OUTPUT, TONE, Array, Program, number

KSMPS = 64
BLOCK = KSMPS / works.RATE  # s, after which a loop hears itself
HEAD = f"sr = {works.RATE}\nksmps = {KSMPS}\nnchnls = 1\n0dbfs = 1\n"


class Csound(Program):
    """Float64, as Debian builds it; control values once in 64 frames, notes on their frame."""

    name = "csound"
    needs = ("csound",)
    less = {
        "notes": "pitch once in 64 frames",
        "control": "one value in a block of 64 frames",
    }

    def command(self, patch: tuple[str, str], seconds: float, folder: Path) -> list[str]:
        """A file with the orchestra and a score, in which `{end}` is the length."""
        orchestra, score = patch
        notes = score.replace("{end}", number(seconds)) if "{end}" in score else score
        if score.startswith("every "):
            notes = every(score, seconds)
        parts = ("<CsoundSynthesizer>\n<CsInstruments>\n", HEAD, orchestra, "\n</CsInstruments>\n<CsScore>\n", notes)
        (folder / "work.csd").write_text("".join([*parts, "\n</CsScore>\n</CsoundSynthesizer>\n"]), "utf-8")
        return ["csound", "-d", "-m0", "-f", "-W", "--sample-accurate", "-o", OUTPUT, "work.csd"]

    def sines(self, freqs: Array, gain: float) -> tuple[str, str]:
        """A note of one poscil for each sine."""
        notes = "\n".join(f"i1 0 {{end}} {number(freq)}" for freq in freqs)
        return f"instr 1\na1 poscil {gain}, p4\nout a1\nendin", notes

    def voices(self, freqs: Array) -> tuple[str, str]:
        """vco2 into zdf_2pole, whose cutoff is a signal."""
        low, high = pieces.CUTOFFS
        body = (
            "instr 1\n"
            f"ac poscil {(high - low) / 2}, {pieces.SWEEP}, -1, p5\n"
            "a1 vco2 1, p4\n"
            f"a2 zdf_2pole a1, ac + {(high + low) / 2}, {works.Q}\n"
            f"out a2 * {pieces.VOICE_GAIN / math.sqrt(works.Q)}\n"
            "endin"
        )
        return body, "\n".join(
            f"i1 0 {{end}} {number(freq)} {number(0.2 * k / math.tau % 1.0)}" for k, freq in enumerate(freqs)
        )

    def saw(self, freq: float) -> tuple[str, str]:
        """vco2."""
        return f"instr 1\na1 vco2 0.5, {number(freq)}\nout a1\nendin", "i1 0 {end}"

    def players(self, speeds: Array, gain: float) -> tuple[str, str]:
        """lposcil3 of a table, each with a gain."""
        body = (
            f'giTone ftgen 1, 0, 0, -1, "{TONE}", 0, 0, 0\n'
            f"instr 1\na1 lposcil3 {gain}, p4, 0, {pieces.TONE}, giTone\nout a1\nendin"
        )
        return body, "\n".join(f"i1 0 {{end}} {number(speed)}" for speed in speeds)

    def notes(self, step: float) -> tuple[str, str]:
        """line for the pitch, expon as a signal for the loudness."""
        body = (
            "instr 1\n"
            f"aloud expon {works.LOUD}, p3, {works.LOUD * works.FLOOR}\n"
            f"kpitch line {works.HIGH}, p3, {works.LOW}\n"
            "a1 poscil aloud, kpitch\nout a1\nendin"
        )
        return body, f"every {step!r} {works.LENGTH}"

    def grains(self, step: float, pitches: Array) -> tuple[str, str]:
        """A note for each grain."""
        body = f"instr 1\naloud line {works.GRAIN_LOUD}, p3, 0\na1 poscil aloud, p4\nout a1\nendin"
        return body, f"every {step!r} {works.GRAIN} " + " ".join(number(pitch) for pitch in pitches)

    def network(self) -> tuple[str, str]:
        """vdelay3 between signals that keep what they were in the block before."""
        lines = range(works.LINES)
        body = "instr 1\n" + "".join(f"a{k} init 0\n" for k in lines)
        body += f"aclick mpulse 1, {works.CLICK}\n"
        body += f"aall = ({' + '.join(f'a{k}' for k in lines)}) * {2 / works.LINES}\n"
        body += f"out aall * {works.OUT * works.LINES / 2}\n"
        for k in lines:
            middle = (works.TIMES[k] - BLOCK) * 1e3
            body += f"at{k} poscil {works.SWAY * 1e3}, {number(works.SWAYS[k])}\n"
            body += f"a{k} vdelay3 aclick + {works.KEPT} * (a{k} - aall), at{k} + {number(middle)}, 100\n"
        return body + "endin", "i1 0 {end}"

    def moving(self, freq: float) -> tuple[str, str]:
        """vdelay3."""
        body = f"instr 1\na1 poscil 0.5, {number(freq)}\nat poscil 1, 0.5\na2 vdelay3 a1, at + 10, 50\nout a2\nendin"
        return body, "i1 0 {end}"

    def control(self, count: int) -> tuple[str, str]:
        """poscil with control values."""
        middle, half = (works.STRONG + works.SOFT) / 2.0, (works.STRONG - works.SOFT) / 2.0
        body = (
            "instr 1\n"
            f"kpitch poscil {works.BEND}, p5\n"
            f"kloud poscil {half}, p6\n"
            f"a1 poscil kloud + {middle}, kpitch + p4\nout a1\nendin"
        )
        rows = zip(works.CARRIERS[:count], works.VIBRATO, works.TREMOLO, strict=False)
        return body, "\n".join(f"i1 0 {{end}} {number(a)} {number(b)} {number(c)}" for a, b, c in rows)

    def chain(self) -> tuple[str, str]:
        """biquad in a row."""
        body = f"instr 1\na1 vco2 {works.STAGE_GAIN}, {works.STAGE_FREQ}\n"
        for centre in works.STAGES:
            body += "a1 biquad a1, " + ", ".join(f"{value:.15f}" for value in allpass(centre)) + "\n"
        return body + "out a1\nendin", "i1 0 {end}"


def allpass(centre: float) -> tuple[float, ...]:
    """b0, b1, b2, a0, a1, a2 of a second-order allpass, by the bilinear transform."""
    angle = math.tau * centre / works.RATE
    alpha = math.sin(angle) / (2.0 * works.STAGE_Q)
    middle = -2.0 * math.cos(angle)
    return (1.0 - alpha, middle, 1.0 + alpha, 1.0 + alpha, middle, 1.0 - alpha)


def every(score: str, seconds: float) -> str:
    """Notes from `every STEP LENGTH [PITCH...]`, and the end of the piece."""
    _, step, length, *pitches = score.split()
    count = int(np.ceil(seconds / float(step)))
    lines = [
        f"i1 {number(k * float(step))} {length} {pitches[k % len(pitches)] if pitches else ''}" for k in range(count)
    ]
    return "\n".join([*lines, f"f0 {number(seconds)}", f"e {number(seconds)}"])
