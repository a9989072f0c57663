"""The effects of each program: its name for the part, and the patch that plays a file through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from bench.peers import effect_probes as probes
from bench.peers.programs.csound import Csound
from bench.peers.programs.faust import Faust
from bench.peers.programs.program import TONE, Program
from bench.peers.programs.scsynth import Score, Scsynth
from bench.peers.programs.synthdef import AUDIO, SynthDef

TANH = 36  # the operator of UnaryOpUGen
PUSH = 10.0 ** (probes.PUSHED / 20.0)
CEILING = 10.0 ** (probes.CEILING / 20.0)
FULL = 90.0  # dB that Csound's compress has at full scale


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of another program."""

    program: type[Program]
    part: str
    patch: Any


ROOM = {"mix": 1.0, "delay": 0.0, "damping": 0.0, "decay": 2.0}

OURS: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "reverb": {"reverb": ROOM},
    "modes": {"reverb": {**ROOM, "modulation": 0.0}},
    "drive": {
        "drive, soft": {"type": "soft", "drive": probes.PUSHED},
        "drive, hard": {"type": "hard", "drive": probes.PUSHED},
    },
    "eq": {"eq": {"mid": probes.GAIN, "mid_freq": probes.BELL, "bandwidth": 1.0}},
    "filter": {
        "filter": {"cutoff": probes.CUTOFF},
        "filter, draft": {"cutoff": probes.CUTOFF, "quality": "draft"},
    },
    "compress": {
        "compress": {"threshold": probes.THRESHOLD, "ratio": probes.RATIO, "knee": 0.0, "gain": 0.0},
    },
    "limit": {
        "limit": {"ceiling": probes.CEILING},
        "limit, true_peak": {"ceiling": probes.CEILING, "true_peak": True},
    },
}
"""By probe: what is measured of this program, with its parameters."""


def csound(part: str, body: str) -> Patch:
    """`ain` in, `aout` out."""
    return Patch(Csound, part, (f'instr 1\nain diskin2 "{TONE}", 1\n{body}\nout aout\nendin', "i1 0 {end}"))


def faust(part: str, body: str) -> Patch:
    """`input` is the file, frame by frame."""
    read = 'file = soundfile("tone", 1);\ninput = (0, int(ba.time)) : file : !, !, _;\n'
    return Patch(Faust, part, f"{read}process = input : {body};\n")


def scsynth(kind: str, *given: float, before: Callable[..., Any] | None = None, part: str = "", **more: int) -> Patch:
    """A unit generator whose first input is the file; `part`: its name in the language, if that is another one."""
    made = SynthDef("work")
    sound = made.unit("PlayBuf", AUDIO, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0)
    sounds = before(made, sound) if before else (sound,)
    made.out(made.unit(kind, AUDIO, *sounds, *given, **more))
    return Patch(Scsynth, part or kind, Score(made))


def pushed(made: SynthDef, sound: Any) -> tuple[Any, ...]:
    """A sound that is louder."""
    return (made.multiplied(sound, PUSH),)


ROOMS = [
    scsynth("FreeVerb", 1.0, 0.689, 0.0),
    scsynth("GVerb", 30.0, 2.0, 0.0, 1.0, 15.0, 0.0, 0.7, 0.5, 300.0, outputs=2),
    faust("mono_freeverb", "re.mono_freeverb(0.8927, 0.5, 0, 0)"),
    faust("zita_rev1_stereo", "_ <: re.zita_rev1_stereo(0, 200, 20000, 2.34, 2.34, 48000) : _, !"),
]
"""Reverbs that are set to fall by 60 dB in 2 s, as `decay_time` has it."""

PEERS: Mapping[str, list[Patch]] = {
    "reverb": [*ROOMS, csound("reverbsc", "aout, aside reverbsc ain, ain, 0.8077, 20000")],
    "modes": [*ROOMS, csound("reverbsc", "aout, aside reverbsc ain, ain, 0.8077, 20000, sr, 0")],
    "drive": [
        scsynth("UnaryOpUGen", before=pushed, part="tanh", special=TANH),
        csound("tanh", f"aout = tanh(ain * {PUSH})"),
        faust("ma.tanh", f"*({PUSH}) : ma.tanh"),
        faust("aa.tanh1", f"*({PUSH}) : aa.tanh1"),
    ],
    "eq": [
        scsynth("BPeakEQ", probes.BELL, 1.0 / probes.Q, probes.GAIN),
        csound(
            "pareq",
            f"aout pareq ain, {probes.BELL}, {10.0 ** (probes.GAIN / 20.0)}, "
            f"{probes.Q * 10.0 ** (probes.GAIN / 40.0)}, 0",
        ),
        faust("fi.svf.bell", f"fi.svf.bell({probes.BELL}, {probes.Q}, {probes.GAIN})"),
    ],
    "filter": [
        scsynth("BLowPass", probes.CUTOFF, sqrt(2.0)),
        scsynth("RLPF", probes.CUTOFF, sqrt(2.0)),
        csound("butterlp", f"aout butterlp ain, {probes.CUTOFF}"),
        faust("fi.lowpass", f"fi.lowpass(2, {probes.CUTOFF})"),
    ],
    "compress": [
        scsynth(
            "Compander",
            10.0 ** (probes.THRESHOLD / 20.0),
            1.0,
            1.0 / probes.RATIO,
            0.01,
            0.1,
            before=lambda _, sound: (sound, sound),
        ),
        csound(
            "compress",
            f"aout compress ain, ain, 0, {FULL + probes.THRESHOLD}, {FULL + probes.THRESHOLD}, "
            f"{probes.RATIO}, 0.01, 0.1, 0.02",
        ),
        faust("co.compressor_mono", f"co.compressor_mono({probes.RATIO}, {probes.THRESHOLD}, 0.01, 0.1)"),
    ],
    "limit": [
        scsynth("Limiter", CEILING, 0.01),
        faust("co.limiter_lad_mono", f"co.limiter_lad_mono(0.01, {CEILING}, 0.01, 0.1, 1)"),
    ],
}
"""By probe: the parts of other programs that do the same."""
