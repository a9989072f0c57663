"""`waves replay` and `waves keep`: render a session log, or a part of it, into a file."""

from __future__ import annotations

import re
import time
from pathlib import Path

from waves.app.commands.render import render_with_progress
from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.messages import show_notices, show_problems
from waves.audio.offline_render import CHUNK
from waves.audio.sound_files import format_of, stem_paths, unused
from waves.dsp.limiter import LOOKAHEAD
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import needed_to_play
from waves.language.model.sound_arguments import UsageProblem
from waves.live.history.replay import (
    RecordedSession,
    ReplayEngine,
    changed_samples,
    load_sources,
    node_types_differ,
    read_log,
)
from waves.live.workspace.composer import Composer
from waves.live.workspace.open_workspace import open_workspace
from waves.problem import Problem, Problems, printable

SESSIONS = Path(".waves", "sessions")
WRITTEN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d*)?|\.\d+)s?)?")
UNITS = (3600.0, 60.0, 1.0)


def replay_session(
    name: str, output: Path, begin: str, end: str | None, stems: bool, folder: Path, trust: bool
) -> None:
    """Write a session, or the part from `begin` to `end`. Raises Problems."""
    first, last = seconds_of(begin), None if end is None else seconds_of(end)
    path = find_session(name, folder)
    if path.parent.parent.name == SESSIONS.parts[0]:
        folder = path.resolve().parents[2]
    _write(read_log(path), folder, trust, output, first, last, stems)


def keep_last(length: str, output: Path | None, stems: bool, folder: Path, trust: bool) -> None:
    """Write the end of the newest session. Raises Problems."""
    seconds = seconds_of(length)
    if seconds <= 0.0:
        raise UsageProblem(f"expected a length like 5m or 90s, got '{length:.40}'")
    log = read_log(find_session("last", folder))
    if output is None:
        output = folder / "recordings" / time.strftime("kept_%Y-%m-%d_%H-%M-%S.wav")
        output.parent.mkdir(exist_ok=True)
    whole = _seconds(log)
    _write(log, folder, trust, unused(output), max(whole - seconds, 0.0), whole, stems)


def seconds_of(text: str) -> float:
    """Seconds of a text like `90`, `90s`, `5m`, `1h30m` or `1:30`. Raises UsageProblem."""
    parts: list[str] | tuple[str | None, ...] = []
    if match := WRITTEN.fullmatch(text.strip()):
        parts = match.groups()
    elif re.fullmatch(r"(\d+:){1,2}\d+(\.\d*)?", text.strip()):
        parts = text.strip().split(":")
        parts = ["0"] * (3 - len(parts)) + parts
    if not text.strip() or not parts:
        raise UsageProblem(f"expected a time like 90s, 5m, 1h or 1:30, got '{text:.40}'")
    return sum(float(part or 0) * unit for part, unit in zip(parts, UNITS, strict=True))


def find_session(name: str, folder: Path) -> Path:
    """The log file of a session: by path, by name, or the newest for `last`. Raises Problems."""
    sessions = folder / SESSIONS
    if name == "last":
        found = sorted(sessions.glob("*.jsonl"), key=lambda file: file.stat().st_mtime_ns)
        if not found:
            raise Problems(Problem(f"there is no session in '{sessions}': `waves play` makes one"))
        return found[-1]
    for path in (Path(name), sessions / name, sessions / f"{name}.jsonl"):
        if path.is_file():
            return path
    known = ", ".join(file.stem for file in sorted(sessions.glob("*.jsonl"))[-3:])
    raise Problems(Problem(f"there is no session '{name}'" + (f"; the newest are {known}" if known else "")))


def _seconds(log: RecordedSession) -> float:
    """Length in frames of a recording of all that was heard."""
    delay = LOOKAHEAD if log.header["limiting"] else 0
    return max(log.frames - delay, 0) / float(log.header["rate"])


def _write(
    log: RecordedSession, folder: Path, trust: bool, output: Path, first: float, last: float | None, stems: bool
) -> None:
    format_of(output, None)
    if not output.parent.is_dir():
        raise UsageProblem(f"there is no folder '{output.parent}'")
    whole = _seconds(log)
    last = whole if last is None else min(last, whole)
    if last <= first:
        raise UsageProblem(f"nothing is between {first:g} s and {last:g} s: the session has {whole:.1f} s")
    opened = open_workspace(folder, trust)
    show_notices(opened.notices)
    show_problems(changed_samples(log, opened.workspace.root))
    if not opened.trusted and node_types_differ(log, opened.library):
        sentence = "other node types were played, and the Python in the log is not trusted and not read (--trust)"
        show_problems([Problem(sentence, level="warning")])
    with Compiler() as compiler:
        composer = opened.composer(log.settings, log.header["rate"])
        if opened.trusted:
            composer.library = load_sources(log.sources(log.commits[0]), {}).types
        names = tracks_of(log, composer) if stems else []
        composer.stems = names
        composition = composer.compose(log.sounds(log.commits[0]), given=log.texts(log.commits[0]))
        compile_missing(compiler, needed_to_play(composition.graph))
        engine = ReplayEngine(log, composer, compiler, opened.trusted)
        skip = round(first * engine.rate)
        while skip > 0:
            skip -= len(engine.render(min(skip, CHUNK)))
        paths = [output, *stem_paths(output, names)]
        started = time.perf_counter()
        rendered = render_with_progress(engine, paths, last - first, None)
        seconds, took = rendered.frames / engine.rate, time.perf_counter() - started
        print(printable(f"{output}: {seconds:.3f} s of {log.path.stem}, {seconds / took:.0f} × real time"))


def tracks_of(log: RecordedSession, composer: Composer) -> list[str]:
    """Names of the tracks of all versions that were played."""
    names: dict[str, None] = dict.fromkeys(log.header["stems"])
    for commit in log.commits:
        if "texts" in commit:
            names |= dict.fromkeys(composer.tracks(log.sounds(commit), log.texts(commit)))
    return list(names)
