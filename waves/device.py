"""The sound card: gives PortAudio the address of the engine's callback, or plays silently without one.

No Python runs in the sound path: the callback is machine code, known here only by its address.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import platform
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from pydantic import BaseModel, ConfigDict

from waves.problem import Problem, Problems, did_you_mean
from waves.silent import SilentStream

SILENT = "silent"  # the device of this name plays to nobody
PATIENCE = 2.0  # seconds for a call that a stalled device may never answer
WASAPI = "Windows WASAPI"


class DeviceProblem(Problems):
    """There is no such device, or it cannot be opened."""

    def __init__(self, sentence: str, suggestion: str = ""):
        super().__init__(Problem(sentence, suggestion=suggestion))


class Device(BaseModel):
    """One device of the system: its name, number, sound system, channels and own rate in Hz."""

    model_config = ConfigDict(frozen=True)

    index: int
    name: str
    system: str
    outputs: int
    inputs: int
    rate: float
    default: bool = False
    """It is where sound goes when no device is named."""


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
        return not self._waiting and bool(self._card.active)

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
        notice = f"{problem}: playing silently"
        return SilentStream(address, userdata, notice=notice, **silent)  # type: ignore[arg-type]
    if found.outputs < channels:
        raise DeviceProblem(f"device '{found.name}' has {found.outputs} output channels, not {channels}")
    sound = _portaudio()
    actual = usable_rate(found, rate, channels)
    notice = f"device '{found.name}' does not play at {rate:g} Hz: playing at {actual:g} Hz"
    settings = sound.WasapiSettings(auto_convert=True) if found.system == WASAPI else None
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
                extra_settings=settings,
                callback=sound._ffi.cast("PaStreamCallback *", address),
                userdata=sound._ffi.cast("void *", userdata),
                clip_off=True,
                dither_off=True,
            )
    except (sound.PortAudioError, ValueError) as error:
        raise DeviceProblem(f"device '{found.name}' does not open: {_reason(error)}") from None
    return CardStream(card, found.name, "" if actual == rate else notice)


def usable_rate(device: Device, rate: float, channels: int) -> float:
    """`rate`, or the device's own where it refuses that; both in Hz."""
    sound = _portaudio()
    settings = sound.WasapiSettings(auto_convert=True) if device.system == WASAPI else None
    try:
        with _quiet():
            sound.check_output_settings(device.index, channels, "float32", settings, rate)
    except sound.PortAudioError as error:
        if error.args[1:2] == (sound._lib.paInvalidSampleRate,):
            return device.rate
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


def default_output(systems: Sequence[tuple[str, int]], chosen: int) -> int:
    """Number of the device to play on, from (sound system, its default output) and PortAudio's own; -1: none.

    On Windows PortAudio's own is that of MME, with 0.1 s of latency more than the same card has under WASAPI.
    """
    return next((index for name, index in systems if name == WASAPI and index >= 0), chosen)


def find_device(devices: Sequence[Device], wanted: str | int | None) -> Device:
    """The device of that number, or with the text in its name; None: the default. Raises DeviceProblem."""
    playing = [device for device in devices if device.outputs > 0]
    if wanted is None:
        found = [device for device in playing if device.default]
        if not found:
            raise DeviceProblem("no sound device was found; connect one and look with: waves devices")
        return found[0]
    if str(wanted).isdecimal():
        found = [device for device in playing if device.index == int(wanted)]
    else:
        text = str(wanted).lower()
        found = [device for device in playing if text in f"{device.name}, {device.system}".lower()]
        exact = [device for device in found if device.name.lower() == text]
        best = [device for device in exact or found if device.system == WASAPI]
        found = best or exact or found
    if not found:
        names = [device.name for device in playing]
        raise DeviceProblem(
            f"there is no output device '{wanted}' among those of: waves devices",
            did_you_mean(str(wanted), names),
        )
    if len(found) > 1:
        names = [f"{device.index} '{device.name}, {device.system}'" for device in found]
        raise DeviceProblem(f"'{wanted}' is the name of several output devices: {'; '.join(names)}")
    return found[0]


def install_hint(system: str, distribution: str) -> str:
    """The command that brings the PortAudio library.

    `system` as of `platform.system()`, `distribution` the ID and ID_LIKE words of os-release.
    """
    if system != "Linux":  # the wheel of sounddevice carries the library
        return "python -m pip install --force-reinstall sounddevice"
    commands = {
        "debian": "sudo apt install libportaudio2",
        "ubuntu": "sudo apt install libportaudio2",
        "fedora": "sudo dnf install portaudio",
        "rhel": "sudo dnf install portaudio",
        "arch": "sudo pacman -S portaudio",
        "suse": "sudo zypper install portaudio",
    }
    known = [commands[word] for word in distribution.split() if word in commands]
    return known[0] if known else "the system's package manager (libportaudio.so.2)"


def install_command() -> str:
    """`install_hint` for the running system."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return install_hint(platform.system(), f"{release.get('ID', '')} {release.get('ID_LIKE', '')}")


def portaudio_version() -> str:
    """What the library calls itself, `PortAudio V19.6.0-devel`. Raises DeviceProblem without it."""
    return str(_portaudio().get_portaudio_version()[1])


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
