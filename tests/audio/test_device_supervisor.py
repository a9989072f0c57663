"""A piece keeps its time while its device is lost, stalled or exchanged for another."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from tests.harness.audio_sandbox import SCRIPT, without_library
from tests.harness.command import output_of
from tests.harness.ramp_callback import Ramp, keeps_time, numbers_in
from tests.harness.waiting import wait
from waves.audio import device_supervisor
from waves.audio.device import StreamOptions
from waves.audio.device_choice import DeviceProblem
from waves.audio.device_supervisor import DeviceSupervisor
from waves.audio.portaudio import search_again

Supervised = tuple[DeviceSupervisor, Ramp, list[str]]


@pytest.fixture
def supervise() -> Iterator[Callable[..., Supervised]]:
    """A supervisor that plays, its callback, and what it says; no two callbacks ever overlap."""
    made: list[tuple[DeviceSupervisor, Ramp]] = []

    def make(**options: Any) -> Supervised:
        ramp, lines = Ramp(), []
        supervisor = DeviceSupervisor(*ramp.callback, lines.append, StreamOptions(**options))
        made.append((supervisor, ramp))
        supervisor.start(ramp.clock, ramp.inside)
        assert ramp.plays()
        return supervisor, ramp, lines

    yield make
    for supervisor, ramp in made:
        supervisor.stop()
        assert not ramp.plays(1, seconds=0.05), "it plays on after stop"
        assert ramp.overlaps == 0


# ---- a device that is lost


@pytest.mark.device
@pytest.mark.parametrize(("harm", "repair"), [("unplug", "replug"), ("kill", "start")])
@pytest.mark.parametrize("device", [None, "sandbox2"])
def test_a_lost_device_is_said_and_reopened_while_the_piece_keeps_time(sandbox, supervise, harm, repair, device):
    supervisor, ramp, lines = supervise(device=device)
    name = device or "default"
    sandbox.do(harm)
    assert wait(lambda: supervisor.away)
    assert keeps_time(ramp.clock)
    assert lines == [f"device '{name}' is lost: the piece keeps time silently until it is back"]
    sandbox.do(repair)
    assert wait(lambda: len(lines) > 1)
    assert lines[1:] == [f"playing on device '{name}'"] and not supervisor.away
    clock = ramp.clock()
    with sandbox.recording(device or "sandbox1") as recording:
        assert ramp.plays(22_050)
    assert numbers_in(recording.frames).max() > clock, "not played again"


@pytest.mark.device
def test_a_stalled_device_is_noticed_and_taken_again_when_it_goes_on(sandbox, supervise):
    supervisor, ramp, lines = supervise()
    sandbox.do("freeze")
    clock, start = ramp.clock(), time.monotonic()
    try:
        assert wait(lambda: supervisor.away)
        assert ramp.plays(44_100)
        assert lines == ["device 'default' does not play on: the piece keeps time silently until it is back"]
        behind = lambda: time.monotonic() - start - (ramp.clock() - clock) / 44100  # noqa: E731
        assert wait(lambda: abs(behind()) < 0.3), "the time of the stall is made up for"
    finally:
        sandbox.do("thaw")
    assert wait(lambda: not supervisor.away)
    assert ramp.plays(22_050)


@pytest.mark.device
def test_a_program_whose_device_has_stalled_still_ends(sandbox):
    """PortAudio blocks for good in a stalled device, at the exit of the process too."""
    program = """
        import subprocess, sys
        from tests.harness.ramp_callback import Ramp
        from waves.audio.device import StreamOptions
        from waves.audio.device_supervisor import DeviceSupervisor
        ramp = Ramp()
        supervisor = DeviceSupervisor(*ramp.callback, lambda line: None, StreamOptions())
        supervisor.start(ramp.clock)
        assert ramp.plays()
        subprocess.run([sys.argv[1], "freeze"], check=True)
        supervisor.stop()
    """
    try:
        output_of(program, str(SCRIPT))
    finally:
        sandbox.do("thaw")


@without_library
def test_without_the_library_nothing_looks_for_a_device():
    program = """
        import ctypes.util, threading
        ctypes.util.find_library = lambda name: None
        from tests.harness.ramp_callback import Ramp
        from waves.audio.device import StreamOptions
        from waves.audio.device_supervisor import DeviceSupervisor
        ramp = Ramp()
        supervisor = DeviceSupervisor(*ramp.callback, print, StreamOptions())
        supervisor.start(ramp.clock)
        print(supervisor.away, ramp.plays(), *sorted(thread.name for thread in threading.enumerate()))
        print(supervisor.reopen(device="other"), supervisor.reopen(block=64), supervisor.stream.block, ramp.plays())
        supervisor.stop()
        print(supervisor.stream.active)
    """
    said, state, refused, again, reopened, active = output_of(program).splitlines()
    missing = said.removeprefix("playing silently: ")
    assert missing.startswith("the PortAudio library is missing")
    assert (state, active) == ("True True MainThread silent device", "False")
    assert refused == f"{missing}; playing silently as before"
    assert (again, reopened) == (said, "False True 64 True")


@pytest.mark.device
def test_without_a_device_the_stream_is_silent_until_there_is_one(sandbox, supervise, monkeypatch):
    monkeypatch.setattr(device_supervisor, "SEARCH", 0.5)
    sandbox.do("kill")
    search_again()
    supervisor, _, lines = supervise()
    assert supervisor.away
    assert lines == ["playing silently: no sound device was found; connect one and look with: waves devices"]
    sandbox.do("start")
    assert wait(lambda: len(lines) > 1)
    assert lines[1:] == ["playing on device 'default'"] and not supervisor.away


# ---- another device, block size or latency


@pytest.fixture
def patient(monkeypatch) -> None:
    """A device that a busy machine lets wait has not stalled."""
    monkeypatch.setattr(device_supervisor, "STALLED", 30.0)


@pytest.mark.device
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("changed", [{"block": 1024, "latency": 0.2}, {"block": 64}, {"latency": 0.1}], ids=str)
def test_another_block_size_or_latency_plays_all_up_to_the_fade_and_goes_on(sandbox, supervise, changed):
    with sandbox.recording() as recording:
        supervisor, ramp, lines = supervise()
        before = supervisor.stream
        assert supervisor.reopen(ramp.muted, **changed)
        assert before.closed and supervisor.stream.active
        assert ramp.plays(20_000)
        supervisor.stop()
    numbers = numbers_in(recording.frames)
    assert np.array_equal(numbers[: ramp.last], np.arange(1, ramp.last + 1)), "what was faded was cut off"
    after = numbers[ramp.last :]
    assert np.array_equal(after, np.arange(after[0], after[-1] + 1)) and len(after) > 5000
    assert lines == ["playing on device 'default'"]


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_another_device_plays_what_comes_after_the_fade(sandbox, supervise):
    with sandbox.recording("sandbox1") as first, sandbox.recording("sandbox2") as second:
        supervisor, ramp, lines = supervise(device="sandbox1")
        assert supervisor.reopen(ramp.muted, device="sandbox2") and lines == ["playing on device 'sandbox2'"]
        assert ramp.plays(20_000)
        supervisor.stop()
    assert np.array_equal(numbers_in(first.frames), np.arange(1, ramp.last + 1))
    after = numbers_in(second.frames)
    assert ramp.last < after[0] and np.array_equal(after, np.arange(after[0], after[-1] + 1)) and len(after) > 5000


def test_the_time_of_the_piece_stands_still_without_a_stream(supervise, monkeypatch):
    supervisor, ramp, _ = supervise(device="silent")
    clocks, opened = [], device_supervisor.open_stream

    def slow(*given: Any) -> Any:
        clocks.append(ramp.clock())
        assert not ramp.plays(1, seconds=0.2)
        clocks.append(ramp.clock())
        return opened(*given)

    monkeypatch.setattr(device_supervisor, "open_stream", slow)
    assert supervisor.reopen(block=64) and clocks[0] == clocks[1]
    assert ramp.plays()


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_to_silence_and_back(sandbox, supervise):
    supervisor, ramp, lines = supervise()
    assert supervisor.reopen(device="silent") and not supervisor.away and supervisor.stream.name == "silent"
    assert keeps_time(ramp.clock, seconds=0.3)
    assert supervisor.reopen(device=None) and supervisor.stream.name == "default"
    assert ramp.plays()
    assert lines == ["playing silently", "playing on device 'default'"]


@pytest.mark.device
@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"device": "sandbx2"}, "there is no output device 'sandbx2', see `waves devices`; did you mean 'sandbox2'?"),
        ({"device": "box"}, "'box' is the name of several output devices: "),
        ({"device": 999, "block": 64}, "there is no output device '999', see `waves devices`"),
    ],
)
def test_a_device_that_cannot_be_meant_changes_nothing(sandbox, supervise, changed, sentence):
    supervisor, _, lines = supervise()
    before = supervisor.stream

    @contextmanager
    def silenced() -> Iterator[None]:
        raise AssertionError("nothing is to be faded")
        yield

    assert not supervisor.reopen(silenced, **changed)
    assert supervisor.stream is before and before.active
    assert len(lines) == 1 and lines[0].startswith(sentence)
    assert lines[0].endswith("; playing on device 'default' as before")


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_a_device_at_another_rate_changes_nothing(sandbox, supervise):
    supervisor, _, lines = supervise()
    supervisor.rate = 12_345_678.0
    assert not supervisor.reopen(device="sandbox2") and supervisor.stream.active
    assert lines == ["device 'sandbox2' does not play at 1.23457e+07 Hz; playing on device 'default' as before"]


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_a_device_that_was_connected_since_is_found(sandbox, supervise, monkeypatch):
    """PortAudio's list is made once: here as if it had been made before the second device came."""
    supervisor, ramp, lines = supervise()
    whole, listed = device_supervisor.list_devices, []

    def stale() -> list[Any]:
        listed.append(True)
        return [device for device in whole() if device.name != "sandbox2"]

    monkeypatch.setattr(device_supervisor, "list_devices", stale)
    assert supervisor.reopen(device="sandbox2") and listed
    assert lines == ["playing on device 'sandbox2'"] and ramp.plays()


