"""Which device is chosen, and which command installs PortAudio, on made-up systems."""

from __future__ import annotations

import pytest

from waves.audio.device_choice import Device, DeviceProblem, default_output, find_device, install_hint


@pytest.mark.parametrize(
    ("system", "distribution", "command"),
    [
        ("Linux", "debian", "sudo apt install libportaudio2"),
        ("Linux", "ubuntu debian", "sudo apt install libportaudio2"),
        ("Linux", "linuxmint ubuntu debian", "sudo apt install libportaudio2"),
        ("Linux", "fedora", "sudo dnf install portaudio"),
        ("Linux", "rocky rhel centos fedora", "sudo dnf install portaudio"),
        ("Linux", "arch", "sudo pacman -S portaudio"),
        ("Linux", "manjaro arch", "sudo pacman -S portaudio"),
        ("Linux", "opensuse-tumbleweed opensuse suse", "sudo zypper install portaudio"),
        ("Darwin", "", "python -m pip install --force-reinstall sounddevice"),
        ("Windows", "", "python -m pip install --force-reinstall sounddevice"),
    ],
)
def test_the_command_that_brings_portaudio(system, distribution, command):
    assert install_hint(system, distribution) == command


def test_an_unknown_distribution_is_told_what_to_look_for():
    assert "libportaudio.so.2" in install_hint("Linux", "slackware")
    assert "libportaudio.so.2" in install_hint("Linux", "")


def device(index, name, system="ALSA", outputs=2, default=False):
    return Device(index=index, name=name, system=system, outputs=outputs, inputs=2, rate=48000, default=default)


WINDOWS = [
    device(0, "Microphone", "MME", outputs=0),
    device(1, "Speakers", "MME"),
    device(2, "Speakers", "Windows WASAPI", default=True),
    device(3, "Headphones (USB)", "MME"),
    device(4, "Headphones (USB)", "Windows WASAPI"),
]


@pytest.mark.parametrize(
    ("wanted", "index"),
    [(None, 2), ("speakers", 2), ("usb", 4), ("usb), mme", 3), (3, 3), ("1", 1)],
)
def test_the_device_that_is_meant(wanted, index):
    assert find_device(WINDOWS, wanted).index == index


def test_a_whole_name_comes_before_a_part_of_another():
    assert find_device([device(0, "USB 2"), device(1, "USB")], "usb").index == 1


@pytest.mark.parametrize("wanted", ["e", 0, "microphone", 9])
def test_no_device_or_several_is_a_problem(wanted):
    with pytest.raises(DeviceProblem, match="several output devices: 2 .*4 " if wanted == "e" else "no output device"):
        find_device(WINDOWS, wanted)


def test_windows_plays_through_wasapi():
    assert default_output([("MME", 1), ("Windows WASAPI", 2)], 1) == 2
    assert default_output([("MME", 1), ("Windows WASAPI", -1)], 1) == 1
    assert default_output([("ALSA", 5)], 3) == 3
