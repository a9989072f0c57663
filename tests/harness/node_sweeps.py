"""Sweeps of one parameter of a node over its whole range, beside plays in which it stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from waves.node import Node
from waves.node_types.library.parameters import Parameter, parameters
from waves.testing import RATE, Player

Array = np.ndarray[Any, Any]

POINTS = 9  # values at which the parameter stands still
PART = 4096  # frames from one of them to the next
STILL = 8192  # frames for which it stands still
SETTLED = 2048  # frames after a beginning, whose sound is not that of the parameter
SPANS = {
    **{"s": 2.0, "Hz": 20_000.0, "factor": 2.0, "dB": 48.0, "semitones": 24.0, "cents": 1200.0, "octaves": 4.0},
    **{"cycles": 1.0, "rad": 6.28, "position": 1.0, "percent": 100.0, "gate": 1.0, "number": 16.0, "frames": 4096.0},
    **{"ratio": 20.0, "bits": 16.0, "frames per s": 48_000.0, "grains per s": 100.0},
}
"""By unit the range of a parameter that has no bound; other units are no numbers that turn a sound."""
WARPED = ("Hz", "s")  # units whose small values are told apart as well as the large ones
SHARPER = 4.0  # of the bends at the two values beside: a resonance between them stands out by so much
SILENT, SOUNDS = 1e-5, 1e-3  # RMS below which it is silent, above which it sounds


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep up and down and the parameter at its default again, and the plays at each of the values in between."""

    parameter: str
    values: Array
    """The values at which it stands still."""
    steps: Array
    """By part of the way up: the largest step of the parameter from one frame to the next."""
    unit: str
    sound: Array
    """Outputs × frames: up, down, and at the default again, for which there are as many as it stands still."""
    ended: bool
    still: list[Array]
    """Outputs × frames at each of the values."""
    source: float
    """The sharpest bend of the sound that goes in; 0 where none does."""
    default: Array | None
    """Outputs × frames at the default; None where it has none that is a number."""
    play: Callable[[float, int], Array]
    """Outputs × so many frames at a value."""
    glides: bool
    """Whether it may move without a bend of its own: not a place, a moment or a gate, which `crossfaded` names."""

    def complaints(self) -> list[str]:
        """What is wrong with it, a sentence each."""
        found = []
        for value, sound in zip(self.values, self.still, strict=True):
            if not np.isfinite(sound).all():
                found.append(f"'{self.parameter}' at {value:g}: it is not finite")
        if not np.isfinite(self.sound).all():
            found.append(f"a sweep of '{self.parameter}' is not finite")
        return found or [*self._parts(), *self._return()]

    def _parts(self) -> list[str]:
        """Clicks and silence on the way up and down, one part between two values after another."""
        found = []
        loudest = max(_peak(sound) for sound in self.still)
        if (peak := _peak(self.sound)) > 10.0 * loudest + 1e-3:
            found.append(f"a sweep of '{self.parameter}' reaches {peak:.3g}, standing still at most {loudest:.3g}")
        last = POINTS - 1
        places = [(k, way, begin) for k in range(last) for way, begin in (("up", k), ("down", 2 * last - 1 - k))]
        for k, way, begin in [] if self.ended else places:
            part = self.sound[:, max(begin * PART - 2, SETTLED) : (begin + 1) * PART]
            beside = [sound[:, SETTLED:] for sound in self.still[k : k + 2]]
            where = f"'{self.parameter}' from {self.values[k]:.4g} to {self.values[k + 1]:.4g}, {way}"
            moved = (1.0 + self.steps[k] * RATE) ** 2 if self.unit == "s" else 1.0
            allowed = SHARPER * moved * max(self.source, *map(_bend, beside)) + 1e-5
            bend = _bend(part) if self.glides else 0.0
            if bend > allowed:
                allowed = max(allowed, SHARPER * moved * self._bend_between(k))
            if bend > allowed:
                found.append(f"{where}: a click, it bends by {bend:.2g}; what is explained is {allowed:.2g}")
            if min(map(_rms, beside)) > SOUNDS and _rms(part[:, 2:]) < SILENT and self._sounds_then(k, begin * PART):
                found.append(f"{where}: it is silent, and sounds at both ends")
        return found

    def _sounds_then(self, k: int, begin: int) -> bool:
        """Whether it sounds so late at both values beside: an envelope is over after its time."""
        frames = self.sound.shape[1]
        return min(_rms(self.play(value, frames)[:, begin : begin + PART]) for value in self.values[k : k + 2]) > SOUNDS

    def _bend_between(self, k: int) -> float:
        """The sharpest bend at values between two: steps of a coarse sound are not those at the ends."""
        between = np.linspace(self.values[k], self.values[k + 1], POINTS)[1:-1]
        return max(_bend(self.play(value, STILL)[:, SETTLED:]) for value in between)

    def _return(self) -> list[str]:
        """Whether it sounds as before once the parameter is at its default again."""
        if self.default is None or self.ended:
            return []
        after, before = _rms(self.sound[:, -PART:]), _rms(self.default[:, -PART:])
        if before > SOUNDS and after < 0.25 * before:
            return [f"after a sweep of '{self.parameter}' it stays at {after:.2g}, before it was {before:.2g}"]
        return []


