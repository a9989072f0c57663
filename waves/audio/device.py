"""Streams of sound cards, and silent ones in place of a card.

No Python runs in the sound path: PortAudio is given the address of the engine's callback, which is machine code.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from waves.audio.device_choice import (
    BrokenSoundSystem,
    Device,
    DeviceProblem,
    default_output,
    find_device,
    find_input,
)
from waves.audio.portaudio import (
    MODULE,
    default_output_number,
    forget_at_exit,
    load_portaudio,
    open_callback_stream,
    portaudio_version,
    quiet,
    refuses_rate,
    set_real_time,
    settings_of_system,
)
from waves.audio.silent_device import SilentStream

SILENT = "silent"  # name of the device without sound
PATIENCE = 2.0  # seconds for a call that a stalled device may never answer
LISTING = 10.0  # seconds for another process to list the devices
DEVICES = TypeAdapter(list[Device])


class CardStream:
    """A PortAudio stream of a sound card, open but not started.

    `rate` is the one it runs at, in Hz; `latency` in seconds; `notice` a sentence for the user, or empty; `inputs` the
    channels that it hears.
    Threads: one control thread at a time calls `start`, `stop` and `close`; properties on any thread. The callback
    runs on PortAudio's own thread.
    """

    def __init__(self, card: Any, name: str, notice: str, inputs: int = 0):
        self._card, self.name, self.notice, self.inputs = card, name, notice, inputs
        self.rate = float(card.samplerate)
        latency = card.latency
        self.latency = float(latency[1] if isinstance(latency, tuple) else latency)
        self._pending: threading.Thread | None = None

    @property
    def label(self) -> str:
        """The device in words, for a display."""
        return f"{self.name} {self.rate:g} Hz"

    @property
    def active(self) -> bool:
        """Whether it plays: False as soon as the device is lost; a stalled one stays active."""
        try:
            return not self._waiting and bool(self._card.active)
        except load_portaudio().PortAudioError:
            return False

    @property
    def closed(self) -> bool:
        """Whether PortAudio has released the device."""
        return not self._waiting and bool(self._card.closed)

    @property
    def cpu_load(self) -> float:
        """Part of the time that the callback uses, 0 to 1."""
        return 0.0 if self._waiting or self._card.closed else float(self._card.cpu_load)

    def start(self) -> None:
        """Play; on a thread that comes before all others where the system allows that. Raises DeviceProblem."""
        sound = load_portaudio()
        with quiet():
            set_real_time(self._card, True)
            try:
                self._card.start()
            except sound.PortAudioError:
                set_real_time(self._card, False)  # refused to this user
                try:
                    self._card.start()
                except sound.PortAudioError as error:
                    raise DeviceProblem(f"device '{self.name}' does not start: {_reason(error)}") from None

    def stop(self) -> bool:
        """Stop; False when a stalled device does not answer.

        Frames that were given to the device and not played yet may be dropped, as PortAudio does with ALSA: whoever
        faded out waits for `latency` before.
        """
        return self._in_time(self._card.stop)

    def close(self, patience: float = PATIENCE) -> bool:
        """Drop what is buffered and release the device; False when a stalled one does not answer in time."""
        return self._in_time(self._card.close, patience)

    @property
    def _waiting(self) -> bool:
        return self._pending is not None and self._pending.is_alive()

    def _in_time(self, action: Callable[[], object], patience: float = PATIENCE) -> bool:
        """Run a call that may block on a thread of its own, and wait for it at most `patience` seconds."""
        error = load_portaudio().PortAudioError

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


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """The values that a stream is opened with. Immutable: any thread.

    `device` is a number, part of a name, "silent", or None for the default of the system. `rate` in Hz, `block` in
    frames, `latency` in seconds; `channels` and `inputs` are counts. `input_device` listens where `inputs` is above 0.
    """

    device: str | int | None = None
    rate: float = 44100
    block: int = 256
    channels: int = 2
    inputs: int = 0
    latency: float = 0.03
    input_device: str | int | None = None


def open_stream(address: int, userdata: int, options: StreamOptions) -> Stream:
    """A stream that calls `address`, a `PaStreamCallback` of interleaved float32, with `userdata`. Any control thread.

    The callback must always return 0: another value looks like a lost device.
    Where the system has no device or no PortAudio, `device` None gives a silent stream, and `notice` says why. Where
    the device refuses the rate, the stream has the rate of the device, and `notice` says so: see `Stream.rate` before
    rendering. Raises DeviceProblem.
    """
    if options.device == SILENT:
        return _silent(address, userdata, options)
    try:
        found = find_device(list_devices(), options.device)
    except DeviceProblem as problem:
        if options.device is not None:
            raise
        return _silent(address, userdata, options, f"playing silently: {problem}")
    found.check_channels(options.channels)
    rate = accepted_rate(found, options.rate, options.channels)
    played = f"device '{found.name}' does not play at {options.rate:g} Hz: playing at {rate:g} Hz"
    notices = [] if rate == options.rate else [played]
    if options.inputs > 0:
        try:
            ears = find_input(list_devices(), options.input_device, found)
            inputs = min(options.inputs, ears.inputs)
            card = _card(address, userdata, options, found, rate, ears, inputs)
            return CardStream(card, found.name, "; ".join([*notices, f"listening to device '{ears.name}'"]), inputs)
        except DeviceProblem as problem:
            notices.append(f"`input` is silent: {problem}")
    return CardStream(_card(address, userdata, options, found, rate), found.name, "; ".join(notices))


def _card(
    address: int,
    userdata: int,
    options: StreamOptions,
    found: Device,
    rate: float,
    ears: Device | None = None,
    inputs: int = 0,
) -> Any:
    """PortAudio's stream of a device, and of one that listens. Raises DeviceProblem."""
    try:
        return open_callback_stream(
            address,
            userdata,
            kind="duplex" if ears else "output",
            samplerate=rate,
            blocksize=options.block,
            device=(ears.index, found.index) if ears else found.index,
            channels=(inputs, options.channels) if ears else options.channels,
            latency=options.latency,
            extra_settings=settings_of_system(found.system),
        )
    except (load_portaudio().PortAudioError, ValueError) as error:
        name = ears.name if ears else found.name
        raise DeviceProblem(f"device '{name}' does not open: {_reason(error)}") from None


