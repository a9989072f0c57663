"""Cases with one mistake each, and a session in which they are saved while a piece plays.

A case is a file `name.yaml`: a whole waves.yaml whose `my_sound` cannot be played (in `told` it can), then the line
`# expect` and, as comments, the problems as they are shown: each with its line of the file and a caret. A new
case is a new file. In a problem, `{osc.type}` stands for the words that this parameter takes, as the node declares
them.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from tests.harness.engine_harness import RATE, compile_all, compiler
from tests.harness.paths import MISTAKES
from tests.harness.session_harness import shipped
from waves.engine.runtime.engine import Engine
from waves.events.event import Event
from waves.live.session.session import Session
from waves.live.workspace.composer import Composer
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library import signature
from waves.problem import Problem

EXPECT = "# expect\n"
WORDS = re.compile(r"\{(\w+)\.(\w+)\}")  # {osc.type}
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
    """`text` as bytes, which may not be UTF-8; `expected` are the problems as they are shown, "" in a case without."""

    name: str
    text: bytes
    expected: str


def cases(folder: Path = MISTAKES) -> list[Case]:
    """All cases of a folder, by name."""
    all_cases = []
    for file in sorted(folder.glob("*.yaml")):
        text, _, comments = file.read_text("utf-8", "surrogateescape").partition(EXPECT)
        expected = "\n".join(line.removeprefix("# ") for line in comments.splitlines())
        all_cases.append(Case(file.stem, text.encode("utf-8", "surrogateescape"), WORDS.sub(_words, expected)))
    return all_cases


def _words(parameter: re.Match[str]) -> str:
    node, name = parameter.groups()
    return ", ".join(signature.words(shipped()[node], name))


def shown(problems: tuple[Problem, ...] | list[Problem]) -> str:
    """Problems as the commands print them."""
    return "\n".join(problem.show() for problem in problems)


def make_workspace(root: Path, text: str | bytes) -> Path:
    """A workspace in the new folder `root`, with a file beside it that is out of bounds; returns its waves.yaml."""
    for folder in ("sounds", "samples/kit", "samples/hollow"):
        (root / folder).mkdir(parents=True)
    (root / "sounds" / "kit.yaml").write_text(KIT)
    (root / "samples" / "notes.txt").write_text("no sound\n")
    click = np.hanning(1000) * np.sin(np.arange(1000) / 5)
    for name in ("samples/hit.wav", "samples/kit/a.wav", "samples/kit/b.wav", "../outside.wav"):
        soundfile.write(root / name, click, RATE)
    soundfile.write(root / "samples" / "empty.wav", np.zeros(0), RATE)
    file = root / "waves.yaml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def composer_for(file: Path, settings: Settings | None = None) -> Composer:
    """A composer for the workspace of a waves.yaml, with the shipped nodes."""
    return Composer(find_workspace(file.parent), shipped(), settings or Settings(), RATE)


class LiveSession:
    """A session that plays `my_sound` on an engine without a device, block by block while a save is built."""

    def __init__(self, root: Path, text: str = PIECE):
        self.file = make_workspace(root, text)
        composer = composer_for(self.file)
        composition = composer.compose(SOUNDS)
        compile_all(composition.graph)
        self.events: list[Event] = []
        self.engine = Engine(RATE)
        self.session = Session(composer, SOUNDS, self.engine, compiler(), self.events.append, fade=0.02)
        self.session.begin(composition)
        self.session.builder.start()
        self.blocks: list[np.ndarray[Any, Any]] = []

    def play(self, blocks: int) -> None:
        """Play the next blocks of 64 frames."""
        self.blocks += [self.engine.call(64) for _ in range(blocks)]

    def save(self, text: str | bytes) -> Event:
        """Save the piece and play until the save has taken effect or was refused; its event."""
        self.file.write_bytes(text.encode() if isinstance(text, str) else text)
        events_before = len(self.events)
        deadline = time.monotonic() + 60.0
        self.session.changed([self.file])
        decided: list[Event] = []
        while not (self.session.builder.wait(0.001) and decided):  # a build that lacks a kernel goes on later
            self.play(1)
            decided = [event for event in self.events[events_before:] if event.kind in ("refused", "reloaded")]
            assert time.monotonic() < deadline, "the save was never decided on"
        self.play(2)
        [event] = decided
        return event

    @property
    def output(self) -> np.ndarray[Any, Any]:
        """All that was played: float32, shape (blocks, 64, channels)."""
        return np.stack(self.blocks)

    def stop(self) -> None:
        self.session.stop()
