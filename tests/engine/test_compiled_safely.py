"""What runs on the sound thread calls no Python, takes no lock and allocates nothing: read from the machine code's own
intermediate form. And no input, however wild, breaks it."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
from numba import cfunc, types

from tests.harness.compiled_code import ALLOWED, reachable_calls
from tests.harness.engine_harness import Rig, library, mix, node
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.numba_target.target import for_machine_code
from waves.node_types.library.library import is_shipped

HOSTILE = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e9, -1e9)


KERNELS = sorted(name for name, kind in library().items() if hasattr(kind, "render"))


def row(name, *more):
    """A row of a test for each node: those of nodes that do not come with waves are for the long run."""
    return pytest.param(name, *more, marks=() if is_shipped(library()[name]) else pytest.mark.long)


FIRST = ("osc", "delay", "filter", "track", "lfo", "kick")  # the others are for the long run


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in FIRST else pytest.mark.long) for name in KERNELS]
)
def test_kernels_call_nothing_but_mathematics(name):
    from waves.engine.native.entry import entry

    with for_machine_code():
        compiled = entry(library()[name], frozenset(), name)
    assert reachable_calls(compiled.inspect_llvm()) <= ALLOWED


@pytest.mark.parametrize("kernel", kernel_cache.engine_kernels(), ids=lambda kernel: kernel.title)
def test_the_engine_calls_nothing_but_mathematics(kernel):
    with for_machine_code():
        compiled = getattr(importlib.import_module(kernel.module), kernel.function).compiled()
    assert reachable_calls(compiled.inspect_llvm()) <= ALLOWED


def test_the_check_sees_what_is_forbidden():
    """An allocation and an exception that leaves a function are found."""

    @cfunc(types.float64(types.int64))
    def allocates(n):
        return np.zeros(n).sum()

    @cfunc(types.float64(types.int64))
    def raises(n):
        return 1.0 / n

    assert any(name.startswith("NRT_") for name in reachable_calls(allocates.inspect_llvm()))
    assert "numba_gil_ensure" in reachable_calls(raises.inspect_llvm())


def signals_of(name):
    from waves.node import Channels, Signal
    from waves.node_types.library import signature

    return signature.parameter_names(library()[name], Signal, Channels)


def has_file(name):
    from waves.node import DataFile, File

    return any(info.annotation in (File, DataFile) for info in library()[name].model_fields.values())


def lists_of(name):
    from waves.node import Numbers

    fields = library()[name].model_fields
    return {one: [0.5, 1.0, 0.25] for one, info in fields.items() if info.annotation is Numbers and info.is_required()}


ROWS = [
    row(name, parameter)
    for name in KERNELS
    if name not in ("mishap", "expression", "curve", "fade", "place", "ear") and not has_file(name)
    for parameter in signals_of(name)
]


@pytest.mark.parametrize(("name", "parameter"), ROWS)
def test_wild_inputs_do_no_harm(name, parameter):
    """Each input at each wild number, then good again: the engine goes on, and so does the node."""
    kind = library()[name]
    given = {
        one: node(f"x.{one}", "osc", freq=220.0, amp=0.5)
        for one in signals_of(name)
        if kind.model_fields[one].is_required() and one != parameter
    } | lists_of(name)
    rig = Rig(mix(a=node("n", name, **given, **{parameter: 0.5})))
    for value in HOSTILE:
        rig.offer(mix(a=node("n", name, **given, **{parameter: value})), fade=0.0)
        assert np.isfinite(rig.play(640)).all()
    rig.offer(mix(a=node("n", name, **given, **{parameter: 0.5})), fade=0.0)
    before = dict(rig.engine.faults)
    assert np.isfinite(rig.play(6400)).all()
    assert rig.engine.faults == before
