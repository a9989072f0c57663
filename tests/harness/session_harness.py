"""A workspace made of texts, composed and played frame by frame in this process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.clicks import Frames, step
from bench.engine_player import FADE, RATE, Player, called
from tests.harness.engine_harness import compile_all, compiler
from tests.harness.paths import NODES
from waves.app.performance.performance import Performance, PerformanceOptions
from waves.engine.graph.graph import Graph
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.state.state_registry import Registry
from waves.events.event import Event
from waves.events.event_bus import EventBus
from waves.language.build.moving.moved_parameters import moved_from_data, switches_from_data
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.open_workspace import Opened
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.node import Node
from waves.node_types.library.library import load_library


@cache
def shipped() -> dict[str, type[Node]]:
    """The node types of the library."""
    return load_library(NODES)


def save(folder: Path, text: str, name: str = "waves.yaml", *, settled: bool = True) -> Path:
    """Write a file as editors do, beside it and renamed; `settled`: as if that was a second ago."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    beside = file.with_name(f".{file.name}.tmp")
    beside.write_bytes(text.encode("utf-8", "surrogateescape"))
    if settled:
        os.utime(beside, (time.time() - 1.0,) * 2)
    os.replace(beside, file)
    return file


def write_sample(file: Path, freq: float = 220.0, seconds: float = 1.0, channels: int = 1) -> None:
    """A tone with partials, whole periods long."""
    file.parent.mkdir(parents=True, exist_ok=True)
    phase = np.arange(round(seconds * RATE)) * (2 * np.pi * freq / RATE)
    tone = 0.4 * np.sin(phase) + 0.15 * np.sin(2 * phase + 1.0) + 0.1 * np.sin(3 * phase + 2.0)
    soundfile.write(file, np.column_stack([tone / (c + 1) for c in range(channels)]), RATE, "FLOAT")


def composer_for(folder: Path, library: Mapping[str, type[Node]] | None = None, **settings: Any) -> Composer:
    return Composer(find_workspace(folder), library or shipped(), Settings(**settings), RATE)


def compose(composer: Composer, sound: str = "my_sound") -> Composition:
    """What the files say now, its kernels compiled."""
    composition = composer.compose([(sound, {})])
    compile_for(composition.graph)
    return composition


def compile_for(graph: Graph) -> None:
    compile_all(graph)


def without_line(text: str, word: str) -> str:
    """A text without the lines that contain a word, such as `break:`."""
    return "".join(line for line in text.splitlines(True) if word not in line)


class RecordingBus(EventBus):
    """Keeps all events, those of every thread, in the order in which they were published.

    Those apart that tell how long a build takes: they depend on the machine.
    """

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.told_while_building: list[Event] = []

    def publish(self, event: Event) -> None:
        (self.told_while_building if event.kind == "building" else self.events).append(event)
        super().publish(event)


class Stage:
    """A session upon an engine whose device is the test: nothing is rendered but what is asked for."""

    def __init__(
        self,
        folder: Path,
        text: str | None,
        *,
        sounds: Sounds = (("my_sound", {}),),
        library: Mapping[str, type[Node]] | None = None,
        registry: Registry | None = None,
        limiting: bool = False,
        keeps: bool = False,
        resumed: Snapshot | None = None,
        channels: int = 2,
        stems: Sequence[str] = (),
    ):
        """`keeps`: what is played is kept in `.waves/`; `resumed`: the state to go on from; `stems`: tracks apart."""
        self.folder = folder
        if text is not None:
            save(folder, text)
        bus = RecordingBus()
        self.events, self.told_while_building = bus.events, bus.told_while_building
        self.composer = composer_for(folder, library, CHANNELS=channels, LIMITER=limiting)
        self.composer.stems = list(stems)
        self.composer.moved = moved_from_data(resumed.about.get("moved", ()), {}) if resumed else {}
        self.composer.switches = switches_from_data(resumed.about.get("switches", ())) if resumed else {}
        composition = self.composer.compose(sounds, given=resumed.about["texts"] if resumed else None)
        compile_for(composition.graph)
        opened = Opened(self.composer.workspace, self.composer.settings, dict(self.composer.library), [])
        options = PerformanceOptions(fade=FADE / RATE, keeps=keeps)
        self.performance = Performance(opened, self.composer, compiler(), bus, options)
        self.performance.begin(composition, sounds, resumed, registry)
        self.engine, self.session = self.performance.engine, self.performance.session
        self.archive = self.session.archive
        self.call: Callable[[int], Frames] = self.engine.call
        self.session.builder.start()

    def play(self, frames: int, block: int = 256) -> Frames:
        """The next frames as the device gets them."""
        return called(self.call, frames, block)

    def save(self, text: str, name: str = "waves.yaml") -> None:
        """Save a file and tell the session; nothing is built or heard yet."""
        self.session.changed([save(self.folder, text, name)])

    def settle(self) -> Frames:
        """Until nothing is asked for; what is heard: a block of 64 frames for each plan that comes in."""
        heard = [self.play(0)]
        builder, background = self.session.builder, self.session.background
        while not (builder.wait(0.001) and background.wait(0.001) and builder.wait(0)):  # what was compiled is built
            if self.engine.waiting:
                with self.engine.plan_lock:  # whoever offers has let go of it: the block finds it free
                    pass
                heard.append(self.play(64))
        return np.concatenate(heard)

    def reload(self, text: str, name: str = "waves.yaml") -> Event:
        """Save, let it come in with the next block, and its report."""
        self.save(text, name)
        self.settle()
        return self.events[-1]

    @property
    def kinds(self) -> list[str]:
        """The kinds of all events so far, in their order."""
        return [event.kind for event in self.events]

    def state(self, key: str) -> Any:
        """The state of what plays; it must be there."""
        found = self.session.node_state_registry.get_state(key)
        assert found is not None, f"no state '{key}'"
        return found

    @contextmanager
    def running(self) -> Iterator[None]:
        """A device of its own thread, about four times as fast as a real one."""
        stop = threading.Event()

        def run() -> None:
            while not stop.wait(0.0015):
                self.engine.call(256)

        device = threading.Thread(target=run)
        device.start()
        try:
            yield
        finally:
            stop.set()
            device.join()

    def stop(self) -> None:
        self.session.stop()


__all__ = [
    "FADE",
    "RATE",
    "Frames",
    "Player",
    "Stage",
    "compose",
    "composer_for",
    "save",
    "shipped",
    "step",
    "without_line",
]
