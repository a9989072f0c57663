"""What `waves play` does, stage by stage: open, compose, compile, and play until it is over."""

from __future__ import annotations

import queue
import sys

from waves.arguments import UsageProblem, read_sounds
from waves.cli.hint import what_to_edit
from waves.cli.opening import compile_missing, needed_to_play, open_workspace, show_notices
from waves.cli.play import Wishes
from waves.cli.player import Player
from waves.compiler import Compiler
from waves.composer import Composer
from waves.device import usable_rate
from waves.display import Display, JsonLines, Lines
from waves.engine import Engine
from waves.entrance import LONGEST_FADE, Entrance, read_entrance
from waves.events import Event
from waves.keeper import DeviceKeeper
from waves.soundfiles import format_of
from waves.registry import Registry
from waves.session import Session

LONGEST = 1e9  # seconds


def play_sounds(wishes: Wishes) -> int:
    """Play; the exit code. Raises Problems when it cannot begin."""
    check(wishes)
    opened = open_workspace(
        wishes.folder,
        SAMPLE_RATE=wishes.rate,
        BLOCK_SIZE=wishes.block,
        LATENCY=wishes.latency,
        DEVICE=wishes.device,
        CHANNELS=wishes.channels,
    )
    show_notices(opened)
    settings = opened.settings
    rate = usable_rate(settings.DEVICE, settings.SAMPLE_RATE, settings.CHANNELS)
    composer = Composer(opened.workspace, opened.library, settings, rate, settings.SEED)
    sounds = composer.choose(lambda piece: read_sounds(wishes.sounds, piece))
    at = entrance(wishes)
    composer.stems = composer.tracks(sounds) if wishes.stems else []
    composition = composer.compose(sounds)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with Compiler() as compiler:
        compile_missing(compiler, needed_to_play(composition))
        engine = Engine(rate, settings.CHANNELS, settings.LIMITER and wishes.limit, 2 * len(composer.stems))
        registry = Registry(settings.PARKING_MB * 1e6, settings.PARKING_NODES)
        session = Session(
            composer, sounds, engine, compiler, events.put, fade=wishes.fade, at=at, registry=registry
        )
        session.begin(composition)
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
        player = Player(opened, session, keeper, events, title, wishes, watching)
        return player.run(display_for(wishes))


def entrance(wishes: Wishes) -> Entrance | None:
    """When saves come in, if the command line says so; raises UsageProblem."""
    try:
        return read_entrance(wishes.at) if wishes.at is not None else None
    except ValueError as error:
        raise UsageProblem(f"--at: {error}") from None


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
    from waves.screen import LiveScreen

    return LiveScreen()
