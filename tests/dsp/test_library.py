"""Laws of every function that kernels share: plain as compiled, no errors, vector code, reloaded with the nodes."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from tests.harness.compiled_code import in_kernels, is_vector_code
from tests.harness.paths import NODES
from waves.dsp.powers import tanh
from waves.dsp.units import db_to_factor
from waves.engine.compiler.numba_target.target import for_machine_code
from waves.engine.native.entry import entry
from waves.node import Node, Signal, param
from waves.node_types.library import library
from waves.node_types.library.fingerprint import kernel_fingerprint
from waves.node_types.library.module_loader import Tried

HOSTILE = (math.nan, math.inf, -math.inf, 1e300, -1e300)
CALLS = 100

Draw = Callable[[np.random.Generator], Any]


def number(low: float, high: float) -> Draw:
    return lambda rng: float(rng.uniform(low, high))


def whole(low: int, high: int) -> Draw:
    return lambda rng: int(rng.integers(low, high))


@dataclass(frozen=True)
class Kept:
    """The state of a filter: so many numbers."""

    size: int


ANY, PART, RATE, GAIN = number(-5.0, 5.0), number(0.0, 1.0), number(22_050.0, 96_000.0), number(0.05, 0.95)
FREQ, STEP = number(20.0, 9_000.0), number(0.0, 0.5)
VECTORS: dict[str, list[Any]] = {
    "maths.floor": [ANY],
    "maths.rint": [ANY],
    "maths.power_of_two": [lambda rng: float(rng.integers(-1000, 1000))],
    "maths.exponent": [number(0.001, 1000.0)],
    "maths.clip": [ANY, number(-2.0, 0.0), PART],
    "maths.finite": [ANY, PART],
    "maths.frames": [ANY, RATE],
    "maths.turn": [ANY],
    "maths.increment": [FREQ, RATE],
    "maths.turns": [ANY],
    "maths.sine": [ANY],
    "maths.arch": [number(-0.5, 0.5)],
    "maths.fade_frames": [PART, RATE],
    "powers.exp2": [ANY],
    "powers.exp": [ANY],
    "powers.expm1": [ANY],
    "powers._growth": [number(-0.5, 0.5)],
    "powers.log2": [number(0.001, 1000.0)],
    "powers.log": [number(0.001, 1000.0)],
    "powers.power": [number(0.001, 1000.0), ANY],
    "powers.tanh": [ANY],
    "units.db_to_factor": [number(-100.0, 100.0)],
    "units.factor_to_db": [number(0.001, 1000.0)],
    "units.semitones_to_factor": [number(-60.0, 60.0)],
    "units.factor_to_semitones": [number(0.001, 1000.0)],
    "windows.hann": [PART],
    "windows.blackman": [PART],
    "windows.nuttall": [PART],
    "windows.tukey": [PART, number(0.01, 0.5)],
    "interpolation.linear": [ANY, ANY, PART],
    "interpolation.hermite": [ANY, ANY, ANY, ANY, PART],
    "interpolation.lagrange": [ANY, ANY, ANY, ANY, PART],
    "panning.equal_power": [PART],
    "panning.crossfade": [ANY, ANY, PART],
    "filters.spline.weighed": [ANY, ANY, ANY, ANY, PART],
    "edges.saw": [PART, STEP],
    "edges.square": [PART, PART, STEP],
    "edges.triangle": [PART, STEP],
    "edges.edge": [PART, STEP],
    "edges.corner": [PART, STEP],
    "edges.step_tail": [number(0.0, 3.0)],
    "edges.corner_tail": [number(0.0, 3.0)],
    "filters.one_pole.lowpass_coefficient": [FREQ, RATE],
    "filters.allpass.allpass_coefficient": [number(0.1, 2.0)],
    "filters.allpass.tuned_coefficient": [number(0.1, 1.6), FREQ, RATE],
    "filters.follower.follower_coefficient": [PART, RATE],
    "filters.state_variable.corner_coefficient": [FREQ, RATE],
}
OTHERS: dict[str, list[Any]] = {
    "maths.is_constant": [ANY],
    "maths.finite_index": [ANY, whole(1, 9)],
    "maths.rising": [ANY],
    "maths.falling": [ANY],
    "maths.falls_now": [ANY, PART, ANY, ANY],
    "maths.scrambled": [whole(0, 1 << 32)],
    "maths.uniform": [whole(0, 1 << 32), whole(0, 1 << 32)],
    "maths.gaussian": [whole(0, 1 << 32), whole(0, 1 << 32)],
    "filters.one_pole.lowpass": [ANY, GAIN, Kept(1)],
    "filters.one_pole.highpass": [ANY, GAIN, Kept(1)],
    "filters.one_pole.dc_block": [ANY, RATE, Kept(1)],
    "filters.one_pole.lowpass_delay": [GAIN, FREQ, RATE],
    "filters.one_pole.lowpass_level": [GAIN, FREQ, RATE],
    "filters.one_pole._beyond": [GAIN, number(0.001, 0.49)],
    "filters.allpass.allpass": [ANY, GAIN, Kept(1)],
    "filters.halfband.up": [ANY, Kept(8)],
    "filters.halfband.down": [ANY, ANY, Kept(8)],
    "filters.halfband._path": [ANY, lambda rng: (0.1, 0.2, 0.4, 0.8), Kept(4), lambda rng: 0],
    "filters.spline.prepared": [ANY, Kept(2)],
    "filters.follower.follow": [ANY, GAIN, GAIN, Kept(1)],
    "filters.hilbert.analytic": [ANY, Kept(33)],
    "filters.hilbert.quadrature": [ANY, ANY, Kept(33)],
    "filters.hilbert._path": [ANY, lambda rng: (0.1, 0.2, 0.4, 0.8) * 2, Kept(16), lambda rng: 0],
    "filters.state_variable.state_variable": [ANY, GAIN, GAIN, Kept(2)],
}
CASES = VECTORS | OTHERS
# modules whose functions work on records and whole arrays: their own tests
ELSEWHERE = {"clock", "hadamard", "fft", "minblep", "filters.sinc"}
OF_MEMORY = {"filters.spline.read"}  # of a ring buffer, the same


def functions() -> dict[str, FunctionType]:
    """Every function that a module of the library defines, by module and name."""
    found = {}
    for name in library.SHARED:
        for value in vars(import_module(name)).values():
            if inspect.isfunction(value) and value.__module__ == name:
                found[f"{name.removeprefix('waves.dsp.')}.{value.__name__}"] = value
    return found


FUNCTIONS = functions()


def test_every_function_is_in_the_table():
    of_numbers = {name for name in FUNCTIONS if name.rpartition(".")[0] not in ELSEWHERE}
    assert of_numbers - OF_MEMORY == CASES.keys()


def test_every_module_but_the_limiter_is_loaded_with_the_nodes():
    folder = library.DSP
    files = {file for file in folder.rglob("*.py") if file.name != "__init__.py"}
    assert files - set(library.SHARED.values()) == {folder / "limiter.py"}


@pytest.mark.parametrize("name", CASES)
def test_plain_and_compiled_agree(name):
    rng, function, compiled = np.random.default_rng(1), FUNCTIONS[name], in_kernels(FUNCTIONS[name])
    size = next((one.size for one in CASES[name] if isinstance(one, Kept)), 0)
    states = np.zeros((2, size))
    for _ in range(CALLS):
        drawn = [one if isinstance(one, Kept) else one(rng) for one in CASES[name]]
        plain, fast = (
            called(*(state if isinstance(one, Kept) else one for one in drawn))
            for called, state in zip((function, compiled), states, strict=True)
        )
        np.testing.assert_allclose(fast, plain, rtol=1e-12, atol=2e-14)
    np.testing.assert_allclose(states[1], states[0], rtol=1e-12, atol=2e-14)


@pytest.mark.parametrize("name", CASES)
def test_what_is_no_number_is_no_error(name):
    rng = np.random.default_rng(1)
    for bad in HOSTILE:
        for k, one in enumerate(CASES[name]):
            drawn = [np.zeros(one.size) if isinstance(one, Kept) else one(rng) for one in CASES[name]]
            if isinstance(drawn[k], float):
                drawn[k] = bad
                with np.errstate(all="ignore"):
                    FUNCTIONS[name](*drawn)


@pytest.mark.parametrize("name", VECTORS)
def test_a_loop_becomes_vector_code(name):
    results = 2 if name == "panning.equal_power" else 1
    assert is_vector_code(FUNCTIONS[name], len(VECTORS[name]), results)


def test_not_every_loop_becomes_vector_code():
    assert not is_vector_code(with_a_call)


def with_a_call(x):
    return 2.0 * math.exp(x) + x


class Soft(Node):
    signal: Signal = param(0.0, unit="value")
    gain: Signal = param(0.0, unit="dB")

    @staticmethod
    def render(out, signal, gain):
        for i in range(out.size):
            out[i] = tanh(db_to_factor(gain[i]) * signal[i])


@pytest.mark.parametrize("checked", [False, True])
def test_a_kernel_becomes_vector_code(checked):
    """With the blocks that kernels have, and with those of a workspace's node, which test each index."""
    with for_machine_code():
        text = entry(Soft, frozenset(), "soft", checked).inspect_llvm()
    assert re.search(r"store <\d+ x double>", text)
    assert "@tanh" not in text and "@exp" not in text


