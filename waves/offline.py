"""Renders a piece to a sound file: the same engine without a device, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from waves.engine import Engine
from waves.layout import BLOCK
from waves.problem import Problem, Problems

FORMATS = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}
CHUNK = 64 * BLOCK
DEFAULT_SECONDS = 4.0
LONGEST = 24 * 3600.0  # seconds of one render

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a render gave: frames written, highest sample, frames at or above full scale, blocks with a fault."""

    frames: int
    peak: float
    clipped: int
    faults: dict[str, int]
    ended: bool


def blocks(engine: Engine, seconds: float | None) -> Iterator[Array]:
    """The piece from its start without the limiter's delay, shape (frames, channels); until its end, or `seconds`."""
    total = None if seconds is None else round(seconds * engine.rate)
    done, skip = 0, engine.lookahead
    while total is None or done < total:
        chunk = engine.render(BLOCK)
        tail = engine.ended and total is None
        if skip:
            chunk, skip = chunk[skip:], max(skip - len(chunk), 0)
        if tail:
            rest = np.concatenate([chunk, engine.render(engine.lookahead)])
            heard = np.flatnonzero(np.any(rest != 0.0, axis=1))
            yield rest[: heard[-1] + 1 if len(heard) else 0]
            return
        if total is not None:
            chunk = chunk[: total - done]
        done += len(chunk)
        yield chunk


def format_of(path: Path, subtype: str | None) -> tuple[str, str]:
    """Format and subtype of a file by its suffix; raises Problems."""
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise Problems(Problem(f"cannot write '{path.name}': its name must end in .wav, .flac or .ogg"))
    chosen, format_ = (subtype or FORMATS[suffix]).upper(), suffix[1:].upper()
    if not soundfile.check_format(format_, chosen):
        known = ", ".join(soundfile.available_subtypes(format_))
        raise Problems(Problem(f"{suffix} files have no subtype '{chosen}', but {known}"))
    return format_, chosen


def render_file(
    engine: Engine,
    path: Path,
    *,
    seconds: float | None,
    subtype: str | None = None,
    progress: Callable[[int], None] = lambda frames: None,
) -> Rendered:
    """Render into a temporary file beside `path` and rename it; raises Problems when it cannot be written."""
    format_, chosen = format_of(path, subtype)
    if not path.parent.is_dir():
        raise Problems(Problem(f"there is no folder '{path.parent}'"))
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    frames, peak, clipped = 0, 0.0, 0
    try:
        with soundfile.SoundFile(
            temporary, "w", int(engine.rate), engine.channels, chosen, format=format_
        ) as file:
            waiting: list[Array] = []
            for chunk in blocks(engine, seconds):
                waiting.append(chunk)
                frames += len(chunk)
                if sum(map(len, waiting)) >= CHUNK:
                    peak, clipped = _write(file, waiting, peak, clipped, chosen)
                    waiting = []
                    progress(frames)
            peak, clipped = _write(file, waiting, peak, clipped, chosen)
            progress(frames)
        os.replace(temporary, path)
    except (OSError, soundfile.LibsndfileError) as error:
        raise Problems(Problem(f"cannot write '{path}': {error}")) from None
    finally:
        temporary.unlink(missing_ok=True)
    return Rendered(frames, peak, clipped, engine.faults, engine.ended)


def _write(file: soundfile.SoundFile, chunks: list[Array], peak: float, clipped: int, subtype: str) -> tuple[float, int]:
    if not chunks:
        return peak, clipped
    frames = np.concatenate(chunks)
    size = np.abs(frames).max(axis=1, initial=0.0)
    # The device gets float32: a file of another type is made from the same numbers.
    file.write(frames if subtype == "DOUBLE" else frames.astype(np.float32))
    return max(peak, float(size.max(initial=0.0))), clipped + int(np.count_nonzero(size >= 1.0))
