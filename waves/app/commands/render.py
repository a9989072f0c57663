"""`waves render`: compose, compile, render into a file, print length, peak and speed."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from waves.app.exit_codes import raise_lost_signal
from waves.app.performance.offline import cores_for, default_seconds, offline_engine, seconds_of_length
from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.display import decibels
from waves.app.terminal.hang_watch import ends_when_it_hangs
from waves.app.terminal.messages import (
    READING,
    briefly_of_others,
    noticed,
    show_findings,
    show_problems,
    told_when_slow,
)
from waves.app.time_argument import Length, length_of, loose_unit
from waves.audio.offline_render import LONGEST, Rendered, render_files
from waves.audio.sound_files import format_of, require_folder, require_free, safe_name, stem_paths
from waves.collector import paused
from waves.engine.compiler.compiler import Compiler
from waves.engine.lanes.laned_engine import kernels_of_lanes
from waves.engine.plan.plan import needed_to_play
from waves.engine.runtime.engine import Engine
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.open_workspace import open_workspace
from waves.problem import printable
from waves.python_patterns.pattern_reader import pattern_faults

LONG = 600.0  # s of a sound without a given length after which it is told that it goes on
OTHERS = "what is not rendered"
NOTICED = 0.5  # s for which the limiter was more than 3 dB down, from which on it is told
INTEGERS = ("PCM", "ULAW", "ALAW")  # beginnings of the subtypes that clip


def render_sounds(
    arguments: Sequence[str],
    output: Path | None,
    subtype: str | None,
    duration: str | None,
    stems: bool,
    folder: Path,
    trust: bool,
    force: bool,
    cores: int | None,
    overruled: dict[str, Any],
    *,
    loudness: bool = False,
) -> None:
    """Render sounds into `output` (default: their names), and print the result, on request with its loudness.

    Only with `force` a file is replaced. `duration`: a length as `length_of` reads it; None: to the end. `cores`: None
    for all that there are. Raises Problems.
    """
    length = None if duration is None else length_of(duration)
    require_possible(length)
    with told_when_slow(READING):
        opened = open_workspace(folder, trust, **overruled)
        composer = opened.composer()
    with told_when_slow(READING), noticed(opened.left_out, opened.problems), paused():
        try:
            sounds = composer.choose(arguments)
        except UsageProblem:
            if length and (unit := loose_unit(arguments)):
                raise UsageProblem(
                    f'a length in {unit} is one word in quotes: --duration "{duration} {unit}"'
                ) from None
            raise
        names = "+".join(name for name, _ in sounds)
        path = output or Path(safe_name(names) + ".wav")
        format_of(path, subtype, composer.settings.CHANNELS, composer.rate)
        require_folder(path)
        composer.stems = composer.tracks(sounds) if stems else []
        paths = [path, *stem_paths(path, composer.stems)]
        require_free(paths, force)
        with briefly_of_others(OTHERS):
            composition = composer.compose(sounds)
    show_findings(composition, OTHERS)
    with Compiler() as compiler:
        compile_missing(compiler, needed_to_play(composition.graph, "render"))
        seconds = (
            default_seconds(composition)
            if length is None
            else seconds_of_length(length, composition, composer, ends_when_it_hangs)
        )
        cores = cores_for(composition, seconds, cores)
        if cores > 1:
            compile_missing(compiler, kernels_of_lanes())
    if length is None and seconds:
        text = f"'{names}' has no end: rendering {seconds:g} s (--duration changes that)"
        print(printable(text), file=sys.stderr)
    with offline_engine(composition, composer, cores=cores) as engine:
        started = time.perf_counter()
        rendered = render_with_progress(
            engine, paths, seconds, subtype, force, faultless=True, measures_levels=loudness
        )
        _report(rendered, paths, engine, time.perf_counter() - started, subtype)
    show_problems(pattern_faults(composition.piece.python) if composition.piece else [])


def require_possible(length: Length | None) -> None:
    """Raise UsageProblem for a length that no file has."""
    if length is None:
        return
    if not 0.0 < length.count < math.inf:
        raise UsageProblem(f"--duration is more than 0, got {length.count:g}")
    if length.unit == "s" and length.count > LONGEST:
        raise UsageProblem(f"--duration takes at most {LONGEST:g} seconds, got {length.count:g}")


def render_with_progress(
    engine: Engine,
    paths: list[Path],
    seconds: float | None,
    subtype: str | None,
    force: bool,
    faultless: bool = False,
    measures_levels: bool = False,
) -> Rendered:
    """Render into files, with a progress bar on a terminal. Raises as `render_files` does, and for a lost signal."""
    options: dict[str, Any] = {"replace": force, "faultless": faultless, "measures_levels": measures_levels}
    late = math.inf if seconds else LONG * engine.rate
    advance: Callable[[int], None] | None = None

    def progress(frames: int) -> None:
        nonlocal late
        raise_lost_signal()
        if advance:
            advance(frames)
        if frames >= late:
            late = math.inf
            text = f"{paths[0].name} has not ended after {LONG:g} s; Ctrl-C stops, --duration gives it a length"
            print(printable(text), file=sys.stderr)

    with ExitStack() as stack:
        if sys.stderr.isatty():
            from waves.app.terminal.progress import bar

            name = f"rendering {printable(paths[0].name)}"
            advance, _ = stack.enter_context(bar(name, seconds * engine.rate if seconds else 0))
        stack.enter_context(ends_when_it_hangs(engine))
        return render_files(engine, paths, seconds=seconds, subtype=subtype, **options, progress=progress)


def level_of(rendered: Rendered) -> str:
    """The peak, and if it was measured the loudness: `peak -3.0 dB`, `-14.2 LUFS, peak -3.0 dB, true peak -2.8 dB`."""
    if not rendered.peak > 0:
        return "silent"
    peak = f"peak {decibels(rendered.peak)}"
    if not rendered.levels:
        return peak
    loudness, true_peak = rendered.levels[0]
    return f"{loudness:.1f} LUFS, {peak}, true peak {decibels(true_peak)}"


def speed_of(seconds: float, took: float) -> str:
    """The speed at which seconds of sound were rendered, in words: `12 × real time`, `0.3 × real time`."""
    if not took > 0:
        return ""
    speed = seconds / took
    return f"{speed:.0f} × real time" if speed >= 9.5 else f"{speed:.1g} × real time"


def _report(rendered: Rendered, paths: list[Path], engine: Engine, took: float, subtype: str | None) -> None:
    seconds = rendered.frames / engine.rate
    print(printable(f"{paths[0]}: {seconds:.3f} s, {level_of(rendered)}, {speed_of(seconds, took)}"))
    for path, (loudness, true_peak) in zip(paths[1:], rendered.levels[1:], strict=False):
        level = f"{loudness:.1f} LUFS, true peak {decibels(true_peak)}" if true_peak > 0 else "silent"
        print(printable(f"{path}: {level}"))
    limited, gain = engine.limited
    if limited >= NOTICED * engine.rate:
        lowest = f"{-20 * math.log10(max(gain, 1e-9)):.1f} dB"
        much = f"by more than 3 dB for {limited / engine.rate:.1f} s, at most by {lowest}"
        print(f"the limiter turned it down {much}: a lower `gain` of the loudest parts is cleaner", file=sys.stderr)
    if rendered.clipped and format_of(paths[0], subtype)[1].startswith(INTEGERS):
        print(f"{rendered.clipped} frames clipped: they are above what this file can hold", file=sys.stderr)