NODE = '''"""Bends.

    bent: {bend: {signal: 1}}
"""

from waves.dsp.filters.halfband import down, up
from waves.dsp.powers import tanh
from waves.node import Floats, Node, Signal, State, param


class Bend(Node):
    signal: Signal = param(0.0, unit="value")

    class state(State):
        up: Floats[8]
        down: Floats[8]

    @staticmethod
    def render(out, signal, state):
        for i in range(out.size):
            a, b = up(signal[i], state.up)
            out[i] = down(tanh(a), tanh(b), state.down)
'''


def test_a_kernel_follows_a_change_in_a_helper_of_a_helper(tmp_path):
    """And in nothing that it does not use."""
    (tmp_path / "bend.py").write_text(NODE, "utf-8")
    sources = library.read_sources(library.open_folders(NODES, tmp_path))
    loaded = library.load_types(sources, {}, Tried())
    assert loaded.problems == []
    before = kernel_fingerprint(loaded.types["bend"])

    def after(module: str, old: str, new: str) -> str:
        source = sources[f"waves.dsp.{module}"]
        assert old in source.text
        changed = sources | {source.name: replace(source, text=source.text.replace(old, new))}
        return kernel_fingerprint(library.load_types(changed, loaded.loaded, Tried()).types["bend"])

    assert after("filters.allpass", "state[at] = x - coef", "state[at] = 0.5 * x - coef") != before
    assert after("powers", "LARGEST_POWER = 1000.0", "LARGEST_POWER = 900.0") != before
    assert after("filters.one_pole", "DC_CORNER = 10.0", "DC_CORNER = 20.0") == before
    assert after("filters.halfband", "The frame that two", "A frame that two") == before
