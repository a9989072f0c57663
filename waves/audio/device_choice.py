"""Choice of an output device by name or number, and the command that installs PortAudio. Pure functions."""

from __future__ import annotations

import platform
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from waves.problem import Problem, Problems, did_you_mean

WASAPI = "Windows WASAPI"


class DeviceProblem(Problems):
    """One sentence on why a device cannot be used: it does not exist, or cannot be opened."""

    def __init__(self, sentence: str, suggestion: str = ""):
        super().__init__(Problem(sentence, suggestion=suggestion))


class BrokenSoundSystem(DeviceProblem):
    """One sentence on a sound system that no program can use as it is configured; `reason`: how it fails."""

    def __init__(self, reason: str):
        self.cause = f"the sound system cannot be used ({reason})"
        super().__init__(f"{self.cause}: mend its configuration, as `waves doctor` says, or play with --device silent")


class Device(BaseModel):
    """One device of the system: number, name, sound system, channels, own rate in Hz. Immutable: any thread."""

    model_config = ConfigDict(frozen=True)

    index: int
    name: str
    system: str
    outputs: int
    inputs: int
    rate: float
    default: bool = False  # plays when no device is named
    default_input: bool = False  # listens when no device is named, in its sound system

    def check_channels(self, wanted: int) -> None:
        """Raise DeviceProblem when it has fewer output channels than wanted."""
        if self.outputs < wanted:
            raise DeviceProblem(f"device '{self.name}' has {self.outputs} output channels, not {wanted}")


def default_output(systems: Sequence[tuple[str, int]], chosen: int) -> int:
    """Number of the default device, from (sound system, its default output) and PortAudio's own default; -1: none.

    On Windows PortAudio's own default is that of MME, with 0.1 s more latency than the same card has under WASAPI.
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
            f"there is no output device '{wanted}', see `waves devices`",
            did_you_mean(str(wanted), names),
        )
    if len(found) > 1:
        names = [f"{device.index} '{device.name}, {device.system}'" for device in found]
        raise DeviceProblem(f"'{wanted}' is the name of several output devices: {'; '.join(names)}")
    return found[0]


def find_input(devices: Sequence[Device], wanted: str | int | None, output: Device) -> Device:
    """The device that listens beside `output`: of that number, or with the text in its name. Raises DeviceProblem.

    None and "default": `output` itself if it has inputs, else the default of the same sound system.
    """
    listening = [device for device in devices if device.inputs > 0]
    if wanted is None or wanted == "default":
        near = [device for device in listening if device.system == output.system]
        found = [device for device in near if device.index == output.index]
        found = found or [device for device in near if device.default_input] or near
        if not found:
            raise DeviceProblem("no device that listens was found; connect one and look with: waves devices")
        return found[0]
    text = str(wanted).lower()
    if text.isdecimal():
        found = [device for device in listening if device.index == int(text)]
    else:
        found = [device for device in listening if text in f"{device.name}, {device.system}".lower()]
        found = [device for device in found if device.system == output.system] or found
    if not found:
        names = [device.name for device in listening]
        raise DeviceProblem(
            f"there is no input device '{wanted}', see `waves devices`", did_you_mean(str(wanted), names)
        )
    return found[0]


def install_hint(system: str, distribution: str) -> str:
    """The command that installs the PortAudio library.

    `system` as of `platform.system()`, `distribution` the words of ID and ID_LIKE in os-release.
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
