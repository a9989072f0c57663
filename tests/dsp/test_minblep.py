"""Steps and corners of minimum phase: their response, how late they are, what goes beyond, where they are placed."""

from __future__ import annotations

import numpy as np
import pytest

from waves.dsp.minblep import BEFORE, LATE, LONGEST, LOWPASSES, PHASES, add_edges, step_frames, step_table
from waves.node_types.library.machine_types import PreparedArray, PythonCall

QUALITIES = tuple(LOWPASSES)
RATE = 44_100.0


def tables(quality):
    """The step, and what smooths a corner, by the time since the edge in steps of 1 / `PHASES` frames."""
    table = step_table(quality)
    frames = step_frames(table)
    step, corner = table.reshape(2, PHASES + 1, frames)
    return 1.0 + step[:-1].T.ravel(), corner[:-1].T.ravel()


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_step_begins_at_the_edge_and_ends_in_time(quality):
    step, corner = tables(quality)
    over = step.max() - 1.0
    print(f"{quality}: {100 * over:.1f} % beyond, before {step.min():.1e}")
    assert step[0] == corner[0] == 0.0 and step.min() > -0.02 and 0.17 < over < 0.22
    assert abs(step[-1] - 1.0) < 1e-3 and abs(corner[-1]) < 1e-4
    assert step_frames(step_table(quality)) <= LONGEST


@pytest.mark.parametrize(
    ("quality", "droop", "stop"), [("draft", 2.5, -30.0), ("good", 0.5, -50.0), ("best", 0.2, -70.0)]
)
def test_the_low_pass_is_flat_to_15_khz_and_stops_what_would_fold_below_20_khz(quality, droop, stop):
    lowpass = np.diff(tables(quality)[0], prepend=0.0)
    response = 20.0 * np.log10(np.abs(np.fft.rfft(lowpass, 1 << 18)) + 1e-12)
    freqs = np.arange(response.size) / (1 << 18) * PHASES * RATE
    passed, stopped = response[freqs < 15_000.0], response[freqs > 24_100.0]
    print(f"{quality}: {passed.min():.2f} to {passed.max():.2f} dB, {stopped.max():.1f} dB")
    assert -droop < passed.min() and passed.max() < 0.1 and stopped.max() < stop


@pytest.mark.parametrize("quality", QUALITIES)
def test_it_is_late_by_whole_frames_at_low_frequencies(quality):
    step, corner = tables(quality)
    assert np.sum(1.0 - step) / PHASES - 0.5 / PHASES == pytest.approx(LATE, abs=1e-3)
    places = np.arange(corner.size) / PHASES
    ramp = np.concatenate([[0.0], np.cumsum(0.5 * (step[1:] + step[:-1]))]) / PHASES
    np.testing.assert_allclose(corner, ramp - np.maximum(places - LATE, 0.0), atol=1e-3)


@pytest.mark.parametrize("phase", [lambda t: 0.8 + 0.15 * t, lambda t: 0.9 + 0.05 * t + 0.01 * t**2 - 0.001 * t**3])
def test_a_step_lies_where_a_cubic_phase_meets_it(phase):
    """What is added is the step by the time since the root, to a part of a phase."""
    table = PreparedArray("table", step_table("good"), PythonCall(0, 0))
    frames, size = step_frames(step_table("good")), 8
    work = np.zeros(3 * 64)
    work[: BEFORE + size] = phase(np.arange(-BEFORE, size))
    work[64 : 64 + size] = 1.0
    add_edges(work, 0, size, 64, 128, table, -2.0, False)
    fine = np.linspace(-1.0, size - 1.0, 1_000_001)
    root = fine[np.argmax(phase(fine) >= 1.0)]
    first = int(np.ceil(root))
    step = tables("good")[0]
    expected = -2.0 * (np.interp((np.arange(first, first + frames) - root) * PHASES, np.arange(step.size), step) - 1.0)
    np.testing.assert_allclose(work[128 : 128 + first], 0.0)
    np.testing.assert_allclose(work[128 + first : 128 + first + frames - 1], expected[:-1], atol=1e-4)


def test_where_nothing_is_smoothed_nothing_is_added():
    table = PreparedArray("table", step_table("draft"), PythonCall(0, 0))
    work = np.zeros(3 * 64)
    work[: BEFORE + 8] = 0.3 * np.arange(BEFORE + 8)
    add_edges(work, 0, 8, 64, 128, table, -2.0, False)
    assert not work[64:].any()
