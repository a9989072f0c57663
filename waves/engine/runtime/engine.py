"""The engine: plans in, frames out. It has no threads, no files and no clock of its own.

Control and sound share one record of memory; the compiled callback and `render` both work on it, and nobody outside
this module reads or writes its words.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from waves.abi import PLAN, SHARED, place
from waves.dsp.limiter import LOOKAHEAD, limiter
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_assembly import Bus
from waves.engine.plan.state_registry import address_of
from waves.engine.runtime.inputs import InputEvent, InputQueue
from waves.node import BLOCK

Array = np.ndarray[Any, Any]

RING_SECONDS = 10  # of past output, for the recorder and the scope
LIVE_CHANNELS = 8
RAMP = 0.02  # seconds from silence to full level
POLL = 0.002  # seconds between two looks at the level

_RENDER = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
_SWAP = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulonglong,
    ctypes.c_void_p,
    ctypes.c_ulonglong,
    ctypes.c_void_p,
)


class HotReloadLock:
    """The lock under which plans change hands. Control waits for it; the callback tries again in the next block.

    `lost`: the callback hangs and may hold the lock, so nobody waits for it any more.
    """

    def __init__(self, word: int):
        self._word, self.lost = word, False
        self._swap = _SWAP(kernel_cache.address(EngineKernel("swap")))

    def __enter__(self) -> HotReloadLock:
        while self._swap(self._word, 1) and not self.lost:
            time.sleep(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._swap(self._word, 0)


class Engine:
    """Plays one plan after another at `rate` frames per second.

    It gives `main_channels` channels to a device, and `stems` more for files; stems are taken before the limiter, so
    they do not have its delay of `lookahead` frames. Kernels must be compiled before a plan is offered.

    Threads: the callback runs on the sound thread. `offer`, `withdraw`, `begin_copy` and `resume_at` are for the one
    thread that builds plans; everything else may be called on any thread.
    """

    def __init__(self, rate: float, main_channels: int = 2, limiting: bool = True, stems: int = 0):
        self.rate, self.main_channels, self.channels = rate, main_channels, main_channels + stems
        self.lookahead = LOOKAHEAD if limiting else 0
        self._record = np.zeros(1, SHARED)
        self._shared = self._record[0]
        self._mix = np.zeros((self.channels, BLOCK))
        self._live = np.zeros((2, LIVE_CHANNELS, BLOCK))  # staging, bus
        self._live_table = np.array([address_of(c) for c in self._live[1]], np.int64)
        self._limiter = limiter(rate)
        self._silence = np.zeros(BLOCK)
        self.ring = np.empty((int(RING_SECONDS * rate), self.channels), np.float32)
        """The last seconds of output, shape (frames, channels); `frames_written` says how far it is filled."""
        self.ring.fill(0)
        values = {
            "run": kernel_cache.address(EngineKernel("run")),
            "block": kernel_cache.address(EngineKernel("block")),
            "channels": self.channels,
            "main_channels": main_channels,
            "mix": address_of(self._mix),
            "live": address_of(self._live[1]),
            "live_staging": address_of(self._live[0]),
            "live_table": address_of(self._live_table),
            "limiter": address_of(self._limiter),
            "limiting": int(limiting),
            "ring": address_of(self.ring),
            "ring_frames": len(self.ring),
            "gain": 1.0,
            "level": 1.0,
            "rate": rate,
            "ramp": RAMP,
        }
        for name, value in values.items():
            self._shared[name] = value
        self._wanted = {"pause": 0.0, "gain": 1.0, "ramp": RAMP}
        self._swap = _SWAP(kernel_cache.address(EngineKernel("swap")))
        self._render = _RENDER(kernel_cache.address(EngineKernel("render")))
        self._callback = _CALLBACK(kernel_cache.address(EngineKernel("callback")))
        self.hot_reload_lock = HotReloadLock(self.address + place("lock"))
        self.inputs = InputQueue(self._shared, lambda count: self._swap(self.address + place("inputs_sent"), count))
        self._plans: dict[int, Plan] = {}
        self._copying: Any = None

    # output

    @property
    def address(self) -> int:
        """Address of the shared record: the callback's user data."""
        return address_of(self._record)

    @property
    def callback(self) -> int:
        """Address of the C function with PortAudio's signature."""
        return kernel_cache.address(EngineKernel("callback"))

    @property
    def bus(self) -> Bus:
        """Addresses that the rows of a plan read."""
        clock = self.address + place("clock")
        return Bus(self.rate, address_of(self._silence), address_of(self._live_table), LIVE_CHANNELS, clock)

    def render(self, frames: int) -> Array:
        """The next frames, float64, shape (frames, channels). Not while a device runs."""
        out = np.empty((frames, self.channels))
        self._render(self.address, address_of(out), frames)
        return out

    def call(self, frames: int, flags: int = 0) -> Array:
        """The next frames as a device gets them, float32, shape (frames, main channels). Not while a device runs."""
        out = np.empty((frames, self.main_channels), np.float32)
        self._callback(None, address_of(out), frames, None, flags, self.address)
        return out

    # position and health

    @property
    def clock(self) -> int:
        """Frames of the piece rendered so far; stands still in a pause."""
        return int(self._shared["clock"])

    @property
    def frames_rendered(self) -> int:
        """Frames of the stream rendered so far in whole blocks, pauses too."""
        return int(self._shared["rendered"])

    @property
    def frames_written(self) -> int:
        """Frames given to the device and to `ring` so far, pauses too."""
        return int(self._shared["ring_written"])

    @property
    def frames_left(self) -> int:
        """Frames of the present block that nobody has asked for yet."""
        return int(self._shared["left"])

    @property
    def calls(self) -> int:
        """Callbacks so far: moves as long as the device does."""
        return int(self._shared["calls"])

    @property
    def inside(self) -> bool:
        """Whether the callback is in a block right now."""
        return bool(self._shared["inside"])

    @property
    def hangs(self) -> bool:
        """Whether the callback was given up: it never returns, so nobody waits for it."""
        return self.hot_reload_lock.lost

    def give_up(self) -> None:
        """Wait for the callback no longer."""
        self.hot_reload_lock.lost = True

    @property
    def underflows(self) -> int:
        """Underflows that the device reported."""
        return int(self._shared["underflows"])

    @property
    def overloads(self) -> int:
        """Samples of the output that were not finite or above 1e6, and were replaced by 0."""
        return int(self._shared["overload"])

    @property
    def ended(self) -> bool:
        """Whether the piece has ended; the next plan starts it again."""
        return bool(self._shared["ended"])

    @property
    def ended_at(self) -> int:
        """Frame of the piece at which it ended."""
        return int(self._shared["ended_at"])

    @property
    def faults(self) -> dict[str, int]:
        """Rows that failed since the plan began, with the count of their blocks."""
        plan = self.playing
        if plan is None:
            return {}
        return {**(plan.moving.faults() if plan.moving else {}), **plan.settled.faults()}

    @property
    def level(self) -> float:
        """The gain that is reached: follows `gain` within the ramp, 0 in a pause and while muted."""
        return float(self._shared["level"])

    def take_peaks(self) -> tuple[float, ...]:
        """The highest absolute sample of each main channel since the last call; full scale is 1."""
        peaks = tuple(float(peak) for peak in self._shared["peaks"][: self.main_channels])
        self._shared["peaks"][:] = 0.0
        return peaks

    # input events

    def send(self, kind: str, value: float, target: int = 0, name: str = "", frame: int = 0) -> None:
        """Send an input event: a kind of `abi.INPUT_KINDS`, its value, and for a parameter the address of that.

        `name` is how the session log calls the target. The event is applied at the start of the block that holds
        `frame` of the stream, with the next block if that is past. Raises InputQueueFull.
        """
        if kind in self._wanted:
            self._wanted[kind] = value
        self.inputs.send(InputEvent(kind, value, target, name, frame))

    @property
    def gain(self) -> float:
        """Volume as a factor; `level` follows it."""
        return self._wanted["gain"]

    def set_gain(self, gain: float) -> None:
        """Set the volume."""
        self.send("gain", gain)

    @property
    def paused(self) -> bool:
        """Whether the piece stands still, or is about to."""
        return bool(self._wanted["pause"])

    def pause(self, paused: bool) -> None:
        """Fade out and stand still, or go on from there."""
        self.send("pause", float(paused))

    def set_limiting(self, limiting: bool) -> None:
        """Switch the limiter, which delays the main channels by its lookahead: in silence, see `silenced`."""
        self.send("limit", float(limiting))
        self.lookahead = LOOKAHEAD if limiting else 0

    @contextmanager
    def silenced(self, ramp: float, patience: float, alive: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Fade out within `ramp` seconds, and fade in again after the block of code.

        Waits for silence at most `patience` seconds, and only while `alive`: nothing fades without a running device.
        """
        before = self._wanted["ramp"]
        self.fade_out(ramp, patience, alive)
        try:
            yield
        finally:
            self.send("mute", 0.0)
            self.send("ramp", before)

    def fade_out(self, ramp: float, patience: float, alive: Callable[[], bool] = lambda: True) -> None:
        """Fade to silence within `ramp` seconds, and wait for it as in `silenced`; `gain` stays."""
        self.send("ramp", ramp)
        self.send("mute", 1.0)
        deadline = time.monotonic() + patience
        while self.level > 0.0 and alive() and time.monotonic() < deadline:
            time.sleep(POLL)

    # plans

    @property
    def playing(self) -> Plan | None:
        """The plan that plays."""
        return self._plans.get(int(self._shared["current"]))

    @property
    def fading(self) -> bool:
        """Whether the plan that plays is in its transition: no other is taken meanwhile."""
        plan = self.playing
        return plan is not None and bool(plan.header[PLAN.index("elapsed")] < plan.header[PLAN.index("fade")])

    @property
    def waiting(self) -> bool:
        """Whether a plan was offered and not taken yet."""
        return bool(self._shared["pending"])

    @property
    def commits(self) -> int:
        """Plans taken so far."""
        return int(self._shared["taken"])

    @property
    def committed_at(self) -> int:
        """Frame of the piece at which the last plan was taken."""
        return int(self._shared["taken_at"])

    @property
    def committed_in(self) -> int:
        """Frame of the stream at which the block began that took the last plan."""
        return int(self._shared["taken_in"])

    @property
    def refusals(self) -> int:
        """Plans refused because they were built upon another than the one that plays."""
        return int(self._shared["refused"])

    def offer(self, plan: Plan) -> None:
        """Leave a plan for the callback to take between two blocks; a plan still waiting there is replaced."""
        with self.hot_reload_lock:
            self._drop_retired()
            self._plans.pop(int(self._shared["pending"]), None)
            self._plans[plan.address] = plan
            self._shared["pending"] = plan.address

    def withdraw(self) -> bool:
        """Remove a plan that is still waiting; whether there was one."""
        with self.hot_reload_lock:
            waiting = self._plans.pop(int(self._shared["pending"]), None)
            self._shared["pending"] = 0
            return waiting is not None

    def _drop_retired(self) -> None:
        retired = int(self._shared["retired"])
        if retired:
            self._plans.pop(retired, None)
            self._shared["retired"] = 0

    # copies of the state

    @property
    def parts(self) -> dict[str, Array]:
        """State of the engine itself: the limiter's and the shared record, for copies."""
        return {"limiter": self._limiter, "shared": self._record}

    def begin_copy(self, entries: Array, keep: Any) -> None:
        """Have the callback make copies before its next block; `keep` holds the memory that the entries name."""
        self._copying = (entries, keep)
        self._shared["snapshot_count"] = len(entries)
        self._shared["snapshot"] = address_of(entries)

    def is_copying(self) -> bool:
        """Whether copies were asked for that are not made yet."""
        return bool(self._shared["snapshot"])

    @staticmethod
    def position_in(parts: Mapping[str, Array]) -> dict[str, Any]:
        """Clock in frames, level and frames written, from a copy of `parts`."""
        shared = parts["shared"][0]
        return {
            "clock": int(shared["clock"]),
            "level": float(shared["level"]),
            "written": int(shared["ring_written"]),
        }

    def resume_at(self, clock: int, level: float, limiter: Array) -> None:
        """Begin at frame `clock` of the piece instead of 0, with a level and a limiter from a snapshot."""
        self._shared["clock"], self._shared["level"] = clock, level
        if limiter.nbytes == self._limiter.nbytes:
            self._limiter[:] = limiter.view(self._limiter.dtype)
