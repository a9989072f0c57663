"""From bytecode to instructions for LLVM, without work that finds nothing. The instructions are the same."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from types import BuiltinFunctionType, SimpleNamespace
from typing import Any

from numba import types
from numba.core import base, bytecode, errors, interpreter, lowering, typeinfer
from numba.core import ir as numba_ir
from numba.core.typing.context import BaseContext
from numba.np import linalg

from waves.engine.compiler.numba_target.context import is_counted, is_ours

EXIT = "$setup_with_exitfn"  # beginning of the names of what Numba makes of a `with`
UPDATE = "_update_from_bytecode"  # what it makes of the parts of a dict


def _without_caches(unpack: Callable[[bytes], Iterator[Any]]) -> Callable[[bytes], Iterator[Any]]:
    """The bytecode of a function without the places of Python's caches, which are the half of it in Python 3.11."""

    @wraps(unpack)
    def unpacked(code: bytes) -> Iterator[Any]:
        whole: Any = None
        for offset, opcode, arg, following in unpack(code):
            if bytecode.dis.opname[opcode] == "CACHE":
                whole = (*whole[:3], following)
            else:
                if whole:
                    yield whole
                whole = offset, opcode, arg, following
        if whole:
            yield whole

    return unpacked


def _where_a_with_ends(peephole: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step of Numba for `with`, only for functions that have one."""

    @wraps(peephole)
    def stepped(func_ir: Any) -> Any:
        return peephole(func_ir) if any(name.startswith(EXIT) for name in func_ir._definitions) else func_ir

    return stepped


def _where_dicts_are_made(peephole: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A step of Numba for parts of a dict, only for functions that have one."""

    @wraps(peephole)
    def stepped(func_ir: Any) -> Any:
        values = (value for found in func_ir._definitions.values() for value in found)
        made = any(isinstance(one, numba_ir.Expr) and one.op == "build_map" for one in values)
        return peephole(func_ir) if made else func_ir

    return stepped


def _variables(listed: Callable[[Any, Any], list[Any]]) -> Callable[[Any, Any], list[Any]]:
    """The variables in a part of a statement; most parts are a variable, or nothing that has any."""

    @wraps(listed)
    def variables(self: Any, part: Any) -> list[Any]:
        kind = type(part)
        if kind is numba_ir.Var:
            return [part]
        if kind is dict:
            found = []
            for one in part.values():
                kind = type(one)
                if kind is numba_ir.Var:
                    found.append(one)
                elif kind not in PLAIN:
                    found += listed(self, one)
            return found
        return [] if kind in PLAIN else listed(self, part)

    return variables


PLAIN = {numba_ir.Loc, str, int, float, bool, type(None), BuiltinFunctionType, numba_ir.Const, numba_ir.Global}
"""Parts of a statement that have no variables."""


class _Warnings:
    """The warnings of Numba in one round of types, each with its place in the text, caught all at once."""

    def __init__(self, kept: Any, caught: list[Any]):
        self._kept, self._caught = kept, caught
        self._place: tuple[str | None, int | None] = (None, None)

    def catch_warnings(self, filename: str | None = None, lineno: int | None = None) -> _Warnings:
        """A part of the round, which is at a place."""
        self._place = filename, lineno
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_: object) -> None:
        if self._caught:
            place, caught = self._place, [*self._caught]
            self._caught.clear()
            with self._kept.catch_warnings(*place):
                for one in caught:
                    warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kept, name)


def _caught_at_once(propagate: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A round of types, in which Numba prepares for warnings once, and not for each operation."""

    @wraps(propagate)
    def propagated(self: Any, typeinfer: Any) -> Any:
        kept = typeinfer.warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", errors.NumbaWarning)
            typeinfer.warnings = _Warnings(kept, caught)
            try:
                return propagate(self, typeinfer)
            finally:
                typeinfer.warnings = kept

    return propagated


def _of_operators(resolve: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The type of a value in the text. For an operator Numba tries all kinds of values first."""

    @wraps(resolve)
    def resolved(self: Any, value: Any) -> Any:
        if type(value) is BuiltinFunctionType and (found := self._lookup_global(value)) is not None:
            return found
        return resolve(self, value)

    return resolved


def _of_no_number(literal: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The type of a number in the text, or of its absence, which most operations have."""
    absent = types.Omitted(numba_ir.UNDEFINED)

    @wraps(literal)
    def known(value: Any) -> Any:
        return absent if value is numba_ir.UNDEFINED else literal(value)

    return known


def _without_counts(store: Callable[..., None]) -> Callable[..., None]:
    """A value for a variable. Numba reads the one before, in case that references to it are counted."""

    @wraps(store)
    def stored(self: Any, value: Any, name: str, argidx: Any = None) -> None:
        kind = self.typeof(name)
        if argidx is not None or name in self._singly_assigned_vars or not is_ours() or is_counted(kind):
            store(self, value, name, argidx)
        else:
            self._alloca_var(name, kind)
            self.builder.store(value, self.getvar(name))

    return stored


def _where_counted(change: Callable[[Any, Any, Any], None]) -> Callable[[Any, Any, Any], None]:
    """A change of the count of references in a value. Numba takes each value to pieces to look for counts."""

    @wraps(change)
    def changed(self: Any, kind: Any, value: Any) -> None:
        if not is_ours() or is_counted(kind):
            change(self, kind, value)

    return changed


def _no_blas() -> None:
    """In place of the import of SciPy for the algebra of arrays, which no kernel may have and which takes long."""
    raise ImportError("there is no algebra of arrays in machine code of the sound thread")


def install() -> None:
    """Puts these in place of Numba's own."""
    bytecode._unpack_opargs = _without_caches(bytecode._unpack_opargs)
    interpreter.peep_hole_delete_with_exit = _where_a_with_ends(interpreter.peep_hole_delete_with_exit)
    interpreter.peep_hole_fuse_dict_add_updates = _where_dicts_are_made(interpreter.peep_hole_fuse_dict_add_updates)
    numba_ir.Inst._rec_list_vars = _variables(numba_ir.Inst._rec_list_vars)
    typeinfer.ConstraintNetwork.propagate = _caught_at_once(typeinfer.ConstraintNetwork.propagate)
    BaseContext.resolve_value_type = _of_operators(BaseContext.resolve_value_type)
    lowering._lit_or_omitted = _of_no_number(lowering._lit_or_omitted)
    lowering.Lower.storevar = _without_counts(lowering.Lower.storevar)
    lowering.Lower.incref = _where_counted(lowering.Lower.incref)
    lowering.Lower.decref = _where_counted(lowering.Lower.decref)
    lowering.Lower._disable_sroa_like_opt = False  # only for debuggers; asked for each access to a variable
    linalg.ensure_blas = _no_blas
    base.event = SimpleNamespace(start_event=lambda _: None, end_event=lambda _: None)  # of each call of LLVM
