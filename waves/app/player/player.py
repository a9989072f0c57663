"""A running `waves play`: threads are started, keys become actions, and everything ends in order."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property

from waves.app.actions.action_thread import ActionThread
from waves.app.actions.controls import Controls
from waves.app.actions.play_time import PlayTime
from waves.app.actions.recordings import Recordings
from waves.app.commands.kernels import kernels_of
from waves.app.exit_codes import Exit
from waves.app.player.options import PlayOptions
from waves.app.player.piece_watch import PieceWatch
from waves.app.player.rescue import STEADY, rescue
from waves.app.player.restart import Handover
from waves.app.player.saves import SaveRouter
from waves.app.terminal.display import Display, Status, listener
from waves.app.terminal.key_bindings import call_of
from waves.app.terminal.keys import Keys
from waves.audio.device_supervisor import DeviceSupervisor
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError
from waves.engine.graph.graph import Row
from waves.engine.runtime.watchdog import guard, hanging
from waves.events.event import Event, title
from waves.events.event_bus import EventBus, Subscription
from waves.events.playing import Stopped
from waves.events.trouble import Fault
from waves.live.session.session import Session
from waves.live.workspace.file_watch import watch
from waves.live.workspace.open_workspace import Opened

LOOK = 0.2  # seconds between two looks at the engine; a key is seen immediately
PATIENCE = 2.0  # seconds that each part gets to stop
STOP_FADE = 0.02  # seconds


class Player:
    """Plays what the session has begun, until a key, a signal, `--duration` or `--once` ends it.

    `run` and the methods with an underscore are for the main thread; `end` may be called on any.
    """

    def __init__(
        self,
        opened: Opened,
        session: Session,
        supervisor: DeviceSupervisor,
        bus: EventBus,
        shown: Subscription,
        options: PlayOptions,
        watching: bool,
        restarts: int = 0,
    ):
        """`shown` is the display's; `restarts`: in a row, before this one began to play."""
        self.opened, self.session, self.supervisor, self.bus = opened, session, supervisor, bus
        self.engine = session.engine
        self.options, self.watching = options, watching
        self.code: int | None = None
        """Once it is to stop: the exit code."""
        self.next: Handover | None = None
        """Once it has stopped: what goes on in its place."""
        self.blocked = False
        """Once it has stopped: whether a listener still waits for whoever reads it."""
        self.time = PlayTime(self.engine)
        recordings = opened.workspace.root / "recordings"
        self.recordings = Recordings(self.engine, recordings, session.composer.stems, bus.publish)
        self.actions = ActionThread(
            Controls(
                session,
                self.recordings,
                self.time,
                bus.publish,
                reload=self._reload,
                quit=lambda: self.end(Exit.GOOD),
                folder=opened.workspace.root,
                trusted=opened.trusted,
            )
        )
        self._shown = shown
        self._piece_watch = PieceWatch(session, options, bus.publish, lambda: self.end(Exit.GOOD))
        self._stuck: tuple[Row, ...] | None = None  # what the callback hangs in, once it does
        self._restarts, self._begun = restarts, time.monotonic()
        self._stop = threading.Event()
        self._keys = Keys()

    @cached_property
    def saves(self) -> SaveRouter:
        """What a save of each kind of file does."""
        return SaveRouter(self.opened, self.session, self.session.compiler, self.bus.publish)

    def run(self, display: Callable[[], Display]) -> int:
        """Play; the exit code. `display` makes what shows it, which is used on a thread of its own."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):  # Windows has no SIGHUP
                signal.signal(getattr(signal, name), self._interrupted)
        self.bus.listen(self._ring, "bell")
        try:
            if self.options.record:
                first = self.engine.lookahead  # so that the file is what `waves render` writes
                until = None if self._frames is None else first + self._frames
                self.recordings.start(self.options.record, first, until)
            self.session.builder.start()
            self.supervisor.start(lambda: self.engine.calls, lambda: self.engine.inside)
            self._start(self._guard)
            self.saves.start()
            self.actions.start()
            if self.watching:
                self._watch()
            self._start(self._compile_rest)
            if self.session.archive:
                self.session.archive.start()
            self.bus.run(self._shown, listener(display(), self._status))  # a save after `started` is never missed
            while self.code is None and self._stuck is None:
                for key in self._keys.read(LOOK):
                    if call := call_of(key):
                        self.actions.post(call.action, **call.arguments)
                self._look()
            if self._stuck is not None:
                self.bus.publish(hanging(self._stuck))
            return Exit.HUNG if self.code is None else self.code
        finally:
            self._end_all()
            self.blocked = not self.bus.close(PATIENCE)
            self._keys.close()

    def end(self, code: int) -> None:
        """Stop after the present look, with an exit code."""
        self.code = code

    def _interrupted(self, *_: object) -> None:
        if self.code is not None:  # the second time: immediately
            self._keys.close()
            os._exit(Exit.INTERRUPTED)
        self.end(Exit.INTERRUPTED)

    def _start(self, action: Callable[[], None]) -> None:
        threading.Thread(target=action, name=action.__name__, daemon=True).start()

    @property
    def _frames(self) -> int | None:
        """How many frames `--duration` asks for."""
        return None if self.options.duration is None else round(self.options.duration * self.engine.rate)

    def _look(self) -> None:
        if self._frames is not None and self.time.frames >= self._frames:
            self.end(Exit.GOOD)
        self._piece_watch.look()

    def _reload(self) -> None:
        """Build as if every file had been saved. Actions thread."""
        self.saves.reload()

    # threads of its own

    def _status(self) -> Status:
        """How it plays now. Display thread."""
        stream, recorder = self.supervisor.stream, self.recordings.running
        return Status(
            title=title(self.session.names),
            device=f"{stream.name} {self.engine.rate:g} Hz",
            seconds=self.engine.clock / self.engine.rate,
            peaks=self.engine.take_peaks(),
            load=stream.cpu_load,
            underflows=self.engine.underflows,
            gain=self.engine.gain,
            paused=self.engine.paused,
            held=self.session.held,
            recording=recorder.path.name if recorder else "",
            version=self.session.archive.place if self.session.archive else "",
        )

    def _ring(self, event: Event) -> None:
        """Ring the bell of the terminal for a mistake, if the settings say so. A listener."""
        wrong = any(problem.level == "error" for problem in event.problems)
        if wrong and self.session.composer.settings.NOTIFY == "bell":
            print(end="\a", file=sys.stderr, flush=True)

    def _watch(self) -> None:
        """Route saves from now on, and those since the files were read, on a thread of its own."""

        def lost(reason: str) -> None:
            self.bus.publish(Fault(message=f"looking for saves ten times a second: {reason}"))

        changes = watch(lambda: self.saves.paths, self._stop, lost, since=self.opened.since)

        def watching() -> None:
            for files in changes:
                if not self._stop.wait(self.saves.settings.RELOAD_DELAY):
                    self.saves.changed(files)

        self._start(watching)

    def _compile_rest(self) -> None:
        """Compile the rest of the library, kernel by kernel: a save that needs another waits for one at most."""
        types = self.session.composer.library
        for kind in self.saves.rehearsed:
            if self._stop.is_set():
                return
            with suppress(CompileError):
                self.session.compiler.rehearse(kernel_cache.variants(kind))
        for kernel in kernel_cache.missing(kernels_of(types.values())):
            if self._stop.is_set():
                return
            try:
                self.session.compiler.compile([kernel])
            except CompileError:
                continue  # said when it is used
        kernel_cache.prune()

    def _guard(self) -> None:
        """Notice a callback that hangs. Guard thread."""
        self._stuck = guard(self.engine, self._stop)

    # the end

    def _end_all(self) -> None:
        """Watcher, actions, builder, stream, recorder; listeners are last."""
        self._stop.set()
        self.actions.stop(PATIENCE)
        self.saves.stop()
        self.session.stop()
        if self._stuck is None:
            self.engine.fade_out(STOP_FADE, PATIENCE, lambda: self.supervisor.stream.active)
            time.sleep(self.engine.lookahead / self.engine.rate)
            self.supervisor.stop()
        else:
            self.supervisor.leave()
        record = str(self.recordings.wanted) if self.recordings.running else None
        self.recordings.stop()
        if self.session.archive:
            self.session.archive.stop(self.engine.gain, self.engine.inside)
        if self._stuck is not None and self.code is None:
            self._give_over(self._stuck, record)
        seconds = self.time.frames / self.engine.rate
        self.bus.publish(Stopped(seconds=seconds, underflows=self.engine.underflows))

    def _give_over(self, rows: tuple[Row, ...], record: str | None) -> None:
        """Go back to an earlier version in a process that takes the place of this, or say why not."""
        restarts = self._restarts if time.monotonic() - self._begun < STEADY else 0
        left = None if self._frames is None else max(self._frames - self.time.frames, 1) / self.engine.rate
        self.next, event = rescue(self.session, rows, Handover(restarts + 1, record, left, self.session.held))
        self.bus.publish(event)
