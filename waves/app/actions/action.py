"""Declaration of an action: name, access, arguments with their checks, result."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from waves.problem import Problem, Problems, did_you_mean

HUGE = 1e300  # no number of a piece is larger

REQUIRED = object()
"""Default of an argument that must be given."""

Access = Literal["play", "file", "none"]
"""Clients that may call an action: `play` (values, transport), `file` (writes files), `none` (only keys)."""

Form = Literal["number", "whole number", "yes or no", "text", "list of texts"]

CHECKS: Mapping[Form, Callable[[Any], bool]] = {
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < HUGE,
    "whole number": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "yes or no": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str),
    "list of texts": lambda value: isinstance(value, list | tuple) and all(isinstance(item, str) for item in value),
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an action. None is allowed where it is the default."""

    name: str
    form: Form
    help: str
    unit: str = ""  # of a number
    minimum: float = -math.inf
    maximum: float = math.inf
    default: Any = REQUIRED

    @property
    def has_default(self) -> bool:
        """Whether it may be left out."""
        return self.default is not REQUIRED

    @property
    def expected(self) -> str:
        """The values that it takes, in words: `a number from -60 to 12 dB`."""
        article = "" if self.form == "yes or no" else "a "
        unit = f" {self.unit}" if self.form == "number" else ""
        return f"{article}{self.form}{self._bounds}{unit}"

    @property
    def _bounds(self) -> str:
        if math.isfinite(self.minimum) and math.isfinite(self.maximum):
            return f" from {self.minimum:g} to {self.maximum:g}"
        return f" of at least {self.minimum:g}" if math.isfinite(self.minimum) else ""

    def check(self, value: Any) -> str:
        """The reason why a value does not fit, one sentence; empty if it fits."""
        if value is None and self.default is None:
            return ""
        fits = CHECKS[self.form](value)
        if fits and self.form in ("number", "whole number"):
            fits = self.minimum <= value <= self.maximum
        return "" if fits else f"'{self.name}' takes {self.expected}, got {value!r:.60}"


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a client can ask of a running player.

    `run(controls, **arguments)` does it, on the actions thread, with a value for every argument. It raises Problems if
    the action is not possible.
    """

    name: str
    access: Access
    help: str
    result: str
    arguments: tuple[Argument, ...]
    run: Callable[..., Any]

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """A value for every argument, defaults included. Raises Problems, one sentence for each mistake."""
        known = {argument.name: argument for argument in self.arguments}
        problems = [
            Problem(f"'{self.name}' has no argument '{name}'", suggestion=did_you_mean(name, known))
            for name in given
            if name not in known
        ]
        values = {}
        for name, argument in known.items():
            value = given.get(name, argument.default)
            if value is REQUIRED:
                problems.append(Problem(f"'{self.name}' needs '{name}', {argument.expected}"))
            elif sentence := argument.check(value):
                problems.append(Problem(sentence))
            elif argument.form == "number" and value is not None:
                value = float(value)
            values[name] = value
        if problems:
            raise Problems(problems)
        return values


def action(access: Access, result: str, *arguments: Argument) -> Callable[[Callable[..., Any]], Action]:
    """Decorator: make a function an action with the same name; its docstring is the help text."""

    def declare(run: Callable[..., Any]) -> Action:
        return Action(run.__name__.strip("_"), access, " ".join((run.__doc__ or "").split()), result, arguments, run)

    return declare
