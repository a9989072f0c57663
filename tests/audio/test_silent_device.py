"""A stream without a device keeps time as a sound card would."""

from __future__ import annotations

import ctypes
import time

import numpy as np

from tests.harness.ramp_callback import STEPS, Ramp, keeps_time, playing
from tests.harness.waiting import wait
from waves.audio.device import StreamOptions, open_stream
from waves.audio.silent_device import BEHIND, SilentStream


def test_it_is_paced_in_real_time():
    ramp = Ramp()
    with playing(SilentStream(*ramp.callback, rate=48000, block=256, channels=2, inputs=2)) as stream:
        assert ramp.plays(1)
        assert keeps_time(ramp.clock, 48000)
        assert stream.active and stream.cpu_load > 0
        assert stream.stop() and not stream.active and stream.closed
    assert not ramp.plays(1, seconds=0.1), "the callback was called after stop"


def test_started_late_it_makes_up_for_it():
    ramp = Ramp(channels=1)
    stream = SilentStream(*ramp.callback, rate=44100, block=64, channels=1)
    begun = time.perf_counter()
    stream.start(late=1.0)
    with playing(stream):
        assert wait(lambda: ramp.clock() / 44100 - (time.perf_counter() - begun) > 0.9), "a second is due at the start"
        played, passed = ramp.clock() / 44100, time.perf_counter() - begun
    assert played <= 1.0 + passed + 64 / 44100


def test_a_piece_that_is_too_slow_for_it_has_underflows():
    ramp = Ramp(channels=1)
    with playing(SilentStream(*ramp.callback, rate=44100, block=64, channels=1)):
        assert ramp.plays(1)
        before = ramp.flags
        with ramp.held():
            time.sleep(2 * BEHIND)
        assert ramp.plays(200)
    assert ramp.flags > before


def test_what_it_makes_up_for_after_a_late_start_is_no_underflow(monkeypatch):
    now = [0.0]  # the clock stands still but for waits and what is played
    monkeypatch.setattr("waves.audio.silent_device.time.perf_counter", lambda: now[0])
    stream = SilentStream(*Ramp(channels=1).callback, rate=1000, block=100, channels=1)
    flags: list[int] = []

    def callback(*arguments):
        flags.append(arguments[4])
        now[0] += 0.05 if len(flags) < 40 else 0.15
        return len(flags) == 60

    def wait_for(seconds):
        now[0] += seconds
        return False

    stream._callback = callback
    monkeypatch.setattr(stream._stopping, "wait", wait_for)
    stream._run(late=1.0)
    slow = [number for number, one in enumerate(flags) if one]
    assert set(flags) == {0, 4} and slow[0] > 40, "none while it catches up, or plays in time"
    assert 8 <= len(slow) <= 10, "one for each 0.1 s that it is further behind: 1 s in all"


def test_it_can_be_asked_for():
    stream = open_stream(*Ramp().callback, StreamOptions(device="silent", rate=22050))
    assert (stream.name, stream.rate, stream.notice) == ("silent", 22050, "")
    assert stream.label == "silent device: nothing is heard"


def test_userdata_is_what_the_callback_gets():
    """The arguments of PortAudio's callback as they are declared, read by a compiled function."""
    ramp = Ramp(length=10, channels=1)
    stream = SilentStream(*ramp.callback, rate=44100, block=16, channels=1)
    stream._callback(None, stream._output, 16, None, 4, ramp.words.ctypes.data)
    expected = np.where(np.arange(16) < 10, (np.arange(16) + 1) / STEPS, 0)
    assert np.array_equal(np.frombuffer(stream._output, np.float32), expected)
    assert (ramp.clock(), ramp.flags) == (16, 1)
    assert ctypes.sizeof(stream._output) == 64
