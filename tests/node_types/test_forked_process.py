"""Two processes that are started together, of which the first forks the second off."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import pytest

from tests.harness.paths import TOP
from tests.harness.waiting import wait
from waves.node_types.process.forked_process import can_fork, start_two
from waves.node_types.process.python_process import compiled_answer, end_worker

pytestmark = pytest.mark.skipif(not can_fork(), reason="processes cannot be held here")
PROGRAM = """
    import os, sys
    from waves.node_types.process.forked_process import fork_off
    from waves.wire import receive, send

    stage, own = "imported", (sys.stdin.buffer, os.fdopen(os.dup(1), "wb"))
    {before}
    requests, answers = fork_off(tuple(map(int, sys.argv[1:])), own)
    while (request := receive(requests)) is not None:
        send(answers, {{"step": "loaded"}})
        send(answers, {{"pid": os.getpid(), "parent": os.getppid(), "stage": stage}})
"""


@pytest.fixture
def started(tmp_path: Path):
    """Starts both, of a program with a line of its own before it forks; they are ended afterwards."""
    made = []

    def start(before: str = ""):
        (tmp_path / "forking.py").write_text(textwrap.dedent(PROGRAM).format(before=textwrap.dedent(before)))
        path = os.pathsep.join([str(tmp_path), str(TOP), *sys.path])
        made.extend(start_two("forking", {**os.environ, "PYTHONPATH": path}))
        return made

    yield start
    for worker in made:
        worker.kill()
    for worker in made:
        end_worker(worker)


def test_both_answer_and_the_second_ends_alone(started):
    first, second = started()
    one, two = (compiled_answer(worker, {}) for worker in (first, second))
    assert one == {"pid": first.pid, "parent": os.getpid(), "stage": "imported"}
    assert two == {"pid": second.pid, "parent": first.pid, "stage": "imported"}
    assert first.poll() is second.poll() is None
    end_worker(second)
    assert second.poll() is not None and "ended" in compiled_answer(second, {})
    assert wait(lambda: not Path(f"/proc/{second.pid}").exists()), "its parent has forgotten it"
    assert compiled_answer(first, {}) == one


def test_the_second_outlives_the_first(started):
    first, second = started()
    assert "pid" in compiled_answer(second, {})
    end_worker(first)
    assert compiled_answer(second, {})["stage"] == "imported"


def test_the_second_never_begins_where_the_first_ends_before(started):
    _, second = started("sys.exit(3)")
    assert "ended" in compiled_answer(second, {})
    assert wait(lambda: second.poll() is not None)
    with pytest.raises(ProcessLookupError):
        second.pid  # noqa: B018


def test_where_there_is_no_room_for_it_the_first_answers_alone(started):
    first, second = started("""
    def refuse():
        raise BlockingIOError(11, "Resource temporarily unavailable")

    os.fork = refuse
""")
    assert compiled_answer(first, {})["pid"] == first.pid
    assert "ended" in compiled_answer(second, {})


def test_one_that_is_ended_before_it_begins_does_not_begin(started):
    first, second = started("input()")
    second.kill()
    first.stdin.write(b"\n")
    first.stdin.flush()
    assert second.wait() and second.poll() is not None
