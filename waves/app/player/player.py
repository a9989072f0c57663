"""A running `waves play`: keys, signals, events to the display, and the stop in good order."""

from __future__ import annotations

import math
import os
import queue
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from waves.app.commands.open_workspace import Opened, kernels_of
from waves.app.exit_codes import Exit
from waves.app.player.options import PlayOptions
from waves.app.player.rescue import STEADY, rescue
from waves.app.player.restart import Handover
from waves.app.player.saves import SaveRouter
from waves.app.terminal.display import Display, Status
from waves.app.terminal.keys import Keys
from waves.audio.device_supervisor import DeviceSupervisor
from waves.audio.recorder import Recorder
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError
from waves.engine.graph.graph import Row
from waves.engine.runtime.trial import fault
from waves.engine.runtime.watchdog import guard, hanging
from waves.events import Event
from waves.live.session.session import Session
from waves.live.workspace.file_watch import watch
from waves.problem import Problem, Problems

LOOK = 0.2  # seconds between two looks at events and the mailbox; a key is seen at once
PATIENCE = 2.0  # seconds that each part gets to stop
STOP_FADE = 0.02  # seconds
DECIBEL = 10 ** (1 / 20)
LOUDEST, SOFTEST = 10 ** (12 / 20), 10 ** (-60 / 20)


