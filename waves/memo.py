"""Results that are kept: by a class, as node files may be saved any number of times, and until the next reading."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, NamedTuple, TypeVar

Result = TypeVar("Result")
Class = TypeVar("Class", bound=type)

_lock = threading.RLock()


def per_class(function: Callable[Concatenate[Class, ...], Result]) -> Callable[Concatenate[Class, ...], Result]:
    """Cache the results of a function of a class, and of arguments that can be hashed, on the class itself.

    A table elsewhere would keep the class alive, as results may refer to it. Every caller gets the same object. Any
    thread.

        @per_class
        def parameters(kind): ...       # the results are in an attribute of `kind`
    """
    name = f"{function.__module__}.{function.__qualname__}"  # a dot: no declared attribute has that name

    @wraps(function)
    def cached(kind: Class, *arguments: Any) -> Result:
        try:
            result: Result = kind.__dict__[name][arguments]
        except KeyError:
            with _lock:
                if name not in kind.__dict__:
                    setattr(kind, name, {})
                results = kind.__dict__[name]
                if arguments not in results:
                    results[arguments] = function(kind, *arguments)
                result = results[arguments]
        return result

    return cached


class Written:
    """Plain data that is compared as it is written: 0.0 is not -0.0, and 1 is not true."""

    __slots__ = ("data",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, data: Any):
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Written) and (self.data is other.data or repr(self.data) == repr(other.data))


class _Made(NamedTuple):
    data: Any
    result: Any
    is_quiet: bool
    inner: dict[Hashable, _Made]


class Rereading:
    """The results of the parts of nested data, kept for the next reading: of the same object comes the same result.

    Parts that are not met any more are forgotten. One thread at a time.
    """

    def __init__(self) -> None:
        self._before: dict[Hashable, _Made] = {}
        self._now: dict[Hashable, _Made] = {}

    def begin(self) -> None:
        """Begin another reading."""
        self._before, self._now = self._now, {}

    def made(self, place: Hashable, data: Any, make: Callable[[], Result], told: Callable[[], Hashable]) -> Result:
        """The result for a part at a place, which may make the parts inside it in this way too.

        It is made again if it told of something, so that `told` gave another answer after it than before.
        """
        before = self._before.get(place)
        if before and before.data is data and before.is_quiet:
            self._now[place] = before
            known: Result = before.result
            return known
        around, told_before = (self._before, self._now), told()
        self._before, self._now = before.inner if before else {}, {}
        try:
            result, inner = make(), self._now
        finally:
            self._before, self._now = around
        self._now[place] = _Made(data, result, told() == told_before, inner)
        return result
