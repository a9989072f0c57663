"""The parameters of a node type as plain data, and the validation of the values that are written for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, StrictFloat, ValidationError

from waves.memo import per_class
from waves.node import (
    Channels,
    Choice,
    DataFile,
    File,
    Numbers,
    Shared,
    Signal,
    Signals,
    Step,
    Steps,
    Values,
    choice_words,
    param,
)
from waves.node_types.description import description_of, validate_elsewhere
from waves.node_types.own_kinds import Metres, SectionList, Sends

Form = Literal[
    "signal",
    "signals",
    "channels",
    "steps",
    "step",
    "values",
    "sends",
    "sections",
    "metre",
    "numbers",
    "words",
    "flag",
    "whole",
    "number",
    "text",
    "file",
    "data",
    "shared",
    "other",
]
"""The forms of a parameter, by its annotation; "other" is no parameter of a node file."""

NO_SELF = 'a validator of its type returns nothing: one with @model_validator(mode="after") returns self'

WHOLE = 2.0**63
"""Whole numbers of kernels are below this."""


FORMS: dict[Any, Form] = {
    Signal: "signal",
    Signals: "signals",
    Channels: "channels",
    Steps: "steps",
    Step: "step",
    Values: "values",
    Sends: "sends",
    SectionList: "sections",
    Metres: "metre",
    Numbers: "numbers",
    File: "file",
    DataFile: "data",
    Shared: "shared",
    bool: "flag",
    int: "whole",
    float: "number",
    str: "text",
}

EXPECTED: dict[Form, str] = {
    "signal": "a number or one node",
    "channels": "a number or one node",
    "signals": "a list",
    "steps": "a list of steps",
    "step": "a sound",
    "values": "a list of values",
    "sends": "parts of the mix, each with a factor",
    "metre": "a metre like 4/4 or 6/8",
    "numbers": "a list of numbers",
    "flag": "true or false",
    "whole": "a whole number",
    "number": "a number",
    "text": "text",
    "file": "the name of a file",
    "data": "the name of a file of numbers",
    "shared": "the name of a ring",
}
"""By form: the values that may be written, as words after "expected"."""


class Meter(BaseModel):
    """A meter, as `monitor` describes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: Literal["level", "value", "bipolar"] = "level"
    range: tuple[StrictFloat, StrictFloat] | None = None


class Common(BaseModel):
    """The parameters that every node has."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

    duration: Signal = param(None, unit="s", minimum=0.0, description="Time after which the node has ended.")
    id: str = param("", description="Name under which `$name` reads the node and its state is kept.")
    monitor: bool | Literal["level", "value", "bipolar"] | Meter = param(
        False, description="A meter: true, bipolar, or {type: level, value or bipolar, range: [low, high]}."
    )
    fade: float = param(
        0.02, unit="s", minimum=0.0, maximum=600.0, description="Time in which it comes and goes, as a part of a mix."
    )
    tail: bool = param(False, description="Whether it rings on when it is removed, as a part of a mix: 10 s at most.")
    gain: Signal = param(0.0, unit="dB", minimum=-120.0, maximum=40.0, description="Level of what it gives.")
    mute: bool = param(False, description="Whether it is silent; it goes on all the same.")
    solo: bool = param(False, description="Whether only this part of its mix is heard, and others with `solo`.")
    send: Sends = param(None, description="Parts of its mix that it feeds, each with a factor: {room: 0.3}.")
    during: str | list[str] = param("", description="Sections of the song in which it is heard.")


GIVE_WAY = frozenset(("fade", "tail", "during"))
"""Parameters of every node that leave their names to the player, in a node that takes names of the player's."""

LEVELS = frozenset(("gain", "mute", "solo", "send"))
"""Parameters of every node that say how it is heard; a node that takes names of the player's has none of them."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a node type. `minimum` and `maximum` bound constants, in `unit`, both included."""

    name: str
    form: Form
    required: bool
    default: Any
    unit: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf
    description: str = ""
    words: dict[str, str] = field(default_factory=dict)
    """Every accepted spelling of an enumeration in lower case, and the word it stands for."""
    held: bool = False
    """Whether a constant beyond the bounds is held at them, with a warning."""
    former: dict[int, Any] = field(default_factory=dict)
    """Defaults that it had before, each by the last number of the sound that had it."""

    @property
    def is_signal(self) -> bool:
        """Whether its values are sources of signals, and not a setting."""
        return self.form in ("signal", "signals", "channels", "steps", "step", "values", "sends")

    @property
    def expected(self) -> str:
        """The values that may be written for it, as words after "expected"."""
        if self.form == "words":
            return "one of " + ", ".join(dict.fromkeys(self.words.values()))
        return EXPECTED.get(self.form) or self.description[:1].lower() + self.description[1:].rstrip(".")

    def default_in(self, sound: int) -> Any:
        """The default in a piece that keeps a number of the sound."""
        last = min((number for number in self.former if number >= sound), default=None)
        return self.default if last is None else self.former[last]

    def within(self, value: float) -> float:
        """The value, held at the bounds if the parameter does so."""
        return min(max(value, self.minimum), self.maximum) if self.held and math.isfinite(value) else value

    def fits(self, data: Any) -> bool:
        """Whether a flag or a constant, as written, can be its value."""
        if self.form == "flag" or isinstance(data, bool):
            return self.form == "flag" and isinstance(data, bool)
        return self.form != "other" and isinstance(data, int | float) and not self.complaint(float(data))

    def default_complaint(self) -> str:
        """The mistake in the default, if it is a number or a list of numbers, as a sentence; or an empty string."""
        several = self.default if self.form == "numbers" else [self.default]
        if self.form == "numbers" and not all(type(one) in (int, float) for one in several):
            return f"expected numbers, got {written(list(several))}"
        found = (self.complaint(one) for one in several if type(one) in (int, float))
        return next(filter(None, found), "")

    def complaint(self, value: float) -> str:
        """The mistake in a constant as a sentence, or an empty string."""
        unit = "" if self.unit in ("", "factor", "number", "position", "value") else f" {self.unit}"
        if not math.isfinite(value) and value != self.default:
            return f"expected a finite number, got {written(value)}"
        if not self.minimum <= value <= self.maximum and math.isfinite(self.maximum - self.minimum):
            return f"expected {self.minimum:g} to {self.maximum:g}{unit}, got {value:g}"
        if value < self.minimum:
            return f"expected at least {self.minimum:g}{unit}, got {value:g}"
        if value > self.maximum:
            return f"expected at most {self.maximum:g}{unit}, got {value:g}"
        if self.form == "whole" and not -WHOLE <= value < WHOLE:
            return f"expected a whole number between -2**63 and 2**63, got {value:g}"
        return ""


