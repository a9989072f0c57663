"""What `waves play` does, stage by stage: open, compose, compile, and play until it is over."""

from __future__ import annotations

import os
import queue
import sys

from waves.app.commands.open_workspace import (
    compile_missing,
    needed_to_play,
    open_workspace,
    show_notices,
    show_problems,
)
from waves.app.player.edit_hint import what_to_edit
from waves.app.player.live_settings import stream_options
from waves.app.player.options import PlayOptions
from waves.app.player.player import Player
from waves.app.player.restart import leave, received_handover, restart_command, restart_process
from waves.app.terminal.display import Display, JsonDisplay, PlainDisplay
from waves.audio.device import StreamOptions, usable_rate
from waves.audio.device_supervisor import DeviceSupervisor
from waves.audio.sound_files import format_of
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.trial import Refused, endless
from waves.events import Event
from waves.language.build.moved_parameters import unpacked
from waves.language.model.quantize import Quantize, read_quantize
from waves.language.model.sound_arguments import UsageProblem, read_sounds
from waves.live.history.archive import FOLDER, SessionArchive
from waves.live.history.resume_state import read_state
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import substitute_texts
from waves.problem import Problem, Problems

LONGEST = 1e9  # seconds


SWITCH = 0.0005  # seconds that a busy thread keeps Python from the one that builds


def play_sounds(options: PlayOptions) -> int:
    """Play; the exit code. Raises Problems when it cannot begin."""
    sys.setswitchinterval(SWITCH)
    told = received_handover(os.environ)
    options = told.applied(options) if told else options
    check(options)
    state = saved_state(options) if options.resume else None
    opened = open_workspace(options.folder, options.trust, **options.overruled)
    show_notices(opened)
    settings = opened.settings
    fade, at = options.overruled.get("FADE"), quantize(options)
    rate = usable_rate(settings.DEVICE, settings.SAMPLE_RATE, settings.CHANNELS)
    composer = Composer(opened.workspace, opened.library, settings, rate, settings.SEED)
    state = usable(state, options, rate) if state else None
    if told and state is None:
        raise Problems(Problem("the version before cannot be gone back to: it ends here"))
    sounds = sounds_of(state) if state else composer.choose(lambda piece: read_sounds(options.sounds, piece))
    composer.stems = composer.tracks(sounds, state.about["texts"] if state else None) if options.stems else []
    composer.moved = unpacked(state.about.get("moved", ()), {}) if state else {}
    composition, state = compose(composer, sounds, state, anew=told is None)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with Compiler() as compiler:
        compile_missing(compiler, needed_to_play(composition))
        engine = Engine(rate, settings.CHANNELS, settings.LIMITER, 2 * len(composer.stems))
        registry = Registry(settings.PARKING_MB * 1e6, settings.PARKING_NODES)
        archive = SessionArchive(composer, sounds, engine, events.put, state)
        session = Session(
            composer,
            sounds,
            engine,
            compiler,
            events.put,
            fade=fade,
            at=at,
            registry=registry,
            archive=archive,
        )
        begin(session, composition, state)
        supervisor = DeviceSupervisor(
            engine.callback,
            engine.address,
            lambda text: events.put(Event("device", text)),
            StreamOptions(rate=rate, channels=settings.CHANNELS, **stream_options(settings)),
        )
        watching = settings.WAIT_FOR_CHANGES_IN_WAVES_YAML
        title = " + ".join(name for name, _ in sounds)
        figures = {
            "sounds": [name for name, _ in sounds],
            "device": supervisor.stream.name,
            "rate": rate,
            "block": settings.BLOCK_SIZE,
            "watching": watching,
        }
        text = f"playing {title} on {supervisor.stream.name}, {rate:g} Hz"
        if watching:
            text += f"; {what_to_edit(composer.documents.values(), sounds[0][0])}"
        events.put(Event("started", text, figures, tuple(composition.findings)))
        session.held = told is not None and told.held
        if state:
            engine.set_gain(state.about["gain"])
            events.put(Event("transport", f"going on from {state.about['clock'] / rate:.1f} s of the last session"))
            if is_older(state, composer):
                session.reload()
        restarts = told.restarts if told else 0
        player = Player(opened, session, supervisor, events, title, options, watching, restarts)
        code = player.run(display_for(options))
    if player.next:
        restart_process(restart_command(sys.orig_argv, sys.executable, sys.platform), player.next)
    return leave(code) if engine.inside or endless() else code


