"""Kernels of saves are compiled one job after the other; who waits finds the last one reported."""

import threading

from waves.live.session.background_compile import BackgroundCompiler


def test_it_is_idle_when_its_job_was_reported():
    begun, go, reported, idle = threading.Event(), threading.Event(), threading.Semaphore(0), []

    class Slow:
        def compile(self, todo):
            begun.set()
            assert go.wait(60)

    def ready():
        idle.append(background.wait(0))
        reported.release()

    background = BackgroundCompiler(Slow(), lambda event: None, ready, lambda problems: None)
    assert background.wait(0)
    background.compile([], "it is heard")
    assert begun.wait(60) and not background.wait(0)
    go.set()
    assert reported.acquire(timeout=60) and background.wait(60)
    assert idle == [False]


def test_it_is_not_idle_while_a_job_runs_that_began_as_the_last_one_was_reported():
    begun, go, jobs = threading.Semaphore(0), threading.Semaphore(0), []

    class Slow:
        def compile(self, todo):
            begun.release()
            assert go.acquire(timeout=60)

    def ready():
        jobs.append(len(jobs))
        if len(jobs) == 1:
            background.compile([], "it is heard")

    background = BackgroundCompiler(Slow(), lambda event: None, ready, lambda problems: None)
    background.compile([], "it is heard")
    for number in range(2):
        assert begun.acquire(timeout=60) and not background.wait(0), number
        go.release()
    assert background.wait(60) and jobs == [0, 1]
