"""SynthDefs and scores of scsynth as bytes: the documented formats "Synth Definition File Format" and OSC 1.0."""

from __future__ import annotations

import struct
from collections.abc import Sequence

SCALAR, CONTROL, AUDIO = 0, 1, 2  # rates
ADD, MULTIPLY = 0, 2  # operators of BinaryOpUGen

Wire = tuple[int, int]  # unit, output
Input = Wire | float


def name_of(text: str) -> bytes:
    """A text with its length before it."""
    return bytes([len(text)]) + text.encode("ascii")


class SynthDef:
    """A definition that is built unit by unit, in the order in which the units run."""

    def __init__(self, name: str, **controls: float):
        """`controls`: parameters of the synth, with their defaults."""
        self.name, self.controls = name, controls
        self._constants: dict[float, int] = {}
        self._units: list[tuple[str, int, list[Input], int, int]] = []
        if controls:
            self.unit("Control", CONTROL, outputs=len(controls))

    def control(self, name: str) -> Wire:
        """A parameter as an input."""
        return (0, list(self.controls).index(name))

    def unit(self, kind: str, rate: int, *inputs: Input, outputs: int = 1, special: int = 0) -> Wire:
        """Append a unit; its first output."""
        for value in inputs:
            if not isinstance(value, tuple):
                self._constants.setdefault(float(value), len(self._constants))
        self._units.append((kind, rate, list(inputs), outputs, special))
        return (len(self._units) - 1, 0)

    def rate(self, value: Input) -> int:
        """The rate of an input."""
        return self._units[value[0]][1] if isinstance(value, tuple) else SCALAR

    def multiplied(self, a: Input, b: Input) -> Wire:
        """a * b."""
        return self.unit("BinaryOpUGen", max(self.rate(a), self.rate(b)), a, b, special=MULTIPLY)

    def added(self, a: Input, b: Input) -> Wire:
        """a + b."""
        return self.unit("BinaryOpUGen", max(self.rate(a), self.rate(b)), a, b, special=ADD)

    def scaled(self, a: Input, factor: Input, offset: Input) -> Wire:
        """a * factor + offset."""
        return self.unit("MulAdd", self.rate(a), a, factor, offset)

    def summed(self, *values: Input) -> Wire:
        """The sum of two to four inputs."""
        if len(values) == 2:
            return self.added(*values)
        return self.unit(f"Sum{len(values)}", max(map(self.rate, values)), *values)

    def out(self, value: Input, kind: str = "Out") -> None:
        """Play on the first bus; `OffsetOut` begins at the exact frame."""
        self.unit(kind, AUDIO, 0.0, value, outputs=0)

    @property
    def data(self) -> bytes:
        """The definition as a file that holds just this one."""
        parts = [b"SCgf", struct.pack(">ih", 2, 1), name_of(self.name)]
        parts.append(struct.pack(f">i{len(self._constants)}f", len(self._constants), *self._constants))
        parts.append(struct.pack(f">i{len(self.controls)}f", len(self.controls), *self.controls.values()))
        parts.append(struct.pack(">i", len(self.controls)))
        parts += [name_of(name) + struct.pack(">i", k) for k, name in enumerate(self.controls)]
        parts.append(struct.pack(">i", len(self._units)))
        for kind, rate, inputs, outputs, special in self._units:
            parts.append(name_of(kind) + struct.pack(">biih", rate, len(inputs), outputs, special))
            for value in inputs:
                place = value if isinstance(value, tuple) else (-1, self._constants[float(value)])
                parts.append(struct.pack(">ii", *place))
            parts.append(bytes([rate]) * outputs)
        return b"".join([*parts, struct.pack(">h", 0)])


def message(address: str, *values: str | int | float | bytes) -> bytes:
    """An OSC message."""
    tags, data = ",", b""
    for value in values:
        if isinstance(value, bytes):
            tags, data = tags + "b", data + _filled(struct.pack(">i", len(value)) + value)
        elif isinstance(value, str):
            tags, data = tags + "s", data + _ended(value)
        elif isinstance(value, int):
            tags, data = tags + "i", data + struct.pack(">i", value)
        else:
            tags, data = tags + "f", data + struct.pack(">f", value)
    return _ended(address) + _ended(tags) + data


def score(events: Sequence[tuple[float, bytes]]) -> bytes:
    """A score of messages, each at its time (s), in the order of time."""
    parts = []
    for seconds, content in events:
        whole = int(seconds)
        tag = struct.pack(">II", whole, int((seconds - whole) * 2**32))
        bundle = b"#bundle\0" + tag + struct.pack(">i", len(content)) + content
        parts.append(struct.pack(">i", len(bundle)) + bundle)
    return b"".join(parts)


def _filled(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _ended(text: str) -> bytes:
    return _filled(text.encode("ascii") + b"\0")
