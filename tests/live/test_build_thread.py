"""One build at a time, newest wins, nothing is lost."""

import os
import threading
import time

from waves.live.session.build_requests import change_of_files
from waves.live.session.build_thread import BuildThread


def test_a_change_of_files_was_asked_for_when_they_were_saved(tmp_path):
    """However late the watcher tells of it: a silence that was asked for meanwhile is not ended by it."""
    file = tmp_path / "waves.yaml"
    file.write_text("a: 1\n")
    before = time.monotonic()
    os.utime(file, (time.time() - 2.0, time.time() - 2.0))
    assert before - 3.0 < change_of_files([file]).asked < before
    os.utime(file, (1.0, 1.0))
    assert change_of_files([file]).asked >= before, "such a time says nothing"


class Builds:
    """Builds that wait until they are let go, each seeing the file as it is when it begins."""

    def __init__(self):
        self.file, self.seen = 0, []
        self.running, self.most = 0, 0
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.builder = BuildThread(self.build, "builder")
        self.builder.start()

    def build(self):
        self.running += 1
        self.most = max(self.most, self.running)
        self.seen.append(self.file)
        self.begun.release()
        self.go.acquire()
        self.running -= 1

    def save(self, version):
        self.file = version
        self.builder.request()

    def end(self):
        self.go.release(100)
        assert self.builder.wait(60)
        self.builder.stop()


def test_one_at_a_time():
    builds = Builds()
    for version in range(1, 21):
        builds.save(version)
    builds.end()
    assert builds.most == 1


def test_the_newest_pending_wins():
    builds = Builds()
    builds.save(1)
    builds.begun.acquire()
    for version in range(2, 10):
        builds.save(version)
    builds.end()
    assert builds.seen == [1, 9]


def test_a_request_during_a_build_is_not_lost():
    builds = Builds()
    builds.save(1)
    builds.begun.acquire()
    builds.save(2)
    builds.go.release()
    assert builds.begun.acquire(timeout=60)
    builds.end()
    assert builds.seen == [1, 2]
