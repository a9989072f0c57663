"""Tells clients without being asked: events as they happen, status, what sounds of the text, the last sound."""

from __future__ import annotations

import threading

import numpy as np

from waves.app.clients.piece.served_piece import ServedPiece
from waves.app.clients.piece.sounding import Sounding
from waves.app.clients.piece.text_span import TextSpan
from waves.app.clients.server_link import ServerLink
from waves.engine.runtime.engine import Engine
from waves.events import trouble
from waves.events.changes import Compiling, NotPlaying, Refused, Reloaded
from waves.events.event import Event
from waves.events.event_bus import EventBus, Subscription
from waves.events.playing import ParameterMoved, ParameterReleased
from waves.language.tree.tree_node import tracks
from waves.live.workspace.composition import Composition
from waves.loudness import Loudness
from waves.problem import defect

TICK = 1 / 30  # s
STATUS_TICKS, IDLE_TICKS = 3, 30  # between two status, with and without clients
SHOWN = 4096  # frames of sound that are looked at

NOTIFICATIONS: dict[type[Event], str] = {
    Reloaded: "reloaded",
    Refused: "reloadFailed",
    NotPlaying: "reloadFailed",
    Compiling: "compiling",
    **dict.fromkeys(
        (
            trouble.Fault,
            trouble.Hung,
            trouble.RecordingInterrupted,
            trouble.KeepingInterrupted,
            trouble.ActionRefused,
            trouble.EventsLost,
            trouble.ListenerEnded,
        ),
        "problem",
    ),
}
"""The method by which clients are told of an event; all others are `event`."""


class ClientFeed:
    """Tells the clients of one piece, on a thread of its own and on that of the events.

    While nothing plays yet, events wait, and only the status is told.
    """

    def __init__(self, piece: ServedPiece, bus: EventBus, link: ServerLink):
        self.piece, self.bus, self.link = piece, bus, link
        self._stopping = threading.Event()
        self._subscription = bus.subscribe("clients")
        self._thread = threading.Thread(target=self._run, name="client feed", daemon=True)
        self._sounding: frozenset[TextSpan] = frozenset()
        self._loudness: tuple[Engine, Loudness] | None = None
        self._heard = 0  # frames of the stream, by the meter of loudness
        self._words: tuple[Composition, Sounding] | None = None  # of the piece that plays

    def start(self) -> None:
        """Begin to tell of the status."""
        self._thread.start()

    def begin(self) -> None:
        """Tell of events, steps and sound too: the piece plays."""
        self.bus.run(self._subscription, self._events)

    def tell(self, event: Event) -> None:
        """Tell of an event. Any thread."""
        self.link.tell(NOTIFICATIONS.get(type(event), "event"), event.document)

    def close(self) -> None:
        """Tell nothing more, but the last status."""
        self.bus.unsubscribe(self._subscription)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._tell_status(running=False)

    def _events(self, subscription: Subscription) -> None:
        """Tell of all events. Thread of the listener."""
        while event := subscription.take():
            match event:
                case ParameterMoved():
                    self._parameters({f"{event.node}.{event.parameter}": event.value}, [])
                case ParameterReleased():
                    self._parameters({}, [f"{event.node}.{event.parameter}"])
                case _:
                    self.tell(event)

    def _parameters(self, values: dict[str, float], released: list[str]) -> None:
        self.link.tell("parametersChanged", {"values": values, "released": released})

    def _run(self) -> None:
        ticks = clients = 0
        told = ""
        while not self._stopping.wait(TICK):
            ticks += 1
            self.link.look()
            try:
                self._tick(ticks, clients)
            except Exception as error:  # clients are told again with the next tick
                problem = defect(error)
                if problem.sentence != told:
                    told = problem.sentence
                    self.bus.publish(trouble.Fault(message="clients cannot be told all", problems=(problem,)))
            clients = self.link.clients

    def _tick(self, ticks: int, clients: int) -> None:
        """Tell what is due; `clients`: their number at the last tick."""
        if ticks % (STATUS_TICKS if self.link.clients else IDLE_TICKS) == 0:
            self._tell_status()
        if self.link.clients and self.piece.started:
            if self.link.clients != clients:  # who is new must know all
                self._sounding = frozenset()
            if not clients:  # levels of a time when nobody looked
                self.piece.performance.engine.take_meters()
                self._loudness = None
            self._tell_steps()
            self._show_sound()

    def _tell_status(self, running: bool = True) -> None:
        status = self.piece.status(self.link.clients, running)
        self.link.tell("status", status.model_dump(mode="json"), newest=True)

    def _tell_steps(self) -> None:
        session = self.piece.performance.session
        playing = session.composer.playing
        if playing is None:
            return
        if self._words is None or self._words[0] is not playing:
            self._words = playing, Sounding(playing, self.piece.performance.engine.rate)
        present = self._words[1].now(session.node_state_registry)
        if present == self._sounding:
            return
        changed = [(span, False) for span in self._sounding - present] + [
            (span, True) for span in present - self._sounding
        ]
        self._sounding = present
        steps = [
            {"file": span.file, "line": span.line, "column": span.column, "length": span.length, "on": on}
            for span, on in changed
        ]
        self.link.tell("step", {"steps": steps})

    def _show_sound(self) -> None:
        performance = self.piece.performance
        engine, playing = performance.engine, performance.session.composer.playing
        levels = {level.name: (level.peak, level.rms) for level in engine.take_meters()}
        meters = [levels.get(name, (0.0, 0.0)) for name in (tracks(playing.root) if playing else ())]
        last = engine.frames_written
        frames = np.arange(last - min(SHOWN, last), last) % len(engine.ring)
        sound = engine.ring[frames, : engine.main_channels]
        meter = self._listen(engine, last)
        loudness = np.array([[meter.momentary, meter.short_term]])
        shown = {"frames": sound, "rate": engine.rate, "meters": np.array(meters), "loudness": loudness}
        self.link.show({"frame": float(last), **shown})

    def _listen(self, engine: Engine, last: int) -> Loudness:
        """The meter of loudness, which has heard all frames before `last`; a new one hears the last seconds first."""
        longest = len(engine.ring) // 2  # the sound thread writes into the other half
        meter = self._loudness[1] if self._loudness and self._loudness[0] is engine else None
        if meter is None or last - self._heard > longest:
            meter = Loudness(engine.rate, engine.main_channels)
            self._loudness, self._heard = (engine, meter), max(last - longest, 0)
        meter.add(engine.ring[np.arange(self._heard, last) % len(engine.ring), : engine.main_channels])
        self._heard = last
        return meter
