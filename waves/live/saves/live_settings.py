"""Settings while a piece plays: what a save of `config.py` changes, each change where it takes effect."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from waves.audio.device_supervisor import DeviceSupervisor
from waves.events.changes import Mended, Refused, RestartNeeded, SettingsChanged
from waves.events.event import Notify
from waves.events.trouble import Fault
from waves.live.session.session import Session
from waves.live.workspace.open_workspace import Opened, missing_folders, not_in_force, with_options
from waves.live.workspace.setting_table import SETTINGS, Effect
from waves.live.workspace.settings import Settings, at_setting, given_settings
from waves.problem import Problem, Problems

Rebuild = Callable[[Settings], None]
"""Goes on with another engine for other settings. Raises Problems: then it goes on with the present ones."""

RAMP = 0.02  # seconds to silence, and back, for what can only change in silence
PATIENCE = 1.0  # seconds that this may take


def stream_options(settings: Settings) -> dict[str, Any]:
    """The settings of the stream, as fields of StreamOptions."""
    return {
        "device": settings.DEVICE,
        "input_device": settings.INPUT,
        "block": settings.BLOCK_SIZE,
        "latency": settings.LATENCY,
    }


class LiveSettings:
    """The settings in force, and `configure`, which takes over what `config.py` says now.

    Threads: `configure` and `stop` on any control thread; `values` may be read on any.
    """

    def __init__(
        self,
        opened: Opened,
        session: Session,
        notify: Notify,
        supervisor: DeviceSupervisor | None,
        rebuild: Rebuild | None = None,
    ):
        """`supervisor` is None where no device plays, `rebuild` where the engine stays as it is."""
        self._rebuild = rebuild
        self.values = opened.settings
        self.problems: tuple[Problem, ...] = ()
        """Problems of `config.py` as it is now: these settings are not in force."""
        self._opened, self._session, self._notify, self._supervisor = opened, session, notify, supervisor
        self._waiting: set[str] = set()  # names of settings that are not what `config.py` says
        self._said = {*opened.notices}
        self._lock = threading.Lock()
        self._stopped = False

    def follow(self, session: Session, supervisor: DeviceSupervisor | None) -> None:
        """Change another session from now on."""
        self._session, self._supervisor = session, supervisor

    def stop(self) -> None:
        """Wait for a change that is being made, a little while; no other is made after it."""
        self._stopped = True
        if self._lock.acquire(timeout=PATIENCE):
            self._lock.release()

    def configure(self) -> None:
        """Compare `config.py` with what is in force: change what can change now, say what waits for a start and why."""
        with self._lock:
            if self._stopped:
                return
            config = self._opened.workspace.config
            try:
                given = given_settings(self._opened.workspace)
                wanted = with_options(given, self._opened.overruled)
                changed = [name for name in SETTINGS if getattr(wanted, name) != getattr(self.values, name)]
                now = self._chosen(Effect.NOW, wanted, changed)
                self._session.composer.configure(self.values.model_copy(update=now))
            except Problems as found:
                self.problems = tuple(found.problems)
                self._notify(Refused(file="config.py", subject="settings", problems=self.problems))
                return
            self.values = self._session.composer.settings
            self._change_session(now)
            problems: list[Problem] = []
            stream = self._chosen(Effect.STREAM, wanted, changed)
            if stream and self._change_stream(wanted):
                self.values = self.values.model_copy(update=stream)
                self._session.composer.configure(self.values)
            elif stream:
                problem = Problem("is not in force, because the device does not play so")
                problems, stream = [at_setting(problem, config, name) for name in stream], {}
            engine = self._chosen(Effect.ENGINE, wanted, changed) if self._rebuild else {}
            if engine and self._rebuild:
                try:
                    self._rebuild(self.values.model_copy(update=engine))
                    self.values = self.values.model_copy(update=engine)
                except Problems as found:
                    engine, problems = {}, [*problems, *found.problems]
            self._report({**now, **stream, **engine}, changed, problems)
            if now:
                self._session.changed([config])
            self._report_waiting(wanted, changed)
            workspace = self._opened.workspace
            for sentence in (*not_in_force(given, workspace), *missing_folders(wanted, workspace)):
                if sentence not in self._said:
                    self._said.add(sentence)
                    self._notify(Fault(message=sentence))

    def _report(self, in_force: dict[str, Any], changed: list[str], problems: list[Problem]) -> None:
        """Publish what has taken effect and what is wrong; else that `config.py` is in order again."""
        wrong, waited = self.problems, self._waiting
        self.problems, self._waiting = tuple(problems), {*changed} - {*in_force}
        if in_force:
            self._notify(SettingsChanged(settings=in_force))
        if problems:
            self._notify(Refused(file="config.py", subject="settings", partly=bool(in_force), problems=self.problems))
        elif not in_force and (wrong or waited - self._waiting):
            self._notify(Mended(file="config.py", subject="settings"))

    @staticmethod
    def _chosen(effect: Effect, wanted: Settings, changed: list[str]) -> dict[str, Any]:
        """The changed settings with an effect, by name."""
        return {name: getattr(wanted, name) for name in changed if SETTINGS[name].effect is effect}

    def _change_session(self, now: dict[str, Any]) -> None:
        """Hand on what the composer does not read for itself."""
        self._session.node_state_registry.limit_parking(self.values.PARKING_MB, self.values.PARKING_NODES)
        if "LIMITER" in now:
            with self._session.engine.silenced(RAMP, PATIENCE):  # the limiter delays what it passes on
                self._session.engine.set_limiting(self.values.LIMITER)

    def _change_stream(self, wanted: Settings) -> bool:
        """Open the stream again with other options; whether they are in use."""
        return self._supervisor is None or self._supervisor.reopen(self.silenced, **stream_options(wanted))

    @contextmanager
    def silenced(self) -> Iterator[None]:
        """Fade out, and in again afterwards. Any control thread, one at a time."""
        engine, supervisor = self._session.engine, self._supervisor
        assert supervisor
        with engine.silenced(RAMP, PATIENCE, lambda: supervisor.stream.active):
            time.sleep(engine.lookahead / engine.rate)  # the limiter still holds the end of the fade
            yield

    def _report_waiting(self, wanted: Settings, changed: list[str]) -> None:
        for name in changed:
            setting, value = SETTINGS[name], getattr(wanted, name)
            reason = setting.reason
            if setting.effect is Effect.ENGINE and not self._rebuild:
                reason = "the engine is built for it"
            if reason and f"{name} {value}" not in self._said:
                self._said.add(f"{name} {value}")
                self._notify(RestartNeeded(file="config.py", setting=name, reason=reason))