def _silent(address: int, userdata: int, options: StreamOptions, notice: str = "") -> SilentStream:
    return SilentStream(
        address,
        userdata,
        rate=options.rate,
        block=options.block,
        channels=options.channels,
        inputs=options.inputs,
        notice=notice,
    )


def usable_rate(device: str | int | None, rate: float, channels: int) -> float:
    """The rate in Hz that `open_stream` would give, for an engine made before it. Raises DeviceProblem."""
    if device == SILENT:
        return float(rate)
    try:
        return accepted_rate(find_device(list_devices(), device), rate, channels)
    except DeviceProblem:
        if device is not None:
            raise
        return float(rate)


def accepted_rate(device: Device, rate: float, channels: int) -> float:
    """`rate` in Hz, or the device's own rate where it refuses that."""
    sound, extra = load_portaudio(), settings_of_system(device.system)
    try:
        with quiet():
            sound.check_output_settings(device.index, channels, "float32", extra, rate)
    except sound.PortAudioError as error:
        if refuses_rate(error):
            return device.rate
    return float(rate)


def list_devices() -> list[Device]:
    """Every device with an input or output, in the system's order. Raises DeviceProblem without PortAudio.

    PortAudio makes this list once: a device that was connected later is in it after `portaudio.search_again`.
    """
    sound = load_portaudio()
    systems = sound.query_hostapis()
    chosen = default_output(
        [(system["name"], system["default_output_device"]) for system in systems], default_output_number()
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
            default_input=systems[device["hostapi"]]["default_input_device"] == device["index"],
        )
        for device in sound.query_devices()
    ]


def list_connected_devices() -> list[Device]:
    """The devices as a process sees them that starts now: also those that were connected meanwhile.

    Streams of this process play on. Takes about half a second. Raises DeviceProblem.
    """
    try:
        return DEVICES.validate_json(_asked("DEVICES.dump_json(list_devices()).decode()"))
    except (OSError, subprocess.SubprocessError, ValueError):
        return list_devices()


def installed_portaudio() -> str:
    """Name and version of PortAudio, asked in another process. Raises DeviceProblem without it."""
    try:
        return _asked("portaudio_version()")
    except (OSError, subprocess.SubprocessError):
        return portaudio_version()


def _asked(expression: str) -> str:
    """The text of an expression in another process, in which PortAudio may fail as it likes.

    Raises OSError and SubprocessError, and BrokenSoundSystem if the sound system has ended that process.
    """
    program = f"import sys, {MODULE}; from {__name__} import *; sys.stdout.write({expression})"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=LISTING, start_new_session=True)
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise BrokenSoundSystem(f"{name} ends every program that asks for its devices")
    done.check_returncode()
    return done.stdout


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2]
