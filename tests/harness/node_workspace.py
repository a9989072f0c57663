"""A workspace whose node files are edited while they play."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Container
from pathlib import Path
from typing import Any

import numpy as np

from tests.harness.engine_harness import compiler
from tests.harness.session_harness import NODES, Stage, save, write_sample
from waves.engine.compiler import kernel_cache
from waves.events.event import Event
from waves.live.saves.node_check import types_that_stay
from waves.live.saves.node_reload import NodeReloader
from waves.node_types.library import library

PIECE = """\
my_sound:
  mix:
    low: {osc: {freq: 110, amp: 0.2}}
    hiss: {osc: {type: noise, amp: 0.02}}
    own: {grit: {levels: 9, signal: {osc: {freq: 220, amp: 0.3}}}}
"""
GRIT = '''\
"""Grit: fewer levels.

    rough: {grit: {levels: 8, signal: {osc: {freq: 110}}}}
"""

import math

import numpy as np

from waves.dsp.maths import clip, finite
from waves.node import Choice, Floats, Node, Signal, State, param

from ._steps import rounded

TABLE = (1.0, 2.0, 3.0)
WORDS = {"a": 1.0}


class Grit(Node):
    signal: Signal = param(unit="value", description="What is made rough.")
    levels: Signal = param(16.0, unit="number", minimum=1.0, description="Steps between 0 and 1.")
    kind: Choice["up", "down"] = param("up")
    drive: float = param(1.0, unit="factor")

    class state(State):
        count: int = 0  # frames
        peak: float = 0.0
        past: Floats[4]

    @staticmethod
    def render(out, signal, levels, kind, drive, state):
        for i in range(out.size):
            state.count += 1
            state.peak = max(state.peak, abs(signal[i]))
            out[i] = rounded(finite(signal[i], 0.0) * drive, max(levels[i], 1.0))


def beside(x):
    return 2.0 * x
'''
STEPS = '''\
"""Rounding that nodes share."""

from waves.dsp.maths import rint


def rounded(x, levels):
    return rint(x * levels) / levels
'''
OWN = "my_sound.root.Mix.own.Grit"
BODY = "            out[i] = rounded(finite(signal[i], 0.0) * drive, max(levels[i], 1.0))\n"


SHIPPED = ("osc", "mix", "sample", "gain", "filter", "delay", "track")


def copy_shipped(folder: Path, names: Container[str]) -> None:
    """Copies the shipped node files of some names into a folder, with all of their helpers."""
    for file in NODES.rglob("*.py"):
        if file.stem in names or file.stem.startswith("_"):
            copy = folder / file.relative_to(NODES)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)


class Desk:
    """A stage with a workspace's own node `grit`, its helper, and a copy of some of the shipped library.

    Each file of it costs time with each save: it has the nodes in `SHIPPED`, and what the piece and `grit` name.
    """

    def __init__(self, folder: Path, piece: str = PIECE, grit: str = GRIT, checked: bool = True):
        self.folder = folder
        copy_shipped(folder / "shipped", {*SHIPPED, *re.findall(r"\w+", piece + grit)})
        save(folder, grit, "nodes/grit.py")
        save(folder, STEPS, "nodes/_steps.py")
        self.shipped = f"shipped_{os.urandom(4).hex()}"
        types = self.load()
        kernel_cache.mark_untrusted([types["grit"]], checked)
        write_sample(folder / "samples" / "a.wav")
        self.stage = Stage(folder, piece, library=types)
        packages = [self.shipped, library.open_folder(folder / "nodes")]
        self.nodes = NodeReloader(types, packages, compiler(), self.stage.events.append, self.accept, checked=checked)
        self.nodes.types_that_stay = lambda: types_that_stay(self.stage.composer)
        self.nodes.take_back = self.take_back
        self.engine, self.session, self.events = self.stage.engine, self.stage.session, self.stage.events

    def load(self) -> dict[str, Any]:
        before, library.SHIPPED = library.SHIPPED, self.shipped
        try:
            return library.load_library(self.folder / "shipped", self.folder / "nodes")
        finally:
            library.SHIPPED = before

    def accept(self, types: library.Types, files: list[Path], since: float) -> None:
        self.stage.composer.offer(types)
        self.session.changed(files, since)

    def take_back(self, types: library.Types, files: list[str]) -> None:
        self.stage.composer.offer(types)
        self.session.outcomes.forget(files)

    def save(self, text: str, name: str = "nodes/grit.py") -> Any:
        """Save a node file and load it; the result."""
        save(self.folder, text, name)
        return self.nodes.reload()

    def reload(self, text: str, name: str = "nodes/grit.py") -> Any:
        """Save, and let it come in with the next block."""
        result = self.save(text, name)
        self.stage.settle()
        return result

    def report(self, kind: str) -> Event:
        """The last event of a kind."""
        return [event for event in self.events if event.kind == kind][-1]

    def play(self, frames: int) -> np.ndarray:
        return self.stage.play(frames)

    def state(self, key: str = OWN) -> Any:
        return self.stage.state(key)


def body(line: str, text: str = GRIT) -> str:
    """The node with another line in its loop."""
    assert BODY in text
    return text.replace(BODY, f"            {line}\n")


def edit(old: str, new: str) -> str:
    assert GRIT.count(old) == 1, old
    return GRIT.replace(old, new)


def at(fragment: str) -> int:
    """The line of the node in which something stands."""
    return GRIT[: GRIT.index(fragment)].count("\n") + 1
