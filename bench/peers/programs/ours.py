"""Patches of this program, rendered by `waves render`."""

from __future__ import annotations

import sys
from pathlib import Path

from bench import pieces
from bench.peers import works
from bench.peers.programs.program import OUTPUT, TONE, Array, Program, number

TOP = Path(__file__).resolve().parents[3]


class Ours(Program):
    """`waves render` of one channel, without the limiter, which no other program has."""

    name = "waves"
    quality = "good"

    def command(self, patch: str, seconds: float, folder: Path) -> list[str]:
        """As any player calls it, from this checkout; on one core, as the others are."""
        (folder / "waves.yaml").write_text(patch, "utf-8")
        run = f"import sys; sys.path.insert(0, {str(TOP)!r}); from waves.cli import app; app()"
        options = ["--duration", number(seconds), "--channels", "1", "--no-limit", "--cores", "1", "--force"]
        return [sys.executable, "-c", run, "render", "my_sound", "-o", OUTPUT, *options]

    def sines(self, freqs: Array, gain: float) -> str:
        """A mix of oscillators."""
        return pieces.mix(f"{{osc: {{freq: {number(freq)}, amp: {gain}}}}}" for freq in freqs)

    def voices(self, freqs: Array) -> str:
        """Saw, filter, and a track as gain; an oscillator moves each cutoff."""
        low, high = pieces.CUTOFFS
        return pieces.mix(
            f"{{track: {{volume: {pieces.VOICE_GAIN}, signal: {{filter: {{peak: {pieces.PEAK}, "
            f"cutoff: {{osc: {{freq: {pieces.SWEEP}, phase: {0.2 * k:.4f}, range: [{low}, {high}]}}}}, "
            f"signal: {{osc: {{type: saw, freq: {number(freq)}}}}}}}}}}}}}"
            for k, freq in enumerate(freqs)
        )

    def saw(self, freq: float) -> str:
        """One saw."""
        return f"my_sound: {{osc: {{type: saw, freq: {number(freq)}, amp: 0.5}}}}\n"

    def players(self, speeds: Array, gain: float) -> str:
        """Samples in tracks."""
        return pieces.mix(
            f"{{track: {{volume: {gain}, signal: {{sample: {{file: {TONE}, loop: true, quality: {self.quality}, "
            f"speed: {number(speed)}}}}}}}}}"
            for speed in speeds
        )

    def notes(self, step: float) -> str:
        """A sequencer; the pitch is a list, the loudness an expression."""
        note = f"freq: [{works.HIGH}, {works.LOW}], amp: {works.LOUD} * {works.FLOOR} ** (t / {works.LENGTH})"
        steps = ", ".join(["note"] * 16)
        every = "sixteenth" if step == works.STEP else number(step)
        return (
            f"note: {{osc: {{{note}, duration: {works.LENGTH}}}}}\n"
            f"my_sound: {{tempo: {{bpm: 140, signal: {{sequencer: {{interval: {every}, steps: [{steps}]}}}}}}}}\n"
        )

    def grains(self, step: float, pitches: Array) -> str:
        """A sequencer with many voices."""
        steps = ", ".join(f"grain f={number(pitch)}" for pitch in pitches)
        voices = works.sounding(works.GRAIN, step)
        return (
            f"grain: {{osc: {{freq: f, amp: [{works.GRAIN_LOUD}, 0], duration: {works.GRAIN}}}}}\n"
            f"my_sound: {{sequencer: {{interval: {number(step)}, voices: {voices}, steps: [{steps}]}}}}\n"
        )

    def network(self) -> str:
        """Delays that hear each other through `$id`; `beat_tick` is the click."""
        lines = "".join(
            f"        l{k}: {{delay: {{id: l{k}, time: {{osc: {{freq: {number(sway)}, "
            f"range: [{number(time - works.SWAY)}, {number(time + works.SWAY)}]}}}}, quality: {self.quality}, "
            f"signal: beat_tick + {works.KEPT} * ($l{k} - $all / {works.LINES // 2})}}}}\n"
            for k, (time, sway) in enumerate(zip(works.TIMES, works.SWAYS, strict=True))
        )
        return f"my_sound:\n  track:\n    volume: {works.OUT}\n    signal:\n      id: all\n      mix:\n{lines}"

    def moving(self, freq: float) -> str:
        """A delay whose time moves."""
        time = "{osc: {freq: 0.5, range: [0.009, 0.011]}}"
        tone = f"{{osc: {{freq: {number(freq)}, amp: 0.5}}}}"
        return f"my_sound: {{delay: {{time: {time}, quality: {self.quality}, signal: {tone}}}}}\n"

    def control(self, count: int) -> str:
        """Each oscillator with one for its pitch and one for its level."""
        return pieces.mix(
            f"{{osc: {{freq: {{osc: {{freq: {number(works.VIBRATO[k])}, "
            f"range: [{number(works.CARRIERS[k] - works.BEND)}, {number(works.CARRIERS[k] + works.BEND)}]}}}}, "
            f"amp: {{osc: {{freq: {number(works.TREMOLO[k])}, range: [{works.SOFT}, {works.STRONG}]}}}}}}}}"
            for k in range(count)
        )

    def chain(self) -> str:
        """One filter inside the other, eight to a sound."""
        parts, source = [], f"{{osc: {{type: saw, freq: {works.STAGE_FREQ}, amp: {works.STAGE_GAIN}}}}}"
        for first in range(0, len(works.STAGES), 8):
            text = source
            for centre in works.STAGES[first : first + 8]:
                text = f"{{filter: {{type: allpass, cutoff: {number(centre)}, signal: {text}}}}}"
            name = "my_sound" if first + 8 >= len(works.STAGES) else f"part{first // 8}"
            parts.append(f"{name}: {text}\n")
            source = f"{{{name}: {{}}}}"
        return "".join(parts)


class Draft(Ours):
    """The same with the quality that costs least, for the workloads whose parts have some."""

    name = "waves, draft"
    quality = "draft"

    def has(self, work: str) -> bool:
        """Whether a part of the workload or probe is another one."""
        return works.PATCHES[work].kind in ("players", "network", "moving")
