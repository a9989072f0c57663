"""The engine: plans in, frames out. No threads, no files, no clock of its own.

Control and sound share one record, the mailbox; the compiled callback and `render` both work on it.
"""

from __future__ import annotations

import ctypes
import time
from typing import Any

import numpy as np

from waves.abi import MAIL, PLAN
from waves.dsp.limiter import LOOKAHEAD, limiter
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import Kernel
from waves.engine.plan.plan import Plan
from waves.engine.plan.row_assembly import Bus
from waves.engine.plan.state_registry import address_of
from waves.node_types.library.signature import BLOCK

Array = np.ndarray[Any, Any]

RING_SECONDS = 10  # of past output, for the recorder and the scope
LIVE_CHANNELS = 8
RAMP = 0.02  # seconds from silence to full level

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


LOCK = int(MAIL.fields["lock"][1])  # type: ignore[index]


class HotReloadLock:
    """The lock under which plans change hands. Control waits for it; the callback lets a block pass instead."""

    def __init__(self, word: int):
        self._word, self.lost = word, False
        self._swap = _SWAP(kernel_cache.address(Kernel(None, function="swap")))

    def __enter__(self) -> HotReloadLock:
        while self._swap(self._word, 1) and not self.lost:
            time.sleep(0)
        return self

    def __exit__(self, *_: object) -> None:
        self._swap(self._word, 0)


class Engine:
    """Plays one plan after another at `rate` frames per second, into `heard` channels of a device and `stems` after.

    Stems are taken before the limiter, so they come without its delay.

    Its kernels must be compiled. `lookahead` is the delay of the limiter in frames, 0 without.
    """

    def __init__(self, rate: float, heard: int = 2, limiting: bool = True, stems: int = 0):
        self.rate, self.heard, self.channels = rate, heard, heard + stems
        self.lookahead = LOOKAHEAD if limiting else 0
        self._mail = np.zeros(1, MAIL)
        self.mail = self._mail[0]
        self._mix = np.zeros((self.channels, BLOCK))
        self._live = np.zeros((2, LIVE_CHANNELS, BLOCK))  # staging, bus
        self._live_table = np.array([address_of(c) for c in self._live[1]], np.int64)
        self._limiter = limiter(rate)
        self._silence = np.zeros(BLOCK)
        self.ring = np.empty((int(RING_SECONDS * rate), self.channels), np.float32)
        self.ring.fill(0)
        values = {
            "run": kernel_cache.address(Kernel(None, function="run")),
            "block": kernel_cache.address(Kernel(None, function="block")),
            "channels": self.channels,
            "heard": heard,
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
            self.mail[name] = value
        self._render = _RENDER(kernel_cache.address(Kernel(None, function="render")))
        self._callback = _CALLBACK(kernel_cache.address(Kernel(None, function="callback")))
        self.hot_reload_lock = HotReloadLock(self.address + LOCK)
        self._plans: dict[int, Plan] = {}
        self._copying: Any = None

    @property
    def address(self) -> int:
        """Of the mailbox: the callback's user data."""
        return address_of(self._mail)

    @property
    def callback(self) -> int:
        """Address of the C function with PortAudio's signature."""
        return kernel_cache.address(Kernel(None, function="callback"))

    @property
    def bus(self) -> Bus:
        clock = self.address + int(MAIL.fields["clock"][1])  # type: ignore[index]
        return Bus(self.rate, address_of(self._silence), address_of(self._live_table), LIVE_CHANNELS, clock)

    @property
    def clock(self) -> int:
        """Frames of the piece rendered so far; stands still in a pause."""
        return int(self.mail["clock"])

    @property
    def calls(self) -> int:
        """Callbacks so far: moves as long as the device does."""
        return int(self.mail["calls"])

    @property
    def inside(self) -> bool:
        """Whether the callback is in a block just now."""
        return bool(self.mail["inside"])

    @property
    def hangs(self) -> bool:
        """Whether the callback was given up: it never comes back, so that nobody waits for it."""
        return self.hot_reload_lock.lost

    def give_up(self) -> None:
        self.hot_reload_lock.lost = True  # a callback that hangs may hold it

    @property
    def underflows(self) -> int:
        return int(self.mail["underflows"])

    @property
    def ended(self) -> bool:
        """Whether the piece is over; it comes back with the next plan."""
        return bool(self.mail["ended"])

    @property
    def playing(self) -> Plan | None:
        """The plan that plays."""
        return self._plans.get(int(self.mail["current"]))

    @property
    def faults(self) -> dict[str, int]:
        """Rows that failed since the plan began, with the count of their blocks."""
        plan = self.playing
        if plan is None:
            return {}
        return {**(plan.moving.faults() if plan.moving else {}), **plan.settled.faults()}

    @property
    def fading(self) -> bool:
        plan = self.playing
        return plan is not None and bool(plan.header[PLAN.index("elapsed")] < plan.header[PLAN.index("fade")])

    def render(self, frames: int) -> Array:
        """The next frames, float64, shape (frames, channels). Not while a device runs."""
        out = np.empty((frames, self.channels))
        self._render(self.address, address_of(out), frames)
        return out

    def call(self, frames: int, flags: int = 0) -> Array:
        """The next frames as a device would get them, float32; for tests of the callback."""
        out = np.empty((frames, self.heard), np.float32)
        self._callback(None, address_of(out), frames, None, flags, self.address)
        return out

    def offer(self, plan: Plan) -> None:
        """Leave a plan for the callback to take between two blocks; a plan still waiting there is replaced."""
        with self.hot_reload_lock:
            self._collect()
            self._plans.pop(int(self.mail["pending"]), None)
            self._plans[plan.address] = plan
            self.mail["pending"] = plan.address

    def withdraw(self) -> bool:
        """Take back a plan that is still waiting; whether there was one."""
        with self.hot_reload_lock:
            waiting = self._plans.pop(int(self.mail["pending"]), None)
            self.mail["pending"] = 0
            return waiting is not None

    @property
    def parts(self) -> dict[str, Array]:
        """What the engine itself remembers: the limiter and the mailbox, one record each."""
        return {"limiter": self._limiter, "mail": self._mail}

    def copy(self, entries: Array, keep: Any) -> None:
        """Let the callback make copies before its next block, done when `mail["snapshot"]` is 0; `keep` lives on."""
        self._copying = (entries, keep)
        self.mail["snapshot_count"] = len(entries)
        self.mail["snapshot"] = address_of(entries)

    def go_on(self, clock: int, level: float, limiter: Array) -> None:
        """Begin at a frame of the piece instead of 0, with the level and the limiter that were there."""
        self.mail["clock"], self.mail["level"] = clock, level
        if limiter.nbytes == self._limiter.nbytes:
            self._limiter[:] = limiter.view(self._limiter.dtype)

    def _collect(self) -> None:
        """Drop the plan that was replaced."""
        retired = int(self.mail["retired"])
        if retired:
            self._plans.pop(retired, None)
            self.mail["retired"] = 0


__all__ = ["Engine"]
