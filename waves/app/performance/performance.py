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
from waves.app.performance.listening import Listening
from waves.app.performance.page_maker import make_pages
from waves.app.performance.piece_watch import AtEnd, PieceWatch
from waves.app.performance.rest_compile import compile_rest
from waves.audio.device import Stream, StreamOptions, usable_rate
from waves.audio.device_supervisor import DeviceSupervisor
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.engine.graph.graph import Row
from waves.engine.plan.plan import needed_for_changes, needed_to_play
from waves.engine.runtime.engine import Engine
from waves.engine.runtime.snapshot import Snapshot, take_stopped
from waves.engine.runtime.watchdog import wait_for_hang
from waves.engine.state.current_registry import node_state_registry
from waves.engine.state.state_registry import Registry
from waves.events.changes import Refused
from waves.events.event import Event
from waves.events.event_bus import EventBus
from waves.events.playing import DeviceChanged
from waves.events.trouble import Fault
from waves.language.model.quantize import Quantize
from waves.live.history.archive import SessionArchive
from waves.live.history.resume_state import read_state
from waves.live.kept.kept_files import recordings_folder
from waves.live.saves.debounce import Debounce
from waves.live.saves.file_watch import watch
from waves.live.saves.live_settings import stream_options
from waves.live.saves.save_router import SaveRouter
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.open_workspace import Opened
from waves.live.workspace.settings import Settings
from waves.node_types.builtin.form.ramp import TRANSPORTS, anchor_at
from waves.problem import Problem, Problems

LOOK = 0.2  # seconds between two looks at what plays
PATIENCE = 2.0  # seconds that each part gets to stop
STOP_FADE = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class PerformanceOptions:
    """Options of a performance."""

    fade: float | None = None
    """Seconds, in place of what the file and the settings say."""
    at: Quantize | None = None
    """Boundary at which saves take effect, in place of what the file and the settings say."""
    keeps: bool = True
    """Whether versions, the session log and the resume state are written to `.waves/`."""
    at_end: AtEnd = "wait"
    """At the end of the piece: the next save plays it again, it repeats, or the performance stops."""


