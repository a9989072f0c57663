"""The live input on a stream of a real device: what another program plays is heard through a running player."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest
from scipy import signal

from tests.harness.session_harness import RATE, save
from tests.harness.waiting import LIMIT
from waves.app.live_piece import LivePiece

BURST = np.random.default_rng(7).uniform(-0.5, 0.5, 441).astype(np.float32)
BURSTS, APART = 12, RATE // 2  # frames from one to the next
FACTOR = 0.5
LATEST = 0.45  # s: the way through the card and back


def found_at(heard: np.ndarray, level: float) -> tuple[int, float]:
    """The frame at which a burst of a level fits best, and how much of it is missing there, from 0 to 1."""
    fit = signal.correlate(heard, BURST, "valid") / np.dot(BURST, BURST)
    at = int(np.argmax(fit))
    rest = heard[at : at + len(BURST)] - level * BURST
    return at, float(np.sqrt(np.mean(np.square(rest)) / np.mean(np.square(level * BURST))))


@pytest.mark.device
def test_a_running_player_hears_what_another_program_plays(tmp_path, sandbox):
    """The player hears the device on which it plays, at half its level: each burst comes again after the way round."""
    save(tmp_path, f"my_sound: {{input: {{amp: {FACTOR}}}}}\n")
    played = np.concatenate([np.pad(BURST, (0, APART - len(BURST)))] * BURSTS)
    (tmp_path / "bursts.raw").write_bytes(np.repeat(played, 2).tobytes())
    form = ["--raw", "--format=float32le", f"--rate={RATE}", "--channels=2", "--latency-msec=60"]
    with LivePiece(tmp_path, trust=True) as piece:
        piece.play(device="default", watch=False, keeps=False)
        with sandbox.recording() as recording:
            subprocess.run(
                ["pacat", "--playback", "-d", "sandbox1", *form, str(tmp_path / "bursts.raw")],
                env={**os.environ, **sandbox.environment},
                check=True,
                timeout=LIMIT,
            )
    heard = recording.frames[:, 0].astype(float)
    ways = []
    for _ in range(BURSTS):  # the loudest are those of the other program; a busy machine may cut some of what follows
        at, missing = found_at(heard, 1.0)
        way, less = found_at(heard[at + len(BURST) : at + round(LATEST * RATE) + len(BURST)], FACTOR)
        if missing < 0.2 and less < 0.2:
            ways.append((way + len(BURST)) / RATE)
        heard[at : at + len(BURST)] = 0.0
    assert ways, "no burst came again whole"
    print(f"the way through the card and back: {1000 * min(ways):.1f} to {1000 * max(ways):.1f} ms")
