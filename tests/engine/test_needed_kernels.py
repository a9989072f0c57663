"""Which kernels a plan needs, which are likely to be needed next, and in which order they are compiled."""

from __future__ import annotations

import threading

import pytest

from tests.harness.engine_harness import compiler
from tests.harness.paths import TOP
from tests.harness.session_harness import composer_for, save
from tests.harness.waiting import wait
from waves.engine.compiler import cache_folder, kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import EngineKernel, NodeKernel
from waves.engine.compiler.sandbox import Sandbox
from waves.engine.plan.plan import (
    MissingKernels,
    build_plan,
    needed_for_changes,
    needed_kernels,
    needed_to_play,
)
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.problem import Problem

TONE = "my_sound: {osc: {freq: %s, amp: 0.2}}\n"
NOTES = "my_sound: {sequencer: {interval: 0.1, steps: [beep]}}\nbeep: {osc: {freq: 300, duration: 0.05}}\n"


@pytest.fixture
def graph_of(tmp_path):
    def graph_of(text):
        save(tmp_path, text)
        return composer_for(tmp_path).compose([("my_sound", {})]).graph

    return graph_of


def variants_of(kernels, name):
    return {kernel.constant for kernel in kernels if isinstance(kernel, NodeKernel) and kernel.title == name}


def functions(kernels):
    return {kernel.function for kernel in kernels if isinstance(kernel, EngineKernel)}


def test_the_first_plan_needs_the_variants_of_its_rows_and_no_others(graph_of):
    always = {"run", "block", "swap", "trial_blocks"}
    tone = needed_to_play(graph_of(TONE % 220), "callback")
    assert functions(tone) == {*always, "callback"}
    assert variants_of(tone, "osc") == {frozenset({"freq", "phase"})}
    assert not variants_of(tone, "crossfade") and not variants_of(tone, "moved value")
    assert functions(needed_to_play(graph_of(TONE % 220), "render")) == {*always, "render"}
    moving = needed_to_play(graph_of(TONE % "{osc: {freq: 2, range: [200, 300]}}"), "callback")
    assert variants_of(moving, "osc") == {frozenset({"freq", "phase"}), frozenset({"phase"})}
    assert functions(needed_to_play(graph_of(NOTES), "callback")) == {*always, "callback", "pool"}


def test_the_first_sound_of_the_demo_piece_compiles_eight_kernels():
    """Each more is half a second of an empty cache that a newcomer waits for."""
    graph = composer_for(TOP).compose([("tone", {})]).graph
    needed = [
        (kernel.title, sorted(kernel.constant) if isinstance(kernel, NodeKernel) else [])
        for kernel in needed_to_play(graph, "callback")
    ]
    engine = [(name, []) for name in ("run", "block", "swap", "trial_blocks", "callback")]
    assert needed == [*engine, ("osc", ["freq", "phase"]), ("mix", []), ("tempo", [])]


def test_changes_are_likely_to_need_fades_and_all_variants(graph_of):
    likely = needed_for_changes(graph_of(TONE % 220))
    assert len(variants_of(likely, "osc")) == 4 and functions(likely) == {"pool"}
    assert [kernel.title for kernel in likely[:2]] == ["crossfade", "moved value"], "which every change needs"


def test_a_plan_that_fades_needs_more_than_what_settles(graph_of, monkeypatch):
    """A number that fades is a signal meanwhile. What is missing is said before anything is done."""
    one, other = graph_of(TONE % 220), graph_of(TONE % 330)
    compiler().compile(needed_to_play(one, "callback"))
    engine, registry = Engine(44100.0), Registry()
    plan = build_plan(one, None, registry, engine.addresses, 0)
    ready = {*needed_kernels(one)}
    monkeypatch.setattr(kernel_cache, "missing", lambda kernels: [one for one in kernels if one not in ready])
    states = dict(registry.states)
    with pytest.raises(MissingKernels) as found:
        build_plan(other, plan, registry, engine.addresses, 1000)
    assert {kernel.title for kernel in found.value.kernels} == {"crossfade", "osc"}
    assert variants_of(found.value.kernels, "osc") == {frozenset({"phase"})}
    assert registry.states == states
    build_plan(other, plan, registry, engine.addresses, 0)  # a cut needs none of them


def test_what_nothing_waits_for_is_compiled_when_nothing_else_is(monkeypatch, graph_of):
    """And a second call for the same kernel finds it compiled."""
    kernels = needed_kernels(graph_of(TONE % 220))
    begun, go, asked, done = threading.Semaphore(0), threading.Semaphore(0), [], []

    def ask(self, kernel, keep=True):
        asked.append(kernel)
        begun.release()
        assert go.acquire(timeout=60)
        done.append(kernel)

    monkeypatch.setattr(Compiler, "_ask", ask)
    monkeypatch.setattr(kernel_cache, "missing", lambda wanted: [one for one in wanted if one not in done])
    with Compiler() as one:
        waited_for = [threading.Thread(target=one.compile, args=([kernels[0]],)) for _ in range(2)]
        idle = threading.Thread(target=one.compile_when_idle, args=(kernels[1],))
        for thread in waited_for:
            thread.start()
        assert begun.acquire(timeout=60)
        idle.start()
        go.release()
        for thread in waited_for:
            thread.join(60)
        assert begun.acquire(timeout=60)
        assert asked == kernels[:2], "each once, the one that nothing waits for last"
        go.release()
        idle.join(60)
        assert done == kernels[:2]


