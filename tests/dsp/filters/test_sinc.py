"""Reading by a windowed sinc: exact on the frames, its loss and its images between them, its wider forms."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.beside import beside
from waves.dsp.filters.sinc import (
    KERNELS,
    PHASES,
    WIDTHS,
    delay_points,
    delay_sincs,
    delayed,
    delayed_block,
    sinc_points,
    sinc_table,
    weighed,
    wide_sincs,
)
from waves.node import BLOCK
from waves.node_types.library.machine_types import PreparedArray, PythonCall, Ring

CALL = PythonCall(0, 0)
QUALITIES = tuple(KERNELS)


def rows(quality, number=0):
    """The weights of one sinc: phases x points."""
    weights, kernels = wide_sincs(quality)
    begin, points, phases = kernels[3 * number : 3 * number + 3]
    return weights[begin : begin + (phases + 1) * points].reshape(phases + 1, points)


@pytest.mark.parametrize("quality", QUALITIES)
def test_on_a_frame_it_is_the_frame(quality):
    table = sinc_table(quality).reshape(PHASES + 1, -1)
    assert sinc_points(sinc_table(quality)) == table.shape[1] == KERNELS[quality][0]
    middle = table.shape[1] // 2
    np.testing.assert_array_equal(table[0], np.eye(table.shape[1])[middle - 1])
    np.testing.assert_array_equal(table[-1], np.eye(table.shape[1])[middle])


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_weights_of_every_sinc_add_up_to_1(quality):
    assert len(wide_sincs(quality)[1]) == 3 * len(WIDTHS)
    for number in range(len(WIDTHS)):
        np.testing.assert_allclose(rows(quality, number).sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("quality", QUALITIES)
def test_in_a_loop_no_partial_grows_whatever_the_phase(quality):
    table = sinc_table(quality, in_loop=True).reshape(PHASES + 1, -1)
    between = (table[:-1] + table[1:]) / 2.0
    loudest = [np.abs(np.fft.rfft(rows, 8192)).max() for rows in (table, between)]
    print(f"{quality}: loudest partial {max(loudest) - 1.0:+.1e}, sum {table.sum(axis=1).min():.6f}")
    assert max(loudest) <= 1.0 + 1e-7
    assert table.sum(axis=1).min() > {"draft": 0.998, "good": 0.9998, "best": 0.99998}[quality]


def test_a_place_that_moves_adds_its_images_only():
    """The figures of the docstring."""
    bounds = {"draft": (-62.0, -26.0), "good": (-90.0, -65.0), "best": (-98.0, -98.0)}
    for quality in QUALITIES:
        weights, points = PreparedArray("weights", sinc_table(quality), CALL), KERNELS[quality][0]
        for freq, most in zip((10_000.0, 15_000.0), bounds[quality], strict=True):
            tone = np.sin(2 * np.pi * freq / 44_100 * np.arange(5_000))
            places = 100.0 + np.arange(4096) * 0.95
            found = [weighed(tone[int(p) - points // 2 + 1 :], weights, 0, points, PHASES, p % 1.0) for p in places]
            worst = beside(np.array(found), freq * 0.95)
            print(f"{quality}, {freq:.0f} Hz: {worst:.1f} dB")
            assert worst < most


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_wider_sinc_takes_away_what_lies_above_its_width(quality):
    """By 60 dB from 1.4 times that on, and leaves what lies below 0.6 times that; a draft 40 dB from 1.5 times on."""
    for number in range(4, len(WIDTHS)):
        response = np.abs(np.fft.rfft(rows(quality, number), 1 << 13, axis=1))
        turns = np.arange(response.shape[1]) / (1 << 13) * 2.0 * WIDTHS[number]
        from_, most = (1.5, 0.01) if quality == "draft" else (1.4, 0.001)
        assert response[:, turns > from_].max() < most
        np.testing.assert_allclose(response[:, turns < 0.6], 1.0, atol=0.1 if quality == "draft" else 0.01)


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_delay_reads_with_as_many_frames_as_there_are(quality):
    """What it reads of each frame, at ages from 1 on: no partial is louder, and none is read before it is written."""
    weights = PreparedArray("weights", delay_sincs(quality), CALL)
    assert delay_points(delay_sincs(quality)) == KERNELS[quality][0]
    for age in (1.0, 1.5, 2.25, 3.9, 4.5, 8.1, 16.5, 20.5, 21.0):
        response = []
        for k in range(64):
            ring = Ring(np.zeros(64))
            for x in np.eye(1, 64, 63 - k)[0]:
                ring.push(x)
            response.append(delayed(ring, weights, age))
        weighed_frames = np.flatnonzero(response)
        count = 1 if age == int(age) else min(2 ** int(np.log2(2 * int(age))), KERNELS[quality][0])
        assert weighed_frames.size == count and sum(response) == pytest.approx(1.0, abs=0.02)
        assert np.abs(np.fft.rfft(response, 4096)).max() <= 1.0 + 1e-6


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_block_is_read_at_once_as_it_is_frame_by_frame(quality):
    """Also where the ring wraps, and where nothing was written yet."""
    weights, rng = PreparedArray("weights", delay_sincs(quality), CALL), np.random.default_rng(3)
    ring, work, room = Ring(np.zeros(256)), np.zeros(5 * BLOCK), 2 * BLOCK
    for size in (64, 64, 1, 63, 40, 64, 64):
        age = BLOCK + KERNELS[quality][0] + float(rng.uniform(0.0, 90.0))
        delayed_block(work, BLOCK, room, ring, weights, age, size)
        for i in range(size):
            assert work[BLOCK + i] == pytest.approx(delayed(ring, weights, age), abs=1e-12)
            ring.push(float(rng.standard_normal()))
