"""Every node of the core with settings that use all of it, for laws that hold for each."""

from __future__ import annotations

from typing import Any

import numpy as np

FRAMES = 1024
noise = np.random.default_rng(5)
SOUND = noise.standard_normal(FRAMES)
SLOW = 0.5 + 0.5 * np.sin(np.arange(FRAMES) / 50.0)
LONG = np.linspace(0.0, 1.0, 6000, dtype=np.float32)[None] ** 2
FILE = noise.uniform(-1.0, 1.0, (1, 300)).astype(np.float32)
PULSES = np.where(np.arange(FRAMES) // 150 % 2 == 0, 1.0, 0.0)
BURSTS = SOUND[:448] * np.where(np.arange(448) % 200 < 120, 0.8, 0.05)
PART = SLOW[:448]
STRIKES = PULSES[250:442]
MOVED = SLOW[:192]
FADED = {"attack": 0.004, "release": 0.006, "duration": 0.02}

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "sin": ("osc", {"type": "sin", "freq": 441.0, "phase": SLOW, "amp": 0.5, **FADED}),
    "cos": ("osc", {"type": "cos", "freq": 3000.0 * SLOW}),
    "tri": ("osc", {"type": "tri", "freq": 5000.0, "range": [SLOW, 2.0]}),
    "sqr": ("osc", {"type": "sqr", "freq": 5000.0, "pulse_width": SLOW}),
    "saw": ("osc", {"type": "saw", "freq": -1234.5, "phase": SLOW}),
    "bent": ("osc", {"type": "tri", "freq": 900.0, "phase": 5.0 * np.sin(np.arange(FRAMES) / 9.0)}),
    "both": ("osc", {"type": "sqr", "freq": 900.0, "phase": 9.0 * SLOW, "pulse_width": SLOW[::-1].copy()}),
    "jumping": ("osc", {"type": "saw", "freq": 900.0, "phase": PULSES}),
    "ramp": ("osc", {"type": "ramp", "freq": 8.0, "naive": True}),
    "noise": ("osc", {"type": "noise", "seed": 3}),
    "perlin": ("osc", {"type": "perlin", "scale": 100.0, "seed": 3}),
    "wander": ("osc", {"type": "wander", "scale": 100.0, "seed": 3}),
    "none": ("osc", {"type": "none"}),
    "mix": ("mix", {"signals": [SOUND, SLOW, SOUND, 0.5, SLOW, PULSES]}),
    "track": ("track", {"signal": [SOUND, SLOW], "pan": 2.0 * SLOW - 1.0, "volume": SLOW, "width": 2.0 * SLOW}),
    "lowpass": ("filter", {"signal": SOUND, "cutoff": 200.0 + 9000.0 * SLOW, "peak": SLOW}),
    "bandpass": ("filter", {"signal": SOUND, "type": "bandpass", "cutoff": 900.0, "peak": 1.0}),
    "highpass": ("filter", {"signal": SOUND, "type": "highpass", "cutoff": 900.0}),
    "notch": ("filter", {"signal": SOUND, "type": "notch", "cutoff": 900.0}),
    "allpass": ("filter", {"signal": SOUND, "type": "allpass", "cutoff": 900.0}),
    "peak": ("filter", {"signal": SOUND, "type": "peak", "cutoff": 900.0, "gain": 12.0 * SLOW}),
    "lowshelf": ("filter", {"signal": SOUND, "type": "lowshelf", "cutoff": 900.0, "gain": -9.0}),
    "highshelf": ("filter", {"signal": SOUND, "type": "highshelf", "cutoff": 900.0, "gain": 9.0}),
    "steep": ("filter", {"signal": SOUND, "cutoff": 200.0 + 9000.0 * SLOW, "peak": SLOW, "slope": 24}),
    "steep band": ("filter", {"signal": SOUND, "type": "bandpass", "cutoff": 900.0, "slope": 24}),
    "gated": (
        "envelope",
        {"signal": SOUND, "sustain": 0.5, "gate": PULSES, "trigger": 1.0 - SLOW, "end": False}
        | {"attack": 0.002, "decay": 0.001, "release": 0.002},
    ),
    "timed": (
        "envelope",
        {"attack": 0.004, "decay": 0.003, "sustain": SLOW, "release": 0.005, "duration": 0.02},
    ),
    "held": ("envelope", {"attack": 0.004, "decay": 0.003, "sustain_duration": 0.002, "release": 0.005}),
    "delay": ("delay", {"signal": SOUND, "time": 0.003, "feedback": 0.5, "mix": 0.5}),
    "moved": ("delay", {"signal": SOUND, "time": 0.01 * SLOW, "feedback": -0.5}),
    "tape": ("delay", {"signal": SOUND, "time": 0.01 * SLOW, "mode": "TAPE"}),
    "smooth": ("smooth", {"signal": SOUND, "time": 0.003 * SLOW}),
    "limited": ("smooth", {"signal": SOUND, "step": 0.1 * SLOW}),
    "once": ("sample", {"file": [FILE], "speed": 0.7, "duration": 0.02}),
    "cut": ("sample", {"file": [FILE], "speed": 0.4 + SLOW, "start": 0.1, "end": 0.9}),
    "loop": ("sample", {"file": [FILE], "loop": True, "speed": 1.3, "start": 0.1, "end": 0.9}),
    "back": ("sample", {"file": [FILE], "loop": True, "speed": -2.1, "offset": 0.001 * SLOW}),
    "region": ("sample", {"file": [FILE], "loop": True, "start": 0.5 * SLOW, "end": 0.9}),
    "seam": ("sample", {"file": [LONG], "loop": True, "speed": 2.3, "offset": 0.01 * PULSES}),
    "overlap": ("sample", {"file": [FILE, LONG], "loop": True, "overlap": 0.002, "chop": 1.0}),
    "tuned": (
        "sample",
        {"file": [FILE, FILE], "loop": True, "freq": 300.0 + SLOW, "base_freq": 441.0},
    ),
    "mapped": ("map", {"signal": SOUND, "from": [-1.0, SLOW], "to": [2.0, 5.0], "clip": [0.0, 9.0 * SLOW]}),
    "ratios": ("map", {"signal": SLOW, "to": [200.0, 3200.0 * PULSES], "type": "exponential"}),
    "followed": ("follow", {"signal": [SOUND, SLOW], "range": [0.2, 1.0], "release": 0.01 * SLOW}),
    "power": ("follow", {"signal": [SOUND], "type": "rms", "attack": 0.001}),
    "taken": ("hold", {"signal": SOUND, "trigger": PULSES}),
    "gliding": ("glide", {"signal": 3.0 * PULSES + 1.0, "time": 0.01 * SLOW}),
    "portamento": ("glide", {"signal": 220.0 + 220.0 * PULSES, "time": 0.002, "type": "exponential"}),
    "snapped": ("snap", {"signal": 3.0 * SLOW, "values": [0.3, 1.0 + SLOW, 2.5], "glide": 0.01}),
    "rounded": ("snap", {"signal": SOUND, "interval": 0.3, "range": [-1.0, 0.7]}),
    "degrees": ("interval", {"note": 20.0 * SLOW - 9.0, "root": 220.0 + SLOW, "scale": [0.0, 2.0, 3.5, 7.0]}),
    "tone": ("pitch", {"signal": [SOUND, SLOW], "min_freq": 1000.0, "max_freq": 4000.0, "per_sample": True}),
    "damped": ("delay", {"signal": SOUND, "time": 0.003, "feedback": 0.9, "damping": SLOW}),
    "chorus": ("chorus", {"signal": [SOUND, SLOW], "rate": 20.0 * SLOW, "depth": SLOW, "spread": SLOW, "mix": SLOW}),
    "flanger": ("flanger", {"signal": [SOUND], "rate": 20.0 * SLOW, "time": 0.001 + 0.003 * SLOW, "feedback": -0.9}),
    "phaser": ("phaser", {"signal": [SOUND, SLOW], "rate": 20.0, "cutoff": 3000.0 * SLOW, "feedback": SLOW}),
    "tremolo": ("tremolo", {"signal": [SOUND], "rate": 90.0 * SLOW, "depth": SLOW, "shape": "sqr", "spread": SLOW}),
    "comb": ("comb", {"signal": SOUND, "freq": 300.0 + 900.0 * SLOW, "decay": 0.5, "damping": SLOW}),
    "hollow": ("comb", {"signal": SOUND, "freq": 700.0, "feedback": -SLOW, "mix": SLOW}),
    "dc": ("dc", {"signal": SOUND, "cutoff": 900.0 * SLOW}),
    "eq": (
        "eq",
        {"signal": SOUND, "low": 24.0 * SLOW - 12.0, "mid": -24.0 * SLOW, "mid_freq": 9000.0 * SLOW, "bandwidth": 0.3}
        | {"high": 6.0, "high_freq": 20_000.0 * SLOW, "low_cut": 900.0 * SLOW},
    ),
    "dull": ("eq", {"signal": SOUND, "mid": 12.0, "bandwidth": 4.0 * SLOW, "high_cut": 9000.0}),
    "ladder": (
        "ladder",
        {"signal": SOUND, "cutoff": 200.0 + 5000.0 * SLOW, "resonance": 1.2 * SLOW, "drive": 24.0 * SLOW},
    ),
    "singing": ("ladder", {"signal": 0.1 * SOUND, "cutoff": 900.0, "resonance": 1.1, "slope": 12}),
    "formant": ("formant", {"signal": SOUND, "vowel": "e", "morph": 4.0 * SLOW - 1.0, "shift": 9.0 * SLOW}),
    "vocoder": ("vocoder", {"signal": [SOUND, SLOW], "key": SOUND[::-1].copy(), "gain": 9.0 * SLOW, "shift": 4.0}),
    "plucked": ("string", {"freq": 300.0 + 50.0 * MOVED, "trigger": STRIKES, "damping": MOVED, "pick": MOVED}),
    "bowed": (
        "string",
        {"freq": 300.0 + 900.0 * MOVED, "bow": np.maximum(SOUND[:192], 0.0), "force": MOVED, "pick": 0.12},
    ),
    "muted": ("string", {"freq": 700.0, "decay": 0.02, "strike": 1.0, "amp": MOVED}),
    "sympathetic": ("string", {"freq": 300.0 + 900.0 * MOVED, "signal": SOUND[:192], "decay": MOVED}),
    "bell": ("modal", {"freq": 700.0 + 300.0 * MOVED, "trigger": STRIKES, "position": MOVED}),
    "glass": ("modal", {"material": "glass", "freq": 3000.0, "decay": 0.02, "strike": MOVED, "amp": MOVED}),
    "bar": ("modal", {"material": "wood", "signal": SOUND[:192], "decay": MOVED}),
    "kick": ("kick", {"freq": 900.0 * MOVED, "trigger": STRIKES, "drive": 36.0 * MOVED, "snap": MOVED}),
    "thump": ("kick", {"decay": 0.01, "sweep": 48.0 * MOVED, "time": MOVED, "tone": MOVED, "amp": MOVED}),
    "snare": ("snare", {"freq": 900.0 * MOVED, "trigger": STRIKES, "sweep": 24.0 * MOVED, "snap": MOVED}),
    "brush": ("snare", {"decay": 0.01, "tone": MOVED, "amp": MOVED}),
    "hat": ("hat", {"freq": 4000.0 * MOVED, "trigger": STRIKES[:96], "metal": MOVED, "snap": MOVED}),
    "shut hat": ("hat", {"decay": 0.01, "tone": MOVED, "amp": MOVED}),
    "clap": ("clap", {"freq": 4000.0 * MOVED, "trigger": STRIKES, "time": 0.002, "tone": MOVED}),
    "few hands": ("clap", {"decay": 0.01, "hands": 2, "time": 0.002 + 0.002 * MOVED, "snap": MOVED, "amp": MOVED}),
    "retrigger": (
        "retrigger",
        {"signal": [SOUND, SLOW], "time": 0.002 + 0.001 * SLOW, "repeat": 3.5, "spread": 0.5, "movement": 3.0},
    ),
    "copies": ("retrigger", {"signal": [SOUND], "time": 0.003, "feedback": -0.8}),
    "shuffle": ("shuffle", {"signal": [SOUND, SLOW], "size": 0.001 + 0.001 * SLOW, "invert": 0.5, "crossfade": 0.001}),
    "chunks": ("shuffle", {"signal": [SOUND], "chunks": 5, "duration": 0.02, "crossfade": 0.0, "seed": 3}),
    "invert": ("invert", {"signal": [SOUND], "size": 0.002 + 0.001 * SLOW}),
    "spawn": ("spawn", {"trigger": SOUND, "threshold": 1.0 + SLOW, "length": SLOW}),
    "input": ("input", {"channel": 2, "amp": SLOW, "live": [SLOW, SOUND]}),
    "tape loop": ("buffer", {"signal": SOUND, "length": 0.004, "offset": 0.003, "speed": 0.5 + SLOW}),
    "tape part": ("buffer", {"signal": SOUND, "length": 0.005, "start": 0.5 * SLOW, "end": 0.9, "loop": True}),
    "tape file": ("buffer", {"file": [FILE], "length": 0.006, "start": 0.1, "end": 0.9, "speed": -1.3}),
    "compressed": ("compress", {"signal": [BURSTS, 0.5 * BURSTS[::-1].copy()], "threshold": -20.0 * PART}),
    "keyed": (
        "compress",
        {"signal": [BURSTS], "key": [PART, 0.1 * PART], "lookahead": 0.001, "gain": 3.0 * PART, "mix": PART},
    ),
    "ducked": ("duck", {"signal": [BURSTS, PART], "key": [BURSTS], "depth": 12.0 * PART}),
    "shut": ("gate", {"signal": [BURSTS, PART], "threshold": -10.0, "hold": 0.001, "lookahead": 0.0005}),
    "struck": ("transient", {"signal": [BURSTS, 0.5 * BURSTS], "attack": 9.0, "sustain": -12.0 * PART}),
    "ceiling": ("limit", {"signal": [BURSTS, 0.5 * BURSTS], "ceiling": -3.0 * PART, "gain": 6.0}),
    "peaks": ("limit", {"signal": [BURSTS], "true_peak": True}),
    "warm": ("drive", {"signal": BURSTS, "drive": 24.0 * PART, "tone": 0.5, "mix": PART}),
    "torn": ("drive", {"signal": BURSTS, "type": "hard", "drive": 30.0}),
    "coarse": ("crush", {"signal": BURSTS, "bits": 2.0 + 6.0 * PART, "rate": 9000.0 * PART, "mix": PART}),
    "reverb": ("reverb", {"signal": [SOUND[:160], SLOW[:160]], "size": SLOW[:160], "decay": 0.5, "shimmer": 0.5}),
    "convolve": ("convolve", {"file": [FILE, FILE], "signal": SOUND[:700], "mix": 0.5, "gain": 6.0 * SLOW[:700]}),
    "width": ("width", {"signal": [SOUND, SLOW], "width": 2.0 * SLOW, "bass": 900.0 * SLOW}),
    "stutter": ("stutter", {"signal": [SOUND, SLOW], "interval": 0.012, "length": 0.01 - 0.008 * SLOW, "chance": 0.7}),
    "worn": ("tape", {"signal": SOUND, "wow": SLOW, "flutter": 1.0, "drive": 12.0 * SLOW, "age": 0.8}),
    "wavetable": (
        "wavetable",
        {"freq": 100.0 + 9000.0 * SLOW, "position": SLOW, "amp": SLOW, "table": "sin / saw / 0 1"},
    ),
    "waves": ("wavetable", {"freq": -300.0, "position": SLOW, "file": np.stack([FILE[0], FILE[0]])}),
    "supersaw": (
        "supersaw",
        {"freq": 400.0 + 9000.0 * PART, "voices": 3, "detune": 12.0 * PART, "spread": PART, "amp": PART},
    ),
    "slow saws": ("supersaw", {"freq": -30.0 * PART, "voices": 2, "seed": 3}),
    **{
        colour: ("noise", {"type": colour, "amp": SLOW, "density": 9000.0 * SLOW, "seed": 3})
        for colour in ("pink", "brown", "blue", "violet", "dust", "crackle")
    },
    "hiss": ("noise", {"amp": 0.2}),
    "impulse": ("impulse", {"freq": 3000.0 * SLOW, "phase": 3.0 * SLOW, "amp": SLOW}),
    "hard sync": ("analog", {"freq": 3000.0 * MOVED, "sync": 1.0 + 5.0 * MOVED, "sub": MOVED, "drift": 90.0 * MOVED}),
    "nearly a saw": ("analog", {"type": "sin", "freq": 900.0, "feedback": MOVED, "sync": 1.3, "amp": MOVED}),
    "fm": (
        "fm",
        {"freq": 300.0 + 900.0 * PART[:224], "algorithm": 3, "ratios": [1.0, 0.7], "levels": [0.5, PART[:224], 1.0]}
        | {"feedback": PART[:224], "gate": PULSES[:224], "decays": [0.001], "sustains": [0.5], "releases": [0.001]},
    ),
    "fading": ("fm", {"levels": [1.0, 2.0], "decays": [0.001], "amp": PART[:224]}),
    "bars": (
        "lfo",
        {"shape": "smooth", "interval": 0.002, "trigger": STRIKES, "phase": 3.0 * MOVED}
        | {"beats": np.arange(192) / 2000.0, "beat": np.where(np.arange(192) < 90, 0.5, 0.25)},
    ),
    "cycles": ("lfo", {"rate": 90.0 * MOVED, "shape": "tri"}),
    "one cycle": ("lfo", {"shape": "saw", "interval": 0.001, "once": True, "trigger": STRIKES}),
    "breakpoints": (
        "curve",
        {"signal": SOUND[:192], "levels": [0.0, 1.0, MOVED, 0.2], "times": [0.0005, 0.001], "hold": 2.0, "loop": 0.0}
        | {"curvature": [0.0, -4.0, 5.0], "gate": STRIKES},
    ),
    "bow": ("curve", {"levels": [0.0, 1.0, 0.0], "times": [0.001, 0.002 * MOVED], "curvature": [-5.0]}),
    "walk": ("random_walk", {"rate": 900.0 * MOVED, "step": MOVED}),
    "lorenz": ("chaos", {"rate": 900.0 * MOVED}),
    "logistic": ("chaos", {"type": "logistic", "rate": 900.0, "growth": 4.0 * MOVED}),
    "slew": ("slew", {"signal": SOUND[:192], "up": 900.0 * MOVED, "down": 900.0}),
    "octaves": ("slew", {"signal": 220.0 + 220.0 * STRIKES, "up": 90.0 * MOVED, "type": "exponential"}),
    "in scale": ("snap", {"signal": 220.0 + 900.0 * MOVED, "scale": [0.0, 3.0 + MOVED, 7.0], "root": 200.0 + MOVED}),
    "cloud": (
        "grains",
        {"file": [FILE], "density": 900.0 * STRIKES[:128], "length": 0.001 + 0.002 * MOVED[:128]}
        | {"position": MOVED[:128], "pitch": 24.0 * MOVED[:128] - 12.0, "jitter": 0.9, "spread": MOVED[:128]},
    ),
    "frozen": (
        "grains",
        {"signal": [SOUND[:320], PART[:320]], "density": 1000.0, "length": 0.002, "position": 0.1 * PART[:320]}
        | {"pitch": 7.0, "freeze": PULSES[:320], "memory": 0.1, "quality": "draft"},
    ),
    "stretched": (
        "stretch",
        {"file": [LONG[:, :900] + FILE[:, np.arange(900) % 300] * PULSES[:900]], "rate": 2000.0, "quality": "draft"}
        | {"time": 0.5 + SLOW[:448], "pitch": 12.0 * SLOW[:448] - 24.0, "loop": True, "slices": 2.0},
    ),
    "freq_shift": ("freq_shift", {"signal": SOUND, "shift": 9000.0 * SLOW - 2000.0, "mix": SLOW}),
}

