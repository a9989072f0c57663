"""Slices of a sample as a pattern plays them."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from tests.harness.session_harness import Stage
from waves.testing import RATE

STEP = 1000  # frames of a slice
PIECE = """\
break: {{sample: {{file: samples/steps.wav{more}}}}}
my_sound: {{{play}, choke, cycle: {cycle}}}
"""


@pytest.mark.parametrize(
    ("play", "more"),
    [
        ('play: break, slices: 8, slice: "0 1 <2 5> 3 4 [5 5] 6 7"', ""),
        ('play: "break:0 break:1 <break:2 break:5> break:3 break:4 [break:5 break:5] break:6 break:7"', ", slices: 8"),
    ],
)
def test_each_note_is_its_slice(tmp_path, play, more):
    folder = tmp_path / "samples"
    folder.mkdir(parents=True)
    levels = np.repeat(np.arange(1, 9) / 16, STEP)
    soundfile.write(folder / "steps.wav", levels, round(RATE), "FLOAT")
    stage = Stage(tmp_path, PIECE.format(play=play, more=more, cycle=8 * STEP / RATE))
    heard = stage.play(16 * STEP)[:, 0]
    middles = heard[STEP // 4 :: STEP // 2] * 16
    assert [round(float(one), 3) for one in middles[1::2]][:5] == [1.0, 2.0, 3.0, 4.0, 5.0]
    expected = [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 6, 4, 5, 6, 7, 8]
    for cycle, parts in enumerate(expected):
        assert np.allclose(middles[16 * cycle : 16 * cycle + 16 : 2], parts)
