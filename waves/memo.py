"""Results that are kept by a class, and dropped with it: a node file may be saved any number of times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeVar

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
