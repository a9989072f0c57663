"""PortAudio, through the private parts of `sounddevice`: its public streams call Python, ours call machine code.

Every private name is used here and nowhere else: `_StreamBase` opens a stream whose callback is an address; `_ffi`
makes C pointers of addresses; `_lib` has constants and the number of the default device; `_ptr` is the stream as
PortAudio knows it; `_libname` is the path of the library; `_initialize`, `_terminate` and `_exit_handler` are its
beginning and end.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from waves.audio.device_choice import WASAPI, BrokenSoundSystem, DeviceProblem, install_command

MODULE = "sounddevice"
PATIENCE = 10.0  # seconds for a process that loads the library


def load_portaudio() -> Any:
    """The module `sounddevice`, loaded with the library. Any thread.

    Raises DeviceProblem without the library, and BrokenSoundSystem where it cannot begin.
    """
    if MODULE not in sys.modules and (ending := ending_signal()):
        raise BrokenSoundSystem(f"{ending} ends every program that asks for its devices")
    try:
        import sounddevice
    except OSError:
        raise DeviceProblem(f"the PortAudio library is missing; it comes with: {install_command()}") from None
    except Exception as error:  # a PortAudioError of the module that is not there then
        raise BrokenSoundSystem(str(error).partition(" [")[0]) from None
    return sounddevice


@cache
def ending_signal() -> str:
    """The name of the signal that ends a process which loads the library, or ""; asked once, in a process of its own.

    ALSA aborts where its configuration is missing or empty.
    """
    if sys.platform != "linux":
        return ""
    command = [sys.executable, "-c", f"import {MODULE}"]
    with suppress(OSError, subprocess.SubprocessError):
        nothing = subprocess.DEVNULL
        done = subprocess.run(
            command,
            check=False,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            timeout=PATIENCE,
            start_new_session=True,
        )
        return signal.Signals(-done.returncode).name if done.returncode < 0 else ""
    return ""


def has_portaudio() -> bool:
    """Whether the PortAudio library is installed, with devices or without."""
    try:
        return bool(load_portaudio())
    except DeviceProblem:
        return False


def portaudio_version() -> str:
    """Name and version of the library, `PortAudio V19.6.0-devel`. Raises DeviceProblem without it."""
    return str(load_portaudio().get_portaudio_version()[1])


def open_callback_stream(address: int, userdata: int, **options: Any) -> Any:
    """A stream that calls the C function at `address` with `userdata`; `options` as of `sounddevice`.

    Float32, neither clipped nor dithered. Raises PortAudioError or ValueError.
    """
    sound = load_portaudio()
    with quiet():
        return sound._StreamBase(
            dtype="float32",
            callback=sound._ffi.cast("PaStreamCallback *", address),
            userdata=sound._ffi.cast("void *", userdata),
            clip_off=True,
            dither_off=True,
            **options,
        )


def default_output_number() -> int:
    """Number of PortAudio's default output device, -1 without one."""
    return int(load_portaudio()._lib.Pa_GetDefaultOutputDevice())


def refuses_rate(error: Exception) -> bool:
    """Whether a device was refused because of its rate only."""
    return error.args[1:2] == (load_portaudio()._lib.paInvalidSampleRate,)


def settings_of_system(system: str) -> Any:
    """Extra settings for a stream of a sound system: WASAPI converts rate and channels only when asked to."""
    return load_portaudio().WasapiSettings(auto_convert=True) if system == WASAPI else None


def set_real_time(stream: Any, wanted: bool) -> None:
    """Ask for the sound thread to run before all others, where PortAudio plays through ALSA. Before the start."""
    sound = load_portaudio()
    enable = getattr(ctypes.CDLL(sound._libname), "PaAlsa_EnableRealtimeScheduling", None)
    if enable is not None:
        enable(ctypes.c_void_p(int(sound._ffi.cast("uintptr_t", stream._ptr))), int(wanted))


def search_again() -> None:
    """Have PortAudio look for devices again: its list is made once. Every stream must be closed."""
    sound = load_portaudio()
    with suppress(sound.PortAudioError):
        sound._terminate()
    with suppress(sound.PortAudioError):
        sound._initialize()


def forget_at_exit() -> None:
    """Leave PortAudio as it is when the program ends: a stalled device would block the exit forever."""
    atexit.unregister(load_portaudio()._exit_handler)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep off the terminal what ALSA and PortAudio write to standard error while they open a device."""
    error = os.dup(2)
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 2)
        yield
    finally:
        os.dup2(error, 2)
        os.close(nothing)
        os.close(error)
