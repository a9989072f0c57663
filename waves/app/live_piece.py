"""The Python interface: a folder opened in this process, to be played, moved, rendered and looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np

from waves.app.clients.serving import ServeOptions, Serving
from waves.app.performance.offline import default_seconds, offline_engine
from waves.app.performance.performance import Performance, PerformanceOptions, device_rate
from waves.app.performance.piece_status import PieceStatus, status_of
from waves.app.performance.piece_watch import AtEnd
from waves.audio.offline_render import Rendered, chunks, render_files
from waves.audio.sound_files import require_free
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import needed_to_play
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Record
from waves.events.changes import Refused, Reloaded
from waves.events.event import Event
from waves.events.event_bus import EventBus, Subscription
from waves.language.model.quantize import read_quantize
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition, Sounds
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]

PATIENCE = 30.0  # seconds for a change that compiles


class LivePiece:
    """A workspace opened in this process. `open_piece` makes one; it is a context manager, and `close` ends it.

    Threads: any thread but the sound thread may call any method. What changes the sound is done in the order of the
    calls. Whatever is wrong with an argument or a file raises `Problems`, and the sound goes on.
    """

    def __init__(self, folder: Path | str = ".", *, trust: bool = False, **settings: Any):
        """Open the folder with a `waves.yaml`. Raises Problems.

        Python in its `nodes/` runs only if the folder is trusted, for good or with `trust`. `settings` overrule
        `config.py`, by name: `SAMPLE_RATE=48000`.
        """
        self._opened = open_workspace(Path(folder), trust, **settings)
        self._compiler = Compiler()
        self._bus = EventBus()
        self._performance: Performance | None = None
        self._serving: Serving | None = None
        self._lock = threading.Lock()
        self.notices: tuple[str, ...] = tuple(self._opened.notices)
        """Sentences about what was left out when it was opened."""

    def __enter__(self) -> LivePiece:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, and end the compiler and all listeners."""
        self.stop()
        self._bus.close()
        self._compiler.close()

    # what is written

    @property
    def folder(self) -> Path:
        """The folder with the `waves.yaml`."""
        return self._opened.workspace.root

    def sounds(self) -> tuple[str, ...]:
        """Names of the sounds in the files, as they are now."""
        return tuple(self._opened.composer().read()[0].sounds)

    def check(self) -> list[Problem]:
        """Everything that is wrong or doubtful in any sound of the files, as they are now."""
        return check_piece(self._opened)[0]

    # offline

    def render(self, *sounds: str, seconds: float | None = None) -> Array:
        """The frames of sounds from their start, float64 of shape (frames, channels).

        `sounds` as on the command line: `"pluck c5"`; none: `my_sound`. Without `seconds` until the sounds end, and
        4 s of sounds without an end. The same frames as in the file of `render_file`, and as an unedited play. Raises
        Problems, also when a node failed in what was rendered.
        """
        with self._offline(sounds, seconds) as (engine, length):
            parts = list(chunks(engine, length))
        return np.concatenate(parts) if parts else np.empty((0, engine.channels))

    def render_file(
        self,
        path: Path | str,
        *sounds: str,
        seconds: float | None = None,
        subtype: str | None = None,
        force: bool = False,
    ) -> Rendered:
        """Write sounds into a .wav, .flac or .ogg file, whole or not at all; arguments as of `render`.

        `subtype` is how numbers are written: `FLOAT`, `PCM_16`, `PCM_24` … Only with `force` a file is replaced. Raises
        Problems; a file in which a node failed is written all the same.
        """
        require_free([Path(path)], force, "force=True replaces it")
        with self._offline(sounds, seconds) as (engine, length):
            return render_files(engine, [Path(path)], seconds=length, subtype=subtype, replace=force)

    # play

    def play(
        self,
        *sounds: str,
        device: str | int | None = None,
        watch: bool = True,
        keeps: bool = True,
        fade: float | None = None,
        at: str | None = None,
        at_end: AtEnd = "wait",
    ) -> None:
        """Play sounds on a device, and follow the files if `watch`; of a piece that plays, change to these sounds.

        `device`: its number or part of its name, `"silent"` for a stream in real time without sound, `"none"` for no
        stream: then `next_frames` plays. `keeps`: versions, session log and resume state go to `.waves/`. `fade` (s)
        and `at` (now, beat, bar, "4 bars") overrule the files. Raises Problems.
        """
        with self._lock:
            if self._performance:
                self._performance.actions.call("play", sounds=list(sounds), fade=fade, at=at)
                return
            settings = self._opened.settings
            if device is not None and device != "none":
                settings = settings.model_copy(update={"DEVICE": device})
            silent = device == "none"
            composer = self._opened.composer(settings, None if silent else device_rate(settings))
            chosen, composition = self._composed(composer, sounds, "callback")
            boundary = read_quantize(at) if at else None
            options = PerformanceOptions(fade, boundary, keeps, at_end)
            performance = Performance(self._opened, composer, self._compiler, self._bus, options)
            performance.begin(composition, chosen)
            if not silent:
                performance.open_stream()
            performance.start(watch)
            self._performance = performance

    def stop(self) -> None:
        """Fade out and stop; nothing happens if nothing plays."""
        with self._lock:
            performance, self._performance = self._performance, None
            serving, self._serving = self._serving, None
        if performance:
            performance.stop()
        if serving:
            serving.close()

    def serve(self, port: int = 0, read_only: bool = False) -> str:
        """Serve the page and other clients on this computer, until it stops; the address, with the token of this start.

        `port`: 0 is that of the last time in the folder, or any free one. `read_only`: clients play, and write no
        files. Of a piece that is served the address. Raises Problems when nothing plays, or the port is taken.
        """
        with self._lock:
            performance = self._playing()
            if self._serving is None:
                self._serving = Serving(self._opened, self._bus, ServeOptions(port, read_only=read_only))
                self._serving.begin(performance)
            return self._serving.url

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self._performance is not None

    def next_frames(self, frames: int) -> Array:
        """The next frames of a piece that plays without a stream, float32 of shape (frames, main channels)."""
        performance = self._playing()
        if performance.supervisor:
            raise Problems(Problem("a device asks for the frames: play(device='none') leaves that to you"))
        return performance.engine.call(frames)

    def call(self, action: str, /, **arguments: Any) -> Any:
        """Run one of the actions that keys run too: `piece.call("volume", change=-6)`; its result. Raises Problems."""
        return self._playing().actions.call(action, **arguments)

    def set_value(self, name: str, value: float, frame: int = 0) -> str:
        """Move a parameter to a value within 20 ms; its `<id>.<parameter>`. It stays until the text changes the number.

        `name` is `<id>.<parameter>`, with an ID as `waves ids` lists them, an id that is written in the file, or the
        way to the node in the file: `main.freq`, `my_sound.mix.lead.osc.freq`. Without a stream the next frames begin
        the move: it waits until they can, except for a change that itself waits for frames or its beat.

        `frame`: of the stream, as `status` counts it; the move begins with the block of this frame, 0: now. A signal
        that is not moved yet cannot wait: that raises Problems.
        """
        performance = self._playing()
        key = str(performance.actions.call("set_value", name=name, value=value, frame=frame))
        if not performance.supervisor:
            performance.session.upkeep.wait_for_insertion(PATIENCE)
        return key

    def release_value(self, name: str) -> str:
        """Give a parameter that was moved back to the text; its `<id>.<parameter>`."""
        return str(self.call("release_value", name=name))

    def reload(self, patience: float = PATIENCE) -> Reloaded | Refused:
        """Read the files again, as if each had been saved, and wait for what becomes of it.

        Raises TimeoutError after `patience` seconds; a piece without a stream only changes while `next_frames` runs.
        """
        with self.subscription() as events:
            self.call("reload")
            while event := events.take(patience):
                if isinstance(event, Reloaded | Refused):
                    return event
        raise TimeoutError(f"no reload within {patience:g} s")

    # look

    def status(self) -> PieceStatus:
        """Its status now. Raises Problems when it does not play."""
        return status_of(self._playing())

    def state(self, node_id: str) -> Record | None:
        """The state of a node that plays, as `node_state_registry.get_state` gives it."""
        return self._playing().session.node_state_registry.get_state(node_id)

    def subscribe(self, listener: Callable[[Event], None]) -> Subscription:
        """Call `listener` with every event from now on, on a thread of its own; `unsubscribe` ends that.

        A slow listener loses the oldest events and gets `EventsLost`; one that raises is ended. Neither holds the
        sound back.
        """
        return self._bus.listen(listener, getattr(listener, "__name__", "listener"))

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        self._bus.unsubscribe(subscription)

    @contextmanager
    def subscription(self) -> Iterator[Subscription]:
        """A queue of all events, to be taken with `take(timeout)` by the caller."""
        subscription = self._bus.subscribe("python")
        try:
            yield subscription
        finally:
            self._bus.unsubscribe(subscription)

    # parts

    def _playing(self) -> Performance:
        if self._performance is None:
            raise Problems(Problem("nothing plays: play() starts it"))
        return self._performance

    def _composed(
        self, composer: Composer, arguments: Sequence[str], output: Literal["callback", "render"]
    ) -> tuple[Sounds, Composition]:
        """The sounds that are meant, and their graph with its kernels compiled. Raises Problems."""
        sounds = composer.choose(arguments)
        composition = composer.compose(sounds)
        self._compiler.compile(needed_to_play(composition.graph, output))
        return sounds, composition

    @contextmanager
    def _offline(self, arguments: Sequence[str], seconds: float | None) -> Iterator[tuple[Engine, float | None]]:
        """An engine with the sounds, and how many seconds it is to render. Raises Problems."""
        composer = self._opened.composer()
        _, composition = self._composed(composer, arguments, "render")
        length = default_seconds(composition) if seconds is None else seconds
        with offline_engine(composition, composer) as engine:
            yield engine, length


def open_piece(folder: Path | str = ".", *, trust: bool = False, **settings: Any) -> LivePiece:
    """Open a folder with a `waves.yaml`; the arguments are those of `LivePiece`. Raises Problems.

    with open_piece("my_piece") as piece:
        piece.play("my_sound")
        piece.set_value("main.freq", 220)
    """
    return LivePiece(folder, trust=trust, **settings)
