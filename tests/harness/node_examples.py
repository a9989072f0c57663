"""The example of a shipped node as pieces: the sound in it that the node makes, and the node at its defaults."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from ruamel.yaml import YAML

from tests.harness.at_rates import Frames, rendered
from tests.harness.paths import TOP
from tests.harness.session_harness import save, shipped
from waves.node_types.library.catalogue import example
from waves.node_types.library.library import family
from waves.node_types.library.parameters import parameters
from waves.node_types.library.signature import hears
from waves.problem import Problems

RATE = 44_100
SECONDS = 4.0  # that are rendered
DRY = "dry.wav"
VALUES = ("control", "modulation", "tuning")
"""The families whose nodes give values to parameters, and are no sounds by themselves."""
COLOURS = ("effects", "filters", "dynamics", "repeats", "granular")
NAMES = sorted(shipped())
SOUNDING = [name for name in NAMES if family(shipped()[name]) not in VALUES and not hears(shipped()[name])]
"""Those that give a sound; the live input is silent offline."""
EFFECTS = [name for name in NAMES if family(shipped()[name]) in COLOURS and "signal" in parameters(shipped()[name])]


class Examples:
    """A workspace in which the examples of nodes are rendered; it has the samples of the demo, and a dry sound."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._rendered: dict[tuple[str, float], tuple[str, Frames]] = {}
        shutil.copytree(TOP / "samples", folder / "samples")
        soundfile.write(folder / DRY, dry_sound(), RATE, "FLOAT")

    def rendered(self, name: str, rate: float = RATE) -> tuple[str, Frames]:
        """The first sound of a node's example that has the node in it and plays by itself: its name and its frames."""
        if (name, rate) not in self._rendered:
            self._rendered[name, rate] = self._render(name, rate)
        return self._rendered[name, rate]

    def _render(self, name: str, rate: float) -> tuple[str, Frames]:
        entries = _entries(name)
        save(self.folder, _yaml(entries))
        for sound in [sound for sound, data in entries.items() if _written(data, name) is not None]:
            try:
                return sound, rendered(self.folder, rate, SECONDS, sound)
            except Problems as found:
                if not all("is known only inside a note" in problem.sentence for problem in found.problems):
                    raise
        raise AssertionError(f"the example of '{name}' has no sound with '{name}' that plays by itself")

    def through(self, name: str, rate: float = RATE) -> Frames:
        """The dry sound through an effect: what must be written is as in its example, all else at its defaults."""
        entries = _entries(name)
        written = next(found for data in entries.values() if (found := _written(data, name)) is not None)
        needed = {one.name for one in parameters(shipped()[name]).values() if one.required}
        given = {key: value for key, value in written.items() if key in needed} | {"signal": {"sample": {"file": DRY}}}
        wet: dict[str, Any] = {name: given}
        if "$" in _yaml(given):  # it names a node of the example, which has to play for it
            sound = next(sound for sound, data in entries.items() if _written(data, name) is not None)
            wet = {"mix": {"wet": wet, "named": {"track": {"volume": 0, "signal": sound}}}}
        save(self.folder, _yaml({**entries, "wet_": wet}))
        return rendered(self.folder, rate, SECONDS, "wet_")


def _entries(name: str) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(example(shipped()[name])))


def _yaml(entries: dict[str, Any]) -> str:
    text = io.StringIO()
    YAML(typ="safe").dump(entries, text)
    return text.getvalue()


def _written(data: Any, name: str) -> dict[str, Any] | None:
    """The parameters of the outermost node of that name, as written."""
    return next((one[name] for one in _mappings(data) if isinstance(one.get(name), dict)), None)


def _mappings(data: Any) -> Iterator[dict[str, Any]]:
    """All mappings in a value, the outer ones first."""
    inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    if isinstance(data, dict):
        yield data
    for one in inside:
        yield from _mappings(one)


@cache
def dry_sound() -> Frames:
    """Music as far as effects hear it, -18 LUFS, stereo: drums, a chord between left and right, and a faint hum.

    Drums are bursts of pink noise, four times a second, so that levels move; between them the hum is alone.
    """
    chance = np.random.default_rng(13)
    frames = round(SECONDS * RATE)
    time = np.arange(frames) / RATE
    drums = _pink(chance, frames) * np.exp(-(time % 0.25) / 0.03)
    chord = np.zeros((frames, 2))
    for k, root in enumerate((110.0, 164.8, 277.2, 329.6)):
        for number in range(1, int(8000.0 / root)):
            place = 0.5 + 0.4 * np.sin(k + number)
            wave = np.sin(2.0 * np.pi * (root * number * time + chance.random())) / number**1.3
            chord += wave[:, None] * np.sqrt([1.0 - place, place])
    held = np.clip(np.minimum(time % 1.0, 0.6 - time % 1.0) / 0.02, 0.0, 1.0)
    hum = 1e-3 * np.sin(2.0 * np.pi * 60.0 * time)
    return 0.1 * (0.9 * drums[:, None] + chord * held[:, None] / 3.0) + hum[:, None]


def _pink(chance: np.random.Generator, frames: int) -> Frames:
    """Noise of 1 / f, of a standard deviation of 1, from 30 Hz up."""
    freqs = np.fft.rfftfreq(frames, 1.0 / RATE)
    spectrum = np.fft.rfft(chance.standard_normal(frames)) / np.sqrt(np.maximum(freqs, 30.0))
    noise = np.fft.irfft(spectrum, frames)
    return noise / noise.std()
