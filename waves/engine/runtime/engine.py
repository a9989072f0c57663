"""The engine: takes plans and input events, gives frames. It has no threads and no files.

Control and the sound thread share one record of memory (`abi.SHARED`). The compiled callback and `render` work on it;
in Python only this module, `plan_lock`, `engine_status`, `inputs` and `track_meters` read and write its words.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from waves.abi import PLAN, shared_offset
from waves.dsp.limiter import MOST_CHANNELS, limiter, lookahead
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_assembly import EngineAddresses
from waves.engine.runtime.engine_status import EngineStatus
from waves.engine.runtime.inputs import InputEvent, InputQueue
from waves.engine.runtime.plan_lock import PlanLock
from waves.engine.runtime.track_meters import TrackLevel, TrackMeters
from waves.engine.state.c_functions import CALLBACK, RENDER, swap_function
from waves.engine.state.copies import address_of
from waves.engine.state.live_input import LIVE_CHANNELS, LiveInput
from waves.engine.state.page_rings import fill_rings
from waves.node import BLOCK
from waves.problem import Problem, Problems

Array = np.ndarray[Any, Any]

RING_SECONDS = 10  # of past output, for the recorder
RAMP = 0.02  # seconds from silence to full level
POLL = 0.002  # seconds between two reads of the level
PAGED = 512  # frames at once of a piece with pages, without a device


class Engine(EngineStatus):
    """Plays one plan after another at `rate` frames per second.

    It gives `main_channels` channels to a device, and `stems` more channels to files; stems are taken before the
    limiter, so they do not have its delay of `lookahead` frames. Kernels must be compiled before a plan is offered.

    Threads: `callback` is the C function for the sound thread. `offer` and `withdraw` are for the build thread, and
    `resume_at` for the main thread before a device starts. `begin_copy` is for one thread at a time. `render` and
    `call` are the sound thread where there is no device. Everything else may be called on any thread.
    """

    def __init__(self, rate: float, main_channels: int = 2, limiting: bool = True, stems: int = 0):
        if not 1 <= main_channels <= MOST_CHANNELS:
            raise Problems(Problem(f"there cannot be {main_channels} channels: 1 to {MOST_CHANNELS}"))
        super().__init__(main_channels + stems, main_channels)
        self.rate = rate
        self.lookahead = lookahead(self.rate) if limiting else 0
        self._mix = np.zeros((self.channels, BLOCK))
        self.live_input = LiveInput(self._shared)
        self._limiter = limiter(rate)
        self._silence = np.zeros(BLOCK)
        self.ring = np.empty((int(RING_SECONDS * rate), self.channels), np.float32)
        """The last seconds of output, float32, shape (frames, channels); frame n of the stream is at n % frames."""
        self.ring.fill(0)
        values = {
            "run": kernel_cache.address(EngineKernel("run")),
            "block": kernel_cache.address(EngineKernel("block")),
            "channels": self.channels,
            "main_channels": main_channels,
            "mix": address_of(self._mix),
            "limiter": address_of(self._limiter),
            "limiting": int(limiting),
            "ring": address_of(self.ring),
            "ring_frames": len(self.ring),
            "peaks": address_of(self._peaks),
            "gain": 1.0,
            "level": 1.0,
            "least_gain": 1.0,
            "rate": rate,
            "ramp": RAMP,
        }
        for name, value in values.items():
            self._shared[name] = value
        self._controls = {"pause": 0.0, "gain": 1.0, "ramp": RAMP}
        self._silencing, self._silences, self._ramp_before = threading.Lock(), 0, RAMP
        self._swap = swap_function()
        self.plan_lock = PlanLock(self.address + shared_offset("lock"))
        self.inputs = InputQueue(
            self._shared, lambda count: self._swap(self.address + shared_offset("inputs_sent"), count)
        )
        self._meters = TrackMeters(
            self._shared, lambda bank: self._swap(self.address + shared_offset("meters_bank"), bank)
        )
        self._plans: dict[int, Plan] = {}
        self._copying: Any = None

    # output

    @property
    def callback(self) -> int:
        """Address of the C function with PortAudio's signature."""
        return kernel_cache.address(EngineKernel("callback"))

    _callback: cached_property[Callable[..., int]] = cached_property(lambda self: CALLBACK(self.callback))
    _render: cached_property[Callable[..., int]] = cached_property(
        lambda self: RENDER(kernel_cache.address(EngineKernel("render")))
    )

    @property
    def addresses(self) -> EngineAddresses:
        """Rate and addresses that the rows of a plan read."""
        clock, rendered = (self.address + shared_offset(name) for name in ("clock", "frames_rendered"))
        live = self.live_input.table
        return EngineAddresses(self.rate, address_of(self._silence), live, LIVE_CHANNELS, clock, rendered)

    def render(self, frames: int) -> Array:
        """The next frames, float64, shape (frames, channels). Not while a device runs."""
        out = np.empty((frames, self.channels))
        part = PAGED if any(plan.rings for plan in self._plans.values()) else frames
        for first in range(0, frames, part or 1):
            count = min(part, frames - first)
            self.fill_pages(count)
            self._render(self.address, address_of(out[first:]), count)
        return out

    def call(self, frames: int, flags: int = 0, heard: Array | None = None) -> Array:
        """The next frames as a device gets them, float32, shape (frames, main channels). Not while a device runs.

        `flags`: those of PortAudio's callback; `heard`: its live input, float32, shape (frames, channels).
        """
        out = np.empty((frames, self.main_channels), np.float32)
        self.fill_pages(frames)
        ears = None if heard is None else address_of(heard)
        self._callback(ears, address_of(out), frames, None, flags, self.address)
        return out

    def fill_pages(self, frames: int = 0) -> None:
        """Make the pages of patterns for the next seconds, and for so many frames. Not on the sound thread."""
        retired = int(self._shared["retired"])
        plans = [plan for address, plan in list(self._plans.items()) if address != retired]
        fill_rings([ring for plan in plans for ring in plan.rings.values()], frames)

    def take_meters(self, reader: str = "") -> list[TrackLevel]:
        """Levels of the tracks of the plan that plays since `reader` called it last, in the order of the mix.

        As stems they are before volume, pause and limiter; a track with outputs of its own is measured too. The first
        64 tracks, none for a piece without a mix; behind them nodes with `monitor`, named as in `Graph.monitors`.
        """
        levels, plan = self._meters.take(reader), self.playing
        tracks = plan.tracks if plan else {}
        return [TrackLevel(name, *levels.get(track.number, (0.0, 0.0, 0, 0.0))) for name, track in tracks.items()]

    # faults

    @property
    def hangs(self) -> bool:
        """Whether `give_up` was called: the callback does not return."""
        return self.plan_lock.lost

    def give_up(self) -> None:
        """Stop waiting for a callback that does not return."""
        self.plan_lock.lost = True

    @property
    def faults(self) -> dict[str, int]:
        """Blocks in which a row of the plan that plays failed, by the key of the row."""
        plan = self.playing
        if plan is None:
            return {}
        return {**(plan.moving.faults() if plan.moving else {}), **plan.settled.faults()}

    # input events

    def send(self, kind: str, value: float, target: Array | None = None, name: str = "", frame: int = 0) -> None:
        """Send an input event of a kind in `abi.INPUT_KINDS`.

        `target` is the float64 that an event of kind `parameter` sets, shape (1,), and `name` its name in the session
        log. The event is applied at the start of the block with `frame` of the stream, or of the next block if that is
        past. Raises InputQueueFull, and ValueError for a kind that does not exist.
        """
        self.inputs.send(InputEvent(kind, value, target, name, frame))
        if kind in self._controls:
            self._controls[kind] = value

    @property
    def gain(self) -> float:
        """Volume as a factor."""
        return self._controls["gain"]

    def set_gain(self, gain: float) -> None:
        """Set the volume, a factor. Raises InputQueueFull."""
        self.send("gain", gain)

    @property
    def paused(self) -> bool:
        """Whether the piece stands still, or fades out to do so."""
        return bool(self._controls["pause"])

    def pause(self, paused: bool) -> None:
        """Fade out and stand still, or go on from there. Raises InputQueueFull."""
        self.send("pause", float(paused))

    def set_limiting(self, limiting: bool) -> None:
        """Switch the limiter, which delays the main channels by its lookahead: only while `silenced`.

        Raises InputQueueFull.
        """
        self.send("limit", float(limiting))
        self.lookahead = lookahead(self.rate) if limiting else 0

    @contextmanager
    def silenced(self, ramp: float, patience: float, alive: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Fade out within `ramp` seconds, and fade in again after the block of code, the last of those that overlap.

        Waits for silence for at most `patience` seconds, and only while `alive`: without a running device nothing
        fades. Raises InputQueueFull.
        """
        self.begin_silence(ramp, patience, alive)
        try:
            yield
        finally:
            self.end_silence()

    def begin_silence(self, ramp: float, patience: float, alive: Callable[[], bool] = lambda: True) -> None:
        """Fade out as `silenced` does, and stay silent until `end_silence`; both are called equally often."""
        with self._silencing:
            self._silences += 1
            if self._silences == 1:
                self._ramp_before = self._controls["ramp"]
        try:
            self.fade_out(ramp, patience, alive)
        except BaseException:
            self.end_silence()
            raise

    def end_silence(self) -> None:
        """Fade in again, unless another silence goes on. Raises InputQueueFull."""
        with self._silencing:
            self._silences -= 1
            if not self._silences:
                self.send("mute", 0.0)
                self.send("ramp", self._ramp_before)

    def fade_out(self, ramp: float, patience: float, alive: Callable[[], bool] = lambda: True) -> None:
        """Fade to silence within `ramp` seconds, and wait for that as `silenced` does; `gain` stays as it is."""
        self.send("ramp", ramp)
        self.send("mute", 1.0)
        deadline = time.monotonic() + patience
        while self.level > 0.0 and alive() and time.monotonic() < deadline:
            time.sleep(POLL)

    # plans

    @property
    def playing(self) -> Plan | None:
        """The plan that plays, None before the first."""
        return self._plans.get(int(self._shared["current"]))

    @property
    def fading(self) -> bool:
        """Whether the plan that plays is in its transition, during which no other plan is taken."""
        plan = self.playing
        return plan is not None and bool(plan.header[PLAN.index("elapsed")] < plan.header[PLAN.index("fade")])

    def offer(self, plan: Plan) -> None:
        """Give a plan to the callback, which takes it between two frames, in place of one that still waits.

        Frees the plan that was replaced or refused last. Build thread only. Raises Problems: other channels.
        """
        if plan.channels != self.channels:
            raise Problems(Problem(f"channels of the piece: {plan.channels}, of the engine: {self.channels}"))
        with self.plan_lock:
            freed = [self._plans.pop(int(self._shared[name]), None) for name in ("retired", "pending")]
            self._shared["retired"] = 0
            self._plans[plan.address] = plan
            self._shared["pending"] = plan.address
        freed.clear()  # the callback need not wait for that

    def withdraw(self) -> bool:
        """Remove the plan that waits; whether there was one. Build thread only."""
        with self.plan_lock:
            waiting = self._plans.pop(int(self._shared["pending"]), None)
            self._shared["pending"] = 0
            return waiting is not None

    # copies of the state

    @property
    def parts(self) -> dict[str, Array]:
        """State of the engine itself, for snapshots: the limiter's record and the shared record, shape (1,)."""
        return {"limiter": self._limiter, "shared": self._record}

    def begin_copy(self, entries: Array, memory: Any) -> None:
        """Ask the callback to make copies before its next block.

        `entries`: int64, shape (copies, words of `abi.COPY`). `memory` is kept: it holds all that the entries name.
        """
        self._copying = (entries, memory)
        self._shared["copies_count"] = len(entries)
        self._shared["copies"] = address_of(entries)

    @staticmethod
    def position_in(parts: Mapping[str, Array]) -> dict[str, Any]:
        """Clock, level and frame of the stream, as plain data, from a copy of `parts`."""
        shared = parts["shared"][0]
        return {
            "clock": int(shared["clock"]),
            "level": float(shared["level"]),
            "frame": int(shared["frames_rendered"]),
        }

    def resume_at(self, clock: int, level: float, limiter: Array) -> None:
        """Begin at frame `clock` of the piece, with the level and the limiter's state of a snapshot.

        A limiter of another rate begins anew.
        """
        self._shared["clock"], self._shared["level"] = clock, level
        if limiter.nbytes == self._limiter.nbytes:
            before = limiter.view(self._limiter.dtype)
            if all(before[name] == self._limiter[name] for name in ("ahead", "release")):
                self._limiter[:] = before
