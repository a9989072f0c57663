"""Patches of SuperCollider, rendered by scsynth from a score."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import pieces
from bench.peers import works
from bench.peers.programs.program import OUTPUT, TONE, Array, Program
from bench.peers.programs.synthdef import AUDIO, CONTROL, Input, SynthDef, message, score

BLOCK = 64 / works.RATE  # s, after which a loop hears itself
FREE = 2.0  # doneAction: the synth ends with its envelope
SAW = 2.0  # by which Saw.ar is softer than a saw from -1 to 1


@dataclass(frozen=True, slots=True)
class Score:
    """A definition and the synths that are started: one at once, or one each `step` s with the next of `freqs`."""

    definition: SynthDef
    step: float = 0.0
    freqs: Sequence[float] = (0.0,)

    def data(self, seconds: float) -> bytes:
        """The bytes of the score."""
        name = self.definition.name
        events = [(0.0, message("/d_recv", self.definition.data)), (0.0, message("/b_allocRead", 0, TONE))]
        count = int(np.ceil(seconds / self.step)) if self.step else 1
        for k in range(count):
            given = ("freq", float(self.freqs[k % len(self.freqs)])) if "freq" in self.definition.controls else ()
            events.append((k * self.step, message("/s_new", name, 1000 + k, 1, 0, *given)))
        return score([*events, (seconds, message("/c_set", 0, 0.0))])


class Scsynth(Program):
    """Float32, blocks of 64 frames."""

    name = "scsynth"
    needs = ("scsynth",)
    less = {
        "notes": "pitch and loudness in straight lines over blocks of 64 frames",
        "grains": "loudness in straight lines over blocks of 64 frames",
        "control": "one value in a block of 64 frames",
    }

    def command(self, patch: Score, seconds: float, folder: Path) -> list[str]:
        """Non-real-time mode."""
        (folder / "score.osc").write_bytes(patch.data(seconds))
        options = ["-i", "0", "-o", "1", "-w", "4096", "-m", "65536", "-n", "8192"]
        return ["scsynth", "-N", "score.osc", "_", OUTPUT, str(works.RATE), "WAV", "float", *options]

    def sines(self, freqs: Array, gain: float) -> Score:
        """SinOsc.ar, summed as the language's Mix does."""
        made = SynthDef("work")
        waves = (made.unit("SinOsc", AUDIO, freq, 0.0) for freq in freqs)
        made.out(made.multiplied(summed(made, parts_of(waves, made)), gain))
        return Score(made)

    def voices(self, freqs: Array) -> Score:
        """Saw.ar into BLowPass.ar, whose cutoff moves at audio rate only if its reciprocal Q is of audio rate too."""
        made = SynthDef("work")
        low, high = pieces.CUTOFFS
        total: list[Input] = []
        damping = made.unit("DC", AUDIO, 1.0 / works.Q)
        for k, freq in enumerate(freqs):
            sweep = made.unit("SinOsc", AUDIO, pieces.SWEEP, round(0.2 * k, 4))
            cutoff = made.scaled(sweep, (high - low) / 2.0, (high + low) / 2.0)
            saw = made.unit("Saw", AUDIO, freq)
            total.append(made.unit("BLowPass", AUDIO, saw, cutoff, damping))
            total = folded(made, total)
        loud = SAW * pieces.VOICE_GAIN / np.sqrt(works.Q)
        made.out(made.multiplied(summed(made, total), loud))
        return Score(made)

    def saw(self, freq: float) -> Score:
        """Saw.ar."""
        made = SynthDef("work")
        made.out(made.multiplied(made.unit("Saw", AUDIO, freq), 0.5 * SAW))
        return Score(made)

    def players(self, speeds: Array, gain: float) -> Score:
        """PlayBuf.ar, each with a gain."""
        made = SynthDef("work")
        total: list[Input] = []
        for speed in speeds:
            total.append(made.multiplied(made.unit("PlayBuf", AUDIO, 0.0, speed, 1.0, 0.0, 1.0, 0.0), gain))
            total = folded(made, total)
        made.out(summed(made, total))
        return Score(made)

    def notes(self, step: float) -> Score:
        """A synth for each note; its envelopes are of control rate, as is usual."""
        made = SynthDef("work")
        pitch = made.unit("Line", CONTROL, works.HIGH, works.LOW, works.LENGTH, 0.0)
        loud = made.unit("XLine", CONTROL, works.LOUD, works.LOUD * works.FLOOR, works.LENGTH, FREE)
        made.out(made.multiplied(made.unit("SinOsc", AUDIO, pitch, 0.0), loud), "OffsetOut")
        return Score(made, step)

    def grains(self, step: float, pitches: Array) -> Score:
        """A synth for each grain."""
        made = SynthDef("work", freq=440.0)
        loud = made.unit("Line", CONTROL, works.GRAIN_LOUD, 0.0, works.GRAIN, FREE)
        made.out(made.multiplied(made.unit("SinOsc", AUDIO, made.control("freq"), 0.0), loud), "OffsetOut")
        return Score(made, step, list(pitches))

    def network(self) -> Score:
        """DelayC.ar between LocalIn.ar and LocalOut.ar, which is a block late."""
        made = SynthDef("work")
        back, _ = made.unit("LocalIn", AUDIO, *[0.0] * works.LINES, outputs=works.LINES)
        click = made.unit("Impulse", AUDIO, 1.0 / works.CLICK, 0.0)
        lines: list[Input] = [(back, k) for k in range(works.LINES)]
        share = made.multiplied(summed(made, lines), -2.0 / works.LINES)
        heard = []
        for k, line in enumerate(lines):
            kept = made.scaled(made.added(line, share), works.KEPT, click)
            sway = made.unit("SinOsc", AUDIO, works.SWAYS[k], 0.0)
            time = made.scaled(sway, works.SWAY, works.TIMES[k] - BLOCK)
            heard.append(made.unit("DelayC", AUDIO, kept, 0.1, time))
        made.unit("LocalOut", AUDIO, *heard, outputs=0)
        made.out(made.multiplied(summed(made, lines), works.OUT))
        return Score(made)

    def moving(self, freq: float) -> Score:
        """DelayC.ar."""
        made = SynthDef("work")
        time = made.scaled(made.unit("SinOsc", AUDIO, 0.5, 0.0), 0.001, 0.01)
        sine = made.multiplied(made.unit("SinOsc", AUDIO, freq, 0.0), 0.5)
        made.out(made.unit("DelayC", AUDIO, sine, 0.05, time))
        return Score(made)

    def control(self, count: int) -> Score:
        """SinOsc.kr for pitch and level."""
        made = SynthDef("work")
        total: list[Input] = []
        middle, half = (works.STRONG + works.SOFT) / 2.0, (works.STRONG - works.SOFT) / 2.0
        for k in range(count):
            pitch = made.scaled(made.unit("SinOsc", CONTROL, works.VIBRATO[k], 0.0), works.BEND, works.CARRIERS[k])
            loud = made.scaled(made.unit("SinOsc", CONTROL, works.TREMOLO[k], 0.0), half, middle)
            total.append(made.multiplied(made.unit("SinOsc", AUDIO, pitch, 0.0), loud))
            total = folded(made, total)
        made.out(summed(made, total))
        return Score(made)

    def chain(self) -> Score:
        """BAllPass.ar in a row."""
        made = SynthDef("work")
        sound = made.multiplied(made.unit("Saw", AUDIO, works.STAGE_FREQ), SAW * works.STAGE_GAIN)
        for centre in works.STAGES:
            sound = made.unit("BAllPass", AUDIO, sound, centre, 1.0 / works.STAGE_Q)
        made.out(sound)
        return Score(made)


def folded(made: SynthDef, total: list[Input]) -> list[Input]:
    """Four parts of a sum made one, so that few wires are open at a time."""
    return [made.summed(*total)] if len(total) == 4 else total


def parts_of(waves: Iterable[Input], made: SynthDef) -> list[Input]:
    """Parts of a sum, folded as they come."""
    total: list[Input] = []
    for wave in waves:
        total = folded(made, [*total, wave])
    return total


def summed(made: SynthDef, values: list[Input]) -> Input:
    """The sum of any number of inputs."""
    while len(values) > 1:
        values = [made.summed(*values[:4]), *values[4:]]
    return values[0]
