"""Sweeps of one parameter of a node over its whole range, and of two at once, beside plays where they stand still."""

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
LOUD = 30.0  # peak up to which two parameters at once may take a sound


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


def pair_complaints(kind: type[Node], base: dict[str, Any], chance: np.random.Generator) -> list[str]:
    """What is wrong while two signals move at once over their whole ranges, all other parameters being anything.

    Afterwards both are at their defaults again, for three parts.
    """
    all_of = parameters(kind).values()
    signals = [one for one in all_of if one.form == "signal" and _is_number(one)]
    two = [signals[k] for k in chance.permutation(len(signals))[:2]]
    given = {one.name: value for one in all_of if one not in two and (value := _anything(one, chance)) is not None}
    moved, rest = 12 * PART, 3 * PART
    paths, ends = {}, {}
    for one in two:
        up = _values(one, moved // 2)
        ways = np.append(up, up[::-1]), np.append(up[::-1], up), np.interp(*_zigzag(moved, up, chance))
        back = base.get(one.name, one.default)
        ends[one.name] = float(back) if isinstance(back, int | float) and np.isfinite(back) else float(up[0])
        paths[one.name] = np.append(ways[chance.integers(3)], np.full(rest, ends[one.name]))
    where = f"{' and '.join(ends) or 'nothing'} with {given}"
    try:
        sound, ended = _play(kind, {**base, **given}, moved + rest, **paths)
        still = [_play(kind, {**base, **given}, moved + rest, **ends)[0]]
        if _peak(sound) > LOUD:
            for k in range(4):
                at = {
                    name: float((path.min(), path.max())[k >> place & 1])
                    for place, (name, path) in enumerate(paths.items())
                }
                still.append(_play(kind, {**base, **given}, moved, **at)[0])
    except ValueError:  # which is refused in a piece too
        return []
    if not np.isfinite(sound).all():
        return [f"it is not finite: {where}"]
    if _peak(sound) > LOUD and _peak(sound) > 10.0 * max(map(_peak, still)):
        return [f"it reaches {_peak(sound):.3g}, standing still {max(map(_peak, still)):.3g}: {where}"]
    after, before = _rms(sound[:, -PART:]), _rms(still[0][:, -PART:])
    if not ended and before > SOUNDS and after < SILENT:
        return [f"afterwards it is silent, before it was {before:.2g}: {where}"]
    return []


def _anything(one: Parameter, chance: np.random.Generator) -> Any:
    """A value of a parameter by chance; None for the one that it has."""
    if one.form == "words":
        return str(chance.choice(sorted(set(one.words.values()))))
    if one.form == "flag":
        return bool(chance.random() < 0.5)
    if one.form not in ("signal", "number", "whole") or not _is_number(one) or chance.random() < 0.5:
        return None
    value = _values(one, 200)[chance.integers(200)]
    return round(value) if one.form == "whole" else float(value)


def _zigzag(frames: int, values: Array, chance: np.random.Generator) -> tuple[Array, Array, Array]:
    """Frames, places among them and values there, for a line from one value to another by chance."""
    return np.arange(frames), np.linspace(0.0, frames, 9), values[chance.integers(0, values.size, 9)]


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
