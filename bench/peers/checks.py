"""Whether a sound is that of its workload: level, pitch, onsets, movement, each within a stated bound.

A check gets the first `SECONDS` of a sound and returns what is wrong with it, one sentence each. Bounds are so wide
that another filter or another interpolation passes, and so narrow that no part of the work can be missing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from bench import pieces, reference
from bench.peers import works
from bench.peers.sounds import Array, lateness, loudness, partials, powers, tracks
from bench.peers.works import RATE

Check = Callable[[Array], list[str]]
SECONDS = 4.0  # of a sound that is checked
SETTLED = RATE // 4  # frames after which sounds that last are measured
FINE = 1 << 15  # frames of a spectrum in which the pitch of a short part is sought


def wrong(what: str, found: float, expected: float, bound: float, unit: str) -> list[str]:
    """A sentence if `found` is further from `expected` than `bound`, or not a number."""
    if abs(found - expected) <= bound:
        return []
    return [f"{what} is {found:.4g} {unit}, expected {expected:.4g} within {bound:g}"]


def worst(what: str, found: Array, expected: Array | float, bound: float, unit: str) -> list[str]:
    """A sentence about the value that is furthest from what is expected."""
    off = np.nan_to_num(np.abs(found - expected), nan=np.inf)
    k = int(np.argmax(off))
    return wrong(f"{what} {k + 1}", float(found[k]), float(np.broadcast_to(expected, found.shape)[k]), bound, unit)


def pitches_of(sound: Array, freqs: Array) -> Array:
    """The pitch of the partial next to each frequency, from its phase in two halves (Hz)."""
    half = sound.size // 2
    first, second = partials(sound[:half], freqs), partials(sound[half : 2 * half], freqs)
    turned = np.angle(second / (first + 1e-30) * np.exp(-2j * np.pi * freqs * half / RATE))
    return np.asarray(freqs + turned / (2.0 * np.pi * half / RATE))


def level_of(amplitudes: Array) -> Array:
    """Amplitudes in dB."""
    return np.asarray(20.0 * np.log10(np.abs(amplitudes) + 1e-12))


def sines(sound: Array) -> list[str]:
    """Each sine within 0.3 dB and 0.05 Hz, and nothing else: the whole within 0.3 dB."""
    part, freqs = sound[SETTLED:], pieces.SINES
    expected = 20.0 * np.log10(pieces.SINE_GAIN)
    whole = 10.0 * np.log10(len(freqs) * pieces.SINE_GAIN**2 / 2.0)
    return [
        *worst("the level of sine", level_of(partials(part, freqs)), expected, 0.3, "dB"),
        *worst("the pitch of sine", pitches_of(part, freqs), freqs, 0.05, "Hz"),
        *wrong("the level of all", loudness(part), whole, 0.3, "dB"),
    ]


@cache
def textbook(work: str, seconds: float) -> Array:
    """The sound of the textbook, frame by frame."""
    import numba

    frames = round(seconds * RATE)
    out = np.zeros(frames)
    if work == "network":
        numba.njit(_network)(out, works.TIMES, works.SWAYS)
        return out
    given = list(reference.arguments("voices" if work == "voice" else work))
    if work == "voice":
        given = [value[:1] if np.shape(value)[:1] == (len(pieces.SAWS),) else value for value in given]
    numba.njit(getattr(reference, "voices" if work == "voice" else work))(out, *given)
    return out


def voices(sound: Array) -> list[str]:
    """Each third of an octave from 60 Hz to 2 kHz within 4 dB of the textbook."""
    return _bands(sound, textbook("voices", SECONDS), 4.0)


def _bands(sound: Array, expected: Array, bound: float) -> list[str]:
    edges = 60.0 * 2.0 ** (np.arange(16) / 3.0)

    def levels(of: Array) -> Array:
        part = of[SETTLED:]
        power = np.abs(np.fft.rfft(part * np.kaiser(part.size, 12.0))) ** 2
        place = np.searchsorted(np.fft.rfftfreq(part.size, 1.0 / RATE), edges)
        return np.asarray(10.0 * np.log10(np.add.reduceat(power, place)[:-1] + 1e-12))

    return worst("the level of third octave", levels(sound), levels(expected), bound, "dB")


def voice(sound: Array) -> list[str]:
    """The harmonics of one voice rise and fall with its cutoff: half of the levels within 3 dB of the textbook."""
    freqs = pieces.SAWS[0] * np.arange(1, 21)
    found, expected = (
        level_of(tracks(of[SETTLED:], freqs, 0.15, 0.05)) for of in (sound, textbook("voice", SECONDS)[: sound.size])
    )
    off = np.abs(found - expected)
    moved = found.max(axis=0) - found.min(axis=0)
    should = expected.max(axis=0) - expected.min(axis=0)
    return [
        *wrong("half of the harmonics over time", float(np.median(off)), 0.0, 3.0, "dB off"),
        *wrong("the movement of harmonics 10 to 20", float(moved[9:].mean()), float(should[9:].mean()), 6.0, "dB"),
    ]


def players(sound: Array) -> list[str]:
    """The lowest partial of each player within 0.5 dB and 0.1 Hz, the whole within 0.5 dB of the textbook."""
    part, freqs = sound[SETTLED:], 220.0 * pieces.SPEEDS
    expected = textbook("players", SECONDS)[SETTLED:] * 0.5
    return [
        *worst("the level of player", level_of(partials(part, freqs)), level_of(partials(expected, freqs)), 0.5, "dB"),
        *worst("the pitch of player", pitches_of(part, freqs), pitches_of(expected, freqs), 0.1, "Hz"),
        *wrong("the level of all", loudness(part), loudness(expected), 0.5, "dB"),
    ]


def note(length: float = works.LENGTH) -> tuple[Array, Array]:
    """Loudness and phase (rad) of a note from its first frame."""
    t = np.arange(round(length * RATE)) / RATE
    freq = works.HIGH + (works.LOW - works.HIGH) * t / works.LENGTH
    phase = np.concatenate([[0.0], np.cumsum(freq)[:-1]]) / RATE
    return works.LOUD * works.FLOOR ** (t / works.LENGTH), 2.0 * np.pi * phase


def grain(pitch: float) -> tuple[Array, Array]:
    """Loudness and phase (rad) of a grain from its first frame."""
    t = np.arange(round(works.GRAIN * RATE)) / RATE
    return works.GRAIN_LOUD * (1.0 - t / works.GRAIN), 2.0 * np.pi * pitch * t


def placed(step: float, sounds: list[Array], frames: int) -> Array:
    """Sounds in turn, one each `step` (s)."""
    out = np.zeros(frames + max(map(len, sounds)))
    for k in range(int(frames / RATE / step) + 1):
        start = int(np.ceil(k * step * RATE - 1e-6))
        if start < frames:
            made = sounds[k % len(sounds)]
            out[start : start + len(made)] += made
    return out[:frames]


def notes(sound: Array) -> list[str]:
    """Onsets within 2 ms, each sixteenth within 1.5 dB, the pitch 30 and 85 ms after each onset within 1.5 %."""
    loud, phase = note()
    expected = placed(works.STEP, [loud * np.sin(phase)], sound.size)
    late, alike = lateness(sound, expected)
    found = [*wrong("the delay of the onsets", late / RATE * 1e3, 0.0, 2.0, "ms")]
    found += wrong("the likeness of the onsets", alike, 1.0, 0.25, "of 1")
    found += worst("the level of sixteenth", *_levels(sound, expected, works.STEP), 1.5, "dB")
    for after in (0.03, 0.085):
        pitch = works.HIGH + (works.LOW - works.HIGH) * after / works.LENGTH
        starts = np.arange(1, int(sound.size / RATE / works.STEP) - 1) * works.STEP + after
        pitches = np.array([_pitch(sound, start, pitch) for start in starts])
        found += worst(f"the pitch {after * 1e3:g} ms after onset", pitches, pitch, 0.015 * pitch, "Hz")
    return found


def _levels(sound: Array, expected: Array, length: float) -> tuple[Array, Array]:
    return tuple(10.0 * np.log10(powers(of, length) + 1e-12) for of in (sound, expected))  # type: ignore[return-value]


def _pitch(sound: Array, middle: float, near: float) -> float:
    """The strongest frequency around a time, within a fifth of `near` (Hz)."""
    size = round(0.03 * RATE)
    at = round(middle * RATE) - size // 2
    power = np.abs(np.fft.rfft(sound[at : at + size] * np.kaiser(size, 6.0), FINE))
    freqs = np.fft.rfftfreq(FINE, 1.0 / RATE)
    inside = np.flatnonzero(np.abs(freqs - near) < 0.2 * near)
    return float(freqs[inside[np.argmax(power[inside])]])


def grains(sound: Array) -> list[str]:
    """The first onset within 2 ms, each pitch within 5 dB, each tenth of a second within 1.5 dB."""
    made = [loud * np.sin(phase) for loud, phase in map(grain, works.PITCHES)]
    expected = placed(works.GRAIN_STEP, made, sound.size)

    def bands(of: Array) -> Array:
        power = np.abs(np.fft.rfft(of[SETTLED:])) ** 2
        freqs = np.fft.rfftfreq(of.size - SETTLED, 1.0 / RATE)
        return np.array([power[np.abs(freqs - pitch) < 0.05 * pitch].sum() for pitch in works.PITCHES])

    begin = int(np.argmax(np.abs(sound) > works.GRAIN_LOUD / 4.0)) / RATE * 1e3
    return [
        *wrong("the first onset", begin, 0.0, 2.0, "ms"),
        *worst("the level of pitch", 10 * np.log10(bands(sound) + 1e-12), 10 * np.log10(bands(expected)), 5.0, "dB"),
        *worst("the level of tenth of a second", *_levels(sound, expected, 0.1), 1.5, "dB"),
    ]


def _network(out, times, sways):  # type: ignore[no-untyped-def]
    """The network as in a textbook; read in a straight line, which is enough for levels of low frequencies."""
    count, size = times.size, 8192
    memory, heard = np.zeros((count, size)), np.zeros(count)
    click = int(works.CLICK * works.RATE)
    for i in range(out.size):
        total = 0.0
        for k in range(count):
            ago = (times[k] + works.SWAY * np.sin(2.0 * np.pi * sways[k] * i / works.RATE)) * works.RATE
            whole = int(ago)
            a, b = memory[k, (i - whole) % size], memory[k, (i - whole - 1) % size]
            heard[k] = a + (ago - whole) * (b - a)
            total += heard[k]
        for k in range(count):
            come = 1.0 if i % click == 0 else 0.0
            memory[k, i % size] = come + works.KEPT * (heard[k] - 2.0 * total / count)
        out[i] = works.OUT * total


def network(sound: Array) -> list[str]:
    """The first echo within 2 ms; below 2 kHz each twentieth of a second within 3 dB, the whole within 1 dB.

    Higher, each way of reading between two frames has its own loss in each pass.
    """
    expected = textbook("network", SECONDS)[: sound.size]
    low, low_expected = (np.convolve(of, np.ones(22) / 22.0, "same") for of in (sound, expected))
    first = [int(np.argmax(np.abs(of) > 0.02)) / RATE * 1e3 for of in (sound, expected)]
    return [
        *wrong("the first echo", first[0], first[1], 2.0, "ms"),
        *worst("the level of twentieth of a second", *(of[1:] for of in _levels(low, low_expected, 0.05)), 3.0, "dB"),
        *wrong("the level of all", loudness(low), loudness(low_expected), 1.0, "dB"),
    ]


def control(sound: Array) -> list[str]:
    """Each pitch moves as it should within a tenth of its movement, each level within 0.5 dB, over time."""
    size = sound.size
    t = np.arange(size) / RATE
    found = []
    for k in range(0, len(works.CARRIERS), 31):
        near = slice(max(k - 2, 0), k + 3)
        freqs = works.CARRIERS[k : k + 1]
        made = np.zeros(size)
        for carrier, bend, swell in zip(works.CARRIERS[near], works.VIBRATO[near], works.TREMOLO[near], strict=True):
            phase = 2.0 * np.pi * carrier * t - works.BEND / bend * (np.cos(2.0 * np.pi * bend * t) - 1.0)
            middle, half = (works.STRONG + works.SOFT) / 2.0, (works.STRONG - works.SOFT) / 2.0
            made += (middle + half * np.sin(2.0 * np.pi * swell * t)) * np.sin(phase)
        ours, theirs = (tracks(of, freqs, 0.15, 0.02)[:, 0] for of in (sound, made))
        found += worst(f"carrier {k + 1}, the level at time", level_of(ours), level_of(theirs), 1.0, "dB")
        moved = [np.diff(np.unwrap(np.angle(of))) / (2.0 * np.pi * 0.02) for of in (ours, theirs)]
        found += worst(f"carrier {k + 1}, the movement at time", moved[0], moved[1], 0.3 * works.BEND, "Hz")
    whole = 10.0 * np.log10(len(works.CARRIERS) * (0.002**2 + 0.001**2 / 2.0) / 2.0)
    return found + wrong("the level of all", loudness(sound), whole, 0.5, "dB")


def stages(freqs: Array) -> Array:
    """The response of all stages of the chain: complex of shape (freqs,)."""
    z = np.exp(-2j * np.pi * freqs / RATE)
    whole = np.ones(len(freqs), complex)
    for centre in works.STAGES:
        angle = 2.0 * np.pi * centre / RATE
        alpha, middle = np.sin(angle) / (2.0 * works.STAGE_Q), -2.0 * np.cos(angle)
        below = 1.0 + alpha + middle * z + (1.0 - alpha) * z * z
        whole *= (1.0 - alpha + middle * z + (1.0 + alpha) * z * z) / below
    return whole


def chain_errors(sound: Array) -> tuple[Array, Array]:
    """Levels (dB) and phases (rad) of the first 60 harmonics, less those of a saw through all stages.

    The start and the direction of the saw are those at which the phases fit best.
    """
    count = np.arange(1, 61)
    freqs = works.STAGE_FREQ * count
    found = partials(sound[SETTLED:], freqs) / stages(freqs)
    fits = []
    for turn in (0.0, np.pi):  # rises or falls
        late = np.angle(found[0]) + np.pi / 2.0 - turn
        off = np.unwrap(np.angle(found * np.exp(1j * (np.pi / 2.0 - turn - count * late))))
        fits.append(off - count * np.dot(count, off) / np.dot(count, count))
    expected = 2.0 / np.pi * works.STAGE_GAIN / count
    return level_of(found) - level_of(expected), min(fits, key=lambda phases: float(np.abs(phases).max()))


def chain(sound: Array) -> list[str]:
    """The first 60 harmonics within 2 dB and 0.25 rad of a saw through all stages."""
    levels, phases = chain_errors(sound)
    return [
        *worst("the level of harmonic", levels, 0.0, 2.0, "dB off"),
        *worst("the phase of harmonic", phases, 0.0, 0.25, "rad off"),
    ]


CHECKS: dict[str, Any] = {
    "sines": sines,
    "voices": voices,
    "voice": voice,
    "players": players,
    "notes": notes,
    "grains": grains,
    "network": network,
    "control": control,
    "chain": chain,
}


def lasting(sound: Array, seconds: float, level: float) -> list[str]:
    """Whether a long sound has its length, and in each second nearly the level of the one that was checked (dB)."""
    found = wrong("the length", sound.size / RATE, seconds, 0.5, "s")
    whole = sound[: round(seconds) * RATE]
    return found or worst("the level of second", 10.0 * np.log10(powers(whole, 1.0)[:-1] + 1e-15), level, 3.0, "dB")
