"""The stages of `waves play`: open, compose, compile, play, stop or restart."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from waves.app.exit_codes import Exit, ending_signals
from waves.app.performance.performance import Performance, PerformanceOptions, device_rate
from waves.app.performance.piece_watch import AtEnd
from waves.app.player.edit_hint import what_to_edit
from waves.app.player.mend import Ended, first_good
from waves.app.player.options import PlayOptions
from waves.app.player.player import Player
from waves.app.player.restart import Handover, leave, received_handover, restart_command, restart_process
from waves.app.player.resume import compose, is_older, plays_mended, restore_saved_state, sounds_of, usable
from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.display import Display, JsonDisplay, PlainDisplay
from waves.app.terminal.keys import Keys, Quit
from waves.app.terminal.messages import show_notices
from waves.app.time_argument import loose_unit
from waves.audio.device_choice import DeviceProblem
from waves.audio.sound_files import format_of
from waves.collector import loading
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.compiler.workers import Workers
from waves.engine.plan.plan import needed_of_engine, needed_to_play
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.trial import TrialRefused, trial_hangs
from waves.events.changes import Refused
from waves.events.event_bus import EventBus
from waves.events.playing import SessionResumed, Started
from waves.language.build.moving.moved_parameters import moved_from_data, switches_from_data
from waves.language.model.quantize import Quantize, read_quantize
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.live.workspace.settings import Settings, at_setting
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problem, Problems

if TYPE_CHECKING:
    from waves.app.clients.serving import Serving

LONGEST = 1e9  # seconds


SWITCH = 0.0005  # seconds that a busy thread keeps Python from the one that builds


@dataclass(frozen=True, slots=True)
class Prepared:
    """A piece that is ready to play, and the state that it goes on from."""

    performance: Performance
    composition: Composition
    sounds: Sounds
    state: Snapshot | None


def play_sounds(options: PlayOptions, workers: Workers) -> int:
    """Play, and return the exit code. Raises Problems before it plays. Main thread.

    `workers` compile, and are closed at its end.

    While the files have mistakes it waits for the save that mends them, unless it is to play without anybody's help:
    for a certain time, once, or without following saves.
    """
    sys.setswitchinterval(SWITCH)
    handover = received_handover(os.environ)
    options = handover.applied(options) if handover else options
    check(options)
    workspace = find_workspace(options.folder, options.trust)
    bus = EventBus()
    shown = bus.subscribe("display")
    served: Serving | None = None
    opened: Opened | None = None
    keys = Keys()
    with Compiler(workers) as compiler, closing(keys):
        _give_terminal_back_at_the_end(keys)
        keys.resume()  # what is typed before it plays is not shown
        compiler.begin([*needed_of_engine("callback"), EngineKernel("pool")])  # while the piece is read

        def attempt() -> Prepared:
            nonlocal opened
            opened = None
            state = restore_saved_state(options) if options.resume else None
            opened = open_workspace(options.folder, options.trust, **options.overruled)
            with loading():
                return prepare(options, handover, compiler, bus, opened, state, keys, lambda: player.end(Exit.GOOD))

        def refused(problems: list[Problem]) -> None:
            nonlocal served
            if opened and not served:
                served = serve(opened, bus, opened.settings, handover)
            if served:
                served.wait(opened, problems)

        unattended = options.duration or options.once or "WAIT_FOR_CHANGES_IN_WAVES_YAML" in options.overruled
        waits = not (handover or unattended)
        try:
            ready = first_good(attempt, workspace, lambda: display_for(options), refused, keys) if waits else attempt()
        except BaseException as error:
            if served:
                served.close()
            if isinstance(error, Quit):
                show_notices(["stopped"])
            if isinstance(error, Ended | Quit):
                return error.code if isinstance(error, Ended) else Exit.GOOD
            raise
        performance = ready.performance
        supervisor = performance.open_stream()
        settings = performance.composer.settings
        watching = settings.WAIT_FOR_CHANGES_IN_WAVES_YAML
        bus.publish(
            Started(
                sounds=performance.session.names,
                device=supervisor.stream.name,
                rate=performance.composer.rate,
                block=settings.BLOCK_SIZE,
                watching=watching,
                hint=what_to_edit(performance.composer.documents.values(), *ready.sounds[0]) if watching else "",
                problems=tuple(ready.composition.findings),
            )
        )
        if broken := performance.opened.problems:
            files = ", ".join(dict.fromkeys(one.mark.file for one in broken if one.mark))
            bus.publish(Refused(file=files, subject="nodes", missing=True, problems=broken))
        performance.session.held = handover is not None and handover.held
        if ready.state:
            bus.publish(SessionResumed(seconds=ready.state.about["clock"] / performance.composer.rate))
            if plays_mended(performance.session) or is_older(ready.state, performance.composer):
                performance.session.reload()
        serving = served or serve(performance.opened, bus, settings, handover)
        player = Player(performance, shown, options, watching, serving, handover.restarts if handover else 0, keys)
        code = player.run(lambda: display_for(options))
    if player.next:
        restart_process(restart_command(sys.orig_argv, sys.executable, sys.platform), player.next)
    if player.blocked:  # a thread that waits to write to standard output would keep this process
        os._exit(code)
    return leave(code) if performance.engine.inside or trial_hangs() else code


def _give_terminal_back_at_the_end(keys: Keys) -> None:
    """Close the keys before a signal ends the program, until the player handles the signals."""

    def end(number: int, _: object) -> None:
        keys.close()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for number in ending_signals():
        if number != signal.SIGINT:  # an exception in Python
            signal.signal(number, end)


def prepare(
    options: PlayOptions,
    handover: Handover | None,
    compiler: Compiler,
    bus: EventBus,
    opened: Opened,
    state: Snapshot | None,
    keys: Keys,
    quit: Callable[[], None],
) -> Prepared:
    """Read, compose and compile the piece, and give the engine its first plan. Raises Problems, and Quit for a key."""
    show_notices(opened.left_out)  # the other notices are said as it starts
    settings = opened.settings
    try:
        rate = device_rate(settings)
    except DeviceProblem as found:
        if "DEVICE" not in options.overruled:
            found.problems = [at_setting(one, opened.workspace.config, "DEVICE") for one in found.problems]
        raise
    composer = opened.composer(rate=rate)
    state = usable(state, options, rate) if state else None
    if handover and state is None:
        raise Problems(Problem("the state of the earlier version cannot be read: waves stops"))
    try:
        sounds = sounds_of(state) if state else composer.choose(options.sounds)
    except UsageProblem:
        if options.duration and (unit := loose_unit(options.sounds)):
            raise UsageProblem(f"--duration of `waves play` is in seconds, not in {unit}") from None
        raise
    composer.stems = composer.tracks(sounds, state.about["texts"] if state else None) if options.stems else []
    composer.moved = moved_from_data(state.about.get("moved", ()), {}) if state else {}
    composer.switches = switches_from_data(state.about.get("switches", ())) if state else {}
    composition, state = compose(composer, sounds, state, strict=handover is not None)
    compile_missing(compiler, needed_to_play(composition.graph, "callback"), keys)
    at_end: AtEnd = "stop" if options.once else "repeat" if options.loop else "wait"
    how = PerformanceOptions(options.overruled.get("FADE"), quantize(options), at_end=at_end)
    performance = Performance(opened, composer, compiler, bus, how, quit)
    begin(performance, composition, sounds, state)
    return Prepared(performance, composition, sounds, state)


def begin(performance: Performance, composition: Composition, sounds: Sounds, state: Snapshot | None) -> None:
    """Give the engine its first plan; raises Problems."""
    try:
        performance.begin(composition, sounds, state)
    except TrialRefused as found:
        hint = Problem("--no-trial plays it all the same", level="warning")
        raise Problems([*map(performance.composer.located, found.problems), hint]) from None


def serve(opened: Opened, bus: EventBus, settings: Settings, handover: Handover | None) -> Serving | None:
    """Serve clients if the settings say so, and show the address. Raises Problems."""
    if settings.SERVE is None:
        return None
    from waves.app.clients.serving import ServeOptions, Serving  # a seventh of all that is imported

    port = handover.port if handover and handover.port else settings.SERVE
    token = handover.token if handover else ""
    serving = Serving(
        opened, bus, ServeOptions(port, settings.SERVE_ADDRESS, settings.ALLOW_NETWORK, settings.READ_ONLY, token)
    )
    show_notices([f"the page: {serving.url}"])
    return serving


def quantize(options: PlayOptions) -> Quantize | None:
    """The boundary of `--at`, None if it was not given."""
    return read_quantize(options.overruled["AT"]) if "AT" in options.overruled else None


def check(options: PlayOptions) -> None:
    """Check options that do not depend on the piece. Raises Problems."""
    if options.duration is not None and not 0.0 < options.duration <= LONGEST:
        sentence = f"--duration takes seconds, more than 0 and at most {LONGEST:g}"
        raise UsageProblem(f"{sentence}, got {options.duration:g}")
    if options.once and options.loop:
        raise UsageProblem("--once stops at the end, --loop begins again there: give one of them")
    if options.record:
        format_of(options.record, None)


def display_for(options: PlayOptions) -> Display:
    """The display that the options ask for; the live screen only on a terminal."""
    if options.json_events:
        return JsonDisplay(sys.stdout)
    if options.plain or not sys.stdout.isatty():
        return PlainDisplay(sys.stdout)
    from waves.app.terminal.screen import LiveScreen

    return LiveScreen()
