"""Streams of a real PortAudio device: what is played, and what cannot be opened."""

from __future__ import annotations

import os
import platform
import sys

import numpy as np
import pytest

from tests.harness.audio_sandbox import without_library
from tests.harness.command import output_of
from tests.harness.ramp_callback import STEPS, Ramp, playing
from waves.audio.device import StreamOptions, list_connected_devices, list_devices, open_stream, usable_rate
from waves.audio.device_choice import DeviceProblem, install_command


@pytest.mark.device
@pytest.mark.parametrize("block", [64, 256, 1000])
def test_what_the_callback_writes_is_played_to_the_bit(sandbox, block):
    ramp = Ramp(length=30_000)
    with sandbox.recording() as recording:
        with playing(open_stream(*ramp.callback, StreamOptions(block=block))) as stream:
            assert stream.active and 0 < stream.latency < 0.2
            assert ramp.plays(40_000)
            assert stream.stop() and not stream.active and not stream.closed
        assert stream.closed
    left, right = recording.frames.T
    assert np.array_equal(left, -right)
    expected = (np.arange(30_000, dtype=np.float64) + 1) / STEPS
    assert np.array_equal(left[left != 0.0], expected)  # a busy machine may put silence between the blocks


@pytest.mark.device
def test_a_device_is_found_by_its_name(sandbox):
    ramp = Ramp()
    with (
        sandbox.recording("sandbox1") as first,
        sandbox.recording("sandbox2") as second,
        playing(open_stream(*ramp.callback, StreamOptions(device="box2"))) as stream,
    ):
        assert stream.name == "sandbox2" and ramp.plays(22_050)
    assert second.frames[:, 0].max() > 10_000 / STEPS
    assert not first.frames.any()


@pytest.mark.device
@pytest.mark.parametrize("listed", [list_devices, list_connected_devices])
def test_the_system_lists_both_devices_and_one_default(sandbox, listed):
    devices = listed()
    assert {"sandbox1", "sandbox2", "default"} <= {device.name for device in devices}
    assert [device.name for device in devices if device.default] == ["default"]


@pytest.mark.device
def test_another_process_that_cannot_list_devices_is_no_obstacle(sandbox, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert list_connected_devices() == list_devices()


@pytest.mark.device
def test_an_unknown_device_is_a_problem_with_a_suggestion(sandbox):
    with pytest.raises(DeviceProblem, match="there is no output device 'sandbx2'.*did you mean 'sandbox2'"):
        open_stream(*Ramp().callback, StreamOptions(device="sandbx2"))


@pytest.mark.device
def test_a_refused_rate_becomes_the_devices_own_and_is_said(sandbox):
    ramp = Ramp()
    assert usable_rate(None, 1_000_000, 2) == 44100
    assert usable_rate(None, 48000, 2) == 48000
    with playing(open_stream(*ramp.callback, StreamOptions(rate=1_000_000))) as stream:
        assert stream.rate == 44100
        assert stream.notice == "device 'default' does not play at 1e+06 Hz: playing at 44100 Hz"
        assert ramp.plays()


@pytest.mark.device
def test_more_channels_than_the_device_has_is_a_problem(sandbox):
    with pytest.raises(DeviceProblem, match="device 'default' has 32 output channels, not 64"):
        open_stream(*Ramp(channels=64).callback, StreamOptions(channels=64))


@pytest.mark.device
@pytest.mark.skipif(platform.system() != "Linux", reason="scheduling classes of Linux")
def test_the_sound_thread_comes_first_where_the_system_allows_it(sandbox):
    parameters = os.sched_param(1)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, parameters)
    except PermissionError:
        pytest.skip("this user has no right to real-time scheduling")
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    with playing(open_stream(*Ramp().callback, StreamOptions())):
        classes = [os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")]
    assert os.SCHED_FIFO in classes


@without_library
def test_without_the_library_the_stream_is_silent_and_names_the_command():
    program = """
        import ctypes.util
        ctypes.util.find_library = lambda name: None
        from waves.audio.device import DeviceProblem, StreamOptions, open_stream
        stream = open_stream(0, 0, StreamOptions())
        print(type(stream).__name__, stream.notice)
        print(stream.label)
        try:
            open_stream(0, 0, StreamOptions("x"))
        except DeviceProblem as problem:
            print(problem)
    """
    silent, label, named = output_of(program).splitlines()
    assert label == "no sound card can be used: nothing is heard"
    assert silent == f"SilentStream playing silently: {named}"
    assert named == f"the PortAudio library is missing; it comes with: {install_command()}"
