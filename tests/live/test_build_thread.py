"""One build at a time, newest wins, nothing is lost."""

import threading

from waves.live.session.build_thread import BuildThread


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
