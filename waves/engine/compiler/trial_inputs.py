"""The inputs that a kernel is tried with: settings, each in turn at its limits, and signals of several kinds."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from waves.node import BLOCK, Channels, DataFile, File, Node, Shared, Signal, Signals
from waves.node_types.library import signature
from waves.node_types.library.preparation import KnownParameters, MemoryNeed, memory_needs, prepared_arrays

RATE = 44100.0  # Hz
LONGEST = 1 << 20  # frames of a ring, numbers of a buffer
TRIED_CHANNELS = 3  # for which there are rings: the most that a list of a trial has
BLOCKS = ((0, 64), (0, 64), (0, 1), (1, 40), (41, 23))  # first frame and frames of each call
NUMBERS = np.linspace(0.0, 1.0, 8 * 64).reshape(8, 64)  # of a file: columns × rows
WILD = (math.nan, math.inf, -math.inf, 1e300, -1e300)

Array = np.ndarray[Any, Any]


@dataclass(eq=False, slots=True)
class Case:
    """One set of inputs: settings, signals (BLOCK frames), lists of them, arrays, and the memories that it needs.

    `tame`: the signals are such as a piece may have. `is_default`: they are as if nothing were written.
    """

    name: str
    tame: bool
    settings: dict[str, Any]
    signals: dict[str, Array]
    lists: dict[str, list[Array]]
    arrays: dict[str, Array]
    needs: list[MemoryNeed]

    @property
    def is_default(self) -> bool:
        """Whether its signals have their default values."""
        return self.name.endswith("default")

    def outputs(self, kind: type[Node]) -> int:
        """The number of outputs of a row of a type with these inputs."""
        return signature.output_count(kind, len(self.lists.get(str(kind.channels), ())))

    @property
    def given(self) -> dict[str, Any]:
        """The values of arguments by name."""
        return {**self.settings, **self.signals, **self.lists, **self.arrays}


def cases(kind: type[Node]) -> Iterator[Case]:
    """Every set of settings, with tame signals and with wild ones."""
    for number, settings in enumerate(_sets_of_settings(kind)):
        try:
            arrays, needs = _prepared(kind, settings)
        except (Exception, SystemExit):  # settings that `prepare` refuses are refused in a piece too
            continue
        for signal in ("default", "moving", *(WILD if number == 0 else WILD[:1])):
            name, tame = f"{number} {signal}", isinstance(signal, str)
            yield Case(name, tame, settings, _signals(kind, signal), _lists(kind, signal), arrays, needs)


def preparation_error(kind: type[Node]) -> BaseException | None:
    """The error of `prepare`, `lengths` or `adopted` that fails with all settings of a type; None if none does.

    Or of `prepare` or `lengths` where one signal moves; its note says which.
    """
    base, _ = _settings(kind)
    if any(base[name] is None and kind.model_fields[name].is_required() for name in base):
        return None  # a text that only a piece can know
    sets = _sets_of_settings(kind)
    error = _error_of_all(partial(_prepared, kind), sets) or _error_of_all(partial(_adopt, kind), sets)
    if signature.parameter_names(kind, DataFile) and isinstance(error, ValueError | LookupError):
        return None  # numbers that only a piece can know
    return error or _error_where_one_moves(kind, sets[0])


def _error_where_one_moves(kind: type[Node], settings: dict[str, Any]) -> BaseException | None:
    """The error of `prepare` or `lengths` where one signal moves and all others are numbers; None if there is none.

    `prepare` may refuse it with a ValueError; there is always a length.
    """
    try:
        _prepared(kind, settings)
    except (Exception, SystemExit):  # it is not the moving signal
        return None
    for name, value in vars(_known_parameters(kind, settings)).items():
        if signature.annotation(kind, name) is not Signal or value is None:
            continue
        constants = _known_parameters(kind, settings, moving=name)
        try:
            with suppress(ValueError):
                prepared_arrays(kind, constants, RATE)
            memory_needs(kind, constants, RATE, _channels(kind))
        except (Exception, SystemExit) as error:
            error.add_note(f"'{name}', a Signal, is None where it moves")
            return error
    return None


def _error_of_all(call: Callable[[dict[str, Any]], Any], sets: list[dict[str, Any]]) -> BaseException | None:
    """The first error of a call that fails with every set of settings."""
    first: BaseException | None = None
    for settings in sets:
        try:
            call(settings)
            return None
        except (Exception, SystemExit) as error:
            first = first or error
    return first


def _adopt(kind: type[Node], settings: dict[str, Any]) -> None:
    """Call `adopted` as for a node whose settings become the default ones; raises what it raises."""
    record = signature.state_default(kind)
    fields = SimpleNamespace(**{name: record[name][0].copy() for name in record.dtype.names or ()})
    kind.adopted(fields, _known_parameters(kind, settings), _known_parameters(kind, _settings(kind)[0]))


def _sets_of_settings(kind: type[Node]) -> list[dict[str, Any]]:
    """The default settings, then each setting in turn at its other values."""
    base, choices = _settings(kind)
    return [base, *({**base, name: value} for name, values in choices.items() for value in values)]


def _settings(kind: type[Node]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """A value for each parameter that is a setting, and the others to try: words, flags, bounds."""
    base: dict[str, Any] = {}
    choices: dict[str, list[Any]] = {}
    for name, info in kind.model_fields.items():
        annotated = signature.annotation(kind, name)
        if annotated in (Signal, Signals, Channels, File, DataFile, Shared):
            continue
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        words = list(signature.words(kind, name))
        bounds = [extra[end] for end in ("minimum", "maximum") if end in extra]
        others: list[Any] = words or ([False, True] if annotated is bool else bounds)
        default = None if info.is_required() else info.default
        base[name] = default if default is not None or not others else others[0]
        if base[name] is None and annotated in (int, float):
            base[name] = 1
        choices[name] = [value for value in others if value != base[name]]
    return base, choices


def _signals(kind: type[Node], content: Any) -> dict[str, Array]:
    """The signals by name: with their "default" values, "moving", or of one number."""
    signals: dict[str, Array] = {}
    for number, name in enumerate(signature.parameter_names(kind, Signal)):
        info = kind.model_fields[name]
        if content == "default":
            value = 0.5 if info.is_required() else math.nan if info.default is None else info.default
            signals[name] = np.full(BLOCK, float(value))
        else:
            signals[name] = _moving(number, kind, name) if content == "moving" else np.full(BLOCK, content)
    return signals


def _moving(number: int, kind: type[Node], name: str) -> Array:
    """A signal between the bounds of a parameter, or between -2 and 2, with steps and zeros in it."""
    extra = kind.model_fields[name].json_schema_extra
    bounds = extra if isinstance(extra, dict) else {}
    low, high = (
        float(typing.cast(float, bounds.get(end, value))) for end, value in (("minimum", -2.0), ("maximum", 2.0))
    )
    swing = np.sin(np.arange(BLOCK) * (number + 1) * 0.37)
    swing[::9] = -1.0
    moving: Array = low + (max(high, low) - low) * (0.5 + 0.5 * swing)
    return moving


def _lists(kind: type[Node], content: Any) -> dict[str, list[Array]]:
    """The lists of signals by name, of one to three signals."""
    signal = np.sin(np.arange(BLOCK) * 0.1) if isinstance(content, str) else np.full(BLOCK, content)
    counts = {"default": 2, "moving": 3}
    count = counts.get(content, 1) if isinstance(content, str) else 1
    return {
        name: [signal * (k + 1) for k in range(count)] for name in signature.parameter_names(kind, Signals, Channels)
    }


def _prepared(kind: type[Node], settings: dict[str, Any]) -> tuple[dict[str, Array], list[MemoryNeed]]:
    """The arrays of the first channel, and the memories; raises what `prepare` or `lengths` raises."""
    constants = _known_parameters(kind, settings)
    arrays = {
        name: array[0] if array.ndim == 2 else array for name, array in prepared_arrays(kind, constants, RATE).items()
    }
    needs = memory_needs(kind, constants, RATE, _channels(kind))
    return arrays, [need._replace(size=min(need.size, LONGEST)) for need in needs]


def _channels(kind: type[Node]) -> dict[str, int]:
    """The most channels that an input of type `Channels` has."""
    return dict.fromkeys(signature.parameter_names(kind, Channels), TRIED_CHANNELS)


def _known_parameters(kind: type[Node], settings: dict[str, Any], moving: str = "") -> KnownParameters:
    """The parameters of a node with some settings as `prepare`, `lengths` and `adopted` see them; one signal moves."""
    files: dict[str, Any] = {name: [_tone(1, 4410), _tone(2, 200)] for name in signature.parameter_names(kind, File)}
    files |= dict.fromkeys(signature.parameter_names(kind, DataFile), NUMBERS)
    signals = {
        name: None if info.is_required() or info.default is None or name == moving else info.default
        for name, info in kind.model_fields.items()
        if signature.annotation(kind, name) is Signal
    }
    return KnownParameters(**{**settings, **signals, **files})


def _tone(channels: int, frames: int) -> Array:
    wave = np.sin(np.arange(frames) * 0.05).astype(np.float32)
    return np.tile(wave, (channels, 1))
