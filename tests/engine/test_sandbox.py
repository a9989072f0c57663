"""The sandbox: what has no problem was run to its end, whatever another file does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.harness.command import output_of
from tests.harness.paths import NODES
from tests.harness.waiting import wait
from waves.engine.compiler import kernel_cache, python_run
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.machine_code import is_usable, write_code
from waves.engine.compiler.sandbox import Sandbox
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.module_loader import SourceFile
from waves.node_types.process.python_process import ProcessClosed, packed_sources
from waves.problem import Problem
from waves.wire import Message

SOURCES = {name: SourceFile(name, f"/nodes/{name}.py", f"x = {k}\n") for k, name in enumerate(("a", "b", "saved"))}


@pytest.mark.parametrize("failure", [{"late": True, "module": "a", "line": 1}, {"crashed": True}])
def test_after_a_file_that_fails_the_others_are_run_without_it(monkeypatch, failure):
    sandbox = Sandbox()
    asked: list[list[str]] = []
    answers = [failure, {"done": True, "problems": {"b": ["cannot be loaded: it raises", 1, 1]}}]

    def request(wanted: dict[str, Any], limit: float) -> dict[str, Any]:
        asked.append([source[0] for source in wanted["sources"]])
        return answers[len(asked) - 1]

    monkeypatch.setattr(sandbox, "request", request)
    problems, _ = sandbox.load(SOURCES)
    failed = failure.get("module", "saved")
    assert asked == [["a", "b", "saved"], [name for name in SOURCES if name != failed]]
    assert problems.keys() == {failed, "b"}


def test_a_file_that_does_not_come_to_an_end_does_not_hide_another_that_leaves():
    sandbox = Sandbox(0.5)
    sources = {
        "endless": SourceFile("endless", "/nodes/endless.py", "while True:\n    pass\n"),
        "leaves": SourceFile("leaves", "/nodes/leaves.py", "import os\nos._exit(0)\n"),
    }
    try:
        assert sandbox.load(sources)[0].keys() == {"endless", "leaves"}
    finally:
        sandbox.close()


def test_closing_does_not_wait_for_a_request_and_ends_every_later_one():
    sandbox = Sandbox(1000.0)  # much longer than a test may take
    sources = {"endless": SourceFile("endless", "/nodes/endless.py", "while True:\n    pass\n")}
    with ThreadPoolExecutor(1) as thread:
        loading = thread.submit(sandbox.load, sources)
        assert wait(lambda: sandbox._process is not None)
        process = sandbox._process
        sandbox.close()
        with pytest.raises(ProcessClosed):
            loading.result()
    assert process.poll() is not None
    with pytest.raises(ProcessClosed):
        sandbox.load(sources)
    assert sandbox._process is None


def test_an_interrupt_counts_for_requests_that_come_right_after_it():
    """The text whose check it ends may not be in the process yet."""
    process, nothing = Sandbox(), {"do": "load", "sources": [], "describe": []}
    try:
        for running in (False, True):
            if running:
                process.start()
            process.interrupt()
            for _ in range(2):
                with pytest.raises(ProcessClosed):
                    process.request(nothing)
            process.resume()
            assert "done" in process.request(nothing)
    finally:
        process.close()


def test_a_compiler_ends_with_its_player_whatever_it_does_then(tmp_path):
    (tmp_path / "endless.py").write_text("open('begun', 'w').close()\nwhile True:\n    pass\n")
    command = [sys.executable, "-m", "waves.engine.compiler.compiler_worker"]
    path = os.pathsep.join([str(tmp_path), *sys.path])
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, env=os.environ | {"PYTHONPATH": path}
    )
    try:
        process.stdin.write(b'{"module": "endless", "sources": [], "class": "Endless"}\n')
        process.stdin.flush()
        assert wait((tmp_path / "begun").exists)
        process.stdin.close()  # as the system does with what a process leaves that was killed
        assert process.wait(60) == 0 and process.stdout.read() == b""
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_run_as_python_that_is_late_says_nothing_as_the_machine_code_will(monkeypatch):
    sandbox = Sandbox()
    monkeypatch.setattr(sandbox, "_request_for", lambda kind, do: {"late": True, "file": "/nodes/a.py", "line": 3})
    assert sandbox.run_as_python(Node) == ([], {})


SLOW = """
import time
from waves.node import Node, Signal, param

time.sleep(1.0)  # as an import does on a busy machine


class Slow(Node):
    signal: Signal = param(unit="value", description="Input.")

    rings = {"line": 1}

    @classmethod
    def lengths(cls, constants, rate):
        return {"line": 0.1}

    @staticmethod
    def render(out, signal, line):
        for i in range(out.size):
            out[i] = signal[i]
            line.push(signal[i])
