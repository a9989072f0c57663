"""A piece in a session of `waves play`: rendered frame by frame by the caller, or on a silent device."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from bench.clicks import Frames
from bench.engine_player import called
from bench.timing import Seconds
from bench.workspace import FADE, RATE, SOUNDS, Files, Folder, compiler
from waves.app.performance.performance import Performance, PerformanceOptions
from waves.app.player.start import SWITCH
from waves.audio.silent_device import SilentStream
from waves.collector import loading
from waves.engine.plan.plan import Plan
from waves.events.event import Event
from waves.events.event_bus import EventBus
from waves.live.saves.file_watch import watch
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace.open_workspace import Opened
from waves.node import BLOCK

FRAMES = 256  # of one callback of the device
BEGIN = 0.3  # s until the watcher works
PATIENCE = 20.0  # s until a save must be committed; node files are compiled
ENDS = ("reloaded", "refused")  # events that end a save


class Live:
    """A workspace that plays and reloads its files. `keeps`: versions, a session log and the state are written."""

    def __init__(
        self, text: str, channels: int = 2, files: Files | None = None, keeps: bool = False, limiting: bool = False
    ):
        self.folder = Folder(text, channels, files)
        composer, types = self.folder.composer, self.folder.library
        composer.configure(composer.settings.model_copy(update={"LIMITER": limiting}))
        self.events: list[Event] = []
        self._reported = threading.Event()
        own = self.folder.path / "nodes"
        opened = Opened(composer.workspace, composer.settings, types, [], [own] if own.is_dir() else [])
        bus = EventBus()
        bus.publish = self.notify  # type: ignore[method-assign]  # on the thread that publishes
        performance = Performance(opened, composer, compiler(), bus, PerformanceOptions(FADE / RATE, keeps=keeps))
        with loading():
            performance.begin(self.folder.compose(), SOUNDS)
        self.engine, self.session = performance.engine, performance.session
        self.archive = self.session.archive
        self.saves = SaveRouter(opened, self.session, compiler(), self.notify)
        self.session.builder.start()
        self.saves.start()

    def close(self) -> None:
        """End the session."""
        self.saves.stop()
        self.session.stop()

    def notify(self, event: Event) -> None:
        """Take an event of the session; any thread."""
        self.events.append(event)
        if event.kind in ENDS:
            self._reported.set()

    @property
    def plan(self) -> Plan:
        """The plan that plays."""
        playing = self.engine.playing
        assert playing
        return playing

    @property
    def last(self) -> Event:
        """The last event that ends a save."""
        return next(event for event in reversed(self.events) if event.kind in ENDS)

    # rendered by the caller

    def play(self, frames: int) -> Frames:
        """The next frames, as a device gets them."""
        return called(self.engine.call, frames)

    def save(self, files: Files) -> Frames:
        """Save, and commit with the next block; the frames until then."""
        self.saves.changed(self.folder.write_all(files))
        return self.settle()

    def settle(self) -> Frames:
        """Wait for all builds; the frames played meanwhile, a block for each commit."""
        played = [np.zeros((0, self.engine.channels), np.float32)]
        nodes, builder, background = self.saves.nodes, self.session.builder, self.session.background
        while not (
            (not nodes or nodes.builder.wait(0.001))
            and builder.wait(0.001)
            and background.wait(0.001)
            and builder.wait(0)  # what was compiled is built
        ):
            if self.engine.waiting:
                with self.engine.plan_lock:  # whoever offers has let go of it: the block finds it free
                    pass
                played.append(self.play(BLOCK))
        return np.concatenate(played)

    # on a silent device

    @contextmanager
    def on_air(self) -> Iterator[None]:
        """On a silent device in real time, with its files watched; threads take turns as in `waves play`."""
        address, channels = self.engine.address, self.engine.channels
        stream = SilentStream(self.engine.callback, address, rate=RATE, block=FRAMES, channels=channels)
        stop, interval = threading.Event(), sys.getswitchinterval()
        watcher = threading.Thread(target=self._watch, args=(stop,), daemon=True)
        sys.setswitchinterval(SWITCH)
        stream.start()
        watcher.start()
        if self.archive:
            self.archive.start()
        time.sleep(BEGIN)
        self.session.upkeep.look()  # as the player does a few times a second
        self.session.builder.wait(BEGIN)
        try:
            yield
        finally:
            sys.setswitchinterval(interval)
            stop.set()
            stream.stop()
            watcher.join(2.0)
            if self.archive:
                self.archive.stop(1.0)

    def _watch(self, stop: threading.Event) -> None:
        for files in watch(lambda: self.saves.paths, stop, coming=self.saves.coming):
            self.saves.changed(files)

    def reported(self, do: Callable[[], object]) -> tuple[Seconds, Event]:
        """Do something that commits a version or is refused: seconds until the event, and the event."""
        self._reported.clear()
        started = time.time()
        do()
        assert self._reported.wait(PATIENCE), "no event ends the save"
        return self.last.at - started, self.last

    def saved(self, files: Files) -> tuple[Seconds, Event]:
        """Save: seconds until the callback has taken the plan, and the event."""
        return self.reported(lambda: self.folder.write_all(files, settled=False))
