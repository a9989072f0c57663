"""A piece from its text to the engine, the way `waves render` goes."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from waves import kernels
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
SOUND = "my_sound"


@cache
def library() -> dict[str, type[Node]]:
    return load_library(library_folder("nodes"))


@cache
def compiler() -> Compiler:
    return Compiler()


def close() -> None:
    """End the compiler's processes."""
    compiler().close()
    compiler.cache_clear()


class Piece:
    """The sound `my_sound` of a text, in a folder of its own, and an engine of `channels` channels that plays it."""

    def __init__(self, text: str, *, channels: int = 1, limiting: bool = False, sample: Any = None):
        self._folder = tempfile.TemporaryDirectory(prefix="waves-bench-")
        self.folder = Path(self._folder.name)
        if sample is not None:
            write_sample(self.folder / "samples", sample)
        self.file = self.folder / "waves.yaml"
        self.write(text)
        settings = Settings(CHANNELS=channels)
        self.composer = Composer(find_workspace(self.folder), library(), settings, RATE, settings.SEED)
        composition = self.compose()
        compiler().compile(needed_to_play(composition.graph))
        self.engine = Engine(RATE, channels, limiting)
        self.registry = Registry()
        self.plan = build_plan(composition.graph, None, self.registry, self.engine.bus, 0)
        self._offer(self.plan)

    def write(self, text: str) -> None:
        self.file.write_text(text)

    def compose(self) -> Composition:
        return self.composer.compose([(SOUND, {})])

    def commit(self, composition: Composition, fade: int = 882) -> Plan:
        """Build upon what plays and offer it for the next block; the last fade must be over."""
        self.plan.parent = None
        plan = build_plan(composition.graph, self.plan, self.registry, self.engine.bus, fade)
        self._offer(plan)
        self.plan = plan
        return plan

    def _offer(self, plan: Plan) -> None:
        self.engine.offer(plan)
        self.registry.committed(plan.states, plan.memories)

    def render(self, frames: int) -> np.ndarray[Any, Any]:
        """The next frames of the first channel."""
        return self.engine.render(frames)[:, 0]


def write_sample(folder: Path, data: np.ndarray[Any, Any], name: str = "tone.wav") -> Path:
    """Mono frames at the engine's rate as a file of float32."""
    import soundfile

    folder.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / name, data, RATE, subtype="FLOAT")
    return folder / name


__all__ = ["RATE", "SOUND", "Piece", "close", "compiler", "kernels", "library", "write_sample"]
