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
from waves.app.player.player import Player
from waves.app.player.restart import begin_again, carried, leave, way
from waves.app.terminal.display import Display, JsonLines, Lines
from waves.audio.device import usable_rate
from waves.audio.device_supervisor import DeviceKeeper
from waves.audio.sound_files import format_of
from waves.cli.play import Wishes
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.trial import Refused, endless
from waves.events import Event
from waves.language.model.quantize import LONGEST_FADE, Entrance, read_entrance
from waves.language.model.sound_arguments import UsageProblem, read_sounds
from waves.live.history.archive import FOLDER, Past
from waves.live.history.resume_state import read_state
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.live.workspace.workspace import find_workspace, is_trusted
from waves.node_types.library.library import play_instead
from waves.problem import Problem, Problems

LONGEST = 1e9  # seconds


SWITCH = 0.0005  # seconds that a busy thread keeps Python from the one that builds


def play_sounds(wishes: Wishes) -> int:
    """Play; the exit code. Raises Problems when it cannot begin."""
    sys.setswitchinterval(SWITCH)
    told = carried(os.environ)
    wishes = told.applied(wishes) if told else wishes
    check(wishes)
    state = saved_state(wishes) if wishes.resume else None
    opened = open_workspace(
        wishes.folder,
        wishes.trust,
        SAMPLE_RATE=wishes.rate,
        BLOCK_SIZE=wishes.block,
        LATENCY=wishes.latency,
        DEVICE=wishes.device,
        CHANNELS=wishes.channels,
        HOT_RELOAD=wishes.hot_reload,
        WATCH_DIRS=wishes.watch_dirs,
        RELOAD_DELAY=wishes.reload_delay,
        TRIAL=None if wishes.trial else False,
    )
    show_notices(opened)
    settings = opened.settings
    rate = usable_rate(settings.DEVICE, settings.SAMPLE_RATE, settings.CHANNELS)
    composer = Composer(opened.workspace, opened.library, settings, rate, settings.SEED)
    state = usable(state, wishes, rate) if state else None
    if told and state is None:
        raise Problems(Problem("the version before cannot be gone back to: it ends here"))
    sounds = sounds_of(state) if state else composer.choose(lambda piece: read_sounds(wishes.sounds, piece))
    at = entrance(wishes)
    composer.stems = composer.tracks(sounds, state.about["texts"] if state else None) if wishes.stems else []
    composition, state = compose(composer, sounds, state, anew=told is None)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with Compiler() as compiler:
        compile_missing(compiler, needed_to_play(composition))
        engine = Engine(rate, settings.CHANNELS, settings.LIMITER and wishes.limit, 2 * len(composer.stems))
        registry = Registry(settings.PARKING_MB * 1e6, settings.PARKING_NODES)
        past = Past(composer, sounds, engine, events.put, state)
        session = Session(
            composer, sounds, engine, compiler, events.put, fade=wishes.fade, at=at, registry=registry, past=past
        )
        begin(session, composition, state)
        keeper = DeviceKeeper(
            engine.callback,
            engine.address,
            lambda text: events.put(Event("device", text)),
            device=settings.DEVICE,
            rate=rate,
            block=settings.BLOCK_SIZE,
            channels=settings.CHANNELS,
            latency=settings.LATENCY,
        )
        watching = wishes.watch and settings.WAIT_FOR_CHANGES_IN_WAVES_YAML
        title = " + ".join(name for name, _ in sounds)
        figures = {
            "sounds": [name for name, _ in sounds],
            "device": keeper.stream.name,
            "rate": rate,
            "block": settings.BLOCK_SIZE,
            "watching": watching,
        }
        text = f"playing {title} on {keeper.stream.name}, {rate:g} Hz"
        if watching:
            text += f"; {what_to_edit(composer.documents.values(), sounds[0][0])}"
        events.put(Event("started", text, figures, tuple(composition.findings)))
        session.held = told is not None and told.held
        if state:
            engine.mail["gain"] = state.about["gain"]
            events.put(Event("transport", f"going on from {state.about['clock'] / rate:.1f} s of the last session"))
            if is_older(state, composer):
                session.reload()
        restarts = told.restarts if told else 0
        player = Player(opened, session, keeper, events, title, wishes, watching, restarts)
        code = player.run(display_for(wishes))
    if player.next:
        begin_again(way(sys.orig_argv, sys.executable, sys.platform), player.next)
    return leave(code) if engine.inside or endless() else code


def begin(session: Session, composition: Composition, state: Snapshot | None) -> None:
    """Give the engine its first plan; raises Problems."""
    try:
        session.begin(composition, state)
    except Refused as found:
        hint = Problem("--no-trial plays it all the same", level="warning")
        raise Problems([*map(session.composer.located, found.problems), hint]) from None


def entrance(wishes: Wishes) -> Entrance | None:
    """When saves come in, if the command line says so; raises UsageProblem."""
    try:
        return read_entrance(wishes.at) if wishes.at is not None else None
    except ValueError as error:
        raise UsageProblem(f"--at: {error}") from None


def saved_state(wishes: Wishes) -> Snapshot | None:
    """What the last session left, the node files as it played them; why there is nothing is said."""
    root = find_workspace(wishes.folder).root
    try:
        state = read_state(root / FOLDER / "state" / "last.npz")
    except Problems as found:
        show_problems(found.problems)
        return None
    if is_trusted(root):
        play_instead(state.about.get("instead", {}))
    return state


def usable(state: Snapshot, wishes: Wishes, rate: float) -> Snapshot | None:
    """What the last session left, if it can be used here; why not is said."""
    if state.about["rate"] != rate:
        sentence = f"the last session was at {state.about['rate']:g} Hz, this one is at {rate:g} Hz: it begins anew"
        show_problems([Problem(sentence)])
        return None
    if wishes.sounds and wishes.sounds != [name for name, _ in sounds_of(state)]:
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


def check(wishes: Wishes) -> None:
    """Raises Problems for what is wrong whatever the piece is."""
    if wishes.duration is not None and not 0.0 < wishes.duration <= LONGEST:
        sentence = f"--duration takes seconds, more than 0 and at most {LONGEST:g}"
        raise UsageProblem(f"{sentence}, got {wishes.duration:g}")
    if wishes.fade is not None and not 0.0 <= wishes.fade <= LONGEST_FADE:
        raise UsageProblem(f"--fade takes seconds from 0 to {LONGEST_FADE:g}, got {wishes.fade:g}")
    if wishes.once and wishes.loop:
        raise UsageProblem("--once stops at the end, --loop begins again there: give one of them")
    if wishes.record:
        format_of(wishes.record, None)


def display_for(wishes: Wishes) -> Display:
    """Lines of JSON, plain lines, or the live screen where there is a terminal."""
    if wishes.json_events:
        return JsonLines(sys.stdout)
    if wishes.plain or not sys.stdout.isatty():
        return Lines(sys.stdout)
    from waves.app.terminal.screen import LiveScreen

    return LiveScreen()
