"""A piece from its text to the engine, the way `waves render` goes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.texts import tone
from waves.cli.opening import needed_to_play
from waves.compiler import Compiler
from waves.composer import Composer, Composition
from waves.engine import Engine
from waves.library import load_library
from waves.node import Node
from waves.plan import Plan, build_plan
from waves.registry import Registry
from waves.settings import Settings
from waves.workspace import find_workspace, library_folder

RATE = 44100  # frames per second
FADE = 882  # frames
SOUNDS: list[tuple[str, dict[str, Any]]] = [("my_sound", {})]


@cache
def library() -> dict[str, type[Node]]:
    """The shipped nodes and the one of this folder."""
    return load_library(library_folder("nodes"), Path(__file__).parent / "nodes")


@cache
def compiler() -> Compiler:
    return Compiler()


def close() -> None:
    """End the compiler's processes."""
    compiler().close()
    compiler.cache_clear()


class Folder:
    """A workspace of its own with a `waves.yaml` and a sample, read for `channels` channels."""

    def __init__(self, text: str, channels: int = 1):
        self.path = Path(tempfile.mkdtemp(prefix="waves-bench-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        (self.path / "samples").mkdir()
        soundfile.write(self.path / "samples" / "tone.wav", tone(), RATE, subtype="FLOAT")
        self.file = self.path / "waves.yaml"
        self.write(text)
        settings = Settings(CHANNELS=channels)
        self.composer = Composer(find_workspace(self.path), library(), settings, RATE, settings.SEED)

    def write(self, text: str) -> None:
        """A save of a minute ago: nothing waits until the file rests."""
        self.file.write_text(text)
        os.utime(self.file, (time.time() - 60.0,) * 2)

    def compose(self) -> Composition:
        """What is in the file, its kernels compiled."""
        composition = self.composer.compose(SOUNDS)
        compiler().compile(needed_to_play(composition))
        return composition


class Piece(Folder):
    """And an engine that plays it."""

    def __init__(self, text: str, channels: int = 1, limiting: bool = False):
        super().__init__(text, channels)
        composition = self.compose()
        self.engine = Engine(RATE, channels, limiting)
        self.registry = Registry()
        self.plan = build_plan(composition.graph, None, self.registry, self.engine.bus, 0)
        self.offer(self.plan)

    @property
    def rows(self) -> int:
        return len(self.plan.graph.rows)

    def build(self, composition: Composition) -> Plan:
        """A plan upon the one that plays, whose fade must be over."""
        return build_plan(composition.graph, self.plan, self.registry, self.engine.bus, FADE)

    def offer(self, plan: Plan) -> None:
        """For the next block."""
        self.engine.offer(plan)
        self.registry.committed(plan.states, plan.memories)
        plan.parent = None
        self.plan = plan

    def render(self, frames: int) -> np.ndarray[Any, Any]:
        """The next frames of the first channel."""
        return self.engine.render(frames)[:, 0]
