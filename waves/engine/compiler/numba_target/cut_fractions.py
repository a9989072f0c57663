"""Refuses kernels that write a number with a fraction into a whole number of their state: it would be cut silently.

Compiler process only. The machine code of all other kernels is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba import types
from numba.core.errors import TypingError
from numba.core.typing.context import BaseContext

FIELD = "the field '{0}' of the state is a whole number: write {0}: float, or int(…) to cut the fraction"
ITEM = "whole numbers in the state get a number with a fraction: write Floats[…], or int(…) to cut it"


@contextmanager
def no_fraction_is_cut() -> Iterator[None]:
    """Has Numba raise TypingError, one of these sentences, for such a line. One thread of a process at a time."""
    resolve_field, resolve_item = BaseContext.resolve_setattr, BaseContext.resolve_setitem

    def field(self: Any, target: Any, attr: str, value: Any) -> Any:
        found = resolve_field(self, target, attr, value)
        if found and isinstance(target, types.Record) and _cuts(found.args[1], value):
            raise TypingError(FIELD.format(attr))
        return found

    def item(self: Any, target: Any, index: Any, value: Any) -> Any:
        if isinstance(target, types.Array) and _cuts(target.dtype, value):
            raise TypingError(ITEM)
        return resolve_item(self, target, index, value)

    BaseContext.resolve_setattr, BaseContext.resolve_setitem = field, item
    try:
        yield
    finally:
        BaseContext.resolve_setattr, BaseContext.resolve_setitem = resolve_field, resolve_item


def _cuts(kept: Any, value: Any) -> bool:
    return isinstance(kept, types.Integer) and isinstance(value, types.Float)
