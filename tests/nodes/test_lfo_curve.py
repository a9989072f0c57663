"""Lfo, curve, slew, random walk and chaos against closed forms, SciPy and each other."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats
from scipy.integrate import solve_ivp

from tests.harness.at_rates import rendered
from tests.harness.session_harness import save
from waves.testing import RATE, Player, node

Lfo, Curve, Slew, Walk, Chaos = (node(name) for name in ("lfo", "curve", "slew", "random_walk", "chaos"))
Envelope = node("envelope")
SECOND = 44_100


def played(kind, frames, **given):
    return Player(kind, frames, compiled=True, **given).render()


def on_the_beat(frames, interval, **given):
    """An LFO at 120 beats per minute from beat 1.5 on, and how many cycles have passed since beat 0."""
    beats = 1.5 + np.arange(frames) * 2.0 / RATE
    return played(Lfo, frames, interval=interval, beats=beats, beat=0.5, **given), beats * 0.5 / interval


def test_an_lfo_has_the_shapes_of_textbooks_from_the_first_beat_on():
    cycles = on_the_beat(SECOND, 0.7)[1]
    part = cycles % 1.0
    shapes = {
        "sin": np.sin(2.0 * np.pi * cycles),
        "cos": np.cos(2.0 * np.pi * cycles),
        "tri": 2.0 / np.pi * np.arcsin(np.sin(2.0 * np.pi * cycles)),
        "sqr": np.where(part < 0.3, 1.0, -1.0),
        "saw": 2.0 * part - 1.0,
        "ramp": 1.0 - 2.0 * part,
    }
    for shape, expected in shapes.items():
        found = on_the_beat(SECOND, 0.7, shape=shape, pulse_width=0.3, range=[2.0, 6.0])[0]
        np.testing.assert_allclose(found, 4.0 + 2.0 * expected, atol=1e-7, err_msg=shape)
    ahead = on_the_beat(SECOND, 0.7, phase=np.pi / 2.0)[0]
    np.testing.assert_allclose(ahead, shapes["cos"], atol=1e-9)


@pytest.mark.parametrize("shape", ["saw", "random"])
def test_an_lfo_that_begins_later_stands_where_it_would_stand(shape):
    whole = played(Lfo, 2 * SECOND, rate=3.0, shape=shape, seed=4)
    later = played(Lfo, 20_000, rate=3.0, shape=shape, seed=4, first=SECOND + 77)
    np.testing.assert_array_equal(later, whole[SECOND + 77 :][:20_000])
    own = played(Lfo, 20_000, rate=3.0, shape=shape, seed=4, first=SECOND + 77, sync="start")
    np.testing.assert_allclose(own, whole[:20_000], atol=1e-9)


def test_a_length_that_moves_goes_on_without_a_jump_and_then_is_back_in_step():
    frames = np.arange(2 * SECOND)
    rate = np.interp(frames, [SECOND // 2, SECOND], [2.0, 5.0])
    found = played(Lfo, frames.size, rate=rate)
    rested = frames >= SECOND + round(0.025 * RATE)
    np.testing.assert_allclose(found[rested], np.sin(2.0 * np.pi * 5.0 * frames / RATE)[rested], atol=3e-3)
    moving = np.cumsum(rate)[: SECOND - 1] / RATE
    np.testing.assert_allclose(found[1:SECOND], np.sin(2.0 * np.pi * moving), atol=1e-3)
    assert np.abs(np.diff(found)).max() < 0.02


def test_once_it_rises_and_stays_and_a_trigger_begins_anew():
    trigger = np.where(np.isin(np.arange(SECOND) // 1000, [10, 30]), 1.0, 0.0)
    found = played(Lfo, SECOND, shape="saw", once=True, trigger=trigger, rate=RATE / 4000.0)
    line = np.interp(np.arange(SECOND), [10_000, 14_000, 29_999, 30_000, 34_000], [-1.0, 1.0, 1.0, -1.0, 1.0])
    np.testing.assert_allclose(found, line, atol=1e-9)
    assert played(Lfo, 9000, once=True, shape="saw", rate=10.0)[-1] == 1.0


def test_random_values_are_uniform_and_the_same_at_any_sample_rate():
    values = played(Lfo, 4000, shape="random", rate=1000.0, sample_rate=2000.0, seed=3)[::2]
    assert stats.kstest(values, "uniform", (-1.0, 2.0)).pvalue > 0.001
    for rate in (44_100, 96_000):
        middles = (np.arange(100) * 0.1 * rate / 10.0 + 0.005 * rate).astype(int)
        found = played(Lfo, rate, shape="random", rate=100.0, sample_rate=rate, seed=3)
        np.testing.assert_array_equal(found[middles], values[:100])
    smooth = played(Lfo, SECOND, shape="smooth", rate=100.0, seed=3)
    np.testing.assert_allclose(smooth[: 441 * 99 + 1 : 441], values[:100], atol=1e-9)
    assert np.abs(np.diff(smooth)).max() < 2.0 * np.pi / 2.0 / 441.0


def test_in_a_piece_it_follows_the_bar_through_a_tempo_that_moves(tmp_path):
    """Added to the position within the bar there is silence, but for the frame at which a bar begins."""
    both = "a: {lfo: {interval: bar, shape: saw}}, b: {expression: {exp: 1 - 2 * (beats / 3 % 1)}}"
    save(tmp_path, f"my_sound: {{tempo: {{bpm: 90 + 20 * t, metre: 3/4, signal: {{mix: {{{both}}}}}}}}}\n")
    left = np.abs(rendered(tmp_path, RATE, 4.0)[:, 0])
    assert np.count_nonzero(left > 1e-6) <= 2


def test_mistakes_of_an_lfo_are_told():
    with pytest.raises(ValidationError, match="takes 'rate' or 'interval', not both"):
        Lfo(rate=1.0, interval=2.0)
    with pytest.raises(ValidationError, match="expected two values"):
        Lfo(range=[1.0])


def test_a_curve_with_the_curvature_of_an_envelope_is_one():
    gate = np.where(np.arange(SECOND) < 20_000, 1.0, 0.0)
    times = [4410 / RATE, 8820 / RATE, 13_230 / RATE]
    envelope = played(
        Envelope, SECOND, gate=gate, attack=times[0], decay=times[1], sustain=0.4, release=times[2], end=False
    )
    curve = played(Curve, SECOND, gate=gate, levels=[0.0, 1.0, 0.4, 0.0], times=times, curvature=[-5.0], hold=2.0)
    np.testing.assert_allclose(curve, envelope, atol=1e-8)


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_a_way_is_bent_by_its_curvature(rate):
    """As the closed form (1 - exp(c x)) / (1 - exp(c)); the first level is 3, and each way has its own."""
    part = np.arange(1000) / 1000.0
    given = {"levels": [3.0, 5.0, 4.0, 4.5], "times": [1000 / rate], "curvature": [3.0, 0.0, -7.0], "rate": rate}
    found = played(Curve, 3000, **given).reshape(3, 1000)
    ways = [3.0 + 2.0 * np.expm1(3.0 * part) / np.expm1(3.0), 5.0 - part]
    ways.append(4.0 + 0.5 * np.expm1(-7.0 * part) / np.expm1(-7.0))
    np.testing.assert_allclose(found, ways, atol=1e-9)


def test_a_loop_keeps_its_time_and_a_gate_that_falls_leaves_it():
    """Of 542.43 frames, fifty times: the peaks lie where the times say, within a frame."""
    length = 542.43 / RATE
    given = {"levels": [0.0, 1.0, 0.0], "times": [0.25 * length, 0.75 * length], "loop": 0.0}
    found = played(Curve, 28_000, **given)
    peaks = np.flatnonzero((found[1:-1] >= found[:-2]) & (found[1:-1] > found[2:])) + 1
    assert np.abs(peaks[:50] - (np.arange(50) + 0.25) * 542.43).max() <= 1.0
    gate = np.where(np.arange(28_000) < 10_000, 1.0, 0.0)
    player = Player(Curve, 28_000, compiled=True, gate=gate, end=False, **given)
    assert (player.render()[11_000:] == 0.0).all() and not player.ended
    once = Player(Curve, 2000, compiled=True, **{**given, "loop": None})
    once.render()
    assert once.ended


def test_a_gate_that_falls_early_leaves_from_the_present_level():
    gate = np.where(np.arange(4000) < 500, 1.0, 0.0)
    found = played(Curve, 4000, gate=gate, levels=[0.0, 1.0, 0.2], times=[1000 / RATE, 2000 / RATE], hold=1.0)
    np.testing.assert_allclose(
        found, np.interp(np.arange(4000), [0, 499, 500, 2500], [0.0, 0.499, 0.499, 0.2]), atol=1e-9
    )


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_a_slew_rises_and_falls_at_its_speeds(rate):
    frames = np.arange(rate)
    steps = np.where(frames < rate // 2, 3.0, 1.0) * (frames > 0) + 1.0 * (frames == 0)
    half = rate // 2
    found = played(Slew, rate, signal=steps, up=20.0, down=8.0, rate=rate)
    line = np.interp(frames, [0, 0.1 * rate, half - 1, half - 1 + 0.25 * rate], [1.0, 3.0, 3.0, 1.0])
    np.testing.assert_allclose(found, line, atol=1e-9)
    octaves = played(Slew, rate, signal=steps**3, up=20.0, down=8.0, type="exponential", rate=rate)
    ends = [0, np.log2(27.0) / 20.0 * rate, half - 1, half - 1 + np.log2(27.0) / 8.0 * rate]
    np.testing.assert_allclose(np.log2(octaves), np.interp(frames, ends, np.log2([1.0, 27.0, 27.0, 1.0])), atol=1e-9)
    np.testing.assert_array_equal(played(Slew, 900, signal=steps[:900], type="exponential"), steps[:900])


def test_a_random_walk_takes_even_steps_and_comes_everywhere_alike():
    """Far from the ends a step has the variance step^2 / 3, and n steps n times that; far apart, all is as likely."""
    values = played(Walk, 600_000, rate=1000.0, sample_rate=2000.0, step=0.1, range=[0.0, 1.0], type="step", seed=5)[
        ::2
    ]
    inside = values[:-25][np.abs(values[:-25] - 0.5) < 0.1]
    for steps in (1, 9):
        moved = values[steps : values.size - 25 + steps][np.abs(values[:-25] - 0.5) < 0.1] - inside
        assert moved.var() == pytest.approx(steps * 0.1**2 / 3.0, rel=0.03), steps
        assert abs(moved.mean()) < 0.001 * steps
    assert stats.kstest(values[::1500], "uniform").pvalue > 0.001
    assert values.min() >= 0.0 and values.max() <= 1.0


def test_a_random_walk_goes_the_same_way_at_any_sample_rate_in_lines():
    slow, fast = (played(Walk, 2 * rate, rate=7.0, sample_rate=rate, seed=2) for rate in (44_100, 88_200))
    np.testing.assert_allclose(fast[::2], slow, atol=1e-9)
    assert np.ptp(slow) > 0.1 and np.abs(np.diff(slow)).max() <= 0.2 * 7.0 / 44_100 + 1e-12


def test_chaos_follows_the_lorenz_equations():
    """Beside an integration of the eighth order, for ten turns; and all of an hour lies within its range."""
    player = Player(Chaos, 8 * SECOND, compiled=True, seed=6, range=[-20.0, 20.0])
    found = player.render()
    x = found[0]

    def flow(_, at):
        return [10.0 * (at[1] - at[0]), at[0] * (28.0 - at[2]) - at[1], at[0] * at[1] - 8.0 / 3.0 * at[2]]

    times = np.arange(found.size) / RATE * 0.7511
    exact = solve_ivp(flow, (0.0, times[-1]), [x, x, 27.0], "DOP853", times[::441], rtol=1e-11, atol=1e-11).y[0]
    apart = np.abs(found[::441] - exact)
    print(f"apart by {apart[:500].max():.1e} in five turns, {apart.max():.1e} in eight")
    assert apart.max() < 1e-2
    fast = played(Chaos, 200_000, seed=6, rate=900.0)
    assert 0.9 < np.abs(fast).max() < 1.0
    np.testing.assert_array_equal(played(Chaos, 2000, seed=6, sample_rate=88_200)[::2], found[:1000] / 20.0)


@pytest.mark.long
def test_the_lorenz_attractor_turns_as_often_as_asked_for():
    """Each turn has one highest speed of x away from 0, counted as peaks of |x|."""
    found = np.abs(played(Chaos, 20 * SECOND, seed=6, rate=50.0))
    peaks = np.count_nonzero((found[1:-1] > found[:-2]) & (found[1:-1] >= found[2:]))
    assert peaks == pytest.approx(1000, rel=0.02)


def test_the_logistic_map_rests_goes_round_and_is_chaos():
    def steps(growth, frames=40_000):
        given = {"type": "logistic", "rate": 1000.0, "sample_rate": 1000.0, "range": [0.0, 1.0]}
        return played(Chaos, frames, growth=growth, seed=3, **given)

    np.testing.assert_allclose(steps(2.5)[500:], 1.0 - 1.0 / 2.5, atol=1e-9)
    both = (4.2 + np.array([-1.0, 1.0]) * np.sqrt(0.2 * 4.2)) / 6.4  # the two values that each lead to the other
    np.testing.assert_allclose(np.sort(steps(3.2)[600:602]), both, atol=1e-9)
    assert np.unique(np.round(steps(3.83)[3000:], 6)).size == 3
    values = steps(4.0)
    np.testing.assert_allclose(values[1:100], 4.0 * values[:99] * (1.0 - values[:99]), atol=1e-9)
    assert stats.kstest(values[::20], "arcsine").pvalue > 0.001
