"""A workspace with a piece, from its text to the engine, as `waves render` does it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from bench.pieces import Array, tone
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import Plan, build_plan, needed_for_changes, needed_kernels
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.settings import Settings
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.workspace import find_workspace
from waves.node import Node
from waves.node_types.library.library import is_shipped, load_library

RATE = 44100  # frames per second
FADE = 882  # frames
Files = Mapping[str, "str | Array"]
"""Files of a workspace by name: texts, or sounds as float32 arrays of shape (frames,)."""

SOUNDS: list[tuple[str, dict[str, Any]]] = [("my_sound", {})]


@cache
def library() -> dict[str, type[Node]]:
    """The shipped node types, and the one of this folder."""
    return load_library(library_folder("nodes"), Path(__file__).parent / "nodes")


@cache
def compiler() -> Compiler:
    """The compiler processes that all pieces share."""
    return Compiler()


def close() -> None:
    """End the compiler's processes."""
    compiler().close()
    compiler.cache_clear()


class Folder:
    """A temporary workspace with a `waves.yaml`, a sample and other files, composed for `channels` channels."""

    def __init__(self, text: str, channels: int = 1, files: Files | None = None):
        self.path = Path(tempfile.mkdtemp(prefix="waves-bench-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
        self.file = self.path / "waves.yaml"
        self.write(text)
        self.write_all({"samples/tone.wav": tone(), **(files or {})})
        workspace = find_workspace(self.path)
        settings = Settings(CHANNELS=channels)
        own = self.path / "nodes"
        self.library = load_library(library_folder("nodes"), own) if own.is_dir() else library()
        if own.is_dir():
            kernel_cache.mark_untrusted(
                (kind for kind in self.library.values() if not is_shipped(kind)), settings.CHECKED_NODES
            )
        self.composer = Composer(workspace, self.library, settings, RATE)

    def write(self, content: str | Array, name: str = "waves.yaml", settled: bool = True) -> Path:
        """Save a text or a sound; `settled`: with a time a minute ago, so that a reader does not wait for the file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            file.write_text(content, "utf-8")
        else:
            soundfile.write(file, content, RATE, subtype="FLOAT")
        if settled:
            os.utime(file, (time.time() - 60.0,) * 2)
        return file

    def write_all(self, files: Files, settled: bool = True) -> list[Path]:
        """Save several files."""
        return [self.write(content, name, settled) for name, content in files.items()]

    def compose(self, given: Mapping[str, str] | None = None) -> Composition:
        """The composition of the files, or of the texts `given`, with its kernels compiled."""
        composition = self.composer.compose(SOUNDS, given=given)
        graph = composition.graph
        compiler().compile([*kernel_cache.engine_kernels(), *needed_kernels(graph), *needed_for_changes(graph)])
        return composition


class Piece(Folder):
    """A workspace and an engine that plays its piece."""

    def __init__(self, text: str, channels: int = 1, limiting: bool = False, files: Files | None = None):
        super().__init__(text, channels, files)
        composition = self.compose()
        self.engine = Engine(RATE, channels, limiting)
        self.registry = Registry()
        self.plan = build_plan(composition.graph, None, self.registry, self.engine.addresses, 0)
        self.offer(self.plan)

    @property
    def rows(self) -> int:
        """How many rows play."""
        return len(self.plan.graph.rows)

    def build(self, composition: Composition) -> Plan:
        """A plan upon the one that plays, whose fade must be over."""
        return build_plan(composition.graph, self.plan, self.registry, self.engine.addresses, FADE)

    def offer(self, plan: Plan) -> None:
        """Commit a plan with the next block."""
        self.engine.offer(plan)
        plan.commit_states(self.registry)
        plan.parent = None
        self.plan = plan

    def render(self, frames: int) -> np.ndarray[Any, Any]:
        """The next frames of the first channel."""
        return self.engine.render(frames)[:, 0]
