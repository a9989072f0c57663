"""Compiled types of numbers that stay: prepared arrays, buffers, and parts of both.

An index outside of an array or a buffer means the nearest end. In a part it must be inside, so that loops over parts
can use vector instructions; it has a checked twin, in which an index outside raises.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, make_attribute_wrapper, overload_method

from waves import abi
from waves.abi import WORD
from waves.engine.native.intrinsics import F64, I64, get, load, made, members, pointer, put
from waves.engine.native.signals import (
    FLOATS,
    INTS,
    SINGLES,
    can_read,
    can_write,
    element,
    new_type,
    scoped,
    within,
)
from waves.node_types.library.machine_types import PAGE

page_slot = njit(abi.page_slot)
NUMBERS: dict[str, tuple[str, Any]] = {
    "f4": ("Singles", SINGLES),
    "f8": ("Doubles", FLOATS),
    "i8": ("Integers", INTS),
}
"""By the type of numbers: a name for compiled types, and the pointer."""
SHIFT = PAGE.bit_length() - 1
SCOPE_OF = {"Array": "array", "Buffer": "buffer"}


class View(NamedTuple):
    """A compiled type of this module: its numbers, its owner, and what may be done with it."""

    code: str  # f4, f8, i8
    owner: str  # Array or Buffer
    is_part: bool
    is_checked: bool
    can_write: bool


VIEWS: dict[Any, View] = {}


def _new(view: View) -> Any:
    name, data = NUMBERS[view.code]
    kind = "Edit" if view.is_part and view.can_write else "Part" if view.is_part else ""
    more = {"pages": INTS, "stamp": types.int64} if view.owner == "Buffer" and not view.is_part else {}
    made = new_type(
        f"{'Checked' if view.is_checked else ''}{name}{view.owner}{kind}", data=data, size=types.int64, **more
    )
    VIEWS[made] = view
    return made


def _types(owner: str, codes: str, is_checked: bool) -> dict[str, Any]:
    return {code: _new(View(code, owner, False, is_checked, owner == "Buffer")) for code in codes.split()}


ARRAYS, CHECKED_ARRAYS = (_types("Array", "f4 f8 i8", checked) for checked in (False, True))
BUFFERS, CHECKED_BUFFERS = (_types("Buffer", "f8 i8", checked) for checked in (False, True))
PARTS = {
    (code, owner, checked, write): _new(View(code, owner, True, checked, write))
    for owner, codes, writes in (("Array", "f4 f8 i8", (False,)), ("Buffer", "f8 i8", (False, True)))
    for code in codes.split()
    for checked in (False, True)
    for write in writes
}
CHECKED = {
    **{kind: CHECKED_ARRAYS[code] for code, kind in ARRAYS.items()},
    **{kind: CHECKED_BUFFERS[code] for code, kind in BUFFERS.items()},
}


def _number(code: str) -> Any:
    return types.int64 if code == "i8" else types.float64


def _read(context: Any, builder: Any, array: Any, values: Any) -> Any:
    """A number; of an array or a buffer the one at the nearest end where the index is outside."""
    view, own = VIEWS[array], members(context, builder, array, values[0])
    index = values[1] if view.is_part else within(builder, values[1], own.size)
    value = scoped(builder, builder.load(element(builder, own.data, index)), SCOPE_OF[view.owner])
    return builder.fpext(value, F64) if view.code == "f4" else value


def _write(context: Any, builder: Any, array: Any, values: Any) -> None:
    """Writes a number; the page of a buffer gets the stamp of this block."""
    view, own = VIEWS[array], members(context, builder, array, values[0])
    index = values[1] if view.is_part else within(builder, values[1], own.size)
    scoped(builder, builder.store(values[2], element(builder, own.data, index)), "buffer")
    if not view.is_part:
        page = element(builder, own.pages, builder.lshr(index, ir.Constant(I64, SHIFT)))
        scoped(builder, builder.store(own.stamp, page), "pages")


@intrinsic
def _stamp(_context: Any, buffer: Any, page: Any) -> Any:
    """Gives a page of a buffer the stamp of this block."""

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own = members(context, builder, buffer, values[0])
        scoped(builder, builder.store(own.stamp, element(builder, own.pages, values[1])), "pages")
        return context.get_dummy_value()

    return types.void(buffer, types.int64), codegen


def _cut(write: bool) -> Any:
    @intrinsic
    def cut(_context: Any, array: Any, first: Any, count: Any) -> Any:
        """A part of an array or a buffer, which is inside of it."""
        view = VIEWS[array]
        result = PARTS[view.code, view.owner, view.is_checked, write]

        def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            own = members(context, builder, array, values[0])
            return made(context, builder, result, element(builder, own.data, values[1]), values[2])

        return result(array, types.int64, types.int64), codegen

    return cut


_read_part, _edit_part = _cut(False), _cut(True)


def _part(array, first, count):
    if array not in VIEWS or VIEWS[array].is_part:
        return None

    def part(array, first, count):
        begin = min(max(first, 0), array.size)
        return _read_part(array, begin, min(max(count, 0), array.size - begin))

    return part


def _edit(buffer, first, count):
    def edit(buffer, first, count):
        begin = min(max(first, 0), buffer.size)
        size = min(max(count, 0), buffer.size - begin)
        if size > 0:
            for page in range(begin // PAGE, (begin + size - 1) // PAGE + 1):
                _stamp(buffer, page)
        return _edit_part(buffer, begin, size)

    return edit


for _kind in [kind for kind, view in VIEWS.items() if not view.is_part]:
    overload_method(type(_kind), "part")(_part)
    if VIEWS[_kind].can_write:
        overload_method(type(_kind), "edit")(_edit)


PAGES = new_type("Pages", ring=types.int64)
"""A ring of pages of numbers, by its address."""
make_attribute_wrapper(type(PAGES), "ring", "ring")


@intrinsic
def _page(_context: Any, page: Any) -> Any:
    """The numbers of a page at an address, none at 0."""
    result = PARTS["f8", "Array", False, False]

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        zero = ir.Constant(I64, 0)
        is_there = builder.icmp_signed("!=", values[0], zero)
        with builder.if_else(is_there) as (then, otherwise):
            with then:
                count, at = builder.load(pointer(builder, values[0])), builder.block
            with otherwise:
                without = builder.block
        size = builder.phi(I64)
        size.add_incoming(count, at)
        size.add_incoming(zero, without)
        numbers = pointer(builder, builder.add(values[0], ir.Constant(I64, WORD)), F64)
        return made(context, builder, result, numbers, size)

    return result(types.int64), codegen


@overload_method(type(PAGES), "of")
def _page_of(pages, cycle):
    def of(pages, cycle):
        at = pages.ring + WORD * (1 + 2 * page_slot(int(cycle)))
        return _page(get(at + WORD) if load(at) == cycle else 0)

    return of


@overload_method(type(PAGES), "miss")
def _missed(pages):
    def miss(pages):
        put(pages.ring, get(pages.ring) + 1)

    return miss


for _kind, _view in VIEWS.items():
    _limited = _view.is_part and _view.is_checked
    can_read(_kind, _number(_view.code), _read, _limited)
    if _view.can_write:
        can_write(_kind, _number(_view.code), _write, _limited)
