"""Streams of a real PortAudio device and silent ones: what is heard, and what happens when a device fails."""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numba import carray, cfunc, types

from tests.harness.paths import TOP
from waves.audio.device import list_devices, open_stream, search_again, usable_rate
from waves.audio.device_choice import Device, DeviceProblem, default_output, find_device, install_command, install_hint
from waves.audio.device_supervisor import DeviceSupervisor
from waves.audio.silent_device import SilentStream

STEPS = 1 << 22  # a ramp of (n + 1) / STEPS is exact in float32, and its 0 means that nothing was playing


@cfunc(types.int32(*[types.voidptr] * 2, types.uint64, types.voidptr, types.uint64, types.voidptr))
def ramp(heard, output, frames, times, flags, userdata):
    """Left counts frames up, the others down; userdata: frames so far, to sound, channels, flags seen."""
    told = carray(userdata, (4,), np.int64)
    out = carray(output, (frames, told[2]), np.float32)
    for i in range(frames):
        n = told[0] + i + 1
        value = np.float32(n / STEPS) if n <= told[1] else np.float32(0)
        out[i, 0] = value
        for channel in range(1, told[2]):
            out[i, channel] = -value
    told[0] += frames
    told[3] += flags != 0
    return 0


class Told:
    """The callback's userdata, as the engine's mailbox would be."""

    def __init__(self, length: int = STEPS, channels: int = 2):
        self.words = np.array([0, length, channels, 0], np.int64)

    @property
    def callback(self) -> tuple[int, int]:
        return ramp.address, self.words.ctypes.data

    def clock(self) -> int:
        return int(self.words[0])


@contextmanager
def playing(stream):
    """Closed whatever happens, for the callback's userdata goes with the test."""
    stream.start()
    try:
        yield stream
    finally:
        stream.close()


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def keep(sandbox) -> Iterator[Callable[..., tuple[DeviceSupervisor, Told, list[str]]]]:
    """A keeper that plays on the sandbox, its callback's clock and what it says."""
    kept = []

    def make(**options):
        told, lines = Told(), []
        keeper = DeviceSupervisor(*told.callback, lines.append, **options)
        kept.append(keeper)
        keeper.start(told.clock)
        assert wait(lambda: told.clock() > 4410, 3)
        return keeper, told, lines

    yield make
    for keeper in kept:
        keeper.stop()


# ---- on a device


@pytest.mark.device
@pytest.mark.parametrize("block", [64, 256, 1000])
def test_what_the_callback_writes_is_heard_to_the_bit(sandbox, block):
    told = Told(length=30_000)
    with sandbox.recording() as recording:
        with playing(open_stream(*told.callback, block=block)) as stream:
            assert stream.active and 0 < stream.latency < 0.2
            assert wait(lambda: told.clock() > 40_000, 5)
            assert stream.stop() and not stream.active and not stream.closed
        assert stream.closed
    left, right = recording.frames.T
    first = np.flatnonzero(left)[0]
    expected = (np.arange(30_000, dtype=np.float64) + 1) / STEPS
    assert np.array_equal(left[first : first + 30_000], expected)
    assert np.array_equal(right[first : first + 30_000], -expected)
    assert not left[first + 30_000 :].any()
    assert told.words[3] == 0, "the stream reported an underflow"


@pytest.mark.device
def test_a_device_is_found_by_its_name(sandbox):
    told = Told()
    with (
        sandbox.recording("sandbox1") as first,
        sandbox.recording("sandbox2") as second,
        playing(open_stream(*told.callback, device="box2")) as stream,
    ):
        assert stream.name == "sandbox2" and wait(lambda: told.clock() > 22_050, 3)
    assert second.frames[:, 0].max() > 10_000 / STEPS
    assert not first.frames.any()


@pytest.mark.device
def test_the_system_lists_both_devices_and_one_default(sandbox):
    devices = list_devices()
    assert {"sandbox1", "sandbox2", "default"} <= {device.name for device in devices}
    assert [device.name for device in devices if device.default] == ["default"]


