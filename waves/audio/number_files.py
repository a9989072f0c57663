"""Loads files of numbers: columns in a text, an array of NumPy, or the frames of a sound as they are."""

from __future__ import annotations

import csv
import io
import math
import stat
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from waves.node import DataFile
from waves.problem import reason_of

MB = 1_000_000  # bytes
LARGEST_TEXT_MB = 32  # of text, which is read much slower than an array
COMMENT = "#"
SIGNS = ";,\t"  # between the cells of a line; without one of them spaces

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class NumbersError(ValueError):
    """One sentence on why a file cannot be used as numbers."""


def load_numbers(path: Path, limit_mb: float) -> Numbers:
    """The numbers in the file at `path`: float64 of shape (columns, rows), read only.

    A text has a row in each line, with commas, semicolons, tabs or spaces between its numbers. What follows a `#` and
    empty lines are left out, and so is a first line of names. The array in a `.npy` has the shape (rows, columns), or
    is one column. A sound has a row for each frame, and a column for each channel: nothing is resampled. All numbers
    are finite, and take `limit_mb` at most. Raises NumbersError, with the line of a text.
    Any thread.
    """
    name, suffix = path.name, path.suffix.lower()
    if suffix not in (*DataFile.suffixes, *DataFile.sounds):
        known = ", ".join((*DataFile.suffixes, *DataFile.sounds))
        raise NumbersError(f"'{name}' is not a file of numbers: {known}")
    is_text = suffix != ".npy"
    largest = min(limit_mb, LARGEST_TEXT_MB) if is_text else limit_mb
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NumbersError(f"'{name}' is not a file")
        if suffix in DataFile.sounds:
            return _columns(name, _frames(path, limit_mb), limit_mb)
        with path.open("rb") as file:
            content = file.read(int(largest * MB) + 1)
    except OSError as error:
        raise NumbersError(f"'{name}' cannot be read: {reason_of(error)}") from None
    if len(content) > largest * MB:
        if is_text and limit_mb > largest:
            raise NumbersError(f"'{name}' has more than {largest:g} MB of text; an array in a .npy may be larger")
        raise NumbersError(f"'{name}' is larger than SAMPLE_MB = {limit_mb:g} allows")
    return _columns(name, _table(name, content) if is_text else _array(name, content, limit_mb), limit_mb)


def _columns(name: str, rows: Numbers, limit_mb: float) -> Numbers:
    """The columns of some rows, read only. Raises NumbersError if they are none, or too many."""
    _check_size(name, rows.size, limit_mb)
    if rows.size == 0:
        raise NumbersError(f"'{name}' has no numbers")
    columns = np.ascontiguousarray(rows.T)
    columns.flags.writeable = False
    return columns


def _check_size(name: str, count: int, limit_mb: float) -> None:
    """Raises NumbersError for more numbers than the limit allows."""
    if (megabytes := 8 * count / MB) > limit_mb:
        raise NumbersError(f"'{name}' needs {megabytes:.0f} MB of memory, more than SAMPLE_MB = {limit_mb:g} allows")


def _frames(path: Path, limit_mb: float) -> Numbers:
    """The frames of a sound, at its own rate. Its size is computed from the header, before it is decoded."""
    try:
        with soundfile.SoundFile(path) as file:
            _check_size(path.name, file.frames * file.channels, limit_mb)
            rows: Numbers = file.read(dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, TypeError) as error:
        reason = getattr(error, "error_string", "") or "no header says what it holds"
        raise NumbersError(f"'{path.name}' is not a sound file: {reason.rstrip('.')}") from None
    return np.nan_to_num(rows, copy=False, nan=0.0, posinf=0.0, neginf=0.0)


def _array(name: str, content: bytes, limit_mb: float) -> Numbers:
    """The rows of an array of NumPy."""
    try:
        found = np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    except Exception:  # its header may say anything
        raise NumbersError(f"'{name}' is not an array of numbers, as numpy.save writes it") from None
    if found.dtype.kind not in "fiub":
        raise NumbersError(f"'{name}' holds something else than numbers: {found.dtype.name}")
    if found.ndim > 2:
        raise NumbersError(f"'{name}' has {found.ndim} dimensions, at most 2 can be used: rows and columns")
    _check_size(name, found.size, limit_mb)
    with np.errstate(over="ignore"):
        rows = found.astype(np.float64)
    rows = rows.reshape(-1, 1) if rows.ndim < 2 else rows
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0].tolist()
        raise NumbersError(f"'{name}': [{row}, {column}] is {rows[row, column]:g}, not a finite number")
    return rows


def _table(name: str, content: bytes) -> Numbers:
    """The rows of a text."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise NumbersError(f"{name}:{line}: is not UTF-8 text") from None
    numbers = array("d")
    columns = 0
    for count, (line, cells) in enumerate(_cells(text)):
        row = [_number(cell) for cell in cells]
        if count == 0 and all(number is None for number in row) and any(cells):
            continue  # names of the columns
        for column, (cell, number) in enumerate(zip(cells, row, strict=True), 1):
            if number is None or not math.isfinite(number):
                raise NumbersError(f"{name}:{line}: expected a number in column {column}, got {_shown(cell)}")
            numbers.append(number)
        columns = columns or len(row)
        if len(row) != columns:
            expected = f"{columns} numbers" if columns > 1 else "one number"
            raise NumbersError(f"{name}:{line}: expected {expected}, as in the line above, got {len(row)}")
    return np.array(numbers).reshape(-1, max(columns, 1))


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each line that has any."""
    for line, written in enumerate(io.StringIO(text, newline=None), 1):
        row = written.partition(COMMENT)[0].strip()
        if not row:
            continue
        sign = next((sign for sign in SIGNS if sign in row), None)
        cells = next(csv.reader([row], delimiter=sign, skipinitialspace=True)) if sign else row.split()
        yield line, [cell.strip() for cell in cells]


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _shown(cell: str) -> str:
    """A cell as it is written; where a comma is its decimal point, with the way to write it."""
    shown = repr(cell if len(cell) <= 40 else f"{cell[:39]}…") if cell else "nothing"
    if _number(cell) is None and _number(cell.replace(",", ".")) is not None:
        return f"{shown}: decimals are written with a point"
    return shown