class Refusing:
    """`open_stream`, except for devices that do not open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *devices: str | None):
        self.devices, self.open = list(devices), device_supervisor.open_stream
        monkeypatch.setattr(device_supervisor, "open_stream", self)

    def __call__(self, address: int, userdata: int, options: StreamOptions) -> Any:
        if options.device in self.devices:
            raise DeviceProblem(f"device '{options.device}' does not open: it is in use")
        return self.open(address, userdata, options)


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_a_device_that_does_not_open_leaves_the_one_before(sandbox, supervise, monkeypatch):
    supervisor, ramp, lines = supervise()
    Refusing(monkeypatch, "sandbox2")
    assert not supervisor.reopen(device="sandbox2", block=64)
    assert lines == ["device 'sandbox2' does not open: it is in use; playing on device 'default' as before"]
    assert ramp.plays() and supervisor.stream.active and not supervisor.away
    assert supervisor.reopen(latency=0.1), "the device that does not open was forgotten"


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_without_any_device_it_keeps_time_until_the_one_before_is_back(sandbox, supervise, monkeypatch):
    monkeypatch.setattr(device_supervisor, "RETRY", 0.1)
    supervisor, ramp, lines = supervise()
    refusing = Refusing(monkeypatch, "sandbox2", None)
    assert not supervisor.reopen(device="sandbox2")
    assert supervisor.away and keeps_time(ramp.clock, seconds=0.3)
    sentence = "the piece keeps time silently until device 'default' is back"
    assert lines == [f"device 'sandbox2' does not open: it is in use; {sentence}"]
    refusing.devices = []
    assert wait(lambda: len(lines) > 1)
    assert lines[1:] == ["playing on device 'default'"] and not supervisor.away and ramp.plays()


@pytest.mark.device
def test_away_from_a_stalled_device(sandbox, supervise):
    supervisor, ramp, lines = supervise()
    sandbox.do("freeze")
    try:
        assert supervisor.reopen(device="silent")
        assert ramp.plays() and not supervisor.away
    finally:
        sandbox.do("thaw")
    assert lines[-1] == "playing silently"


@pytest.mark.device
@pytest.mark.usefixtures("patient")
def test_a_stalled_device_asks_for_nothing_once_it_is_left(sandbox, supervise):
    """When it goes on, its frames would be made beside those of the next stream, or after the engine is gone."""
    supervisor, ramp, _ = supervise()
    card = supervisor.stream
    sandbox.do("freeze")
    try:
        assert wait(lambda: not ramp.plays(1, seconds=0.3)), "it does not stall"
        supervisor.stop()
        played = ramp.clock()
    finally:
        sandbox.do("thaw")
    assert wait(lambda: card.closed)
    assert ramp.clock() == played


@pytest.mark.device
def test_away_from_a_device_that_is_lost(sandbox, supervise):
    supervisor, ramp, lines = supervise(device="sandbox2")
    sandbox.do("kill")
    assert wait(lambda: supervisor.away)
    assert supervisor.reopen(device="silent") and not supervisor.away
    assert keeps_time(ramp.clock, seconds=0.3) and lines[1:] == ["playing silently"]


# ---- threads


def test_many_threads_at_a_time(supervise):
    supervisor, ramp, lines = supervise(device="silent")

    def run(block: int) -> None:
        for _ in range(20):
            assert supervisor.reopen(block=block)

    threads = [threading.Thread(target=run, args=(block,)) for block in (32, 64, 128, 256)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lines) == 80 and ramp.plays()
    running = [thread for thread in threading.enumerate() if thread.name == "silent device"]
    assert len(running) == 1, "a stream was left behind"


def test_what_is_faded_lasts_from_before_the_stop_to_after_the_start(supervise):
    supervisor, ramp, _ = supervise(device="silent")
    seen = []

    @contextmanager
    def silenced() -> Iterator[None]:
        seen.append((supervisor.stream.block, supervisor.stream.active))
        yield
        seen.append((supervisor.stream.block, supervisor.stream.active))

    assert supervisor.reopen(silenced, block=64)
    assert seen == [(256, True), (64, True)] and ramp.plays()


def test_nothing_is_opened_after_the_end(supervise):
    supervisor, ramp, _ = supervise(device="silent")
    inside, go_on, results = threading.Event(), threading.Event(), []

    @contextmanager
    def silenced() -> Iterator[None]:
        inside.set()
        go_on.wait(60)
        yield

    thread = threading.Thread(target=lambda: results.append(supervisor.reopen(silenced, block=64)))
    thread.start()
    assert inside.wait(60)
    supervisor.stop()
    go_on.set()
    thread.join()
    assert results == [False] and not supervisor.stream.active
    assert not supervisor.reopen(block=32) and not ramp.plays(1, seconds=0.1)


def test_a_callback_that_hangs_gets_no_second_stream(supervise):
    supervisor, ramp, lines = supervise(device="silent")
    before = supervisor.stream
    with ramp.held():
        assert not supervisor.reopen(block=64)
        assert supervisor.stream is before and lines == []
    assert wait(lambda: not before.active), "it returns, and does not work on beside the tests that follow"
