"""What is compiled while a piece plays, and that a save need not wait for it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.harness.command import Play, waves
from tests.harness.session_harness import shipped
from tests.harness.waiting import wait
from waves.app.performance.rest_compile import compile_rest
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError
from waves.problem import Problem

TONE = "tone: {osc: {freq: %s, amp: 0.2}}\n"


class Noted:
    """A compiler that notes what it is asked for; `refused` cannot be compiled, and `then` is called with each."""

    def give_way(self) -> None: ...

    def __init__(self, refused=(), then=lambda kernel: None):
        self.refused, self.then = refused, then
        self.compiled, self.rehearsed = [], []

    def compile_when_idle(self, kernel):
        self.compiled.append(kernel)
        self.then(kernel)
        if kernel in self.refused:
            raise CompileError(Problem("no"))

    def rehearse(self, kernels):
        self.rehearsed += kernels


@pytest.fixture
def all_missing(monkeypatch):
    """Nothing is compiled but what a `Noted` compiler was asked for; the cache stays as it is."""
    done = []
    monkeypatch.setattr(kernel_cache, "missing", lambda kernels: [kernel for kernel in kernels if kernel not in done])
    monkeypatch.setattr(kernel_cache, "prune", lambda: 0)
    return done


def test_what_the_piece_may_need_comes_first_then_the_library(all_missing):
    osc, mix = kernel_cache.variants(shipped()["osc"]), kernel_cache.variants(shipped()["mix"])
    likely = [mix[0]]

    def another_plays(kernel):
        if kernel == mix[0]:
            likely[:] = [osc[2], osc[1]]
        if kernel != osc[2]:
            all_missing.append(kernel)

    one = Noted([osc[2]], another_plays)
    compile_rest(one, lambda: likely, [shipped()["delay"]], shipped().values(), Event())
    assert one.compiled[:3] == [mix[0], osc[2], osc[1]]
    assert one.rehearsed == kernel_cache.variants(shipped()["delay"])
    assert {*one.compiled} == {*kernel_cache.kernels_of(shipped().values())}
    assert one.compiled.count(osc[2]) == 2, "what cannot be compiled is not tried again and again"


def test_it_stops_between_two_kernels(all_missing):
    stopping = Event()
    one = Noted(then=lambda kernel: stopping.set())
    compile_rest(one, lambda: kernel_cache.variants(shipped()["osc"]), [shipped()["delay"]], [], stopping)
    assert len(one.compiled) == 1 and not one.rehearsed


def names_in(cache: Path) -> list[str]:
    return sorted(re.sub(r"_[0-9a-f]{20}\.o$", "", file.name) for file in cache.iterdir())


def children_of(pid: int) -> list[int]:
    """Processes that a process has started, and those of these."""
    own = [int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]
    return [*own, *(one for child in own for one in children_of(child))]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_with_an_empty_cache_it_compiles_what_sounds_then_what_saves_need(tmp_path: Path, monkeypatch) -> None:
    """The first plan compiles exactly its kernels. A save meanwhile is heard, and the end leaves nothing behind."""
    cache = tmp_path / "cache" / "kernels"
    monkeypatch.setenv("WAVES_CACHE", str(cache.parent))
    (tmp_path / "waves.yaml").write_text(TONE % 220)
    done = waves(tmp_path, "render", "tone", "--duration", "0.1")
    assert done.returncode == 0, done.stderr
    first = ["block", "mix", "osc", "render", "run", "swap", "transport", "trial_blocks"]
    assert names_in(cache) == first
    assert "8 kernels, once" in done.stderr and "the engine, osc, mix, tempo" in done.stderr
    with Play(tmp_path, "tone", "--fade", "0.01") as play:
        play.wait_for("started")
        assert wait(lambda: "fade" in names_in(cache), 240)
        play.save(TONE % 330)
        play.wait_for("reloaded")
        assert {"fade", "callback"} <= {*names_in(cache)} and names_in(cache).count("osc") >= 2
        processes = children_of(play.process.pid)
        assert processes, "it compiles"
        assert play.end() == 130
        assert wait(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in processes))
    assert all(file.suffix == ".o" for file in cache.iterdir())
    assert not kernel_cache.damaged()
