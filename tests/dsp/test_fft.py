"""The Fourier transform in place against that of NumPy: at once, in parts, and in a kernel."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from waves.dsp.fft import add_product, fft, fft_part, fft_table, fft_units, inverse_fft, inverse_fft_part
from waves.engine.native.entry import jit
from waves.node import Floats, Node, Signal, State, param
from waves.testing import Player

FORMS = {"plain": (fft, inverse_fft), "compiled": (jit(fft), jit(inverse_fft))}


def packed(numbers):
    """The partials of NumPy in the order of `waves.dsp.fft`."""
    partials = np.fft.rfft(numbers)
    rest = np.stack([partials[1:-1].real, partials[1:-1].imag], axis=1).ravel()
    return np.concatenate([[partials[0].real, partials[-1].real], rest])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("size", [4, 8, 16, 128, 1024])
def test_there_and_back(size, form):
    forward, back = FORMS[form]
    x = np.random.default_rng(size).standard_normal(size + 7)
    before, table = x.copy(), fft_table(size)
    forward(x, table, size, 5)
    expected = packed(before[5 : 5 + size])
    error = np.abs(x[5 : 5 + size] - expected).max() / np.abs(expected).max()
    print(f"{size}: {error:.1e}")
    assert error < 1e-15 * np.log2(size)
    back(x, table, size, 5)
    np.testing.assert_allclose(x, before, atol=4e-15 * np.log2(size))
    assert (x[:5] == before[:5]).all() and (x[5 + size :] == before[5 + size :]).all()


def test_the_largest_size():
    size = 1 << 17
    x = np.random.default_rng(1).standard_normal(size)
    expected = packed(x)
    FORMS["compiled"][0](x, fft_table(size), size, 0)
    assert np.abs(x - expected).max() < 17e-15 * np.abs(expected).max()


@pytest.mark.parametrize("whole", [fft, inverse_fft])
@pytest.mark.parametrize("share", [1, 7, 100])
def test_parts_make_the_same_to_the_bit(share, whole):
    part = fft_part if whole is fft else inverse_fft_part
    size, table = 64, fft_table(64)
    x = np.random.default_rng(1).standard_normal(size)
    expected = x.copy()
    whole(expected, table, size)
    for begin in range(0, fft_units(size), share):
        part(x, table, size, begin, min(begin + share, fft_units(size)))
    assert (x == expected).all()


class Counted:
    """Numbers that count how often each unit reads and writes them."""

    def __init__(self, numbers):
        self.numbers, self.touched = numbers, Counter()
        self.unit = 0

    def __getitem__(self, k):
        self.touched[self.unit] += 1
        return self.numbers[k]

    def __setitem__(self, k, value):
        self.touched[self.unit] += 1
        self.numbers[k] = value


@pytest.mark.parametrize("part", [fft_part, inverse_fft_part])
def test_no_unit_costs_much_more_than_the_mean(part):
    size, table = 256, fft_table(256)
    x = Counted(np.random.default_rng(1).standard_normal(size))
    for x.unit in range(fft_units(size)):
        part(x, table, size, x.unit, x.unit + 1)
    mean = x.touched.total() / fft_units(size)
    assert max(x.touched.values()) < 1.5 * mean


def test_a_product_of_partials_is_a_convolution():
    size, table = 256, fft_table(256)
    a, b = np.random.default_rng(2).standard_normal((2, 128))
    both = np.zeros((3, size))
    both[0, :128], both[1, :128] = a, b
    for row in both[:2]:
        fft(row, table, size)
    add_product(both[2], both[0], both[1], size)
    jit(add_product)(both[2], both[0], both[1], size)
    inverse_fft(both[2], table, size)
    np.testing.assert_allclose(both[2][:255], 2.0 * np.convolve(a, b), atol=1e-12)
    assert abs(both[2][255]) < 1e-12


class Later(Node):
    """Delays by 256 frames: each 128 become partials and numbers again, with a part of the work in each frame."""

    signal: Signal = param(0.0, unit="value")
    arrays = {"table": "f8"}

    class state(State):
        count: int = 0  # frames
        filling: Floats[128]
        working: Floats[128]
        done: Floats[128]

    @staticmethod
    def render(out, signal, table, state):
        units = fft_units(128)
        for i in range(out.size):
            k = state.count % 128
            out[i] = state.done[k]
            state.filling[k] = signal[i]
            if k < 64:
                fft_part(state.working, table, 128, k * units // 64, (k + 1) * units // 64)
            else:
                inverse_fft_part(state.working, table, 128, (k - 64) * units // 64, (k - 63) * units // 64)
            if k == 127:
                for j in range(128):
                    state.done[j] = state.working[j]
                    state.working[j] = state.filling[j]
            state.count += 1


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_a_kernel_spreads_a_transform_over_its_frames(compiled):
    sound = np.random.default_rng(4).standard_normal(1000)
    player = Player(Later, 1000, compiled=compiled, signal=sound, arrays={"table": fft_table(128)})
    made = np.concatenate([player.render(frames=250, block=block) for block in (1, 7, 64, 13)])
    np.testing.assert_allclose(made[256:], sound[:-256], atol=1e-13)
