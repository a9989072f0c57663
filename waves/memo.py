"""What is worked out once for a class, and forgotten with it: a node file may be saved any number of times."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, TypeVar

Found = TypeVar("Found")
Of = TypeVar("Of", bound=type)

_lock = threading.RLock()


def per_class(function: Callable[Concatenate[Of, ...], Found]) -> Callable[Concatenate[Of, ...], Found]:
    """A function of a class, and of what can be hashed, whose results the class itself keeps.

    A table beside it would keep the class, as results may refer to it. Every caller gets the same object.
    """
    name = f"{function.__module__}.{function.__qualname__}"  # no attribute is called that

    @wraps(function)
    def kept(kind: Of, *given: Any) -> Found:
        try:
            found: Found = kind.__dict__[name][given]
        except KeyError:
            with _lock:
                if name not in kind.__dict__:
                    setattr(kind, name, {})
                known = kind.__dict__[name]
                if given not in known:
                    known[given] = function(kind, *given)
                found = known[given]
        return found

    return kept