"""


def test_what_a_file_imports_is_not_counted_as_the_time_of_its_functions(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    kind = library.load_library(NODES, tmp_path)["slow"]
    for trial in (Sandbox.prepare, lambda sandbox, kind: sandbox.run_compiled(kind, {}, {})):
        sandbox = Sandbox(0.5)
        try:
            assert trial(sandbox, kind) == []
        finally:
            sandbox.close()


ENDLESS = {
    "Python": "while True:\n    pass\n",
    "waits": "import time\n\ntime.sleep(1e6)\n",
    "holds the lock": "sum(range(10**15))\n",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_code_without_an_end_does_not_outlive_a_player_that_was_killed(text):
    """Nobody is left who would kill the process, or read its answer: it ends itself, at once if it can."""
    request = {
        "do": "load",
        "sources": packed_sources([SourceFile("endless", "/nodes/endless.py", text)]),
        "limit": 1.0,
    }
    program = "from waves.node_types.process import python_worker as one; one.UNANSWERED = 0.1; one.main()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen([sys.executable, "-c", program], **pipes)
    try:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        while "module" not in json.loads(process.stdout.readline()):  # its code runs
            pass
        process.stdin.close()
        for line in process.stdout:  # until the process has ended
            assert "step" in json.loads(line)
        assert process.wait(60) in (0, -signal.SIGPROF), "because the pipe is closed, or its processor time over"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


SMOOTH = """
from waves.dsp.filters.one_pole import lowpass
from waves.node import Floats, Node, Signal, State, param


class Smooth(Node):
    signal: Signal = param(0.0, unit="value")

    class state(State):
        past: Floats[2]

    @staticmethod
    def render(out, signal, state):
        for i in range(out.size):
            print(i)
            out[i] = lowpass(signal[i], 0.5, state.past, 2)
"""


@pytest.fixture
def smooth(tmp_path, monkeypatch):
    (tmp_path / "smooth.py").write_text(SMOOTH, encoding="utf-8")
    monkeypatch.setattr(python_run, "SECONDS", 60.0)
    return library.load_library(tmp_path)["smooth"]


def test_a_mistake_inside_a_shared_function_is_told_at_the_line_that_calls_it(smooth):
    place = python_run.python_mistake(smooth)
    assert Path(place["file"]).name == "smooth.py"
    assert SMOOTH.splitlines()[place["line"] - 1].strip().startswith("out[i] = lowpass(")
    sentence = "smooth uses index 2 of an array that has 2 places, from 0 on, in `lowpass` (one_pole.py:"
    assert place["sentence"].startswith(sentence)


def test_what_a_kernel_prints_in_its_run_as_python_is_not_seen(smooth, capfd):
    assert python_run.python_mistake(smooth)
    assert capfd.readouterr() == ("", "")


class Writers:
    """Workers that write a file at once, without any compiling."""

    def __init__(self) -> None:
        self.asked = 0

    def start(self) -> None:
        pass

    def answer(self, message: Message, _preferred: int) -> Message:
        self.asked += 1
        write_code(Path(message["path"]), "entry", b"code")
        return {}

    def close(self) -> None:
        pass


NEW = """from waves.node import Node

class Fresh(Node):
    @staticmethod
    def render(out):
        for i in range(out.size):
            out[i] = {}
"""


@pytest.mark.parametrize("refused", [False, True])
def test_of_two_calls_that_want_the_same_new_code_both_end_alike(monkeypatch, tmp_path, refused):
    """A save of a node file and the piece that plays it: whichever is first, the other does not miss its file."""
    monkeypatch.setattr(kernel_cache, "folder", lambda: tmp_path)
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "fresh.py").write_text(NEW.format(0.5 if refused else 0.25))
    kind = library.load_library(NODES, tmp_path / "nodes")["fresh"]
    kernel_cache.mark_untrusted([kind], checked=False)
    kernels, both, tried = kernel_cache.variants(kind), threading.Barrier(2), []

    def run_compiled(_self: Sandbox, kind: type[Node], paths: dict[Path, Any], hints: Any) -> list[Problem]:
        assert all(map(is_usable, paths)) and len(paths) == len(kernels)
        tried.append(kind)
        threading.Event().wait(0.1)  # the other call comes
        return [Problem("it crashes")] * refused

    def run_as_python(_self: Sandbox, _kind: type[Node]) -> tuple[list[Problem], dict[str, Any]]:
        both.wait()
        return [], {}

    monkeypatch.setattr(Sandbox, "run_compiled", run_compiled)
    monkeypatch.setattr(Sandbox, "run_as_python", run_as_python)
    with Compiler(Writers()) as one, ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(one.compile, kernels, of_saved_file=saved) for saved in (False, True)]
        errors = [call.exception() for call in calls]
    assert [isinstance(error, CompileError) for error in errors] == [refused, refused], errors
    assert len(tried) == 1 + refused
    assert [file.suffix for file in tmp_path.iterdir() if file.is_file()] == [".o"] * len(kernels) * (not refused)


def test_code_that_was_not_tried_is_of_one_program_alone():
    """Another one could move or remove it before its trial."""
    program = """
        from tests.harness.paths import NODES
        from waves.engine.compiler import kernel_cache
        from waves.node_types.library import library
        kind = library.load_library(NODES)["dc"]
        kernel_cache.mark_untrusted([kind], checked=False)
        print(*(path(kernel_cache.variants(kind)[0]) for path in (kernel_cache.path_of, kernel_cache.written_path)))
    """
    (final, first), (same, second) = (output_of(program).split() for _ in range(2))
    assert final == same and len({final, first, second}) == 3
