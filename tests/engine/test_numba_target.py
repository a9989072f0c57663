"""How Numba compiles for the cache: what of it is optimised and made into machine code, and what stays as it is."""

from __future__ import annotations

import ctypes
import warnings

import numpy as np
import pytest
from llvmlite.binding import ObjectFileRef
from numba import cfunc, njit, types
from numba.core import bytecode, errors, interpreter, lowering, ssa
from numba.core.compiler import Compiler
from numba.core.ir import Inst
from numba.core.lowering import Lower
from numba.core.postproc import PostProcessor
from numba.core.transforms import canonicalize_cfg
from numba.core.typeinfer import CallConstraint, ConstraintNetwork
from numba.core.typing.context import BaseContext
from numba.extending import intrinsic

from waves.dsp.maths import clip
from waves.engine.compiler.numba_target import passes as numba_passes
from waves.engine.compiler.numba_target.context import Library
from waves.engine.compiler.numba_target.target import for_machine_code
from waves.engine.native.entry import jit

LINE = types.float64(types.float64)


@pytest.fixture
def made():
    """Two functions that nothing has compiled yet; the second calls the first."""

    @njit
    def half(x):
        return 0.5 * x

    @njit
    def quarter(x):
        return half(half(x))

    return half, quarter


def library_of(function):
    (compiled,) = function.overloads.values()
    return compiled.library


def calls(compiled, x):
    return ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(compiled.address)(x)


def test_only_the_c_function_becomes_machine_code(made):
    _half, quarter = made
    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: quarter(x) + 1.0)
    assert calls(compiled, 8.0) == 3.0
    assert compiled._library._get_compiled_object()
    for function in made:
        assert isinstance(library_of(function), Library)
        with pytest.raises(RuntimeError, match="no compiled object"):
            library_of(function)._get_compiled_object()
        (entry,) = [f.name for f in library_of(function)._final_module.functions if not f.is_declaration]
        assert "wrapper" not in entry and "cfunc" not in entry


def test_what_it_calls_is_in_it_and_goes_where_no_call_is_left(made):
    _half, quarter = made
    with for_machine_code():
        text = cfunc(LINE)(lambda x: quarter(x)).inspect_llvm()
    defined = [line for line in text.splitlines() if line.startswith("define")]
    assert len(defined) == 2 and "half" not in "".join(defined), "the function and its C function"
    assert "fmul double" in text


def test_a_function_is_compiled_once_for_all_that_use_it(made):
    half, quarter = made
    with for_machine_code():
        first, second = (cfunc(LINE)(lambda x: quarter(x)), cfunc(LINE)(lambda x: quarter(half(x))))
    assert calls(first, 8.0) == 2.0 and calls(second, 8.0) == 1.0
    assert len(half.overloads) == len(quarter.overloads) == 1


def test_it_is_compiled_once_for_numbers_in_the_text_and_for_others():
    @njit
    def power(x, k):
        return x**k

    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: power(x, 2) + power(x, int(x)))
    assert calls(compiled, 3.0) == 36.0
    assert len(power.overloads) == 1


def test_a_number_in_the_text_can_decide_a_type():
    @njit
    def part(pair, k):
        return pair[k]

    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: part((x, (x, 2)), 1)[1] + part((x, (x, 2)), 0))
    assert calls(compiled, 3.0) == 5.0


def test_an_error_is_said_with_its_place():
    with pytest.raises(errors.TypingError) as raised, for_machine_code():
        cfunc(LINE)(lambda x: x.colour)
    assert "Unknown attribute 'colour'" in str(raised.value) and "test_numba_target.py" in str(raised.value)


def test_code_of_both_ways_can_be_mixed(made):
    """Each way uses what the other one has compiled before."""
    half, quarter = made
    assert half(8.0) == 4.0
    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: quarter(x))
    assert calls(compiled, 8.0) == 2.0
    plain = njit(lambda x: quarter(x) + half(x))
    assert plain(8.0) == 6.0


def test_a_function_that_is_compiled_for_others_cannot_be_called(made):
    half, _quarter = made
    with for_machine_code():
        cfunc(LINE)(lambda x: half(x))
    with pytest.raises(TypeError, match="compiled for C functions alone"):
        half(8.0)


def test_a_function_of_the_library_can_be_called_and_be_in_a_c_function():
    assert jit(clip)(7.0, 0.0, 1.0) == 1.0
    with for_machine_code():
        inside = jit(clip)
        compiled = cfunc(LINE)(lambda x: inside(x, 0.0, 2.0))
    assert calls(compiled, 3.0) == 2.0
    assert jit(clip)(7.0, 0.0, 3.0) == 3.0 and jit(clip) is not inside


