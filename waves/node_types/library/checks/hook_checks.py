"""Checks of the functions that waves calls for a node before it plays: the decorator and the arguments of each."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from waves.node import Node

HOOKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "expand": ("classmethod", ("cls", "build")),
    "lengths": ("staticmethod", ("constants", "rate")),
    "prepare": ("staticmethod", ("constants", "rate")),
    "adopted": ("staticmethod", ("state", "old", "new")),
}
"""Each function by name: its decorator, and its arguments. A static one may be a class method too."""


def hook_mistakes(kind: type[Node]) -> Iterator[tuple[str, str]]:
    """Functions of a class that cannot be called, each under its name."""
    for name, (decorator, arguments) in HOOKS.items():
        declared: Any = inspect.getattr_static(kind, name)
        written = f"def {name}({', '.join(arguments)})"
        function = getattr(declared, "__func__", None)
        is_class_method = isinstance(declared, classmethod)
        if not callable(function) or (decorator == "classmethod" and not is_class_method):
            yield name, f"`{name}` is a @{decorator}: {written}"
        elif inspect.iscoroutinefunction(function):
            yield name, f"`{name}` waits for nothing: def, without async"
        elif not _takes(function, len(arguments) + (is_class_method and decorator == "staticmethod")):
            yield name, f"`{name}` is called with other arguments: {written}"


def _takes(function: Any, count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # one of C does not say what it takes
        return True
    return True
