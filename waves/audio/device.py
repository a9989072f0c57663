"""The sound card: gives PortAudio the address of the engine's callback, or plays silently without one.

No Python runs in the sound path: the callback is machine code, known here only by its address.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from waves.audio.device_choice import WASAPI, Device, DeviceProblem, default_output, find_device, install_command
from waves.audio.silent_device import SilentStream

SILENT = "silent"  # the device of this name plays to nobody
PATIENCE = 2.0  # seconds for a call that a stalled device may never answer


class CardStream:
    """A stream of PortAudio, open but not started. `rate` is the one it runs at, `latency` in seconds."""

    def __init__(self, card: Any, name: str, notice: str):
        self._card, self.name, self.notice = card, name, notice
        self.rate = float(card.samplerate)
        latency = card.latency
        self.latency = float(latency[1] if isinstance(latency, tuple) else latency)
        self._pending: threading.Thread | None = None

    @property
    def active(self) -> bool:
        """False as soon as the device is lost; a stalled one stays active."""
        try:
            return not self._waiting and bool(self._card.active)
        except _portaudio().PortAudioError:
            return False

    @property
    def closed(self) -> bool:
        return not self._waiting and bool(self._card.closed)

    @property
    def cpu_load(self) -> float:
        """Part of the time that the callback uses, 0 to 1."""
        return 0.0 if self._waiting or self._card.closed else float(self._card.cpu_load)

    def start(self) -> None:
        sound = _portaudio()
        with _quiet():
            _real_time(self._card, True)
            try:
                self._card.start()
            except sound.PortAudioError:
                _real_time(self._card, False)  # refused to this user
                try:
                    self._card.start()
                except sound.PortAudioError as error:
                    raise DeviceProblem(f"device '{self.name}' does not start: {_reason(error)}") from None

    def stop(self) -> bool:
        """Play what is buffered and stop; False when a stalled device does not answer."""
        return self._in_time(self._card.stop)

    def close(self, patience: float = PATIENCE) -> bool:
        """Drop what is buffered and let go of the device; False when a stalled one does not answer yet."""
        return self._in_time(self._card.close, patience)

    @property
    def _waiting(self) -> bool:
        return self._pending is not None and self._pending.is_alive()

    def _in_time(self, action: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Run a call that may block aside, so that the caller goes on after `patience` seconds."""
        error = _portaudio().PortAudioError

        def run() -> None:
            with suppress(error):
                action()

        if not self._waiting:
            self._pending = threading.Thread(target=run, name="device", daemon=True)
            self._pending.start()
            self._pending.join(patience)
        if self._waiting:
            forget_at_exit()
        return not self._waiting


Stream = CardStream | SilentStream


def open_stream(
    address: int,
    userdata: int,
    *,
    device: str | int | None = None,
    rate: float = 44100,
    block: int = 256,
    channels: int = 2,
    inputs: int = 0,
    latency: float = 0.03,
) -> Stream:
    """A stream that calls `address`, a `PaStreamCallback` of interleaved float32, with `userdata`.

    The callback returns 0, always: another answer looks like a lost device.
    `device` is a number, part of a name, "silent", or None for the system's own; without a device and
    without PortAudio the latter gives a silent stream, and `notice` says why. A refused rate becomes the
    device's own, `notice` says so: see `Stream.rate` before rendering. `latency` in seconds.
    Raises DeviceProblem.
    """
    silent = {"rate": rate, "block": block, "channels": channels, "inputs": inputs}
    if device == SILENT:
        return SilentStream(address, userdata, **silent)  # type: ignore[arg-type]
    try:
        found = find_device(list_devices(), device)
    except DeviceProblem as problem:
        if device is not None:
            raise
        notice = f"playing silently: {problem}"
        return SilentStream(address, userdata, notice=notice, **silent)  # type: ignore[arg-type]
    if found.outputs < channels:
        raise DeviceProblem(f"device '{found.name}' has {found.outputs} output channels, not {channels}")
    sound = _portaudio()
    actual = _accepted_rate(found, rate, channels)
    notice = f"device '{found.name}' does not play at {rate:g} Hz: playing at {actual:g} Hz"
    both = inputs > 0
    listens = found.index if found.inputs >= inputs else None
    try:
        with _quiet():
            card = sound._StreamBase(
                kind="duplex" if both else "output",
                samplerate=actual,
                blocksize=block,
                device=(listens, found.index) if both else found.index,
                channels=(inputs, channels) if both else channels,
                dtype="float32",
                latency=latency,
                extra_settings=_settings(found),
                callback=sound._ffi.cast("PaStreamCallback *", address),
                userdata=sound._ffi.cast("void *", userdata),
                clip_off=True,
                dither_off=True,
            )
    except (sound.PortAudioError, ValueError) as error:
        raise DeviceProblem(f"device '{found.name}' does not open: {_reason(error)}") from None
    return CardStream(card, found.name, "" if actual == rate else notice)


