"""The signatures of calls, and the flags they are compiled with, looked for once.

Numba looks for the signature of each operator and of each call again in each line and in each round of types.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from numba import types
from numba.core import base, errors, typeinfer
from numba.core.targetconfig import TargetConfig
from numba.core.typing import npydecl

from waves.engine.compiler.numba_target.context import is_ours

OPERATORS = {max, min, abs, *(function for function in vars(operator).values() if callable(function))}


def _remembered(get_call_type: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of an operator between some types, which Numba looks for again in each line and each round."""

    @wraps(get_call_type)
    def signature(self: Any, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if kws or self.typing_key not in OPERATORS:
            return get_call_type(self, context, args, kws)
        known = vars(self).setdefault("_of_types", {})
        if args not in known:
            found = get_call_type(self, context, args, kws)
            if (key := self._impl_keys[found.args]) is not self.typing_key:  # compiled, each time with its flags
                return found
            known[args] = found, key
        found, key = known[args]
        self._impl_keys[found.args] = key
        return found

    return signature


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    """The flags of a kind that was not told any."""
    return {name: option.default for name, option in kind.options.items()}


def _differing(flags: Any) -> dict[str, Any]:
    """Flags without those that are as by default."""
    defaults = _defaults(flags.__class__)
    return {name: value for name, value in flags._values.items() if value != defaults[name]}


def _same_flags(self: Any, other: Any) -> Any:
    """Whether two sets of flags are the same."""
    if not isinstance(other, TargetConfig):
        return NotImplemented
    return self._values == other._values or _differing(self) == _differing(other)


def _hash_of_flags(self: Any) -> int:
    """A hash of them; by Numba's own all sets are compared with each other in each look-up."""
    return hash(frozenset(_differing(self)))


def _of_any_number(get_call_type: Callable[..., Any]) -> Callable[..., Any]:
    """The signature of a call of a compiled function, one for all numbers: Numba compiles one more for a number in the
    text of the call."""

    @wraps(get_call_type)
    def signature(self: Any, context: Any, args: tuple[Any, ...], kws: dict[str, Any]) -> Any:
        if kws or not is_ours():
            return get_call_type(self, context, args, kws)
        if str(self.dispatcher.py_func.__module__).startswith("numba."):  # made for the number
            return get_call_type(self, context, args, kws)
        known = vars(self.dispatcher).setdefault("_of_types", {})
        if found := known.get(args):
            return found
        try:
            found = get_call_type(self, context, tuple(map(types.unliteral, args)), kws)
        except errors.NumbaError:  # the number decides a type
            if not any(isinstance(kind, types.Literal) for kind in args):
                raise
            found = get_call_type(self, context, args, kws)
        known[args] = found
        return found

    return signature


def _once(resolve: Callable[..., None]) -> Callable[..., None]:
    """The type of a call, looked for again only where a type of an argument is another: Numba does it in each round."""

    @wraps(resolve)
    def resolved(self: Any, typeinfer: Any, typevars: Any, fnty: Any) -> None:
        given = [typevars[one.name] for one in self.args]
        if self.kws or self.vararg is not None or not all(one.defined for one in given):
            resolve(self, typeinfer, typevars, fnty)
            return
        asked = fnty, [one.getone() for one in given]
        if vars(self).get("_asked") != asked:
            self._asked = None
            resolve(self, typeinfer, typevars, fnty)
            known = self.signature is not None and self.signature.return_type.is_precise()
            self._asked = asked if known and not isinstance(fnty, types.BoundFunction) else None

    return resolved


def _for_arrays(generic: Callable[..., Any]) -> Callable[..., Any]:
    """A rule of NumPy for an operator, without its search where no operand is an array: there it finds nothing."""

    def rule(self: Any, given: Any, named: Any) -> Any:
        return generic(self, given, named) if any(isinstance(one, types.ArrayCompatible) for one in given) else None

    return rule


def install() -> None:
    """Puts these in place of Numba's own."""
    base._has_loc = cache(base._has_loc)  # asked by Numba for each call in a function
    types.Function.get_call_type = _remembered(types.Function.get_call_type)
    types.Dispatcher.get_call_type = _of_any_number(types.Dispatcher.get_call_type)
    typeinfer.CallConstraint.resolve = _once(typeinfer.CallConstraint.resolve)
    TargetConfig.__eq__ = _same_flags
    TargetConfig.__hash__ = _hash_of_flags
    npydecl.NumpyRulesArrayOperator.generic = _for_arrays(npydecl.NumpyRulesArrayOperator.generic)
