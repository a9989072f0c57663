"""A piece rendered without a limiter at any rate, and how its sound compares with that at another rate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.harness.session_harness import compile_for, shipped
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace

Frames = np.ndarray[Any, Any]


def composed(folder: Path, rate: float, sound: str = "my_sound") -> Composition:
    """A sound of the files in a folder, its kernels compiled."""
    composition = Composer(find_workspace(folder), shipped(), Settings(), rate).compose([(sound, {})])
    compile_for(composition.graph)
    return composition


def rendered(folder: Path, rate: float, seconds: float, sound: str = "my_sound") -> Frames:
    """The first seconds of a sound, float64 of shape (frames, 2)."""
    graph = composed(folder, rate, sound).graph
    engine = Engine(rate, 2, False)
    engine.offer(build_plan(graph, None, Registry(), engine.addresses, 0))
    frames = engine.render(round(seconds * rate))
    assert not engine.faults
    return frames


def third_octaves(sound: Frames, rate: float, highest: float = 8000.0) -> Frames:
    """Power of both channels in dB in thirds of an octave from 50 Hz up."""
    power = np.sum(np.abs(np.fft.rfft(sound, axis=0)) ** 2, axis=1) / (len(sound) * rate)
    freqs = np.fft.rfftfreq(len(sound), 1.0 / rate)
    edges = np.arange(np.log2(50.0), np.log2(highest), 1.0 / 3.0)
    bands = [power[(freqs >= 2.0**low) & (freqs < 2.0 ** (low + 1.0 / 3.0))].sum() for low in edges]
    return 10.0 * np.log10(np.maximum(bands, 1e-30) / len(sound) * rate)


def onset(sound: Frames, rate: float, share: float = 0.02) -> float:
    """The time in seconds at which the sound first reaches a share of its peak."""
    size = np.abs(sound).max(axis=1)
    return float(np.argmax(size >= share * size.max())) / rate