def test_numbers_and_arrays_have_the_operators_of_numpy():
    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: (np.ones(3) * x + np.arange(3)).sum())
    assert calls(compiled, 2.0) == 9.0


def test_numba_compiles_as_before_afterwards():
    with pytest.raises(ZeroDivisionError), for_machine_code():
        raise ZeroDivisionError
    assert njit(lambda x: x + 1)(1) == 2


def machine_code():
    """Of a C function with branches, loops and numbers of several kinds, that nothing has compiled yet."""

    @njit
    def folded(x, most):
        total, k = 0.0, 0
        while k < most and total < 10.0:
            total += max(x, -x) if k % 2 else min(abs(x), 1.5) * k
            k += 1
        return total

    @njit
    def pair(x):
        count = 2 if x > 0.0 else 3
        return abs(x), count

    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: folded(pair(x)[0], pair(x)[1]) + float(int(x) << 2) - 12.0)
    assert calls(compiled, 2.0) == -2.0
    sections = ObjectFileRef.from_data(compiled._library._get_compiled_object()).sections()
    return [bytes(section.data()) for section in sections if section.is_text() and section.size()]


def test_passes_that_are_left_out_change_no_byte(monkeypatch):
    shortened = machine_code()
    passes = []
    monkeypatch.setattr(numba_passes, "_finds_nothing", lambda one, state: passes.append(one))
    monkeypatch.setattr(numba_passes, "is_counted", lambda kind: True)
    machine_code()
    assert len({type(one) for one in passes}) > 10, "they are what is run here"
    monkeypatch.setattr(numba_passes, "canonical", canonicalize_cfg)
    shortcuts = [
        *((Compiler, "define_pipelines"), (PostProcessor, "run"), (types.Function, "get_call_type")),
        *((CallConstraint, "resolve"), (ssa, "_run_block_rewrite"), (bytecode, "_unpack_opargs")),
        *((interpreter, "peep_hole_delete_with_exit"), (interpreter, "peep_hole_fuse_dict_add_updates")),
        *((Inst, "_rec_list_vars"), (ConstraintNetwork, "propagate"), (BaseContext, "resolve_value_type")),
        *((lowering, "_lit_or_omitted"), (Lower, "storevar"), (Lower, "incref"), (Lower, "decref")),
    ]
    for owner, name in shortcuts:
        monkeypatch.setattr(owner, name, getattr(owner, name).__wrapped__)
    assert machine_code() == shortened != []


def test_a_loop_runs_over_the_numbers_of_its_range():
    """Those of one number, of two, of three; empty ones, a range with a name, and one that is left early."""

    def numbers(start, stop, step):
        found, both = 0, range(start, stop)
        for i in range(stop):
            found = 3 * found + i
        for i in both:
            stop -= 1
            if i == 4:
                break
            for k in range(i, stop, step):
                found = 5 * found - k
        return float(found)

    one = njit(numbers)
    signature = types.float64(types.int64, types.int64, types.int64)
    with for_machine_code():
        compiled = cfunc(signature)(lambda start, stop, step: one(start, stop, step))
    called = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_int64] * 3)(compiled.address)
    for given in [(0, 0, 1), (2, 7, 1), (-3, 3, 2), (5, 2, 1), (-2, -5, 1), (1, 6, -2)]:
        assert called(*given) == numbers(*given), given


def test_a_function_that_raises_is_left_at_once():
    @njit
    def root(x):
        if x < 0.0:
            raise ValueError
        return x**0.5

    @njit
    def roots(x):
        return root(x) + root(x - 1.0)

    @njit
    def tried(x):
        try:
            return roots(x)
        except Exception:
            return -1.0

    with for_machine_code():
        compiled = cfunc(LINE)(lambda x: tried(x))
    assert calls(compiled, 1.0) == 1.0 and calls(compiled, 0.5) == calls(compiled, -1.0) == -1.0


def test_a_warning_of_numba_has_its_place_in_the_text():
    @njit
    def warned(x):
        return odd(x)

    with pytest.warns(errors.NumbaWarning, match="odd") as caught, for_machine_code():
        cfunc(LINE)(lambda x: warned(x))
    assert [one.filename for one in caught] == [__file__]


@intrinsic
def odd(_context, kind):
    warnings.warn(errors.NumbaWarning("an odd number"), stacklevel=1)
    return kind(kind), lambda context, builder, signature, values: values[0]
