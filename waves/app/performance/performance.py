"""A piece that plays: its engine and session, the stream of the device, and the threads around them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from waves.app.actions.action_thread import ActionThread
from waves.app.actions.controls import Controls
from waves.app.actions.play_time import PlayTime
from waves.app.actions.recordings import Recordings
from waves.app.commands.kernels import kernels_of
from waves.app.performance.live_settings import stream_options
from waves.app.performance.piece_watch import AtEnd, PieceWatch
from waves.app.performance.saves import SaveRouter
from waves.audio.device import Stream, StreamOptions
from waves.audio.device_supervisor import DeviceSupervisor
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.graph.graph import Row
from waves.engine.plan.current_registry import node_state_registry
from waves.engine.plan.state_registry import Registry
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot
from waves.engine.runtime.watchdog import wait_for_hang
from waves.events.event_bus import EventBus
from waves.events.playing import DeviceChanged
from waves.events.trouble import Fault
from waves.language.model.quantize import Quantize
from waves.live.history.archive import SessionArchive
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.live.workspace.file_watch import watch
from waves.live.workspace.open_workspace import Opened

LOOK = 0.2  # seconds between two looks at what plays
PATIENCE = 2.0  # seconds that each part gets to stop
STOP_FADE = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class PerformanceOptions:
    """What a performance does beside playing."""

    fade: float | None = None
    """Seconds, in place of what the file and the settings say."""
    at: Quantize | None = None
    """Boundary at which saves take effect, in place of what the file and the settings say."""
    keeps: bool = True
    """Whether versions, the session log and the resume state are written to `.waves/`."""
    at_end: AtEnd = "wait"
    """What follows the end of the piece: the next save plays it again, it repeats, or the performance stops."""


class Performance:
    """Plays a composed piece until `stop`.

    Threads: `begin`, `open_stream`, `start` and `stop` are for the thread that owns the performance; everything that
    changes what plays goes through `actions`, on any thread. Attributes may be read on any thread.
    """

    def __init__(
        self,
        opened: Opened,
        composer: Composer,
        compiler: Compiler,
        bus: EventBus,
        options: PerformanceOptions = PerformanceOptions(),  # frozen
        quit: Callable[[], None] = lambda: None,
    ):
        """`quit` is called when the piece has ended and that is the end, and by the action of that name."""
        self.opened, self.composer, self.compiler, self.bus = opened, composer, compiler, bus
        self.options, self._quit = options, quit
        self.supervisor: DeviceSupervisor | None = None
        """The stream of the device; None while the caller asks the engine for frames itself."""
        self.stuck: tuple[Row, ...] | None = None
        """The rows in which the callback hangs, once it does."""
        self._stopping = threading.Event()

    def begin(self, composition: Composition, sounds: Sounds, state: Snapshot | None = None) -> None:
        """Make the engine and give it its first plan, from a saved state or from none. Raises Problems.

        The kernels of the composition are compiled.
        """
        settings, composer, publish = self.composer.settings, self.composer, self.bus.publish
        self.engine = Engine(composer.rate, settings.CHANNELS, settings.LIMITER, 2 * len(composer.stems))
        archive = SessionArchive(composer, sounds, self.engine, publish, state) if self.options.keeps else None
        self.session = Session(
            composer,
            sounds,
            self.engine,
            self.compiler,
            publish,
            fade=self.options.fade,
            at=self.options.at,
            registry=Registry(settings.PARKING_MB * 1e6, settings.PARKING_NODES),
            archive=archive,
        )
        self.session.begin(composition, state)
        if state:
            self.engine.set_gain(state.about["gain"])
        node_state_registry.registry = self.session.node_state_registry
        self.time = PlayTime(self.engine)
        root = self.opened.workspace.root
        self.recordings = Recordings(self.engine, root / "recordings", composer.stems, publish)
        self.actions = ActionThread(
            Controls(
                self.session,
                self.recordings,
                self.time,
                publish,
                reload=lambda: self.saves.reload(),
                quit=self._quit,
                folder=root,
                trusted=self.opened.trusted,
            )
        )
        self._piece_watch = PieceWatch(self.session, self.options.at_end, publish, self._quit)

    @property
    def stream(self) -> Stream:
        """The stream that plays now."""
        assert self.supervisor
        return self.supervisor.stream

    def open_stream(self) -> DeviceSupervisor:
        """Open the stream of the device that the settings name. Raises DeviceProblem."""
        settings, engine = self.composer.settings, self.engine
        supervisor = self.supervisor = DeviceSupervisor(
            engine.callback,
            engine.address,
            lambda text: self.bus.publish(DeviceChanged(device=supervisor.stream.name, message=text)),
            StreamOptions(rate=engine.rate, channels=settings.CHANNELS, **stream_options(settings)),
        )
        return supervisor

    def start(self, watching: bool = True) -> None:
        """Play, and follow the files if `watching`."""
        self.saves = SaveRouter(self.opened, self.session, self.compiler, self.bus.publish, self.supervisor)
        self.session.builder.start()
        if self.supervisor:
            self.supervisor.start(lambda: self.engine.calls, lambda: self.engine.inside)
            self._start(self._guard)
        self.saves.start()
        self.actions.start()
        if watching:
            self._watch()
        self._start(self._look)
        self._start(self._compile_rest)
        if self.session.archive:
            self.session.archive.start()

    def stop(self) -> None:
        """Fade out and end: watcher, actions, builds, stream, recording, files."""
        self._stopping.set()
        self.actions.stop(PATIENCE)
        self.saves.stop()
        self.session.stop()
        if self.supervisor and self.stuck is None:
            stream = self.supervisor.stream
            self.engine.fade_out(STOP_FADE, PATIENCE, lambda: stream.active)
            time.sleep(self.engine.lookahead / self.engine.rate)
            self.supervisor.stop()
        elif self.supervisor:
            self.supervisor.leave()
        self.recordings.stop()
        if self.session.archive:
            self.session.archive.stop(self.engine.gain, self.engine.inside)
        if node_state_registry.registry is self.session.node_state_registry:
            node_state_registry.registry = None

    # threads of its own

    def _start(self, action: Callable[[], None]) -> None:
        threading.Thread(target=action, name=action.__name__, daemon=True).start()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK):
            self._piece_watch.look()

    def _guard(self) -> None:
        self.stuck = wait_for_hang(self.engine, self._stopping)

    def _watch(self) -> None:
        """Route saves from now on, and those since the files were read."""

        def lost(reason: str) -> None:
            self.bus.publish(Fault(message=f"looking for saves ten times a second: {reason}"))

        changes = watch(lambda: self.saves.paths, self._stopping, lost, since=self.opened.since)

        def watching() -> None:
            for files in changes:
                if not self._stopping.wait(self.saves.settings.RELOAD_DELAY):
                    self.saves.changed(files)

        self._start(watching)

    def _compile_rest(self) -> None:
        """Compile the rest of the library, kernel by kernel: a save that needs another waits for one at most."""
        for kind in self.saves.rehearsed:
            if self._stopping.is_set():
                return
            with suppress(CompileError):
                self.compiler.rehearse(kernel_cache.variants(kind))
        for kernel in kernel_cache.missing(kernels_of(self.composer.library.values())):
            if self._stopping.is_set():
                return
            try:
                self.compiler.compile([kernel])
            except CompileError:
                continue  # said when it is used
        kernel_cache.prune()
