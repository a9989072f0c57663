"""Notes whose pitch comes from that of the note before, as it is heard."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.session_harness import Stage
from waves.testing import RATE

# The pitch itself as sound: its level in Hz / 10000.
SOUND = "level: {osc: {type: sqr, naive: true, freq: 0 * f, amp: f / 10000, duration: 0.1}}\n"
OWN = f"level: {{context: {{freq: 100, signal: {SOUND.removeprefix('level: ').strip().replace(' f ', ' freq ')}}}}}\n"


def pitches(tmp_path, play: str, seconds: float = 0.4, sound: str = SOUND) -> np.ndarray:
    """The pitch of each frame in Hz; one note sounds at a time."""
    stage = Stage(tmp_path, f"{sound}my_sound: {{{play}}}\n")
    return 10_000.0 * stage.play(round(seconds * RATE))[:, 0]


@pytest.mark.parametrize(
    "play",
    [
        'play: level, freq: "200 400 100 300", slide: "0 ms(40) 0 .08"',
        'play: "level:f200 level:f400 level:f100 level:f300", slide: "0 ms(40) 0 .08"',
        'play: level, freq: "100 200 50 150", slide: "0 ms(40) 0 .08", transpose: 12',
    ],
)
def test_a_pitch_comes_from_the_one_before_by_equal_ratios_in_its_time(tmp_path, play):
    heard = pitches(tmp_path, f"{play}, cycle: 0.4").reshape(4, -1)
    time = np.arange(heard.shape[1]) / RATE
    assert np.allclose(heard[0], 200.0, rtol=1e-6) and np.allclose(heard[2], 100.0, rtol=1e-6)
    assert np.allclose(heard[1], 200.0 * 2.0 ** np.minimum(time / 0.04, 1.0), rtol=1e-5)
    assert np.allclose(heard[3], 100.0 * 3.0 ** np.minimum(time / 0.08, 1.0), rtol=1e-5)


def test_the_first_note_comes_from_the_last_and_a_chord_from_a_chord(tmp_path):
    heard = pitches(tmp_path, 'play: level, freq: "200 400", slide: .05, cycle: 0.2', 0.1)
    assert heard[0] == pytest.approx(400.0) and heard[-1] == pytest.approx(200.0)
    both = pitches(tmp_path / "b", 'play: level, freq: "[100,200] [300,600]", slide: "0 .05", cycle: 0.2', 0.2)
    assert both[round(0.1 * RATE)] == pytest.approx(300.0) and both[-1] == pytest.approx(900.0)


def test_a_sound_with_a_pitch_of_its_own_keeps_it_where_none_is_given(tmp_path):
    heard = pitches(tmp_path, 'play: "level level:freq=200", slide: .05, cycle: 0.2', 0.2, OWN)
    assert np.allclose(heard[: round(0.1 * RATE)], 100.0) and heard[-1] == pytest.approx(200.0)
