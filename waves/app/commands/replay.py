"""`waves replay`: renders a session log, or a part of it, into a file."""

from __future__ import annotations

import time
from pathlib import Path

from waves.app.commands.render import level_of, render_with_progress, speed_of
from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.hang_watch import ends_when_it_hangs
from waves.app.terminal.messages import show_notices, show_problems
from waves.app.time_argument import seconds_of
from waves.audio.offline_render import CHUNK
from waves.audio.sound_files import format_of, require_folder, require_free, stem_paths
from waves.dsp.limiter import lookahead
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import needed_to_play
from waves.language.model.sound_arguments import UsageProblem
from waves.live.history.log_reader import RecordedSession, changed_samples, read_log
from waves.live.history.replay import ReplayEngine, allowed_settings, load_sources, node_types_differ
from waves.live.kept.kept_files import KeptFolder, find_kept, piece_of
from waves.live.workspace.composer import Composer
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.workspace import opening
from waves.problem import Problem, Problems, printable, reason_of


def replay_session(
    name: str, output: Path, begin: str, end: str | None, stems: bool, folder: Path, trust: bool, force: bool
) -> None:
    """Write a session, or the part from `begin` to `end`; only with `force` over a file. Raises Problems."""
    first, last = seconds_of(begin), None if end is None else seconds_of(end)
    path = find_session(name, folder)
    try:
        kept = _kept(folder)
        texts = kept.texts if kept else None
    except (OSError, Problems):
        texts = None
    write_part(read_log(path, texts), piece_of(path) or folder, trust, output, first, last, stems, force)


def _kept(folder: Path) -> KeptFolder | None:
    with opening(folder):
        return find_kept(folder.expanduser().resolve())


def find_session(name: str, folder: Path) -> Path:
    """The log file of a session: by path, by name, or the newest for `last`. Raises Problems."""
    if name != "last" and Path(name).is_file():
        return Path(name)
    kept = _kept(folder)
    try:
        known = kept.logs() if kept else []
    except OSError as error:
        raise Problems(Problem(f"the sessions cannot be read: {reason_of(error)}")) from None
    if kept and name == "last" and known:
        return kept.sessions.path / known[-1]
    if name == "last":
        raise Problems(Problem(f"there is no session in '{folder}': `waves play` makes one"))
    for one in (name, f"{name}.jsonl"):
        if kept and one in known:
            return kept.sessions.path / one
    newest = ", ".join(one.removesuffix(".jsonl") for one in known[-3:])
    raise UsageProblem(f"there is no session '{name}'" + (f"; the newest are {newest}" if newest else ""))


def length_of(log: RecordedSession) -> float:
    """Length in seconds of a recording of all that was heard."""
    delay = lookahead(log.header["rate"]) if log.header["limiting"] else 0
    return max(log.frames - delay, 0) / float(log.header["rate"])


def write_part(
    log: RecordedSession,
    folder: Path,
    trust: bool,
    output: Path,
    first: float,
    last: float | None,
    stems: bool,
    force: bool = False,
) -> None:
    """Write a session from second `first` to `last` (None: its end), and print the result. Raises Problems."""
    format_of(output, None)
    require_folder(output)
    require_free([output], force)
    whole = length_of(log)
    last = whole if last is None else min(last, whole)
    if last <= first:
        raise UsageProblem(f"nothing is between {first:g} s and {last:g} s: the session has {whole:.1f} s")
    opened = open_workspace(folder, trust)
    show_notices(opened.notices)
    settings = allowed_settings(log, log.commits[0], opened.settings)
    show_problems(changed_samples(log, opened.workspace, settings.SAMPLE_FOLDERS))
    trusted = trust or (opened.trusted and log.is_own)  # the Python in a log of somebody else runs only with --trust
    if log.file.damaged:
        sentence = f"lines of the log that are damaged and left out: {log.file.damaged}; the replay may differ"
        show_problems([Problem(sentence, level="warning")])
    if not trusted and node_types_differ(log, opened.library):
        sentence = "other node types were played, and the Python in the log is not trusted and not read (--trust)"
        show_problems([Problem(sentence, level="warning")])
    with Compiler() as compiler:
        composer = opened.composer(settings, log.header["rate"])
        if trusted:
            composer.library = load_sources(log.sources(log.commits[0]), {}).types
        names = tracks_of(log, composer) if stems else []
        composer.stems = names
        paths = [output, *stem_paths(output, names)]
        require_free(paths, force)
        composer.arrays.recorded = log.files_of(log.commits[0])
        composer.arrays.recorded_pitches = log.pitches_of(log.commits[0])
        composer.pattern_files.recorded = log.python(log.commits[0])
        composition = composer.compose(log.sounds(log.commits[0]), given=log.texts(log.commits[0]))
        compile_missing(compiler, needed_to_play(composition.graph, "render"))
        engine = ReplayEngine(log, composer, compiler, trusted)
        skip = round(first * engine.rate)
        with ends_when_it_hangs(engine):
            while skip > 0:
                skip -= len(engine.render(min(skip, CHUNK)))
        started = time.perf_counter()
        rendered = render_with_progress(engine, paths, last - first, None, force)
        seconds, took = rendered.frames / engine.rate, time.perf_counter() - started
        speed = speed_of(seconds, took)
        print(printable(f"{output}: {seconds:.3f} s of {log.path.stem}, {level_of(rendered)}, {speed}"))


def tracks_of(log: RecordedSession, composer: Composer) -> list[str]:
    """Names of the tracks of all versions that were played."""
    names: dict[str, None] = dict.fromkeys(log.header["stems"])
    for commit in log.commits:
        if commit.get("texts") is not None:
            names |= dict.fromkeys(composer.tracks(log.sounds(commit), log.texts(commit)))
    return list(names)
