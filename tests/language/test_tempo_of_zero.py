"""A tempo that falls to 0: the music stands still, and goes on where it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.harness.engine_harness import RATE
from tests.harness.mistakes import LiveSession

TEXT = """\
click: {osc: {freq: 1000, amp: 0.5, duration: 0.01}}
my_sound:
  tempo:
    bpm: "where(t < 0.25, 600, where(t < 0.6, 0, 600))"
    signal: {sequencer: {interval: %s, steps: [click]}}
"""


@pytest.mark.parametrize(("interval", "length"), [("beat", 0.1), ("2 * beat", 0.2), ("bar / 4", 0.1)])
def test_it_stands_still(tmp_path: Path, interval: str, length: float) -> None:
    session = LiveSession(tmp_path / "piece", TEXT % interval)
    session.play(int(1.0 * RATE / 64))
    session.stop()
    assert session.events == []
    assert set(session.engine.faults.values()) <= {0}
    loud = np.abs(session.output.reshape(-1, session.output.shape[2])[:, 0]) > 1e-3
    onsets = [int(k) for k in np.flatnonzero(loud) if not loud[max(0, k - 1500) : k].any()]
    expected = [k * length if k * length < 0.25 else k * length + 0.35 for k in range(int(0.64 / length) + 1)]
    assert [onset / RATE for onset in onsets] == pytest.approx(expected, abs=0.004)
