"""Renders a piece to sound files, with the same engine and without a device."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

from waves.audio.output_file import OutputFile
from waves.audio.sound_files import format_of, require_folder
from waves.engine.runtime.engine import Engine
from waves.loudness import IntegratedLoudness, TruePeak
from waves.node import BLOCK
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import whole_files

CHUNK = 256 * BLOCK  # frames: libsndfile is slow at small parts
DEFAULT_SECONDS = 4.0  # of a piece without an end
LONGEST = 24 * 3600.0  # seconds of one render

Array = np.ndarray[Any, Any]


class FaultyRender(Exception):
    """A node has failed; `engine.faults` says which."""


class FileLevel(NamedTuple):
    """The level of a file, after ITU-R BS.1770."""

    loudness: float
    """LUFS, gated."""
    true_peak: float
    """Highest level between the frames too, as a factor."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Result of a render. Immutable."""

    frames: int
    """Frames written."""
    peak: float
    """Highest absolute sample of the main channels; full scale is 1."""
    clipped: int
    """Frames at or above full scale."""
    faults: dict[str, int]
    """Rows that failed, each with the count of its blocks."""
    ended: bool
    """Whether the piece has ended."""
    levels: tuple[FileLevel, ...] = ()
    """Those of each file, if they were asked for."""


def chunks(engine: Engine, seconds: float | None) -> Iterator[Array]:
    """The piece from its start until its end or for `seconds`: float64 arrays of shape (frames, channels).

    The delay of the limiter is removed, so that the main channels and the stems after them begin together.
    """
    total = math.inf if seconds is None else round(seconds * engine.rate)
    done, skip, main_channels = 0, engine.lookahead, engine.main_channels
    stems = np.empty((0, engine.channels - main_channels))  # frames of the stems that wait for the limiter
    while done < total:
        chunk = engine.render(int(min(CHUNK, total - done + skip)))
        main, stems = chunk[skip:, :main_channels], np.concatenate([stems, chunk[:, main_channels:]])
        skip = 0
        if seconds is None and engine.ended:
            total = engine.ended_at
        frames = int(min(total - done, len(main)))
        chunk, stems = np.hstack([main[:frames], stems[:frames]]), stems[len(main) :]
        done += frames
        if seconds is None and done >= total:  # the end is only known by the block: it ends with the last sound
            sounding = np.flatnonzero(np.any(chunk != 0.0, axis=1))
            chunk = chunk[: max(len(chunk) - BLOCK, sounding[-1] + 1 if len(sounding) else 0)]
        yield chunk


def render_files(
    engine: Engine,
    paths: Sequence[Path],
    *,
    seconds: float | None,
    subtype: str | None = None,
    replace: bool = True,
    faultless: bool = False,
    measures_levels: bool = False,
    progress: Callable[[int], None] = lambda frames: None,
) -> Rendered:
    """Render to one file of the main channels and one of two channels for each stem, in the order of `paths`.

    `seconds` None: until the end of the piece. Without `replace` no path may exist. `progress` gets the frames written
    so far. Raises Problems when a file cannot be written and, with `faultless`, FaultyRender when a node fails; then
    all are as they were before. Not while a device runs the engine.
    """
    first = [0, *range(engine.main_channels, engine.channels + 1, 2)]
    last = [engine.main_channels, *first[2:], engine.channels]
    formats = [format_of(path, subtype, last[k] - first[k], engine.rate) for k, path in enumerate(paths)]
    for path in paths:
        require_folder(path)
    frames, peak, clipped = 0, 0.0, 0
    counts = [last[k] - first[k] for k in range(len(paths))] if measures_levels else []
    meters = [(IntegratedLoudness(engine.rate, count), TruePeak(count)) for count in counts]
    try:
        with whole_files(paths, replace=replace) as unfinished:
            with ExitStack() as stack:
                files = [
                    stack.enter_context(OutputFile(to, engine.rate, last[k] - first[k], form))
                    for k, (to, form) in enumerate(zip(unfinished, formats, strict=True))
                ]
                for chunk in chunks(engine, seconds):
                    if faultless and engine.faults:
                        raise FaultyRender
                    for k, file in enumerate(files):
                        part = chunk[:, first[k] : last[k]]
                        # The device gets float32: a file of another type is made from the same numbers.
                        file.write(part if formats[k][1] == "DOUBLE" else part.astype(np.float32))
                    main = chunk[:, : engine.main_channels]
                    frames += len(chunk)
                    highest = max(float(main.max(initial=0.0)), -float(main.min(initial=0.0)))
                    peak = max(peak, highest)
                    if highest >= 1.0:  # a maximum along an axis of two costs more than the sound of many a piece
                        clipped += int(np.count_nonzero((np.abs(main) >= 1.0).any(axis=1)))
                    for k, (loudness, true_peak) in enumerate(meters):
                        loudness.add(chunk[:, first[k] : last[k]])
                        true_peak.add(chunk[:, first[k] : last[k]])
                    progress(frames)
            for written in unfinished:  # libsndfile does not report a full disk for every format
                if frames and soundfile.info(written).frames != frames:
                    raise OSError("not all of it was written; is the disk full?")
    except (OSError, soundfile.LibsndfileError) as error:
        reason = reason_of(error)
        raise Problems(Problem(f"cannot write '{paths[0]}': {reason}")) from None
    levels = tuple(FileLevel(loudness.end(), true_peak.end()) for loudness, true_peak in meters)
    return Rendered(frames, peak, clipped, engine.faults, engine.ended, levels)