LEAVES_AS_IT_IS: dict[str, str] = {
    "delay": "mix is 1: the sound itself, later",
    "dc": "only an offset is taken away",
    "eq": "its gains are 0",
    "invert": "its pieces are the same, backwards",
    "limit": "it leaves what is below its ceiling",
    "width": "width is 1: as wide as it is",
}
"""Effects that at their defaults leave a sound as it is, each with the reason."""

MOVES_THE_LEVEL: dict[str, str] = {"duck": "it makes room for the key"}
"""Effects that at their defaults change the loudness by 3 LU or more, each with the reason."""

SWEPT: dict[str, dict[str, Any]] = {
    "osc": {"freq": 220.0, "amp": 0.3},
    "sample": {"loop": True},
    "impulse": {"freq": 50.0},
    "curve": {"levels": [0.0, 1.0, 0.5]},
    "random_walk": {"rate": 100.0},
    "shuffle": {"size": 0.2, "crossfade": 0.05},  # a piece that is turned over is no smooth sound in itself
    "gate": {"attack": 0.002},
    "grains": {"length": 0.005},  # 4 octaves higher a longer one of a signal begins after the play has ended
    "string": {"decay": 0.2},
    "modal": {"decay": 0.2},
    "reverb": {"mix": 0.1},  # `shimmer` goes on to rise for longer than a parameter stands still
}
"""Parameters with which a node is swept, where it is no smooth sound at its defaults."""

IN_STEPS: dict[str, str] = {
    "hold": "a value is taken where the trigger changes, also where a sweep of it does",
    "interval": "its values are pitches in Hz, and go from note to note",
    "pitch": "its values are pitches in Hz",
    "snap": "its values are those that are listed, with a jump from one to the next",
}
"""Nodes whose values are no sound that a sweep may not bend, each with the reason; their own tests have the values."""
