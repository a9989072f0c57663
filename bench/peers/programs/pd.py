"""Patches of Pure Data, rendered by `pd -batch`."""

from __future__ import annotations

import math
from pathlib import Path

from bench import pieces
from bench.peers import works
from bench.peers.programs.csound import allpass
from bench.peers.programs.program import OUTPUT, TONE, Array, Program, number

FLUSH = 2000  # ms of the patch after its end, in which the file is closed
Node = int


class Canvas:
    """A patch that is built object by object."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._wires: list[str] = []

    def box(self, text: str, *sources: Node | tuple[Node, int], kind: str = "obj") -> Node:
        """Append an object; each source is connected to the inlet of its place. A tuple names the outlet."""
        self._lines.append(f"#X {kind} 10 {10 + 20 * len(self._lines)} {text};\n")
        box = len(self._lines) - 1
        for inlet, source in enumerate(sources):
            self.wire(source, box, inlet)
        return box

    def message(self, text: str, *sources: Node | tuple[Node, int]) -> Node:
        """Append a message box; commas and semicolons of the text are its separators."""
        escaped = text.replace(",", " \\,").replace(";", "\\;").replace("$", "\\$")
        return self.box(escaped, *sources, kind="msg")

    def wire(self, source: Node | tuple[Node, int], target: Node, inlet: int = 0) -> None:
        """Connect an outlet with an inlet."""
        box, outlet = source if isinstance(source, tuple) else (source, 0)
        self._wires.append(f"#X connect {box} {outlet} {target} {inlet};\n")

    @property
    def text(self) -> str:
        """The file."""
        return "".join(["#N canvas 0 0 600 400 12;\n", *self._lines, *self._wires])


class Patch(Canvas):
    """A patch that begins by itself; `abstractions` are further files by name."""

    def __init__(self) -> None:
        super().__init__()
        self.abstractions: dict[str, Canvas] = {}
        self.start = self.box("loadbang")
        self.output = self.box("writesf~ 1")

    def out(self, *sources: Node | tuple[Node, int]) -> None:
        """Into the file; several are added."""
        for source in sources:
            self.wire(source, self.output)


class Pd(Program):
    """Float32, blocks of 64 frames; no values of control rate but messages."""

    name = "pd"
    needs = ("pd",)
    less = {
        "voices": "another low-pass: vcf~, a complex one-pole; a saw that is not band-limited",
        "notes": "the phase goes on from note to note",
        "grains": "the phase goes on from grain to grain",
    }

    def command(self, patch: Patch, seconds: float, folder: Path) -> list[str]:
        """The patch opens the file, switches the sound on, and quits at its end."""
        begin = patch.box("t b b b b", patch.start)
        patch.wire(patch.message("; pd dsp 1", (begin, 2)), patch.output)
        patch.wire(patch.message(f"open -wave -bytes 4 {OUTPUT}, start", (begin, 3)), patch.output)
        end = patch.box(f"del {number(seconds * 1e3)}", (begin, 1))
        patch.wire(patch.message("stop", end), patch.output)
        patch.message("; pd quit", patch.box(f"del {FLUSH}", end))
        (folder / "work.pd").write_text(patch.text, "utf-8")
        for name, canvas in patch.abstractions.items():
            (folder / f"{name}.pd").write_text(canvas.text, "utf-8")
        return ["pd", "-batch", "-noprefs", "-nogui", "-r", str(works.RATE), "-open", "work.pd"]

    def sines(self, freqs: Array, gain: float) -> Patch:
        """osc~, all into one *~."""
        made = Patch()
        loud = made.box(f"*~ {gain}")
        for freq in freqs:
            made.wire(made.box(f"osc~ {number(freq)}"), loud)
        made.out(loud)
        return made

    def voices(self, freqs: Array) -> Patch:
        """phasor~ into vcf~, whose cutoff is a signal."""
        made = Patch()
        low, high = pieces.CUTOFFS
        low_gain = (2.0 - 2.0 / (works.Q + 2.0)) * works.Q / (1.0 + works.Q**2)  # of vcf~ at 0 Hz
        loud = made.box(f"*~ {number(pieces.VOICE_GAIN / math.sqrt(works.Q) / low_gain)}")
        for k, freq in enumerate(freqs):
            turn = made.box(f"phasor~ {pieces.SWEEP}")
            made.wire(made.message(number(0.2 * k / math.tau % 1.0), made.start), turn, 1)
            sweep = made.box("cos~", made.box("-~ 0.25", turn))
            cutoff = made.box(f"+~ {(high + low) / 2}", made.box(f"*~ {(high - low) / 2}", sweep))
            saw = made.box("-~ 1", made.box("*~ 2", made.box(f"phasor~ {number(freq)}")))
            filtered = made.box(f"vcf~ {number(works.Q)}", saw, cutoff)
            made.wire((filtered, 1), loud)
        made.out(loud)
        return made

    def saw(self, freq: float) -> Patch:
        """phasor~."""
        made = Patch()
        made.out(made.box("-~ 0.5", made.box(f"phasor~ {number(freq)}")))
        return made

    def players(self, speeds: Array, gain: float) -> Patch:
        """phasor~ into tabread4~, each with a gain."""
        made = Patch()
        made.box("table tone")
        made.box("soundfiler", made.message(f"read -resize {TONE} tone", made.start))
        for speed in speeds:
            place = made.box(f"*~ {pieces.TONE}", made.box(f"phasor~ {number(speed * works.RATE / pieces.TONE)}"))
            made.out(made.box(f"*~ {gain}", made.box("tabread4~ tone", made.box("+~ 1", place))))
        return made

    def notes(self, step: float) -> Patch:
        """A clone for each note; vline~ for the pitch, and in dB for the loudness."""
        made, voice = Patch(), Canvas()
        length = works.LENGTH * 1e3
        started = voice.box("inlet")
        pitch = voice.box("vline~", voice.message(f"{works.HIGH}, {works.LOW} {length}", started))
        top = 100.0 + 20.0 * math.log10(works.LOUD)
        falling = f"{number(top)}, {number(top + 20.0 * math.log10(works.FLOOR))} {length}, 0 0 {length}"
        loud = voice.box("dbtorms~", voice.box("vline~", voice.message(falling, started)))
        voice.box("outlet~", voice.box("*~", voice.box("osc~", pitch), loud))
        made.abstractions["note"] = voice
        next_ = made.message("next bang", metro(made, step))
        made.out(made.box(f"clone note {works.sounding(works.LENGTH, step)}", next_))
        return made

    def grains(self, step: float, pitches: Array) -> Patch:
        """A clone for each grain, pitches from a table."""
        made, voice = Patch(), Canvas()
        both = voice.box("t b f", voice.box("inlet"))
        loud = voice.box("vline~", voice.message(f"{works.GRAIN_LOUD}, 0 {works.GRAIN * 1e3}", both))
        voice.box("outlet~", voice.box("*~", voice.box("osc~", (both, 1)), loud))
        made.abstractions["grain"] = voice
        made.box(f"table pitches {len(pitches)}")
        made.message(f"; pitches 0 {' '.join(map(number, pitches))}", made.start)
        count = made.box("f", metro(made, step))
        made.wire(made.box(f"mod {len(pitches)}", made.box("+ 1", count)), count, 1)
        next_ = made.message("next $1", made.box("tabread pitches", count))
        made.out(made.box(f"clone grain {works.sounding(works.GRAIN, step)}", next_))
        return made

    def network(self) -> Patch:
        """delwrite~ and delread4~; a click is the step of a phasor~."""
        made = Patch()
        turn = made.box(f"phasor~ {number(1.0 / works.CLICK)}")
        step = made.box("rzero~ 1", turn)
        made.wire(made.message("set 1", made.start), step)  # the first click comes at once
        click = made.box("*~ -1", step)
        share, loud = made.box(f"*~ {-2.0 / works.LINES}"), made.box(f"*~ {works.OUT}")
        for k in range(works.LINES):
            sway = made.box(f"*~ {works.SWAY * 1e3}", sine(made, works.SWAYS[k]))
            line = made.box(f"delread4~ line{k}", made.box(f"+~ {number(works.TIMES[k] * 1e3)}", sway))
            made.wire(line, share)
            made.wire(line, loud)
            kept = made.box(f"*~ {works.KEPT}", line)
            made.wire(share, kept)
            made.wire(click, made.box(f"delwrite~ line{k} 100", kept))
        made.out(loud)
        return made

    def moving(self, freq: float) -> Patch:
        """delread4~."""
        made = Patch()
        made.box("delwrite~ line 50", made.box("*~ 0.5", made.box(f"osc~ {number(freq)}")))
        made.out(made.box("delread4~ line", made.box("+~ 10", sine(made, 0.5))))
        return made

    def control(self, count: int) -> Patch:
        """osc~ for pitch and level: there is no slower signal."""
        made = Patch()
        middle, half = (works.STRONG + works.SOFT) / 2.0, (works.STRONG - works.SOFT) / 2.0
        for k in range(count):
            bend = made.box(f"*~ {works.BEND}", sine(made, works.VIBRATO[k]))
            wave = made.box("osc~", made.box(f"+~ {number(works.CARRIERS[k])}", bend))
            loud = made.box(f"+~ {middle}", made.box(f"*~ {half}", sine(made, works.TREMOLO[k])))
            made.out(made.box("*~", wave, loud))
        return made

    def chain(self) -> Patch:
        """biquad~ in a row."""
        made = Patch()
        wave = made.box("*~ 2", made.box("-~ 0.5", made.box(f"phasor~ {works.STAGE_FREQ}")))
        sound = made.box(f"*~ {works.STAGE_GAIN}", wave)
        for centre in works.STAGES:
            b0, b1, b2, a0, a1, a2 = allpass(centre)
            given = (-a1 / a0, -a2 / a0, b0 / a0, b1 / a0, b2 / a0)
            sound = made.box("biquad~ " + " ".join(map(number, given)), sound)
        made.out(sound)
        return made


def sine(made: Patch, freq: float) -> Node:
    """A slow sine that begins at 0."""
    wave = made.box(f"osc~ {number(freq)}")
    made.wire(made.message("0.75", made.start), wave, 1)  # osc~ is a cosine
    return wave


def metro(made: Patch, step: float) -> Node:
    """A bang each `step` s, from the start."""
    begun = made.message("1", made.start)
    return made.box(f"metro {number(step * 1e3)}", begun)
