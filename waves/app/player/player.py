"""A running `waves play`: starts the performance, calls the actions of keys, and stops everything in order."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from waves.app.clients.status_file import StatusFile
from waves.app.exit_codes import Exit, ending_signals, received_signal
from waves.app.performance.performance import Performance
from waves.app.performance.piece_status import levels_of, section_line
from waves.app.player.notifier import Notifier
from waves.app.player.options import PlayOptions
from waves.app.player.rescue import STEADY, rescue
from waves.app.player.restart import Handover
from waves.app.terminal.display import Display, Status, listener
from waves.app.terminal.key_bindings import KEYS, LEADS, QUIT, SHOW_KEYS, call_of
from waves.app.terminal.keys import Keys
from waves.app.terminal.messages import show_notices
from waves.app.terminal.suspension import CONTROL_Z, gives_terminal_back
from waves.engine.graph.graph import Row
from waves.engine.runtime.faults import hang_event
from waves.events.event import Event, title
from waves.events.event_bus import Subscription
from waves.events.playing import KeysShown, Stopped
from waves.events.trouble import ActionRefused, ListenerEnded

if TYPE_CHECKING:
    from waves.app.clients.serving import Serving

LOOK = 0.2  # seconds between two looks at the engine; a key is seen immediately
PATIENCE = 2.0  # seconds that each part gets to stop


class Player:
    """A performance with a terminal: plays until a key, a signal, `--duration` or `--once` ends it.

    `run` and the methods with an underscore are for the main thread; `end` may be called on any.
    """

    def __init__(
        self,
        performance: Performance,
        shown: Subscription,
        options: PlayOptions,
        watching: bool,
        serving: Serving | None = None,
        restarts: int = 0,
        keys: Keys | None = None,
    ):
        """`shown` is the display's; `serving`: for clients; `restarts`: in a row, before this one began to play."""
        self.performance, self.options, self.watching = performance, options, watching
        self.bus = performance.bus
        self.code: int | None = None
        """The exit code, as soon as the player is to stop."""
        self.next: Handover | None = None
        """After a node that hung: what the process that takes over is told."""
        self.blocked = False
        """Once it has stopped: whether a listener still waits for whoever reads it."""
        self._shown, self._serving = shown, serving
        self._status_file = StatusFile(performance, serving)
        self._notifier = Notifier(self.bus, lambda: performance.session.composer.settings)
        self._restarts, self._begun = restarts, time.monotonic()
        self._keys = keys or Keys()
        self._led = ""  # the key that was pressed before, if it leads

    def run(self, display: Callable[[], Display]) -> int:
        """Play; the exit code. `display` makes what shows it, which is used on a thread of its own."""
        playing = self.performance
        for number in ending_signals():
            signal.signal(number, self._interrupted)
        if lost := received_signal():
            self.end(Exit.of_signal(lost))
        self.bus.listen(self._warn, "warnings")
        try:
            if self.options.record:
                first = playing.engine.lookahead  # so that the file is what `waves render` writes
                until = None if self._frames is None else first + self._frames
                playing.recordings.start(self.options.record, first, until)
            playing.start(self.watching)
            self._status_file.start()
            if self._serving:
                self._serving.begin(playing)
            screen, keys = display(), self._keys
            self._notifier.display = screen
            with gives_terminal_back((screen.suspend, screen.resume), (keys.suspend, keys.resume)) as stop:
                keys.resume()
                self._end_if_asked()
                self.bus.run(self._shown, listener(screen, self._status))  # a save after `started` is never missed
                while self.code is None and playing.stuck is None:
                    for key in keys.read(LOOK):
                        stop() if key == CONTROL_Z else self._press(key)
                    if self._frames is not None and playing.time.frames >= self._frames:
                        self.end(Exit.GOOD)
            if playing.stuck is not None:
                self.bus.publish(hang_event(playing.stuck))
            return Exit.HUNG if self.code is None else self.code
        finally:
            self._end_all()
            self.blocked = not self.bus.close(PATIENCE)
            self._keys.close()

    def end(self, code: int) -> None:
        """Stop the player with an exit code; `run` returns shortly after."""
        self.code = code

    def _end_if_asked(self) -> None:
        """Of the keys that were pressed until now only that counts which ends it: nobody saw yet what plays."""
        while early := self._keys.read(0.0):
            if QUIT in early:
                self._press(QUIT)

    def _press(self, key: str) -> None:
        """Do what a key is for, or say that it is for nothing; one that leads waits for the next."""
        if key == LEADS and not self._led:
            self._led = key
            return
        key, self._led = self._led + key, ""
        if call := call_of(key):
            self.performance.actions.post(call.action, **call.arguments)
        elif key == SHOW_KEYS:
            self.bus.publish(KeysShown(keys={" ".join(row.names): row.help for row in KEYS}))
        elif key.isprintable() and not key.isspace():
            reason = f"the key {key!r} does nothing: {SHOW_KEYS} shows the keys"
            self.bus.publish(ActionRefused(action="", reason=reason))

    def _interrupted(self, number: int, _: object = None) -> None:
        code = Exit.of_signal(number)
        if self.code is not None:  # the second time: immediately
            self._keys.close()
            os._exit(code)
        self.end(code)

    @property
    def _frames(self) -> int | None:
        """Length in frames that `--duration` asks for; None: no limit."""
        return None if self.options.duration is None else round(self.options.duration * self.performance.engine.rate)

    def _status(self) -> Status:
        """Status for the display. Display thread."""
        playing = self.performance
        engine, session, recorder = playing.engine, playing.session, playing.recordings.running
        stream = playing.stream
        return Status(
            title=title(session.names),
            device=stream.label,
            seconds=engine.place / engine.rate,
            peaks=engine.take_peaks(),
            load=stream.cpu_load,
            underflows=engine.underflows,
            gain=engine.gain,
            ended=engine.ended,
            paused=engine.paused,
            held=session.held,
            hushed=session.hushed,
            recording=recorder.path.name if recorder else "",
            interrupted=recorder is not None and recorder.interrupted,
            version=session.archive.version_label if session.archive else "",
            levels=levels_of(session),
            monitors=playing.piece_watch.monitors,
            chosen=session.switches.chosen,
            section=section_line(session),
            problems=playing.piece_watch.problems,
        )

    def _warn(self, event: Event) -> None:
        """Draw attention to mistakes; say that the display ended. Own thread."""
        if isinstance(event, ListenerEnded) and event.listener == self._shown.name:
            closed = "nobody reads standard output any more" if "BrokenPipe" in event.reason else event.text
            with suppress(OSError):  # nobody may read that either
                show_notices([f"{closed}: the sound goes on"])
        self._notifier.event(event)

    def _end_all(self) -> None:
        """End the performance; go on in another process if its callback hangs."""
        playing = self.performance
        record = str(playing.recordings.wanted) if playing.recordings.running else None
        self._status_file.stop()
        playing.stop()
        if playing.stuck is not None and self.code is None:
            self._give_over(playing.stuck, record)
        if self.next is None:
            seconds = playing.time.frames / playing.engine.rate
            self.bus.publish(Stopped(seconds=seconds, underflows=playing.engine.underflows))
        if self._serving:
            self._serving.close(returns=self.next is not None)

    def _give_over(self, rows: tuple[Row, ...], record: str | None) -> None:
        """Go back to an earlier version in a process that takes the place of this, or say why not."""
        playing = self.performance
        restarts = self._restarts if time.monotonic() - self._begun < STEADY else 0
        left = None if self._frames is None else max(self._frames - playing.time.frames, 1) / playing.engine.rate
        handover = Handover(restarts + 1, record, left, playing.session.held)
        if self._serving:
            handover = replace(handover, port=self._serving.link.port, token=self._serving.token)
        self.next, event = rescue(playing.session, rows, handover)
        self.bus.publish(event)
