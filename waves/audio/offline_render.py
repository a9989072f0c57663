"""Renders a piece to a sound file: the same engine without a device, written whole or not at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from waves.audio.sound_files import create, format_of
from waves.engine.runtime.engine import Engine
from waves.node import BLOCK
from waves.problem import Problem, Problems
from waves.whole_file import whole_files

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
    done, skip, heard = 0, engine.lookahead, engine.main_channels
    stems = np.empty((0, engine.channels - heard))  # those ahead of the limiter
    while done < total:
        chunk = engine.render(CHUNK)
        main, stems = chunk[skip:, :heard], np.concatenate([stems, chunk[:, heard:]])
        skip = 0
        if seconds is None and engine.ended:
            total = engine.ended_at
        frames = int(min(total - done, len(main)))
        chunk, stems = np.hstack([main[:frames], stems[:frames]]), stems[len(main) :]
        done += frames
        if seconds is None and done >= total:  # the end is known to the block: what is heard of it counts
            sounding = np.flatnonzero(np.any(chunk != 0.0, axis=1))
            chunk = chunk[: max(len(chunk) - BLOCK, sounding[-1] + 1 if len(sounding) else 0)]
        yield chunk


def render_files(
    engine: Engine,
    paths: Sequence[Path],
    *,
    seconds: float | None,
    subtype: str | None = None,
    progress: Callable[[int], None] = lambda frames: None,
) -> Rendered:
    """Render into temporary files and rename them all at the end: the piece, then its stems of two channels each.

    Raises Problems when a file cannot be written; then none is.
    """
    formats = [format_of(path, subtype) for path in paths]
    for path in paths:
        if not path.parent.is_dir():
            raise Problems(Problem(f"there is no folder '{path.parent}'"))
    first = [0, *range(engine.main_channels, engine.channels + 1, 2)]
    last = [engine.main_channels, *first[2:], engine.channels]
    frames, peak, clipped = 0, 0.0, 0
    try:
        with whole_files(paths) as unfinished:
            with ExitStack() as stack:
                files = [
                    stack.enter_context(create(to, engine.rate, last[k] - first[k], form))
                    for k, (to, form) in enumerate(zip(unfinished, formats, strict=True))
                ]
                for chunk in chunks(engine, seconds):
                    for k, file in enumerate(files):
                        part = chunk[:, first[k] : last[k]]
                        # The device gets float32: a file of another type is made from the same numbers.
                        file.write(part if formats[k][1] == "DOUBLE" else part.astype(np.float32))
                    size = np.abs(chunk[:, : engine.main_channels]).max(axis=1, initial=0.0)
                    frames += len(chunk)
                    peak = max(peak, float(size.max(initial=0.0)))
                    clipped += int(np.count_nonzero(size >= 1.0))
                    progress(frames)
            for written in unfinished:  # libsndfile does not report a full disk for every format
                if frames and soundfile.info(written).frames != frames:
                    raise OSError("not all of it was written; is the disk full?")
    except (OSError, soundfile.LibsndfileError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise Problems(Problem(f"cannot write '{paths[0]}': {reason}")) from None
    return Rendered(frames, peak, clipped, engine.faults, engine.ended)
