"""Sample maps, as Strudel has them: a JSON file that gives names to files of sound, and to each of them a pitch.

{"_base": "wav/", "kick": ["k1.wav", "k2.wav"], "piano": {"a3": "a3.wav", "c4": ["soft.wav", "loud.wav"]}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from waves.audio.sample_loader import SUFFIXES
from waves.language.expression.builtin_names import note_frequency
from waves.problem import reason_of

SUFFIX = ".json"
LARGEST = 4_000_000  # bytes
MOST_FILES = 10_000  # of one name
BASE, ADDRESS = "_base", "://"


class MappedFile(NamedTuple):
    """A file of a name: its path as the map says it, from the folder of the map on, and its pitch in Hz, 0 without."""

    path: str
    pitch: float = 0.0


class _Base(NamedTuple):
    """The beginning of the paths of a map; whether it was an address, as whose parts they are written then."""

    path: str
    was_address: bool


class MapError(ValueError):
    """One sentence on why a file is no sample map."""


def read_sample_map(path: Path) -> dict[str, tuple[MappedFile, ...]]:
    """The files of each name in a map, those with a pitch from the lowest up. Raises MapError.

    A `_base` that is an address stands for the folder of the map: no file is looked for anywhere else.
    """
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
        if len(text) > LARGEST:
            raise MapError(f"'{path.name}' is larger than {LARGEST // 1_000_000} MB, and no sample map")
        data = json.loads(text.decode("utf-8-sig"))
    except OSError as error:
        raise MapError(f"'{path.name}' cannot be read: {reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, MapError):
            raise
        raise MapError(f"'{path.name}' is no sample map: it is not JSON") from None
    if not isinstance(data, dict) or not isinstance(data.get(BASE, ""), str):
        raise MapError(f"'{path.name}' is no sample map: names with lists of files belong in it")
    base = data.get(BASE, "")
    place = _Base("", True) if ADDRESS in base or base.startswith("github:") else _Base(base, False)
    found = {}
    for name, value in data.items():
        if not name.startswith("_"):
            files = sorted(_files(path.name, name, value, place), key=lambda one: one.pitch)
            if files:
                found[name] = tuple({one.path: one for one in reversed(files)}.values())[::-1][:MOST_FILES]
    return found


def _files(where: str, name: str, value: Any, base: _Base) -> Iterator[MappedFile]:
    """The files of a name, in the order of the map. Raises MapError."""
    if not isinstance(value, dict):
        yield from (MappedFile(_path(base, text)) for text in _texts(where, name, value))
        return
    for note, several in value.items():
        pitch = note_frequency(note.strip().lower())
        if pitch is None:
            raise MapError(f"'{where}': '{note}' in '{name}' is no note")
        yield from (MappedFile(_path(base, text), pitch) for text in _texts(where, name, several))


def _texts(where: str, name: str, value: Any) -> list[str]:
    """The names of files in a value, one or a list of them. Raises MapError."""
    texts = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in texts):
        raise MapError(f"'{where}': '{name}' is neither a file, nor a list of files, nor files by their notes")
    return [one for one in texts if one.lower().endswith(SUFFIXES) and ADDRESS not in one]


def _path(base: _Base, text: str) -> str:
    """The path of a file, seen from the folder of the map."""
    text = unquote(text) if base.was_address else base.path + text
    return os.path.normpath(text).replace("\\", "/").lstrip("/")
