"""Renders a piece to a sound file: the same engine without a device, written whole or not at all."""

from __future__ import annotations

import math
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


def chunks(engine: Engine, seconds: float | None) -> Iterator[Array]:
    """The piece from its start without the limiter's delay, shape (frames, channels); until its end, or `seconds`."""
    total = math.inf if seconds is None else round(seconds * engine.rate)
    done, skip = 0, engine.lookahead
    while done < total:
        chunk = engine.render(CHUNK)[skip:]
        skip = 0
        if seconds is None and engine.ended:
            total = int(engine.mail["ended_at"])
        chunk = chunk[: int(min(total - done, len(chunk)))]
        done += len(chunk)
        if seconds is None and done >= total:  # the end is known to the block: what is heard of it counts
            heard = np.flatnonzero(np.any(chunk != 0.0, axis=1))
            chunk = chunk[: max(len(chunk) - BLOCK, heard[-1] + 1 if len(heard) else 0)]
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
            for chunk in chunks(engine, seconds):
                # The device gets float32: a file of another type is made from the same numbers.
                file.write(chunk if chosen == "DOUBLE" else chunk.astype(np.float32))
                size = np.abs(chunk).max(axis=1, initial=0.0)
                frames += len(chunk)
                peak = max(peak, float(size.max(initial=0.0)))
                clipped += int(np.count_nonzero(size >= 1.0))
                progress(frames)
        os.replace(temporary, path)
    except (OSError, soundfile.LibsndfileError) as error:
        raise Problems(Problem(f"cannot write '{path}': {error}")) from None
    finally:
        temporary.unlink(missing_ok=True)
    return Rendered(frames, peak, clipped, engine.faults, engine.ended)

