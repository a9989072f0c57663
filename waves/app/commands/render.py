"""`waves render`: compose, compile, render into a file, print length, peak and speed."""

from __future__ import annotations

import math
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.messages import show_notices, show_problems
from waves.audio.offline_render import DEFAULT_SECONDS, LONGEST, Rendered, render_files
from waves.audio.sound_files import format_of, stem_paths
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import build_plan, needed_to_play
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.faults import fault_problem
from waves.engine.runtime.trial import try_numbers
from waves.language.model.sound_arguments import UsageProblem
from waves.language.tree.lifetime import seconds_to_end
from waves.live.workspace.composer import Composition
from waves.live.workspace.open_workspace import open_workspace
from waves.problem import Problem, Problems, printable

INTEGERS = ("PCM", "ULAW", "ALAW")  # beginnings of the subtypes that clip


def render_sounds(
    arguments: Sequence[str],
    output: Path | None,
    subtype: str | None,
    duration: float | None,
    stems: bool,
    folder: Path,
    trust: bool,
    overruled: dict[str, Any],
) -> None:
    """Render sounds into `output` (default: their names), and print the result. Raises Problems."""
    if duration is not None and not 0.0 < duration <= LONGEST:
        raise UsageProblem(f"--duration takes seconds, more than 0 and at most {LONGEST:g}, got {duration:g}")
    opened = open_workspace(folder, trust, **overruled)
    show_notices(opened.notices)
    settings, composer = opened.settings, opened.composer()
    sounds = composer.choose(arguments)
    names = "+".join(name for name, _ in sounds)
    path = output or Path(re.sub(r"[^\w.+-]+", "_", names) + ".wav")
    format_of(path, subtype)
    if not path.parent.is_dir():
        raise Problems(Problem(f"there is no folder '{path.parent}'"))
    composer.stems = composer.tracks(sounds) if stems else []
    paths = [path, *stem_paths(path, composer.stems)]
    composition = composer.compose(sounds)
    show_problems(composition.findings)
    seconds = _seconds(composition, names, duration)
    with Compiler() as compiler:
        compile_missing(compiler, needed_to_play(composition.graph))
    engine = Engine(settings.SAMPLE_RATE, settings.CHANNELS, settings.LIMITER, 2 * len(composer.stems))
    plan = build_plan(composition.graph, None, Registry(), engine.addresses, 0)
    try_numbers(plan, engine)
    engine.offer(plan)
    started = time.perf_counter()
    rendered = render_with_progress(engine, paths, seconds, subtype)
    _report(rendered, path, engine, time.perf_counter() - started, subtype)
    if rendered.faults:
        raise Problems(fault_problem(plan, key) for key in rendered.faults)


def _seconds(composition: Composition, names: str, duration: float | None) -> float | None:
    """Seconds to render; None: to the end of the sound. Raises Problems."""
    if duration is not None:
        return duration
    end = seconds_to_end(composition.root, composition.graph.delayed)
    if end > LONGEST and math.isfinite(end):
        sentence = f"'{names}' lasts {end:g} s, more than the {LONGEST:g} s of one file; give --duration"
        raise Problems(Problem(sentence))
    if math.isfinite(end):
        return None
    text = f"'{names}' has no end: rendering {DEFAULT_SECONDS:g} s (--duration changes that)"
    print(printable(text), file=sys.stderr)
    return DEFAULT_SECONDS


def render_with_progress(engine: Engine, paths: list[Path], seconds: float | None, subtype: str | None) -> Rendered:
    """Render into files, with a progress bar on a terminal. Raises Problems."""
    if not sys.stderr.isatty():
        return render_files(engine, paths, seconds=seconds, subtype=subtype)
    from waves.app.terminal.progress import bar

    with bar(f"rendering {printable(paths[0].name)}", seconds * engine.rate if seconds else 0) as advance:
        return render_files(engine, paths, seconds=seconds, subtype=subtype, progress=advance)


def _report(rendered: Rendered, path: Path, engine: Engine, took: float, subtype: str | None) -> None:
    seconds = rendered.frames / engine.rate
    peak = f"peak {20 * math.log10(rendered.peak):.1f} dB" if rendered.peak > 0 else "silent"
    speed = f"{seconds / took:.0f} × real time" if took > 0 else ""
    print(printable(f"{path}: {seconds:.3f} s, {peak}, {speed}"))
    if rendered.clipped and format_of(path, subtype)[1].startswith(INTEGERS):
        print(f"{rendered.clipped} frames clipped: they are above what this file can hold", file=sys.stderr)
