"""Files with one mistake each, and the stage on which they are saved while a piece plays.

A case is a file `name.yaml`: a whole waves.yaml whose `my_sound` cannot be played, then the line `# expect`
and, as comments, what is said of it: each problem with its line of the file and a caret. A new case is a new
file.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.harness import engine_harness as rig
from tests.harness.paths import MISTAKES, NODES
from waves.engine.runtime.engine import Engine
from waves.events.event import Event
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import load_library
from waves.problem import Problem

EXPECT = "# expect\n"
SOUNDS: list[tuple[str, dict[str, Any]]] = [("my_sound", {})]

KIT = """\
vars: {tuning: 440}
kick: {osc: {freq: 55, duration: 0.2}}
hat: {osc: {type: noise, duration: 0.05}}
snare: {osc: {type: noise, duration: 0.1}}
"""

PIECE = """\
my_sound:
  mix:
    drone:
      filter: {cutoff: 600 + 300 * sin(t * 3), peak: 0.4, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}
    echo:
      delay: {time: 0.21, feedback: 0.5, signal: {sample: {file: samples/hit.wav, loop: true, speed: 0.7}}}
    wind: {osc: {type: noise, amp: 0.02}}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """`text` as bytes that need be no UTF-8; `expected` is what is said, "" while that is not written."""

    name: str
    text: bytes
    expected: str


def cases() -> list[Case]:
    """All cases, by name."""
    found = []
    for file in sorted(MISTAKES.glob("*.yaml")):
        text, _, comments = file.read_text("utf-8", "surrogateescape").partition(EXPECT)
        expected = "\n".join(line.removeprefix("# ") for line in comments.splitlines())
        found.append(Case(file.stem, text.encode("utf-8", "surrogateescape"), expected))
    return found


def shown(problems: tuple[Problem, ...] | list[Problem]) -> str:
    """Problems as the commands print them."""
    return "\n".join(problem.show() for problem in problems)


def make_workspace(root: Path, text: str | bytes) -> Path:
    """A workspace in the new folder `root`, a file beside it that is out of bounds; gives its waves.yaml."""
    for folder in ("sounds", "samples/kit", "samples/hollow"):
        (root / folder).mkdir(parents=True)
    (root / "sounds" / "kit.yaml").write_text(KIT)
    (root / "samples" / "notes.txt").write_text("no sound\n")
    click = np.hanning(1000) * np.sin(np.arange(1000) / 5)
    for name in ("samples/hit.wav", "samples/kit/a.wav", "samples/kit/b.wav", "../outside.wav"):
        soundfile.write(root / name, click, rig.RATE)
    soundfile.write(root / "samples" / "empty.wav", np.zeros(0), rig.RATE)
    file = root / "waves.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def composer_for(file: Path, settings: Settings | None = None) -> Composer:
    """Reads the workspace of a waves.yaml with the shipped nodes."""
    return Composer(find_workspace(file.parent), load_library(NODES), settings or Settings(), rig.RATE, seed=0)


class Stage:
    """A session that plays `my_sound` on an engine without a device; time goes on while a save is built."""

    def __init__(self, root: Path, text: str = PIECE):
        self.file = make_workspace(root, text)
        composer = composer_for(self.file)
        composition = composer.compose(SOUNDS)
        rig.compile_all(composition.graph)
        self.events: list[Event] = []
        self.engine = Engine(rig.RATE)
        self.session = Session(composer, SOUNDS, self.engine, rig.compiler(), self.events.append, fade=0.02)
        self.session.begin(composition)
        self.session.builder.start()
        self.blocks: list[np.ndarray[Any, Any]] = []

    def play(self, blocks: int) -> None:
        """The next blocks of 64 frames."""
        self.blocks += [self.engine.call(64) for _ in range(blocks)]

    def save(self, text: str | bytes) -> Event:
        """Save the piece and play until that has come in or was refused; what was said of it."""
        self.file.write_bytes(text.encode() if isinstance(text, str) else text)
        heard = len(self.events)
        deadline = time.monotonic() + 60.0
        self.session.changed([self.file])
        decided: list[Event] = []
        while not (self.session.builder.wait(0.001) and decided):  # a build that lacks a kernel is done later
            self.play(1)
            decided = [event for event in self.events[heard:] if event.kind in ("refused", "reloaded")]
            assert time.monotonic() < deadline, "the save was never decided on"
        self.play(2)
        [event] = decided
        return event

    @property
    def output(self) -> np.ndarray[Any, Any]:
        """All that was played: float32 of shape (blocks, 64, channels)."""
        return np.stack(self.blocks)

    def stop(self) -> None:
        self.session.stop()