def begin(session: Session, composition: Composition, state: Snapshot | None) -> None:
    """Give the engine its first plan; raises Problems."""
    try:
        session.begin(composition, state)
    except Refused as found:
        hint = Problem("--no-trial plays it all the same", level="warning")
        raise Problems([*map(session.composer.located, found.problems), hint]) from None


def quantize(options: PlayOptions) -> Quantize | None:
    """When saves come in, if the command line says so; raises UsageProblem."""
    try:
        return read_quantize(options.overruled["AT"]) if "AT" in options.overruled else None
    except ValueError as error:
        raise UsageProblem(f"--at: {error}") from None


def saved_state(options: PlayOptions) -> Snapshot | None:
    """What the last session left, the node files as it played them; why there is nothing is said."""
    root = find_workspace(options.folder).root
    try:
        state = read_state(root / FOLDER / "state" / "last.npz")
    except Problems as found:
        show_problems(found.problems)
        return None
    if is_trusted(root):
        substitute_texts(state.about.get("instead", {}))
    return state


def usable(state: Snapshot, options: PlayOptions, rate: float) -> Snapshot | None:
    """What the last session left, if it can be used here; why not is said."""
    if state.about["rate"] != rate:
        sentence = f"the last session was at {state.about['rate']:g} Hz, this one is at {rate:g} Hz: it begins anew"
        show_problems([Problem(sentence)])
        return None
    if options.sounds and options.sounds != [name for name, _ in sounds_of(state)]:
        show_problems([Problem("the last session played other sounds: it begins anew")])
        return None
    return state


def is_older(state: Snapshot, composer: Composer) -> bool:
    """Whether the files were saved since."""
    try:
        return bool(composer.file_texts() != (state.about["files"] or state.about["texts"]))
    except OSError:
        return True  # the build says what is wrong


def sounds_of(state: Snapshot) -> Sounds:
    """The sounds that a saved session played."""
    return [(name, given) for name, given in state.about["sounds"]]


def compose(
    composer: Composer, sounds: Sounds, state: Snapshot | None, anew: bool
) -> tuple[Composition, Snapshot | None]:
    """What the last session played, as its text was then; the files where that is not possible and `anew` allows it."""
    if state:
        try:
            return composer.compose(sounds, given=state.about["texts"]), state
        except Problems as found:
            if not anew:
                raise
            show_problems(found.problems)
            show_problems([Problem("what the last session played can no longer be played: it begins anew")])
    return composer.compose(sounds), None


def check(options: PlayOptions) -> None:
    """Raises Problems for what is wrong whatever the piece is."""
    if options.duration is not None and not 0.0 < options.duration <= LONGEST:
        sentence = f"--duration takes seconds, more than 0 and at most {LONGEST:g}"
        raise UsageProblem(f"{sentence}, got {options.duration:g}")
    if options.once and options.loop:
        raise UsageProblem("--once stops at the end, --loop begins again there: give one of them")
    if options.record:
        format_of(options.record, None)


def display_for(options: PlayOptions) -> Display:
    """Lines of JSON, plain lines, or the live screen where there is a terminal."""
    if options.json_events:
        return JsonDisplay(sys.stdout)
    if options.plain or not sys.stdout.isatty():
        return PlainDisplay(sys.stdout)
    from waves.app.terminal.screen import LiveScreen

    return LiveScreen()
