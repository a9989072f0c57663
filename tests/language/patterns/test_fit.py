"""A stretched file that takes so many cycles, as it is heard."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.at_rates import rendered
from tests.harness.session_harness import RATE, write_sample

PIECE = "my_sound: {tempo: {bpm: 600, signal: {play: long, %s, repeat: 1}}}\nlong: {stretch: {file: tone.wav}}\n"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("fit: 1", 0.4), ("fit: 1/2", 0.2), ("striate: 2, fit: 1", 0.4), ("cycle: beat, fit: 3", 0.3)],
)
def test_a_file_takes_its_cycles_at_its_pitch(tmp_path, given, seconds):
    write_sample(tmp_path / "tone.wav", 220.0, 1.0)
    (tmp_path / "waves.yaml").write_text(PIECE % given)
    sound = rendered(tmp_path, RATE, 0.6)[:, 0]
    loud = np.flatnonzero(np.abs(sound) > 0.05 * np.abs(sound).max())
    assert loud[-1] / RATE == pytest.approx(seconds, abs=0.02)
    heard = sound[: int(seconds * RATE)]
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 1 << 16)) ** 2
    assert np.argmax(power) * RATE / (1 << 16) == pytest.approx(220.0, abs=3.0)
