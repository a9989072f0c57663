"""The arguments of one kernel that runs by itself, without plan and engine: in trials and tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from waves.engine.native.slow_values import filler
from waves.node import BLOCK, Node
from waves.node_types.library import signature
from waves.node_types.library.kernel_arguments import output_names
from waves.node_types.library.machine_types import FLOAT, INPUT, INTEGER, PythonCall
from waves.node_types.library.signature import Argument

Array = np.ndarray[Any, Any]


def outputs_by_name(kind: type[Node], blocks: Array) -> dict[str, Any]:
    """The outputs of a kernel by their names, float64 of shape (outputs, frames): one each, of `out` all channels.

    Of a node that is as wide as an input the first outputs are its channels.
    """
    names = output_names(kind)
    wide = len(blocks) - len(names) + 1
    if isinstance(kind.channels, str):
        return {names[0]: list(blocks[:wide]), **dict(zip(names[1:], blocks[wide:], strict=True))}
    return dict(zip(names, blocks, strict=True))


class SingleRow:
    """The value of each argument of a kernel, as words of a row or as Python objects.

    `given` are values by the name of the argument: float64 arrays for outputs and signals, lists of them, prepared
    arrays, rings, buffers, and settings as they are written. `memory` are values by machine type: "record",
    "scratch" and "frame number". An argument that is in neither has the trial value of its kind. All arrays are read
    and written in place.
    """

    def __init__(self, kind: type[Node], given: Mapping[str, Any], memory: Mapping[str, Any]):
        self.kind = kind
        frames = next((np.shape(given[name])[-1] for name in output_names(kind) if name in given), BLOCK)
        places = signature.slow_places(kind)
        self._slow = np.zeros((sum(count for _, count in places.values()), frames))
        self._slow_of = {name: self._slow[at : at + count] for name, (at, count) in places.items()}
        self.values = [(argument, self._value(argument, given, memory)) for argument in signature.arguments(kind)]
        self._kept: list[Any] = []

    def _value(self, argument: Argument, given: Mapping[str, Any], memory: Mapping[str, Any]) -> Any:
        if argument.name in self._slow_of:
            return self._slow_of[argument.name]
        if argument.name not in given:
            return memory.get(argument.machine_type.name, argument.kind.trial)
        value = given[argument.name]
        return signature.number(self.kind, argument, value) if argument.machine_type in (FLOAT, INTEGER) else value

    def python(self, call: PythonCall) -> list[Any]:
        """The arguments for one call of the kernel as Python; its slow values are filled."""
        values = [argument.machine_type.to_python(argument.name, value, call) for argument, value in self.values]
        if self.kind.slow:
            named = {argument.name: value for (argument, _), value in zip(self.values, values, strict=True)}
            signals = tuple(argument.name for argument, _ in self.values if argument.machine_type is INPUT)
            state = named["state"]
            named |= {name: state.goal[at : at + n] for name, (at, n) in signature.slow_places(self.kind).items()}
            taken = (named[name] for name in signature.slow_parameters(self.kind))
            out, stride = self._slow.reshape(-1), self._slow.shape[1]
            filler(self.kind, signals)(state, call.first, call.frames, out, stride, *taken)
        return values[: len(signature.kernel_parameters(self.kind))]

    def words(self) -> Array:
        """The row for the compiled kernel, int64; what it points to lives as long as this object."""
        row = np.zeros(signature.row_size(self.kind), np.int64)
        for argument, value in self.values:
            machine_type = argument.machine_type
            for k, (type_, word) in enumerate(
                zip(machine_type.words, machine_type.to_words(value), strict=True), argument.word
            ):
                self._kept.append(word)
                if type_ == "float":
                    row[k : k + 1].view(np.float64)[0] = word
                else:
                    row[k] = word.ctypes.data if type_ == "address" else word
        return row