def sweeps(kind: type[Node], base: dict[str, Any]) -> list[Sweep]:
    """A sweep of each numeric signal of a node; the other parameters are those of `base_of`."""
    return [_sweep(kind, base, one) for one in parameters(kind).values() if one.form == "signal" and _is_number(one)]


def settings_complaints(kind: type[Node], base: dict[str, Any]) -> list[str]:
    """What is wrong at the least, the middle and the largest value of each number that is a setting."""
    found = []
    for one in parameters(kind).values():
        if one.form not in ("number", "whole") or not _is_number(one):
            continue
        for value in _values(one, 3):
            number = round(value) if one.form == "whole" else float(value)
            try:
                sound = _play(kind, base, STILL, **{one.name: number})[0]
            except ValueError:  # which is refused in a piece too
                continue
            if not np.isfinite(sound).all() or _peak(sound) > 100.0:
                found.append(f"'{one.name}' at {number:g}: it reaches {_peak(sound):.3g}")
    return found


def base_of(kind: type[Node], case: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a sweep: smooth sounds, the chosen ones, what must be written as in a case or at its mean."""
    base: dict[str, Any] = {}
    for name, one in parameters(kind).items():
        if name == "signal" and one.form == "signal":
            base[name] = "sound"
        elif one.form == "channels" and (one.required or name == "signal"):
            base[name] = ["sound", "other"]
        elif one.form == "file" and "signal" not in parameters(kind):
            base[name] = [smooth_sound(3 * SETTLED, 110.0)[None, SETTLED:].astype(np.float32)]
        elif name in case and one.required:
            base[name] = float(np.mean(case[name])) if one.form == "signal" else case[name]
    return base | chosen


def _is_number(one: Parameter) -> bool:
    return one.name != "signal" and one.unit in SPANS


def _values(one: Parameter, points: int) -> Array:
    """Values over the whole range of a parameter, its ends among them."""
    finite = [bound for bound in (one.minimum, one.maximum) if np.isfinite(bound)]
    span = SPANS[one.unit]
    low = one.minimum if one.minimum in finite else min(0.0, one.maximum) if one.unit in WARPED else -span
    high = one.maximum if one.maximum in finite else low + span if one.minimum in finite else span
    part = np.linspace(0.0, 1.0, points)
    return low + (high - low) * (part**4 if one.unit in WARPED else part)


def _sweep(kind: type[Node], base: dict[str, Any], one: Parameter) -> Sweep:
    up = _values(one, (POINTS - 1) * PART)
    default = one.default if isinstance(one.default, int | float) and np.isfinite(one.default) else None
    back = base.get(one.name, default)
    held = np.full(2 * PART, up[0] if back is None else back)
    path = np.concatenate([up, up[::-1], held])
    sound, ended = _play(kind, base, path.size, **{one.name: path})
    values = _values(one, POINTS)
    still = [_play(kind, base, STILL, **{one.name: value})[0] for value in values]
    before = None if back is None else _play(kind, base, STILL, **{one.name: back})[0]
    steps = np.abs(np.diff(up, prepend=up[0])).reshape(POINTS - 1, PART).max(axis=1)
    source = _bend(smooth_sound(STILL, 110.0)[None]) if "signal" in base else 0.0

    def play(value: float, frames: int) -> Array:
        return _play(kind, base, frames, **{one.name: value})[0]

    glides = one.name not in kind.crossfaded
    return Sweep(one.name, values, steps, one.unit, sound, ended, still, source, before, play, glides)


def _play(kind: type[Node], base: dict[str, Any], frames: int, **changed: Any) -> tuple[Array, bool]:
    """Outputs × frames as machine code, the variant for signals that move; and whether it has ended."""
    sounds = {"sound": smooth_sound(frames, 110.0), "other": smooth_sound(frames, 82.5)}

    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        return sounds[value] if isinstance(value, str) and value in sounds else value

    player = Player(kind, frames, compiled=True, **{name: filled(value) for name, value in {**base, **changed}.items()})
    return np.atleast_2d(player.render()), player.ended


@cache
def smooth_sound(frames: int, freq: float) -> Array:
    """A tone with twenty partials that begins softly: none of its frames is a step. Not to be written."""
    turns = freq * np.arange(frames) / RATE
    wave = sum(np.sin(2.0 * np.pi * k * turns + k * k) / k**2 for k in range(1, 21))
    return np.asarray(0.3 * wave * np.minimum(np.arange(frames) / SETTLED, 1.0))


def _bend(sound: Array) -> float:
    """The largest second difference."""
    return float(np.abs(np.diff(sound, 2, axis=1)).max(initial=0.0))


def _rms(sound: Array) -> float:
    return float(np.sqrt(np.mean(sound**2)))


def _peak(sound: Array) -> float:
    return float(np.abs(sound).max(initial=0.0))