@pytest.mark.device
def test_an_unknown_device_is_a_problem_with_a_suggestion(sandbox):
    with pytest.raises(DeviceProblem, match="there is no output device 'sandbx2'.*did you mean 'sandbox2'"):
        open_stream(*Told().callback, device="sandbx2")


@pytest.mark.device
def test_a_refused_rate_becomes_the_devices_own_and_is_said(sandbox):
    told = Told()
    assert usable_rate(None, 1_000_000, 2) == 44100
    assert usable_rate(None, 48000, 2) == 48000
    with playing(open_stream(*told.callback, rate=1_000_000)) as stream:
        assert stream.rate == 44100
        assert stream.notice == "device 'default' does not play at 1e+06 Hz: playing at 44100 Hz"
        assert wait(lambda: told.clock() > 4410, 2)


@pytest.mark.device
def test_more_channels_than_the_device_has_is_a_problem(sandbox):
    with pytest.raises(DeviceProblem, match="device 'default' has 32 output channels, not 64"):
        open_stream(*Told(channels=64).callback, channels=64)


@pytest.mark.device
@pytest.mark.parametrize(("harm", "repair"), [("unplug", "replug"), ("kill", "start")])
@pytest.mark.parametrize("device", [None, "sandbox2"])
def test_a_lost_device_is_said_and_reopened_while_the_piece_keeps_time(sandbox, keep, harm, repair, device):
    keeper, told, lines = keep(device=device)
    name = device or "default"
    sandbox.do(harm)
    assert wait(lambda: keeper.away, 1)
    clock, start = told.clock(), time.monotonic()
    time.sleep(1.5)
    assert (told.clock() - clock) / (time.monotonic() - start) == pytest.approx(44100, rel=0.02)
    assert lines == [f"device '{name}' is lost: the piece keeps time silently until it is back"]
    sandbox.do(repair)
    assert wait(lambda: not keeper.away, 5)
    assert lines[1:] == [f"playing on device '{name}'"]
    clock = told.clock()
    with sandbox.recording(device or "sandbox1") as recording:
        time.sleep(0.5)
    assert recording.frames[:, 0].max() * STEPS > clock, "not heard again"


@pytest.mark.device
def test_a_stalled_device_is_noticed_and_taken_again_when_it_goes_on(sandbox, keep):
    keeper, told, lines = keep()
    sandbox.do("freeze")
    clock, start = told.clock(), time.monotonic()
    try:
        assert wait(lambda: keeper.away, 1.5)
        time.sleep(1.5)
        assert lines == ["device 'default' does not play on: the piece keeps time silently until it is back"]
        # the time of the stall is made up for
        assert (told.clock() - clock) / 44100 == pytest.approx(time.monotonic() - start, abs=0.15)
    finally:
        sandbox.do("thaw")
    assert wait(lambda: not keeper.away, 5)
    clock = told.clock()
    assert wait(lambda: told.clock() > clock + 22_050, 2)


@pytest.mark.device
def test_a_program_whose_device_has_stalled_still_ends(sandbox):
    """PortAudio blocks for good in a stalled device, at the exit of the process too."""
    program = """
        import subprocess, sys, time
        from tests.audio.test_device import Told
        from waves.keeper import DeviceKeeper
        told = Told()
        keeper = DeviceKeeper(*told.callback, lambda line: None)
        keeper.start(told.clock)
        time.sleep(0.3)
        subprocess.run([sys.argv[1], "freeze"], check=True)
        keeper.stop()
        assert told.clock() > 4410
    """
    try:
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(program), str(TOP / "tests" / "audio_sandbox.sh")],
            cwd=TOP,
            check=True,
            timeout=15,
        )
    finally:
        sandbox.do("thaw")


