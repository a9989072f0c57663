"""Kernels of saves are compiled one job after the other; who waits finds the last one reported."""

import threading
from dataclasses import replace

from waves.events import progress
from waves.events.changes import Compiling
from waves.live.session.background_compile import BackgroundCompiler
from waves.live.session.build_requests import BuildRequest, BuildRequests, Change, VersionSearch


def test_it_is_idle_when_its_job_was_reported():
    begun, go, reported, idle = threading.Event(), threading.Event(), threading.Semaphore(0), []

    class Slow:
        def compile(self, todo, progress):
            begun.set()
            assert go.wait(60)

    def ready():
        idle.append(background.wait(0))
        reported.release()

    background = BackgroundCompiler(Slow(), lambda event: None, ready, lambda problems: None)
    assert background.wait(0)
    background.compile([])
    assert begun.wait(60) and not background.wait(0)
    go.set()
    assert reported.acquire(timeout=60) and background.wait(60)
    assert idle == [False]


def test_it_is_not_idle_while_a_job_runs_that_began_as_the_last_one_was_reported():
    begun, go, jobs = threading.Semaphore(0), threading.Semaphore(0), []

    class Slow:
        def compile(self, todo, progress):
            begun.release()
            assert go.acquire(timeout=60)

    def ready():
        jobs.append(len(jobs))
        if len(jobs) == 1:
            background.compile([])

    background = BackgroundCompiler(Slow(), lambda event: None, ready, lambda problems: None)
    background.compile([])
    for number in range(2):
        assert begun.acquire(timeout=60) and not background.wait(0), number
        go.release()
    assert background.wait(60) and jobs == [0, 1]


def test_it_says_how_long_it_has_taken_what_is_left_and_what_waits_for_it_now(monkeypatch):
    monkeypatch.setattr(progress, "TICK", 0.01)
    monkeypatch.setattr(progress, "time_left", lambda now, at, done, total: total - done if done else None)
    first, told, waits = [], [], ["night plays"]
    later = threading.Event()

    def notify(event):
        if isinstance(event, Compiling):
            told.append(event.text)
            if len(told) > 3:
                later.set()

    class Slow:
        def compile(self, todo, advance):
            assert later.wait(60)
            first.extend(told[:2])
            waits[0] = ""
            advance(1, 3)
            told.clear()
            later.clear()
            assert later.wait(60)

    background = BackgroundCompiler(Slow(), notify, lambda: None, lambda problems: None, lambda: waits[0])
    background.compile([])
    assert background.wait(60)
    assert first == ["compiling : then night plays", "compiling  for 1 s so far: then night plays"]
    assert told[-2].endswith("so far, about 2 s left") and told[-1].startswith("compiling : over")


def test_what_waits_is_named_with_the_sounds_the_version_or_the_save():
    requests, now = BuildRequests(), Change.now("waves.yaml")
    night = BuildRequest(Change.now("play night"), (("night", {}),), texts={})
    assert requests.aim == ""
    requests.add(night)
    assert (requests.aim, night.subject) == ("night plays", "night")
    requests.postpone(requests.take())
    requests.taken = None
    assert requests.aim == "night plays", "while its machine code is made"
    requests.add(BuildRequest(now))
    assert requests.aim == "the save takes effect, and night plays"
    assert replace(night, sounds=(("kick", {}), ("hat", {}))).aim == "kick + hat play"
    version = BuildRequest(Change.now("version 1 of 2"), search=VersionSearch(-1))
    assert (version.aim, BuildRequest(now).aim) == ("version 1 of 2 plays", "the save takes effect")
    assert BuildRequest(Change.now("tone.wav")).after(version).search == version.search, "it goes on"