class Player:
    """Plays what the session has begun, until a key, a signal, `--duration` or `--once` ends it."""

    def __init__(
        self,
        opened: Opened,
        session: Session,
        supervisor: DeviceSupervisor,
        events: queue.SimpleQueue[Event],
        title: str,
        options: PlayOptions,
        watching: bool,
        restarts: int = 0,
    ):
        """`restarts`: in a row, before this one began to play."""
        self.opened, self.session, self.supervisor, self.events = opened, session, supervisor, events
        self.engine = session.engine
        self.title, self.options, self.watching = title, options, watching
        self.code: int | None = None  # once it is to stop: the exit code
        self.recorder: Recorder | None = None
        self.stuck: tuple[Row, ...] | None = None  # what the callback hangs in, once it does
        self.next: Handover | None = None  # what goes on in place of this
        self._restarts, self._begun, self._wanted = restarts, time.monotonic(), Path()
        self._ended = False
        self._silent = 0  # frames in pauses; since the beginning of the one that lasts, from there on
        self._faulty: set[str] = set()
        self._stop = threading.Event()
        self._keys = Keys()
        self._actions: dict[str, Callable[[], Any]] = {
            " ": self.pause,
            ".": self.hush,
            "-": lambda: self.volume(1 / DECIBEL),
            "+": lambda: self.volume(DECIBEL),
            "=": lambda: self.volume(DECIBEL),  # the same key without shift
            "c": self.record,
            "h": lambda: self.hold(not session.held),
            "r": self.reload,
            "F": session.accept_refused,
            "u": session.undo,
            "U": lambda: session.undo(-1),
            "q": lambda: self.end(Exit.GOOD),
        }

    @cached_property
    def saves(self) -> SaveRouter:
        return SaveRouter(self.opened, self.session, self.session.compiler, self.events.put, self.supervisor)

    def run(self, display: Display) -> int:
        """Play; the exit code."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):  # Windows has no SIGHUP
                signal.signal(getattr(signal, name), self._interrupted)
        try:
            if self.options.record:
                first = self.engine.lookahead  # so that the file is what `waves render` writes
                until = None if self._frames is None else first + self._frames
                self._begin_recording(self.options.record, first, until)
            self.session.builder.start()
            self.supervisor.start(lambda: self.engine.calls, lambda: self.engine.inside)
            self._start(self._guard)
            self.saves.start()
            if self.watching:
                self._start(self._watch)
            self._start(self._compile_rest)
            if self.session.archive:
                self.session.archive.start()
            while self.code is None and self.stuck is None:
                for key in self._keys.read(LOOK):
                    self._actions.get(key, self._actions.get(key.lower(), lambda: None))()
                self._look()
                self._show(display)
            if self.stuck is not None:
                self.events.put(hanging(self.stuck))
                self._show(display)
            return Exit.HUNG if self.code is None else self.code
        finally:
            self._end_all()
            try:
                self._show(display)
            finally:
                display.close()
                self._keys.close()

    def end(self, code: int) -> None:
        """Stop after this look."""
        self.code = code

    def _interrupted(self, *_: object) -> None:
        if self.code is not None:  # the second time: at once
            self._keys.close()
            os._exit(Exit.INTERRUPTED)
        self.end(Exit.INTERRUPTED)

    def _start(self, action: Callable[[], None]) -> None:
        threading.Thread(target=action, name=action.__name__, daemon=True).start()

    # keys

    def pause(self) -> None:
        paused = not self.engine.paused
        self.engine.pause(paused)
        written = self.engine.frames_written
        self._silent += -written if paused else written
        if self.recorder:
            self.recorder.go_on()  # the pause is recorded too
        self.say("transport", "paused" if paused else "going on")

    def volume(self, factor: float) -> None:
        gain = min(max(self.engine.gain * factor, SOFTEST), LOUDEST)
        self.engine.set_gain(gain)
        self.say("transport", f"volume {20 * math.log10(gain):+.0f} dB")

    def hush(self) -> None:
        self.session.hush()
        self.say("transport", "hushed: echoes, tails and notes are forgotten")

    def hold(self, held: bool) -> None:
        self.say("transport", "saves are held back" if held else "saves come in")
        self.session.hold(held)

    def reload(self) -> None:
        self.saves.reload()

    def record(self) -> None:
        """Begin a recording in `recordings/`, or end the one that runs."""
        if self.recorder:
            self._end_recording()
            return
        name = re.sub(r"[^\w.+-]+", "_", self.title.replace(" + ", "+"))
        file = f"{name}_{time.strftime('%Y-%m-%d_%H-%M-%S')}.wav"
        try:
            self._begin_recording(self.opened.workspace.root / "recordings" / file)
        except Problems as found:
            self.say("recording", "no recording", tuple(found.problems))

    def _begin_recording(self, path: Path, first: int | None = None, until: int | None = None) -> None:
        self._wanted = path
        self.recorder = Recorder(self.engine, path, first, until, self.session.composer.stems)
        self.say("recording", f"recording to {self.recorder.path}")

    def _end_recording(self) -> None:
        recorder, self.recorder = self.recorder, None
        if recorder:
            path = recorder.stop()
            seconds = recorder.frames / self.engine.rate
            lost = f", {recorder.lost} frames lost" if recorder.lost else ""
            self.say("recording", f"recorded {seconds:.2f} s to {path}{lost}", frames=recorder.frames)

    # what happens by itself

    def say(self, kind: Any, text: str, problems: tuple[Problem, ...] = (), **figures: Any) -> None:
        self.events.put(Event(kind, text, figures, problems))

    def _show(self, display: Display) -> None:
        while not self.events.empty():
            event = self.events.get()
            display.event(event)
            wrong = any(problem.level == "error" for problem in event.problems)
            if wrong and self.saves.settings.NOTIFY == "bell":
                print(end="\a", file=sys.stderr, flush=True)
        stream = self.supervisor.stream
        display.status(
            Status(
                title=self.title,
                device=f"{stream.name} {self.engine.rate:g} Hz",
                seconds=self.engine.clock / self.engine.rate,
                peaks=self.engine.take_peaks(),
                load=stream.cpu_load,
                underflows=self.engine.underflows,
                gain=self.engine.gain,
                paused=self.engine.paused,
                held=self.session.held,
                recording=self.recorder.path.name if self.recorder else "",
                version=self.session.archive.place if self.session.archive else "",
            )
        )

    @property
    def _frames(self) -> int | None:
        """How many frames `--duration` asks for."""
        return None if self.options.duration is None else round(self.options.duration * self.engine.rate)

    @property
    def heard(self) -> int:
        """Frames of sound so far, pauses left out."""
        written = 0 if self.engine.paused else self.engine.frames_written
        return max(written - self._silent - self.engine.lookahead, 0)

    def _look(self) -> None:
        if self._frames is not None and self.heard >= self._frames:
            self.end(Exit.GOOD)
        self._look_at_end()
        self.session.drop_finished_fades()
        faults = self.engine.faults
        for key in faults.keys() - self._faulty:
            plan = self.engine.playing
            if plan and key in plan.graph.rows:
                failed = (rows for rows in (plan.settled, plan.moving) if rows and key in rows.faults())
                problem = fault(next(failed, plan.settled), plan.graph, key)
                self.say("fault", f"{key} failed and is muted for now", (problem,))
        self._faulty = set(faults)

    def _look_at_end(self) -> None:
        ended, before = self.engine.ended, self._ended
        self._ended = ended
        if not ended or before:
            return
        if self.options.once:
            self.say("ended", f"{self.title} has ended")
            self.end(Exit.GOOD)
        elif self.options.loop:
            self.say("ended", f"{self.title} has ended and begins again")
            self.session.again()
        else:
            self.say("ended", f"{self.title} has ended: the next save plays it again")

    def _watch(self) -> None:
        def lost(reason: str) -> None:
            self.say("fault", f"looking for saves ten times a second: {reason}")

        for files in watch(lambda: self.saves.paths, self._stop, lost):
            if not self._stop.wait(self.saves.settings.RELOAD_DELAY):
                self.saves.changed(files)

    def _compile_rest(self) -> None:
        """The rest of the library, kernel by kernel, so that a save that needs another waits for one."""
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

    def _end_all(self) -> None:
        """Watcher, builder, stream, recorder; the screen is last."""
        self._stop.set()
        self.saves.stop()
        self.session.stop()
        if self.stuck is None:
            self._fade_out()
            self.supervisor.stop()
        else:
            self.supervisor.leave()
        record = str(self._wanted) if self.recorder else None
        self._end_recording()
        if self.session.archive:
            self.session.archive.stop(self.engine.gain, self.engine.inside)
        if self.stuck is not None and self.code is None:
            self._give_over(self.stuck, record)
        underflows = self.engine.underflows
        seconds = self.heard / self.engine.rate
        self.say("transport", f"stopped after {seconds:.1f} s", seconds=seconds, underflows=underflows)

    def _guard(self) -> None:
        self.stuck = guard(self.engine, self._stop)

    def _give_over(self, rows: tuple[Row, ...], record: str | None) -> None:
        """Go back to an earlier version in a process that takes the place of this, or say why not."""
        restarts = self._restarts if time.monotonic() - self._begun < STEADY else 0
        left = None if self._frames is None else max(self._frames - self.heard, 1) / self.engine.rate
        self.next, said = rescue(self.session, rows, Handover(restarts + 1, record, left, self.session.held))
        self.events.put(said)

    def _fade_out(self) -> None:
        self.engine.fade_out(STOP_FADE, PATIENCE, lambda: self.supervisor.stream.active)
        time.sleep(self.engine.lookahead / self.engine.rate)