@pytest.mark.device
@pytest.mark.skipif(platform.system() != "Linux", reason="scheduling classes of Linux")
def test_the_sound_thread_comes_first_where_the_system_allows_it(sandbox):
    parameters = os.sched_param(1)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, parameters)
    except PermissionError:
        pytest.skip("this user has no right to real-time scheduling")
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    told = Told()
    with playing(open_stream(*told.callback)):
        classes = [os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")]
    assert os.SCHED_FIFO in classes


# ---- silent


def test_a_silent_stream_is_paced_in_real_time():
    told = Told()
    with playing(SilentStream(*told.callback, rate=48000, block=256, channels=2, inputs=2)) as stream:
        assert wait(lambda: told.clock() > 0, 1)
        clock, start = told.clock(), time.perf_counter()
        time.sleep(2)
        rate = (told.clock() - clock) / (time.perf_counter() - start)
        assert stream.active and 0 < stream.cpu_load < 0.5
        assert stream.stop() and not stream.active
    assert rate == pytest.approx(48000, rel=0.01)
    clock = told.clock()
    time.sleep(0.1)
    assert told.clock() == clock, "the callback was called after stop"


def test_a_silent_stream_started_late_makes_up_for_it():
    told = Told(channels=1)
    stream = SilentStream(*told.callback, rate=44100, block=64, channels=1)
    stream.start(late=1.0)
    with playing(stream):
        assert wait(lambda: told.clock() >= 44100, 0.5)
    assert told.clock() < 1.6 * 44100


def test_silence_can_be_asked_for():
    stream = open_stream(*Told().callback, device="silent", rate=22050)
    assert (stream.name, stream.rate, stream.notice) == ("silent", 22050, "")


def output_of(program: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=TOP,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
    )
    return result.stdout.strip()


@pytest.mark.skipif(platform.system() != "Linux", reason="other systems have the library in a wheel")
def test_without_the_library_the_stream_is_silent_and_names_the_command():
    program = """
        import ctypes.util
        ctypes.util.find_library = lambda name: None
        from waves.device import DeviceProblem, open_stream
        stream = open_stream(0, 0)
        print(type(stream).__name__, stream.notice)
        try:
            open_stream(0, 0, device="x")
        except DeviceProblem as problem:
            print(problem)
    """
    silent, named = output_of(program).splitlines()
    assert silent == f"SilentStream playing silently: {named}"
    assert named == f"the PortAudio library is missing; it comes with: {install_command()}"


@pytest.mark.skipif(platform.system() != "Linux", reason="other systems have the library in a wheel")
def test_without_the_library_nothing_looks_for_a_device():
    program = """
        import ctypes.util, threading, time
        ctypes.util.find_library = lambda name: None
        from tests.audio.test_device import Told
        from waves import keeper
        told = Told()
        kept = keeper.DeviceKeeper(*told.callback, print)
        kept.start(told.clock)
        time.sleep(0.5)
        print(kept.away, told.clock() > 4410, *sorted(thread.name for thread in threading.enumerate()))
        kept.stop()
        print(kept.stream.active)
    """
    said, state, active = output_of(program).splitlines()
    assert said.startswith("playing silently: the PortAudio library is missing")
    assert (state, active) == ("True True MainThread silent device", "False")


@pytest.mark.device
def test_without_a_device_the_stream_is_silent_until_there_is_one(sandbox, monkeypatch):
    monkeypatch.setattr("waves.audio.device_supervisor.SEARCH", 0.5)
    sandbox.do("kill")
    search_again()
    told, lines = Told(), []
    keeper = DeviceSupervisor(*told.callback, lines.append)
    try:
        keeper.start(told.clock)
        assert wait(lambda: told.clock() > 0, 1) and keeper.away
        assert lines == ["playing silently: no sound device was found; connect one and look with: waves devices"]
        sandbox.do("start")
        assert wait(lambda: not keeper.away, 5)
        assert lines[1:] == ["playing on device 'default'"]
    finally:
        keeper.stop()


# ---- choices, with made-up systems


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


def test_userdata_is_what_the_callback_gets():
    """The arguments of PortAudio's callback as `silent` declares them, read by a compiled function."""
    told = Told(length=10, channels=1)
    stream = SilentStream(*told.callback, rate=44100, block=16, channels=1)
    stream._callback(None, stream._output, 16, None, 4, told.words.ctypes.data)
    expected = np.where(np.arange(16) < 10, (np.arange(16) + 1) / STEPS, 0)
    assert np.array_equal(np.frombuffer(stream._output, np.float32), expected)
    assert told.words.tolist() == [16, 10, 1, 1]
    assert ctypes.sizeof(stream._output) == 64
