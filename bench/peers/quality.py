"""How good the parts of each workload sound in each program, by one measure a workload."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.peers import works
from bench.peers.checks import chain_errors, grain, note
from bench.peers.sounds import Array, aliases, beside, rough

SECONDS = (works.WINDOW + 16384) / works.RATE  # of a probe
BETTER = 6.0  # dB by which the sound of a peer may be worse and still be as good


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in dB, lower is better; from `enough` on no difference is heard. `probe`: the patch it is taken of."""

    probe: str
    what: str
    of: Callable[[Array], Sequence[float]]
    enough: Sequence[float]

    def alike(self, peer: Sequence[float], ours: Sequence[float]) -> bool:
        """Whether a peer sounds as good as this program, or so good that more is not heard."""
        bounds = (max(own + BETTER, enough) for own, enough in zip(ours, self.enough, strict=True))
        return all(value <= bound for value, bound in zip(peer, bounds, strict=True))


def _note(sound: Array) -> list[float]:
    return [rough(sound, *note())]


def _grain(sound: Array) -> list[float]:
    return [rough(sound, *grain(1000.0))]


def _chain(sound: Array) -> list[float]:
    levels, phases = (errors[:20] for errors in chain_errors(sound))
    off = 10.0 ** (levels / 20.0) * np.exp(1j * phases) - 1.0
    return [float(10.0 * np.log10(np.mean(np.abs(off) ** 2)))]


MEASURES: dict[str, Measure] = {
    "sines": Measure("sine", "THD+N of a sine of 1 kHz", lambda sound: [beside(sound, works.ONE_K)], [-90.0]),
    "voices": Measure(
        "saw",
        "aliases of a saw of 1 kHz, below 10 and 20 kHz",
        lambda sound: aliases(sound, works.ONE_K),
        [-80.0, -70.0],
    ),
    "players": Measure(
        "player", "THD+N of a file of 5 kHz at speed 1.01", lambda sound: [beside(sound, 5050.0)], [-80.0]
    ),
    "notes": Measure("note", "a note beside smooth changes of its closed form", _note, [-60.0]),
    "grains": Measure(
        "grain",
        "a grain of 1 kHz beside smooth changes of its closed form",
        _grain,
        [-60.0],
    ),
    "network": Measure(
        "moving",
        "5 kHz through a delay of 10 ± 1 ms, beside the tone",
        lambda sound: [beside(sound, works.FIVE_K, 90.0)],
        [-60.0],
    ),
    "control": Measure(
        "controlled",
        "one carrier, further than 60 Hz from it",
        lambda sound: [beside(sound, works.CARRIERS[0], 60.0)],
        [-80.0],
    ),
    "chain": Measure("chain", "20 harmonics beside those of an ideal saw and filter", _chain, [-20.0]),
}
