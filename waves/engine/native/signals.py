"""Compiled types of a kernel's arguments: blocks of frames, started notes. `rings` and `arrays` have the others.

NumPy arrays would need tests for overlap, and gathers that do not vectorise. Here every access has an alias scope,
which tells LLVM that outputs, inputs, rings, buffers and prepared arrays never overlap. A type that does not limit its
indices has a checked twin, in which an index outside raises.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    intrinsic,
    lower_builtin,
    make_attribute_wrapper,
    models,
    overload_method,
    register_model,
    type_callable,
)

from waves.abi import MOST_IN_FRAME, WORD, started_notes
from waves.dsp import maths
from waves.dsp.maths import clip
from waves.engine.native.intrinsics import F64, I64, get, made, members, pointer, put, put_float
from waves.node import MOST_VALUES

SCOPES = ("out", "in", "array", "buffer", "pages", "table", "ring", "counter")
FLOATS, SINGLES, INTS = types.CPointer(types.float64), types.CPointer(types.float32), types.CPointer(types.int64)


class ArgumentType(types.Type):  # type: ignore[misc]
    """A compiled type with named members; `maker` gives the intrinsic that makes its values."""

    members: list[tuple[str, Any]]

    def __init__(self, name: str, members: list[tuple[str, Any]]):
        self.members = members
        super().__init__(name)


def new_type(name: str, **members: Any) -> Any:
    """Makes such a type and tells Numba how it lies in memory."""
    class_ = type(name, (ArgumentType,), {})

    def model(self: Any, manager: Any, kind: Any) -> None:
        models.StructModel.__init__(self, manager, kind, list(members.items()))

    register_model(class_)(type("Model", (models.StructModel,), {"__init__": model}))
    if "size" in members:
        make_attribute_wrapper(class_, "size", "size")
    return class_(name, list(members.items()))


FRAMES: dict[str, Any] = {"data": FLOATS, "size": types.int64}
MANY: dict[str, Any] = {"data": INTS, "size": types.int64, "start": types.int64, "frames": types.int64}

CONST = new_type("Const", value=types.float64)
IN, CHECKED_IN = new_type("In", **FRAMES), new_type("CheckedIn", **FRAMES)
OUT, CHECKED_OUT = new_type("Out", **FRAMES), new_type("CheckedOut", **FRAMES)
WORK, CHECKED_WORK = new_type("Work", **FRAMES), new_type("CheckedWork", **FRAMES)
INPUTS, CHECKED_INPUTS = new_type("Inputs", **MANY), new_type("CheckedInputs", **MANY)
OUTPUTS, CHECKED_OUTPUTS = new_type("Outputs", **MANY), new_type("CheckedOutputs", **MANY)
SLOWS = new_type("Slows", data=FLOATS, stride=types.int64, size=types.int64, start=types.int64, frames=types.int64)
BLOCK_OF = {INPUTS: IN, CHECKED_INPUTS: CHECKED_IN, OUTPUTS: OUT, CHECKED_OUTPUTS: CHECKED_OUT}
CHECKED = {IN: CHECKED_IN, OUT: CHECKED_OUT, WORK: CHECKED_WORK, INPUTS: CHECKED_INPUTS, OUTPUTS: CHECKED_OUTPUTS}
NOTES = {str(n): new_type(f"Notes{n}", record=types.int64, size=types.int64) for n in range(MOST_VALUES + 1)}


def maker(kind: Any) -> Any:
    """An intrinsic that makes a value from one int64 per member; a float64 is given by its address."""
    count = len(kind.members)

    def typing(_context: Any, *_words: Any) -> Any:
        def codegen(context: Any, builder: Any, _signature: Any, words: Any) -> Any:
            values = []
            for (_, member), word in zip(kind.members, words, strict=True):
                if isinstance(member, types.CPointer):
                    word = builder.inttoptr(word, context.get_value_type(member))
                elif member == types.float64:
                    word = builder.load(pointer(builder, word, F64))
                values.append(word)
            return made(context, builder, kind, *values)

        return kind(*[types.int64] * count), codegen

    names = ", ".join(["context", *"abcdef"[:count]])
    return intrinsic(eval(f"lambda {names}: typing({names})", {"typing": typing}))


def scoped(builder: Any, access: Any, own: str) -> Any:
    """Adds to a load or store that it overlaps with none of another scope."""
    known = vars(builder.module).setdefault("alias scopes", {})
    if own not in known:
        known[own] = _scopes(builder.module, own)
    scope, others = known[own]
    access.set_metadata("alias.scope", scope)
    access.set_metadata("noalias", others)
    return access


def _scopes(module: Any, own: str) -> tuple[Any, Any]:
    """A list of one scope, and a list of all others, for accesses in a module."""
    scopes = {name: module.add_metadata([name, module.add_metadata(["waves"])]) for name in SCOPES}
    return module.add_metadata([scopes[own]]), module.add_metadata([scopes[name] for name in SCOPES if name != own])


def element(builder: Any, data: Any, index: Any) -> Any:
    return builder.gep(data, [index], inbounds=True)


def within(builder: Any, index: Any, size: Any) -> Any:
    """The index, or the nearest end where it is outside."""
    zero, last = ir.Constant(I64, 0), builder.sub(size, ir.Constant(I64, 1))
    index = builder.select(builder.icmp_signed("<", index, last), index, last)
    return builder.select(builder.icmp_signed(">", index, zero), index, zero)


Emit = Callable[[Any, Any, Any, Any], Any]
"""Adds the instructions of an access: context, builder, the type that is accessed, the values of its arguments."""


READS: dict[Any, Any] = {}
WRITES: dict[Any, Any] = {}
"""By compiled type: the type of `kind[i]`, and the type of number that is written to it."""


@infer_global(operator.getitem)
class _Read(AbstractTemplate):  # type: ignore[misc]
    def generic(self, given: Any, _named: Any) -> Any:
        return signature(READS[given[0]], *given) if given[0] in READS else None


@infer_global(operator.setitem)
class _Write(AbstractTemplate):  # type: ignore[misc]
    def generic(self, given: Any, _named: Any) -> Any:
        number = WRITES.get(given[0])
        return signature(types.none, *given) if number and self.context.can_convert(given[2], number) else None


def can_read(kind: Any, result: Any, emit: Emit, limited: bool = False) -> None:
    """Has `kind[i]` compiled to the instructions that `emit` adds; `limited`: an index outside raises.

    An `overload` would do the same, but each use would be compiled as a function of its own.
    """

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        index = context.cast(builder, values[1], signature.args[1], types.int64)
        if limited:
            _raise_outside(context, builder, kind, values[0], index)
        return emit(context, builder, kind, (values[0], index))

    READS[kind] = result
    lower_builtin(operator.getitem, type(kind), types.Any)(lower)


def can_write(kind: Any, number: Any, emit: Emit, limited: bool = False) -> None:
    """Has `kind[i] = number` compiled to the instructions that `emit` adds; `limited`: an index outside raises."""

    def lower(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        index = context.cast(builder, values[1], signature.args[1], types.int64)
        value = context.cast(builder, values[2], signature.args[2], number)
        if limited:
            _raise_outside(context, builder, kind, values[0], index)
        emit(context, builder, kind, (values[0], index, value))
        return context.get_dummy_value()

    WRITES[kind] = number
    lower_builtin(operator.setitem, type(kind), types.Any, types.Any)(lower)


def _raise_outside(context: Any, builder: Any, kind: Any, value: Any, index: Any) -> None:
    size = members(context, builder, kind, value).size
    with builder.if_then(builder.icmp_unsigned(">=", index, size), likely=False):
        context.call_conv.return_user_exc(builder, IndexError, ("outside",))


def _read(context: Any, builder: Any, signal: Any, values: Any) -> Any:
    place = element(builder, members(context, builder, signal, values[0]).data, values[1])
    return scoped(builder, builder.load(place), "out" if signal in (OUT, CHECKED_OUT) else "in")


def _write(context: Any, builder: Any, signal: Any, values: Any) -> None:
    place = element(builder, members(context, builder, signal, values[0]).data, values[1])
    scoped(builder, builder.store(values[2], place), "out")


def _work_read(context: Any, builder: Any, work: Any, values: Any) -> Any:
    return builder.load(element(builder, members(context, builder, work, values[0]).data, values[1]))


def _work_write(context: Any, builder: Any, work: Any, values: Any) -> None:
    builder.store(values[2], element(builder, members(context, builder, work, values[0]).data, values[1]))


def _input(context: Any, builder: Any, inputs: Any, values: Any) -> Any:
    """Input or output `k` of several, from its first frame in this block."""
    many = members(context, builder, inputs, values[0])
    place = element(builder, many.data, within(builder, values[1], many.size))
    address = builder.load(place)
    first = builder.shl(many.start, ir.Constant(I64, 3))
    return made(context, builder, BLOCK_OF[inputs], pointer(builder, builder.add(address, first), F64), many.frames)


def _slow(context: Any, builder: Any, slows: Any, values: Any) -> Any:
    """Slow value `k` of several, from its first frame in this block."""
    many = members(context, builder, slows, values[0])
    first = builder.mul(within(builder, values[1], many.size), many.stride)
    return made(context, builder, IN, element(builder, many.data, builder.add(first, many.start)), many.frames)


def _number(context: Any, builder: Any, constant: Any, values: Any) -> Any:
    return members(context, builder, constant, values[0]).value


can_read(CONST, types.float64, _number)
can_read(SLOWS, IN, _slow)
for _many, _one in BLOCK_OF.items():
    can_read(_many, _one, _input)
for _kind in (IN, OUT, CHECKED_IN, CHECKED_OUT):
    can_read(_kind, types.float64, _read, limited=_kind in (CHECKED_IN, CHECKED_OUT))
for _kind in (OUT, CHECKED_OUT):
    can_write(_kind, types.float64, _write, limited=_kind == CHECKED_OUT)
for _kind in (WORK, CHECKED_WORK):
    can_read(_kind, types.float64, _work_read, limited=_kind == CHECKED_WORK)
    can_write(_kind, types.float64, _work_write, limited=_kind == CHECKED_WORK)

make_attribute_wrapper(type(CONST), "value", "value")


@type_callable(maths.is_constant)
def _is_constant(_context: Any) -> Any:
    return lambda signal: types.boolean


@lower_builtin(maths.is_constant, types.Any)
def _whether_constant(_context: Any, _builder: Any, kind: Any, _values: Any) -> Any:
    return ir.Constant(ir.IntType(1), int(kind.args[0] is CONST))


# Notes that a kernel starts: its argument `notes` writes the record that a pool reads as events.

PLACES = {name: at for name, (_, at, *_) in dict(started_notes(0).fields or {}).items()}
COUNT, FRAME, LENGTH, BEGUN, VALUES = (PLACES[name] for name in ("count", "frame", "length", "begun", "values"))

inlined = njit(error_model="numpy", forceinline=True)  # a call that is left would bring code for exceptions
clipped = inlined(clip)


@inlined
def begin_notes(record, output, start, frames):
    """Forgets the notes of the call before, and silences the output for a kernel that does not write it."""
    put(record + COUNT, 0)
    for i in range(frames):
        put(record + BEGUN + WORD * i, 0)
        put_float(output + WORD * (start + i), 0.0)
    return record


@inlined
def add_note(record, i, length):
    """A note begins at a frame of this call; its number, -1 where as many as may have begun in that frame."""
    begun = get(record + BEGUN + WORD * i)
    if begun >= MOST_IN_FRAME:
        return -1
    put(record + BEGUN + WORD * i, begun + 1)
    k = get(record + COUNT)
    put(record + FRAME + WORD * k, i)
    put(record + LENGTH + WORD * k, int(clipped(length, 0.0, 2.0**53)))
    put(record + COUNT, k + 1)
    return k


def _start(width: int) -> Any:
    """The method `start` of the notes that have so many values."""
    names = [f"v{n}" for n in range(width)]
    lines = [
        f"def start({', '.join(['notes', 'i', 'length', *names])}):",
        "    frame = int(i)",
        "    if frame < 0 or frame >= notes.size:",
        "        return False",
        "    k = add_note(notes.record, frame, float(length))",
        "    if k < 0:",
        "        return False",
        f"    at = notes.record + {VALUES} + {WORD * width} * k",
        *(
            f"    put_float(at + {WORD * n}, float({name}) if abs({name}) < 1e30 else nan)"
            for n, name in enumerate(names)
        ),
        "    return True",
    ]
    scope: dict[str, Any] = {"add_note": add_note, "put_float": put_float, "nan": float("nan")}
    exec("\n".join(lines), scope)
    return scope["start"]


def _add_method(width: int, kind: Any) -> None:
    start = _start(width)
    names = ", ".join(["notes", "i", "length", *(f"v{n}" for n in range(width))])
    make_attribute_wrapper(type(kind), "record", "record")
    overload_method(type(kind), "start")(eval(f"lambda {names}: start", {"start": start}))


for _width, _kind in NOTES.items():
    _add_method(int(_width), _kind)
