"""The limiter: to the bit below its ceiling, never above it, the same for all channels, and back in 80 ms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waves.dsp.limiter import CEILING, LONGEST, limit, limiter, lookahead
from waves.engine.native.entry import jit

RATE = 44100
LOOKAHEAD = 64  # frames at this rate
compiled = jit(limit)


def limited(sound, blocks=(64,), function=compiled, rate=RATE):
    """`sound` (channels, frames) through a limiter in blocks of these sizes in turn, and the gain of each."""
    state, out, gains, at, turn = limiter(rate), np.empty_like(sound), [], 0, 0
    while at < sound.shape[1]:
        frames = min(blocks[turn % len(blocks)], sound.shape[1] - at)
        block = sound[:, at : at + frames].flatten()
        function(block, len(sound), frames, state.view(np.recarray)[0] if function is limit else state[0])
        out[:, at : at + frames] = block.reshape(len(sound), frames)
        gains.append(float(state["gain"][0]))
        at, turn = at + frames, turn + 1
    return out, np.array(gains)


def test_below_the_ceiling_it_is_a_delay_to_the_bit():
    sound = np.random.default_rng(0).uniform(-CEILING, CEILING, (2, 5000))
    sound[0, 77], sound[1, 78] = CEILING, -CEILING
    out, gains = limited(sound)
    np.testing.assert_array_equal(out[:, LOOKAHEAD:], sound[:, :-LOOKAHEAD])
    assert (gains == 1.0).all()


def test_the_ceiling_is_3_tenths_of_a_db_and_a_float32():
    assert 20 * np.log10(CEILING) == pytest.approx(-0.3, abs=1e-6) and CEILING <= 10 ** (-0.3 / 20)
    assert float(np.float32(CEILING)) == CEILING


@pytest.mark.parametrize("loudness", [1.0, 3.0, 100.0, 1e6, 1e20])
def test_nothing_passes_the_ceiling(loudness):
    noise = np.random.default_rng(1)
    sound = loudness * noise.standard_normal((2, 20000)) * (noise.random(20000) < 0.01)
    out, _ = limited(sound)
    assert np.abs(out).max() <= CEILING


@settings(max_examples=30)
@given(st.lists(st.floats(), min_size=1, max_size=400), st.lists(st.integers(1, 64), min_size=1, max_size=4))
def test_any_input_stays_below_and_blocks_do_not_matter(values, blocks):
    sound = np.array([values, values[::-1]])
    out, _ = limited(sound, blocks)
    assert (np.abs(out) <= CEILING).all()
    np.testing.assert_array_equal(out, limited(sound)[0])


def test_plain_python_gives_the_same_bits():
    sound = 2.0 * np.random.default_rng(6).standard_normal((2, 600))
    np.testing.assert_array_equal(limited(sound, function=limit)[0], limited(sound)[0])


def test_channels_keep_their_balance():
    sound = np.random.default_rng(2).standard_normal((2, 5000)) * np.array([[3.0], [0.01]])
    out, _ = limited(sound)
    delayed = sound[:, :-LOOKAHEAD]
    np.testing.assert_allclose(out[0, LOOKAHEAD:] * delayed[1], out[1, LOOKAHEAD:] * delayed[0], atol=1e-12)


def test_the_gain_falls_ahead_of_a_peak_and_is_released_in_80_ms():
    sound = np.full((1, 60000), 0.5)
    sound[0, 1000] = 2.0
    out, _ = limited(sound)
    gain = np.r_[np.ones(LOOKAHEAD), out[0, LOOKAHEAD:] / sound[0, :-LOOKAHEAD]]
    assert (gain[:1000] == 1.0).all()
    assert out[0, 1000 + LOOKAHEAD] == pytest.approx(CEILING, abs=1e-6)
    assert np.abs(np.diff(gain)).max() < 0.6 / LOOKAHEAD  # a fade, no step
    reduced = 1.0 - gain[1000 + 2 * LOOKAHEAD :]
    found = np.argmax(reduced < reduced[0] / np.e) / RATE
    print(f"released to 1/e in {found * 1000:.1f} ms")
    assert found == pytest.approx(0.08, rel=0.02)
    assert gain[-1] == 1.0  # exactly, after a second


def test_it_tells_how_much_it_takes_away():
    gains = limited(np.full((1, 2000), 10.0))[1]
    assert gains[-1] == pytest.approx(CEILING / 10.0, rel=1e-6)


def test_what_is_no_number_is_silence_and_leaves_no_trace():
    sound = np.full((2, 3000), 0.25)
    sound[0, 100:120] = np.nan
    sound[1, 500] = np.inf
    out, _ = limited(sound)
    expected = np.where(np.isfinite(sound), sound, 0.0)
    np.testing.assert_array_equal(out[:, LOOKAHEAD:], expected[:, :-LOOKAHEAD])


@pytest.mark.parametrize("rate", [8000, 22050, 48000, 88200, 96000, 192_000, 384_000])
def test_at_every_rate_it_looks_ahead_for_the_same_time(rate):
    ahead = lookahead(rate)
    assert ahead == min(round(rate * 64 / 44100), LONGEST)
    quiet = np.random.default_rng(3).uniform(-CEILING, CEILING, (2, 5000))
    np.testing.assert_array_equal(limited(quiet, rate=rate)[0][:, ahead:], quiet[:, :-ahead])
    sound = np.full((1, 2 * rate + 3000), 0.5)
    sound[0, 3000:3003] = 2.0
    out, _ = limited(sound, rate=rate, blocks=(64, 17))
    gain = out[0, ahead:] / sound[0, :-ahead]
    assert (gain[: 3000 - ahead] == 1.0).all() and (gain[3000 - ahead // 2 : 3000] < 1.0).all()
    assert np.abs(out).max() == pytest.approx(CEILING, abs=1e-6) and np.abs(out).max() <= CEILING
    assert gain[-1] == 1.0
    loud = 3.0 * np.random.default_rng(4).standard_normal((2, 3000))
    out, _ = limited(loud, rate=rate)
    assert np.abs(out).max() <= CEILING
    np.testing.assert_array_equal(limited(loud, function=limit, rate=rate)[0], out)