def test_a_save_does_not_wait_for_the_check_of_a_node_file_that_it_does_not_use(graph_of, monkeypatch):
    """Neither for its compilation nor for its trial, both of which may take long."""
    kernels = [kernel for kernel in needed_kernels(graph_of(NOTES)) if isinstance(kernel, NodeKernel)]
    go, busy, done = threading.Event(), threading.Semaphore(0), []

    def ask(self, kernel, keep=True):
        if kernel in kernels[1:]:
            busy.release()
            assert go.wait(60)
        done.append(kernel)

    def try_python(self, kind):
        if self is one.sandbox:
            busy.release()
            assert go.wait(60)
        return [], {}

    monkeypatch.setattr(Compiler, "_ask", ask)
    monkeypatch.setattr(Sandbox, "run_as_python", try_python)
    monkeypatch.setattr(Sandbox, "try_out", lambda *_: [])
    monkeypatch.setattr(kernel_cache.NodeKernel, "untrusted", True)
    monkeypatch.setattr(kernel_cache, "missing", lambda wanted: [one for one in wanted if one not in done])
    with Compiler() as one:
        check = threading.Thread(target=lambda: one.compile(kernels[1:], of_saved_file=True))
        check.start()
        for _ in range(3):  # two kernels that are compiled, and a trial
            assert busy.acquire(timeout=60)
        one.compile(kernels[:1])
        assert done == kernels[:1] and check.is_alive()
        go.set()
        check.join(60)
        assert {*done} == {*kernels}


def test_what_waits_for_its_turn_ends_with_the_compiler(graph_of, monkeypatch):
    kernel = needed_kernels(graph_of(TONE % 220))[0]
    monkeypatch.setattr(kernel_cache, "missing", list)
    one, raised = Compiler(), []
    one._calls = 1  # something else is compiled

    def wait_for_turn():
        try:
            one.compile_when_idle(kernel)
        except CompileError as error:
            raised.append(error)

    thread = threading.Thread(target=wait_for_turn)
    thread.start()
    one.close()
    thread.join(60)
    assert raised and not one.workers._all


def test_a_refused_kernel_is_said_where_it_is_needed(monkeypatch, graph_of):
    kernel = needed_kernels(graph_of(TONE % 220))[0]
    monkeypatch.setattr(kernel_cache, "missing", list)

    def refuse(self, kernel, keep=True):
        raise CompileError(Problem("no"))

    monkeypatch.setattr(Compiler, "_ask", refuse)
    with Compiler() as one:
        for call in (lambda: one.compile([kernel]), lambda: one.compile_when_idle(kernel)):
            with pytest.raises(CompileError, match="no"):
                call()
        assert wait(lambda: not one._calls)


class Asked:
    """Workers that compile nothing: they tell what they are asked, and answer when they may, or with `block`."""

    def __init__(self, answers):
        self.answers, self.names, self.may = answers, [], threading.Event()

    def start(self):
        pass

    def answer(self, message, _preferred):
        if message["function"] == "block":
            self.may.set()
        self.may.wait()
        self.names.append(message["function"])
        return self.answers.get(message["function"], {})

    def close(self):
        self.may.set()


@pytest.fixture
def begun(monkeypatch, tmp_path):
    """A compiler that has begun with `run` and `swap`, and its workers."""
    monkeypatch.setattr(cache_folder, "folder", lambda: tmp_path)
    monkeypatch.setattr(kernel_cache, "folder", lambda: tmp_path)
    monkeypatch.setattr(kernel_cache, "_engine_codes", {})
    monkeypatch.setattr(kernel_cache, "_codes", {})
    workers = Asked({"swap": {"error": "no room"}})
    with Compiler(workers) as compiler:
        compiler.begin([EngineKernel("run"), EngineKernel("swap")])
        yield compiler, workers


def test_what_has_begun_is_not_compiled_again(begun):
    compiler, workers = begun
    told = []
    compiler.compile([EngineKernel("run"), EngineKernel("block")], lambda *progress: told.append(progress))
    assert [workers.names.count(one) for one in ("run", "block")] == [1, 1]
    assert sorted(told) == [(0, 2), (1, 2), (2, 2)]


def test_a_problem_of_what_has_begun_is_that_of_who_wants_it(begun):
    compiler, workers = begun
    workers.may.set()
    compiler.compile([EngineKernel("run")])
    with pytest.raises(CompileError, match="swap cannot be compiled: no room"):
        compiler.compile([EngineKernel("swap")])
    workers.answers.clear()
    compiler.compile([EngineKernel("swap")])


def test_nobody_waits_for_what_has_begun_when_it_is_closed(begun):
    compiler, _workers = begun
    threading.Timer(0.02, compiler.close).start()
    with pytest.raises(CompileError):
        compiler.compile([EngineKernel("swap")])
