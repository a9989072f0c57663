"""Files of snapshots: a `.npz` of plain bytes with a description in JSON, written whole or not at all.

Nothing in it can run, and most of a ring is silence: of the bytes only the pages are written in which not all is 0.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib import format as npy

from waves.engine.plan.state_registry import RingBuffer
from waves.engine.runtime.snapshot import Snapshot
from waves.problem import Problem, Problems
from waves.whole_file import whole_files

SCHEMA = 1
PAGE = 4096  # bytes

Array = np.ndarray[Any, Any]


def write(path: Path, snapshot: Snapshot) -> None:
    """The file, written whole or not at all. Raises OSError."""
    dtypes: dict[str, int] = {}
    states, rings = [], []
    blobs: list[Array] = []
    for key, (kind, values) in snapshot.states.items():
        number = dtypes.setdefault(repr(npy.dtype_to_descr(values.dtype)), len(dtypes))
        states.append([key, kind, number])
        blobs.append(values.view(np.uint8))
    for key, memory in snapshot.rings.items():
        rings.append([key, memory.frames, *map(int, memory.counter)])
    about = {
        "schema": SCHEMA, "about": snapshot.about, "dtypes": list(dtypes), "states": states, "rings": rings
    }  # fmt: skip
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_files([path]) as [beside], beside.open("wb") as file:
        data = [*blobs, *(one.data.view(np.uint8) for one in snapshot.rings.values())]
        pages, used = _packed(np.concatenate([np.zeros(0, np.uint8), *data]))
        limiter = snapshot.limiter.view(np.uint8)
        np.savez(file, about=text, pages=pages, used=used, ends=snapshot.ends, limiter=limiter)


def _packed(data: Array) -> tuple[Array, Array]:
    """The pages of which not all is 0, and which they are: most of a ring is silence."""
    whole = np.zeros(-(-data.size // PAGE) * PAGE, np.uint8)
    whole[: data.size] = data
    pages = whole.reshape(-1, PAGE)
    used: Array = np.any(pages, axis=1)
    return pages[used], used


def _unpacked(pages: Array, used: Array) -> Array:
    data = np.zeros((used.size, PAGE), np.uint8)
    data[used] = pages
    return data.ravel()


def read(path: Path) -> Snapshot:
    """A snapshot from its file; raises Problems when it is of another version, or no snapshot."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            about = json.loads(bytes(file["about"]))
            if about["schema"] != SCHEMA:
                sentence = (
                    f"'{path.name}' is of another version of waves ({about['schema']}, not {SCHEMA}) and is not used"
                )
                raise Problems(Problem(sentence))
            return _filled(about, {name: file[name] for name in file.files if name != "about"})
    except (OSError, BadZipFile, ValueError, KeyError, TypeError, IndexError, EOFError, SyntaxError) as error:
        raise Problems(Problem(f"'{path.name}' cannot be used as a saved state: {error}")) from None


def _filled(about: Mapping[str, Any], arrays: Mapping[str, Array]) -> Snapshot:
    dtypes = [npy.descr_to_dtype(ast.literal_eval(text)) for text in about["dtypes"]]
    if any(dtype.hasobject for dtype in dtypes):
        raise ValueError("a state is made of numbers")
    made = Snapshot(about=about["about"])
    data, at = _unpacked(arrays["pages"], arrays["used"]), 0
    for key, kind, number in about["states"]:
        size = dtypes[number].itemsize
        made.states[key] = (kind, data[at : at + size].copy().view(dtypes[number]))
        at += size
    for key, frames, written, begin in about["rings"]:
        if frames <= 0 or frames & (frames - 1):
            raise ValueError(f"a ring has {frames} frames")
        memory = RingBuffer(frames)
        memory.data[:] = data[at : at + 8 * frames].view(np.float64)
        memory.counter[:] = written, begin
        made.rings[key] = memory
        at += 8 * frames
    made.limiter, made.ends = arrays["limiter"], arrays["ends"]
    return made
