"""Levels of the examples of all nodes and of the sounds of the tutorial: how they sound with this number of the sound.

python -m tests.house.fingerprints

writes them anew. After a release that is a change of the sound: it belongs into CHANGELOG.md, `waves.version.SOUND`
goes up by one, and where a default has changed, `former` keeps the one before (docs/writing-a-node.md).
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.harness.at_rates import Frames, rendered
from tests.harness.node_examples import RATE, SOUNDING, Examples
from tests.harness.paths import TOP
from waves.version import SOUND

KEPT = TOP / "tests" / "cases" / "fingerprints.json"
TUTORIAL = [
    *"tone vibrato beating laser wide wah ping plucks again chops steps waltz siren echo drums melody chords".split(),
    *"scales chance wheels hall sends night my_sound".split(),
]
SECONDS = 2.0  # of a sound of the tutorial
MOMENTS = 8
QUIET = -90.0  # dB, below which all is the same
APART = 0.25  # dB that the machine may change, of what is within 60 dB of the loudest


def fingerprint(sound: Frames) -> list[float]:
    """Levels in dB: of the octaves from 63 Hz to 16 kHz in all, then of eight moments, both channels together."""
    power = np.sum(np.abs(np.fft.rfft(sound, axis=0)) ** 2, axis=1) / len(sound) ** 2 * 2.0
    freqs = np.fft.rfftfreq(len(sound), 1.0 / RATE)
    centres = 62.5 * 2.0 ** np.arange(9)
    octaves = [power[(freqs >= c / 2.0**0.5) & (freqs < c * 2.0**0.5)].sum() for c in centres]
    moments = [np.sum(part**2) / len(part) for part in np.array_split(sound, MOMENTS)]
    return [round(max(10.0 * float(np.log10(level + 1e-20)), QUIET), 2) for level in [*octaves, *moments]]


def has_changed(found: list[float], kept: list[float]) -> bool:
    """Whether a sound is another one than that of a fingerprint."""
    found, kept = np.maximum(found, max(kept) - 60.0), np.maximum(kept, max(kept) - 60.0)  # type: ignore[assignment]
    return bool(np.max(np.abs(np.subtract(found, kept))) > APART)


def read() -> dict[str, Any]:
    """The number of the sound and the fingerprints that are kept."""
    return dict(json.loads(KEPT.read_text("utf-8")))


def main() -> None:
    """Write all anew."""
    with tempfile.TemporaryDirectory() as folder:
        examples = Examples(Path(folder))
        nodes = {name: fingerprint(examples.rendered(name)[1]) for name in SOUNDING}
    tutorial = {name: fingerprint(rendered(TOP, RATE, SECONDS, name)) for name in TUTORIAL}
    lines = [f'"sound": {SOUND}']
    for group, levels in {"nodes": nodes, "tutorial": tutorial}.items():
        inside = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in levels.items())
        lines.append(f'"{group}": {{\n  {inside}\n}}')
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
