"""Annotations of parameters: kinds of values that a node may be given in `waves.yaml`; a part of `waves.node`."""

from __future__ import annotations

import re
from keyword import iskeyword
from typing import Any, ClassVar

from pydantic_core import core_schema


class _Kind:
    """Base of the annotations whose values are read by the builder of the tree: pydantic accepts any value."""

    json_schema: ClassVar[dict[str, Any]] = {}

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.any_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return dict(cls.json_schema)


class Signal(_Kind):
    """A number per frame. In `waves.yaml`: a number, an expression, a node, or a list to interpolate."""

    json_schema = {"$ref": "#/$defs/signal"}


class Signals(_Kind):
    """Any number of signals by name. If it is called `signals`, every key that is not a parameter is one of them."""

    json_schema = {"type": "array", "items": {"$ref": "#/$defs/signal"}}


class Channels(_Kind):
    """All channels of one signal, for nodes that work on channels."""

    json_schema = {"$ref": "#/$defs/signal"}


class Steps(_Kind):
    """The steps of a sequence: sounds with parameters, several at the same time, nodes, rests; or a pattern, a text."""

    json_schema = {"type": ["array", "string"]}


class Step(_Kind):
    """The sounds of one step, as they stand in a list of steps."""


class Values(_Kind):
    """A sequence of signals; null keeps the previous one."""

    json_schema = {"type": "array", "items": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/signal"}]}}


class Numbers(_Kind):
    """A list of numbers or constant expressions; `prepare`, `lengths` and `adopted` get it as an array of float64."""

    json_schema = {"type": "array", "items": {"type": ["number", "string"]}}


class File(_Kind):
    """The path of a sound file, or of a folder of them, inside the workspace."""

    json_schema = {"type": "string"}


class DataFile(_Kind):
    """The path of a file of numbers inside the workspace: `.csv`, `.txt` or `.npy`; or a sound, `.wav` or `.flac`.

    `prepare` gets its numbers as float64 of shape (columns, rows); those of a sound are its frames, at its own rate.
    """

    json_schema = {"type": "string"}
    suffixes: ClassVar[tuple[str, ...]] = (".csv", ".txt", ".npy")
    sounds: ClassVar[tuple[str, ...]] = (".wav", ".flac")


class Shared(_Kind):
    """The name of a ring that all nodes with this name share."""

    json_schema = {"type": "string"}


class _ChoiceType(type):
    """The type of `Choice`, which makes `Choice["sin", "saw"]` a type of its own."""

    def __getitem__(cls, words: Any) -> Any:
        words = words if isinstance(words, tuple) else (words,)
        if not all(isinstance(word, str) for word in words) or len(set(words)) < len(words):
            raise TypeError(f"Choice{[*words]}: expected words in quotes, each once")
        return _ChoiceType("Choice", (Choice,), {"__words__": words, **_numbers(words)})

    def __repr__(cls) -> str:
        return f"Choice{[*choice_words(cls)]}"


class Choice(metaclass=_ChoiceType):
    """One of some words, in any case of letters; the kernel gets the number of the word.

    The type has the number of each word as an attribute, which is what a kernel compares with:

        Shape = Choice["sin", "saw"]

        class Tone(Node):
            shape: Shape = param("sin", description="Shape of the wave.")
            ...
                if shape == Shape.saw:

    A kernel that compares with one word must name them all, so that no word is forgotten.
    """

    __words__: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.literal_schema([*cls.__words__]) if cls.__words__ else core_schema.any_schema()


def _numbers(words: tuple[str, ...]) -> dict[str, int]:
    names = [re.sub(r"\W", "_", word) + "_" * iskeyword(word) for word in words]
    return {name: k for k, name in enumerate(names) if name[:1].isalpha()}


def choice_words(annotation: Any) -> tuple[str, ...]:
    """The words of a `Choice`; none for any other annotation."""
    words: tuple[str, ...] = annotation.__words__ if isinstance(annotation, _ChoiceType) else ()  # type: ignore
    return words


def choice_numbers(annotation: Any) -> dict[str, int]:
    """The number of each word of a `Choice` by the name of its attribute.

    That is the word, with `_` for what no name can have: `low_pass` for "low pass", `raise_` for "raise". A word that
    does not begin with a letter has none.
    """
    return _numbers(choice_words(annotation))