def usable_rate(device: str | int | None, rate: float, channels: int) -> float:
    """The rate in Hz that `open_stream` would give, for an engine made before it. Raises DeviceProblem."""
    if device == SILENT:
        return float(rate)
    try:
        return _accepted_rate(find_device(list_devices(), device), rate, channels)
    except DeviceProblem:
        if device is not None:
            raise
        return float(rate)


def list_devices() -> list[Device]:
    """Every device with an input or output, in the system's order. Raises DeviceProblem without PortAudio."""
    sound = _portaudio()
    systems = sound.query_hostapis()
    chosen = default_output(
        [(system["name"], system["default_output_device"]) for system in systems],
        sound._lib.Pa_GetDefaultOutputDevice(),
    )
    return [
        Device(
            index=device["index"],
            name=device["name"],
            system=systems[device["hostapi"]]["name"],
            outputs=device["max_output_channels"],
            inputs=device["max_input_channels"],
            rate=device["default_samplerate"],
            default=device["index"] == chosen,
        )
        for device in sound.query_devices()
    ]


def portaudio_version() -> str:
    """What the library calls itself, `PortAudio V19.6.0-devel`. Raises DeviceProblem without it."""
    return str(_portaudio().get_portaudio_version()[1])


def has_portaudio() -> bool:
    """Whether the PortAudio library is there, with devices or without."""
    try:
        return bool(_portaudio())
    except DeviceProblem:
        return False


def search_again() -> None:
    """Have PortAudio look for devices anew. Every stream must be closed."""
    sound = _portaudio()
    with suppress(sound.PortAudioError):
        sound._terminate()
    with suppress(sound.PortAudioError):
        sound._initialize()


def forget_at_exit() -> None:
    """Leave PortAudio as it is when the program ends: a stalled device would hold the exit up for good."""
    atexit.unregister(_portaudio()._exit_handler)


def _portaudio() -> Any:
    try:
        import sounddevice
    except OSError:
        raise DeviceProblem(f"the PortAudio library is missing; it comes with: {install_command()}") from None
    return sounddevice


def _accepted_rate(device: Device, rate: float, channels: int) -> float:
    """`rate`, or the device's own where it refuses that."""
    sound = _portaudio()
    try:
        with _quiet():
            sound.check_output_settings(device.index, channels, "float32", _settings(device), rate)
    except sound.PortAudioError as error:
        if error.args[1:2] == (sound._lib.paInvalidSampleRate,):
            return device.rate
    return float(rate)


def _settings(device: Device) -> Any:
    """WASAPI, shared, converts rate and channels only when asked to."""
    return _portaudio().WasapiSettings(auto_convert=True) if device.system == WASAPI else None


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2]


def _real_time(card: Any, wanted: bool) -> None:
    """Ask for the sound thread to come before all others, where PortAudio plays through ALSA."""
    sound = _portaudio()
    enable = getattr(ctypes.CDLL(sound._libname), "PaAlsa_EnableRealtimeScheduling", None)
    if enable is not None:
        enable(ctypes.c_void_p(int(sound._ffi.cast("uintptr_t", card._ptr))), int(wanted))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what ALSA and PortAudio write to the terminal while they open a device off it."""
    error = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(error, 2)
        os.close(nothing)
        os.close(error)
