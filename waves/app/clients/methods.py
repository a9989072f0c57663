"""The methods that clients may call: all actions, and what only clients ask for. Declared once, checked, described."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from waves.app.actions.action import Access
from waves.app.actions.actions import ACTIONS
from waves.problem import Problem, Problems, did_you_mean

LONGEST_TEXT = 1_000_000  # characters
LONGEST_NAME = 1_000


class Params(BaseModel):
    """Arguments of a method."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class NoParams(Params):
    """No arguments."""


class OfFile(Params):
    """A file of the piece."""

    file: str | None = Field(
        None, max_length=LONGEST_NAME, description="waves.yaml, or sounds/NAME.yaml; none: the first of the piece."
    )


class OfNode(Params):
    """A node."""

    id: str = Field(max_length=LONGEST_NAME, description="ID of a node, as `parameters` gives it.")


class OfTexts(Params):
    """Texts that were not saved."""

    files: dict[str, str] = Field(
        default_factory=dict, max_length=100, description="Text by name of the file; none: the files as they are."
    )


class ToSave(Params):
    """A text for a file."""

    file: str = Field(max_length=LONGEST_NAME, description="waves.yaml, or sounds/NAME.yaml.")
    text: str = Field(max_length=LONGEST_TEXT, description="The whole text.")
    based_on: str = Field(max_length=100, description="The version that was read; empty for a new file.")


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the protocol. `run` gets the `ClientCalls` of the player, and the checked arguments."""

    name: str
    access: Access
    help: str
    result: str
    params: type[Params]
    run: Callable[[Any, Any], Any]

    @property
    def returns(self) -> Any:
        """The type of the result."""
        return get_type_hints(self.run)["return"]


METHODS: dict[str, Method] = {}
"""The methods beside the actions, by name."""


def method(access: Access, params: type[Params], result: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: list a function as a method, under its name in camelCase; its docstring is the help text."""

    def declare(run: Callable[..., Any]) -> Callable[..., Any]:
        made = Method(camel_case(run.__name__), access, " ".join((run.__doc__ or "").split()), result, params, run)
        METHODS[made.name] = made
        return run

    return declare


def camel_case(name: str) -> str:
    """The name of an action as a method: `play_next` is `playNext`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


ACTION_METHODS = {camel_case(name): name for name, action in ACTIONS.items() if action.access != "none"}
"""The names of the actions by those of their methods."""


def checked(method: Method, given: Mapping[str, Any]) -> Params:
    """The arguments of a method. Raises Problems, one sentence for each mistake."""
    try:
        return method.params(**given)
    except ValidationError as error:
        raise Problems([_problem(method, item) for item in error.errors()]) from None


def _problem(method: Method, item: Any) -> Problem:
    name = str(item["loc"][0]) if item["loc"] else ""
    known = method.params.model_fields
    if item["type"] == "extra_forbidden":
        return Problem(f"'{method.name}' has no argument '{name:.60}'", suggestion=did_you_mean(name, known))
    if item["type"] == "missing":
        return Problem(f"'{method.name}' needs '{name}': {known[name].description or ''}")
    return Problem(f"'{name:.60}' of '{method.name}': {item['msg']}")