SENT = Parameter("send", "signal", True, None, "factor", -10.0, 10.0)
"""The amount of a send."""


def annotation_name(form: str) -> str:
    """The annotation that gives a parameter this form, as node authors write it."""
    return Choice.__name__ if form == "words" else next(kind.__name__ for kind, known in FORMS.items() if known == form)


@per_class
def parameters(kind: type[BaseModel]) -> dict[str, Parameter]:
    """The parameters of a node type by name, in the order of its file, after them those of its bases."""
    own = kind.__annotations__
    names = sorted(kind.model_fields, key=lambda name: name not in own)
    return {name: _parameter(name, kind.model_fields[name]) for name in names}


@per_class
def accepted(kind: type[BaseModel]) -> dict[str, Parameter]:
    """The parameters of a node type and those that every node has; a type's own come first."""
    return parameters(kind) | {name: p for name, p in parameters(Common).items() if name not in kind.model_fields}


def free_names(kind: type[BaseModel]) -> str:
    """The parameter that takes every other key as a named signal, `signals` if the type has it, or ""."""
    own = parameters(kind).get("signals")
    return own.name if own and own.form == "signals" else ""


def names_values(kind: type[BaseModel]) -> bool:
    """Whether the free names of a type are names of values for the expressions inside, and not parts of its sound."""
    if not free_names(kind) or "expand" not in kind.__dict__:
        return False
    return bool(description_of(kind)) or "bind" in kind.expand.__func__.__code__.co_names  # type: ignore[attr-defined]


def gives_way(kind: type[BaseModel], p: Parameter, data: Any, is_node: bool) -> bool:
    """Whether a parameter leaves its name to the player, in a node that takes names of the player's.

    `data` is its value as written; `is_node`: whether that is a node, or the name of one.
    """
    if p.name in LEVELS and p.name not in kind.model_fields:
        return True
    if p.name in GIVE_WAY and p.name not in kind.model_fields:
        return data is not None and (names_values(kind) or is_node)
    return p.form == "signals" and names_values(kind) and data is not None and not isinstance(data, list)


def validated(kind: type[BaseModel], values: dict[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The settings of a type, converted and completed by pydantic, and the mistakes: parameter and sentence.

    Validators of a type see a signal as a number, or as None when it moves. A missing parameter is not a mistake here.
    """
    if validate := validate_elsewhere(kind):
        return validate(values)
    known = parameters(kind)
    signals = {name: None for name, p in known.items() if p.is_signal and p.required}
    try:
        result = kind.model_validate(signals | values)
    except ValidationError as error:
        wrong = []
        for detail in error.errors(include_url=False):
            key = str(detail["loc"][0]) if detail["loc"] else ""
            if detail["type"] in ("value_error", "assertion_error"):  # a validator of the node's author
                wrong.append((key, str(detail["ctx"]["error"])))
            elif detail["type"] != "missing":
                wrong.append((key, f"expected {known[key].expected}, got {written(values[key])}"))
        fine = {key: value for key, value in values.items() if key not in dict(wrong)}
        settings = {key: fine.get(key, p.default) for key, p in known.items() if not p.is_signal}
        return settings, list(dict.fromkeys(wrong))
    if not isinstance(result, kind):
        return {key: p.default for key, p in known.items() if not p.is_signal} | values, [("", NO_SELF)]
    return {key: getattr(result, key) for key, p in known.items() if not p.is_signal}, []


def written(value: Any) -> str:
    """A value of a file as it is written there, shortened for a message."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: …" for key in list(value)[:4]) + "}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, float):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan" if math.isnan(value) else f"{value:g}")
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…'"


def _parameter(name: str, info: Any) -> Parameter:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    form, words = _form(info.annotation)
    return Parameter(
        name=name,
        form=form,
        required=info.is_required(),
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        unit=str(extra.get("unit", "")),
        minimum=extra.get("minimum", -math.inf),
        maximum=extra.get("maximum", math.inf),
        description=info.description or "",
        held=bool(extra.get("held", False)),
        former={int(number): value for number, value in extra.get("former", {}).items()},
        words={word.lower(): word for word in words}
        | {other.lower(): word for other, word in extra.get("words", {}).items()},
    )


def _form(annotation: Any) -> tuple[Form, tuple[str, ...]]:
    """The form of an annotation, and the words of a `Choice`; `X | None` has the form of X."""
    if get_origin(annotation) in (Union, UnionType):
        options = [option for option in get_args(annotation) if option is not NoneType]
        return _form(options[0]) if len(options) == 1 else ("other", ())
    if words := choice_words(annotation):
        return "words", words
    return FORMS.get(annotation, "other"), ()