def device_rate(settings: Settings) -> float:
    """The rate in Hz that the device takes which the settings name. Raises DeviceProblem."""
    return usable_rate(settings.DEVICE, settings.SAMPLE_RATE, settings.CHANNELS)


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
        self._stopping, self._engine_ends = threading.Event(), threading.Event()  # the second of the present engine
        self._listening = Listening(opened.trusted, lambda text: bus.publish(Fault(message=text)))

    def begin(
        self,
        composition: Composition,
        sounds: Sounds,
        state: Snapshot | None = None,
        registry: Registry | None = None,
        untried: bool = False,
    ) -> None:
        """Make the engine and give it its first plan, from a saved state or from none. Raises Problems.

        The kernels of the composition are compiled. `registry` is a new one unless it is given. `untried`: what plays
        already, without a trial.
        """
        settings, composer, publish = self.composer.settings, self.composer, self._publish
        self._graph, folder = composition.graph, self.opened.workspace.root
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
            registry=registry or Registry(settings.PARKING_MB, settings.PARKING_NODES),
            archive=archive,
        )
        self.session.begin(composition, state, untried)
        if state:
            self.engine.set_gain(state.about["gain"])
        node_state_registry.registry = self.session.node_state_registry
        self.time = PlayTime(self.engine)
        self.recordings = Recordings(self.engine, lambda: recordings_folder(folder), composer.stems, publish)
        self.recordings.is_logged = lambda: bool(archive and archive.log)
        self._controls = Controls(
            self.session,
            self.recordings,
            self.time,
            publish,
            reload=lambda: self.saves.reload(),  # noqa: PLW0108  # `start` makes it
            quit=self._quit,
            folder=folder,
            trusted=self.opened.trusted,
        )
        self.piece_watch = PieceWatch(self.session, self.options.at_end, publish, self._quit)

    @property
    def stream(self) -> Stream:
        """The stream that plays now."""
        assert self.supervisor
        return self.supervisor.stream

    def open_stream(self) -> DeviceSupervisor:
        """Open the stream of the device that the settings name. Raises DeviceProblem."""
        settings, engine = self.composer.settings, self.engine
        inputs = self._listening.wanted(self._graph, settings)
        supervisor = self.supervisor = DeviceSupervisor(
            engine.callback,
            engine.address,
            lambda text: self.bus.publish(DeviceChanged(device=supervisor.stream.name, message=text)),
            StreamOptions(rate=engine.rate, channels=settings.CHANNELS, inputs=inputs, **stream_options(settings)),
            engine.live_input.listen,
        )
        return supervisor

    def start(self, watching: bool = True) -> None:
        """Play, and follow the files if `watching`."""
        self.saves = SaveRouter(self.opened, self.session, self.compiler, self._publish, self.supervisor, self._rebuild)
        self.actions = ActionThread(self._controls)
        self._start_engine()
        self.saves.start()
        self.actions.start()
        if watching:
            self._watch()
        self._start("pages", lambda: make_pages(lambda: self.engine, self._stopping, self.bus.publish))
        self._start("piece watch", self._look)
        self._start("rest of the library", self._compile_rest)

    def stop(self) -> None:
        """Fade out and end: watcher, actions, builds, stream, recording, files."""
        self._stopping.set()
        self.actions.stop(PATIENCE)
        self.saves.stop()
        self._stop_engine()
        if node_state_registry.registry is self.session.node_state_registry:
            node_state_registry.registry = None

    # one engine

    def _start_engine(self) -> None:
        self._engine_ends = threading.Event()
        self.session.builder.start()
        if self.supervisor:
            engine = self.engine
            self.supervisor.start(lambda: engine.calls, lambda: engine.inside)
            self._start("guard", self._guard)
        if self.session.archive:
            self.session.archive.start()

    def _stop_engine(self) -> None:
        self._engine_ends.set()
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
        self.piece_watch.look_at_moves()  # the last values

    def _rebuild(self, settings: Settings) -> None:
        """Go on with another engine, from a snapshot of this one: at another rate, with other channels.

        Fades out, and in again. What plays, its state, the volume, moved parameters and held saves stay. A recording
        goes on in a file of its own, and a new session log begins. The music goes on at its beat; at another rate all
        other states go on from the frame where they were: their times in seconds shift by the ratio of the rates.

        Raises Problems when the piece cannot play so: it goes on as before. Watcher or actions thread.
        """
        before, composer = self.composer, self.composer_with(settings)
        if (playing := before.playing) is None:
            raise Problems(Problem("nothing plays yet"))
        sounds, held, hushed = self.session.sounds, self.session.held, self.session.hushed
        composition = composer.compose(sounds, given=playing.texts)
        self.compiler.compile(needed_to_play(composition.graph, "callback"))
        recording = self.recordings.wanted if self.recordings.running else None
        seconds = self.time.frames / self.engine.rate
        self._stop_engine()
        state, problems = self._snapshot(composition), list[Problem]()
        for candidate, graph in ((composer, composition), (before, playing)):
            try:
                self.composer = candidate
                self.begin(graph, sounds, state, untried=candidate is before)
                break
            except Problems as found:
                problems += found.problems
        self.session.held = held
        self.session.stay_hushed(hushed)
        self.time.earlier = round(seconds * self.engine.rate)
        if recording:
            self.recordings.start(recording)
        if self.supervisor:
            self.open_stream()
        self.saves.follow(self.session, self.supervisor)
        self.actions.controls = self._controls
        self._start_engine()
        if problems:
            raise Problems(problems)

    def composer_with(self, settings: Settings) -> Composer:
        """A composer like the present one for other settings, at the rate that the device takes."""
        rate: float = settings.SAMPLE_RATE
        if self.supervisor:
            rate = device_rate(settings)
        composer = Composer(self.opened.workspace, self.composer.library, settings, rate)
        composer.take_over(self.composer)
        return composer

    def _snapshot(self, composition: Composition) -> Snapshot | None:
        """The state that the engine stopped in, silent: as the resume state has it, else from memory."""
        state = take_stopped(self.engine)
        if state is None:
            return None
        if self.session.archive:
            with suppress(Problems):
                saved = read_state(self.session.archive.kept)
                saved.check(composition.graph)
                state = saved
        state.about |= {"level": 0.0, "gain": self.engine.gain}
        for kind, record in state.states.values():
            if kind in TRANSPORTS:
                anchor_at(record, state.about["clock"], self.engine.rate)
        return state

    def _publish(self, event: Event) -> None:
        """Publish an event of the session; a save that is refused is kept in its log. Any thread."""
        if isinstance(event, Refused) and self.session.archive:
            self.session.archive.keep_refusal(event)
        self.bus.publish(event)

    # threads of its own

    def _start(self, name: str, action: Callable[[], None]) -> None:
        threading.Thread(target=action, name=name, daemon=True).start()

    def _look(self) -> None:
        while not self._stopping.wait(LOOK):
            self.piece_watch.look()
            self._listening.look(self.engine.playing, self.composer.settings, self._listen)
            if self.recordings.is_overdue:
                self.actions.post("record", on=False)

    def _listen(self, inputs: int) -> None:
        if self.supervisor:
            self.supervisor.reopen(self.saves.live.silenced, inputs=inputs)

    def _guard(self) -> None:
        stuck = wait_for_hang(self.engine, self._engine_ends)
        self.stuck = stuck or self.stuck

    def _watch(self) -> None:
        """Route saves from now on, and those since the files were read."""

        def lost(reason: str) -> None:
            self.bus.publish(Fault(message=f"looking for saves ten times a second: {reason}"))

        changes = watch(lambda: self.saves.paths, self._stopping, lost, self.opened.since, self.saves.coming)
        debounce = Debounce(lambda: self.saves.settings.RELOAD_DELAY, self.saves.changed)

        def watching() -> None:
            for files in changes:
                debounce.add(files)
            debounce.stop()

        self._start("watcher", watching)
        self._start("saves", debounce.run)

    def _compile_rest(self) -> None:
        compile_rest(
            self.compiler, self._likely_kernels, self.saves.rehearsed(), self.composer.library.values(), self._stopping
        )

    def _likely_kernels(self) -> list[Kernel]:
        playing = self.composer.playing
        return needed_for_changes(playing.graph) if playing else []
