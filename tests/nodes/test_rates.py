"""The same music at every rate: spectrum, onsets, random numbers."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.at_rates import onset, rendered, third_octaves
from tests.harness.paths import TOP
from tests.harness.session_harness import save

RATES = [22_050, 48_000, 88_200, 96_000]
LEVEL = "my_sound: {osc: {type: cos, freq: 0, amp: %s}}\n"
SHIPPED = "vibrato chops steps my_sound".split()
OTHERS = "tone beating laser wide wah ping pluck echo again waltz siren night".split()


def values_at(sound, rate, times):
    """The frames at some times: the first ones at or after them."""
    return sound[np.ceil(np.asarray(times) * rate - 1e-6).astype(int), 0]


@pytest.mark.parametrize("name", [*SHIPPED, *(pytest.param(name, marks=pytest.mark.long) for name in OTHERS)])
def test_a_shipped_sound_has_the_same_spectrum_and_onset(name):
    """Within 1 dB up to 5 kHz, at half the rate 2.5 kHz, in all bands within 40 dB of the loudest.

    Below, there is only what a fade makes of a wave that is late by three frames.
    """
    before = rendered(TOP, 44_100, 2.0, name)
    for rate in RATES:
        highest = min(5000.0, 2500.0 * rate / 22_050)
        bands = third_octaves(before, 44_100, highest)
        loud = bands > bands.max() - 40.0
        after = rendered(TOP, rate, 2.0, name)
        difference = third_octaves(after, rate, highest) - bands
        assert np.abs(difference[loud]).max() < 1.0, (rate, difference)
        assert abs(onset(after, rate) - onset(before, 44_100)) < 1e-4, rate


def test_random_numbers_change_at_the_same_times_to_the_same_values(tmp_path):
    """Also after a minute's worth of them, and those of notes."""
    notes = "{sequencer: {interval: 0.1, steps: [{osc: {type: cos, freq: 0, amp: rand(), duration: 0.1}}]}}"
    moving = '{osc: {type: cos, freq: 0, amp: {automation: {interval: 0.07, steps: ["rand()"]}}}}'
    for text in (LEVEL % "rand()", f"my_sound: {notes}\n", f"my_sound: {moving}\n"):
        save(tmp_path, text)
        hold = {0: 2048 / 44_100, 1: 0.1, 2: 0.07}[("seq" in text) + 2 * ("auto" in text)]
        times = np.arange(int(20.0 / hold)) * hold
        inside = np.concatenate([times + 2e-4, times + hold - 2e-4])  # s, just after it was drawn and just before
        first = values_at(rendered(tmp_path, 44_100, 21.0), 44_100, inside)
        assert len(set(first)) == times.size
        for rate in RATES:
            np.testing.assert_array_equal(values_at(rendered(tmp_path, rate, 21.0), rate, inside), first)


def test_smooth_without_a_time_rises_as_fast(tmp_path):
    for steps in ("", "step: 0.001, "):
        save(tmp_path, f"my_sound: {{smooth: {{{steps}signal: {LEVEL[10:-1] % 't > 0.01'}}}}}\n")
        times = np.linspace(0.0, 0.05, 400)
        first = values_at(rendered(tmp_path, 44_100, 0.06), 44_100, times)
        for rate in RATES:
            after = values_at(rendered(tmp_path, rate, 0.06), rate, times)
            assert np.abs(after - first).max() < (0.05 if not steps else 0.005), rate


def test_noise_has_the_same_power_in_each_band(tmp_path):
    save(tmp_path, "my_sound: {osc: {type: noise, amp: 0.1}}\n")
    bands = third_octaves(rendered(tmp_path, 44_100, 20.0), 44_100)[6:]
    for rate in RATES:
        after = third_octaves(rendered(tmp_path, rate, 20.0), rate)[6:]
        assert np.abs(after - bands).max() < 1.0, rate


def test_wander_and_perlin_go_the_same_way(tmp_path):
    times = np.linspace(0.1, 3.0, 200)
    for shape, apart in (("wander", 0.1), ("perlin", 1e-3)):
        save(tmp_path, f"my_sound: {{osc: {{type: {shape}, scale: 3}}}}\n")
        first = values_at(rendered(tmp_path, 44_100, 3.1), 44_100, times)
        assert np.ptp(first) > 0.3
        for rate in RATES:
            after = values_at(rendered(tmp_path, rate, 3.1), rate, times)
            assert np.abs(after - first).max() < apart, (shape, rate)
