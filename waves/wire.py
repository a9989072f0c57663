"""Messages between two processes: a line of JSON, and after it the numbers of the arrays in it.

A message is a dict of plain values, arrays and handles. Tuples arrive as lists. There is no code in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

Message = dict[str, Any]

ARRAY, HANDLE, SIZES = "\0array", "\0handle", "\0sizes"  # keys that no name of a piece can have


@dataclass(frozen=True, slots=True)
class Handle:
    """An object of the other process, by its number there."""

    number: int


def send(stream: IO[bytes], message: Message) -> None:
    """Write a message. Raises TypeError for what is no data, and OSError."""
    arrays: list[np.ndarray[Any, Any]] = []

    def packed(value: Any) -> Any:
        if isinstance(value, Handle):
            return {HANDLE: value.number}
        if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "fiub":
            array = np.asarray(value)
            arrays.append(np.ascontiguousarray(array))
            return {ARRAY: [len(arrays) - 1, array.dtype.str, array.shape]}
        raise TypeError(f"a {type(value).__name__} is no number, text or array")

    line = json.dumps(message, default=packed)
    if arrays:
        line = json.dumps({SIZES: [array.nbytes for array in arrays]})[:-1] + ", " + line[1:]
    stream.write(line.encode() + b"\n")
    for array in arrays:
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> Message | None:
    """The next message; None at the end of the stream. Raises ValueError for what is none."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    message: Message = json.loads(line)
    buffers = [bytearray(size) for size in message.pop(SIZES, ())]
    for buffer in buffers:
        filled = 0
        with memoryview(buffer) as view:
            while filled < len(buffer):
                count = stream.readinto(view[filled:])  # type: ignore[attr-defined]
                if not count:
                    return None
                filled += count
    unpacked: Message = _unpacked(message, buffers)
    return unpacked


def receive_plain(stream: IO[bytes], most: int) -> Message | None:
    """The next message of a process that is not trusted: without arrays, `most` bytes long at most.

    None at the end of the stream. Raises ValueError for what is none.
    """
    line = stream.readline(most)
    if not line.endswith(b"\n") and len(line) < most:
        return None
    try:
        message = json.loads(line)
    except RecursionError:
        raise ValueError("it is too deep") from None
    if not isinstance(message, dict):
        raise ValueError("it is no message")
    return message


def _unpacked(value: Any, buffers: list[bytearray]) -> Any:
    if isinstance(value, list):
        return [_unpacked(one, buffers) for one in value]
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        number, element, shape = value[ARRAY]
        array = np.frombuffer(buffers[number], np.dtype(element)).reshape(shape)
        return array if shape else array[()]
    if HANDLE in value:
        return Handle(value[HANDLE])
    return {key: _unpacked(one, buffers) for key, one in value.items()}
