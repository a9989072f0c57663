"""One kind of edit: the files before and after, and the expected positions of the nodes from then on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bench.workspace import FADE, RATE, Files

CHANNELS = 6
EDITED, STEADY, RHYTHMIC = slice(0, 2), slice(2, 4), slice(4, 6)  # channels
FIRST = 2048  # frame of the commit of a save that is made before the edit

PIECE = """\
my_sound:
  mix:
    {tracks}
    steady:
      track:
        out: 3
        signal:
          delay:
            time: 0.11
            feedback: 0.4
            mix: 0.3
            signal:
              filter:
                cutoff: {{osc: {{freq: 0.7, range: [300, 3000]}}}}
                signal: {{sample: {{file: samples/tone.wav, loop: true, speed: 0.83}}}}
    rhythmic:
      track:
        out: 5
        signal: {{sequencer: {{interval: 0.05, swing: 0.3, steps: [tick, ~, tick f900, tick]}}}}
tick: {{osc: {{freq: 600, amp: [0.2, 0], duration: 0.08}}}}
{entries}
"""


def piece(*tracks: str, entries: str = "") -> str:
    """A piece of the tracks that are edited, a steady and a rhythmic track that are not, and further entries."""
    return PIECE.format(tracks="\n    ".join(tracks), entries=entries)


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind of edit. `saved` are the files that an editor writes; `first` is saved some time before.

    `expected` is a piece that is never reloaded, whose nodes move as they should through this edit. In it GLIDE is how
    far a number has glided, from 0 to 1, EDITED whether the edit is committed, and SINCE the seconds since then. Left
    out, it is the piece before the edit: every node should simply continue.
    """

    title: str
    before: str
    saved: Files = field(default_factory=dict)  # empty: undo
    expected: str = ""
    first: Files = field(default_factory=dict)
    files: Files = field(default_factory=dict)  # of the workspace, beside the piece
    refused: bool = False
    others: int = 0  # nodes that it adds, removes or brings back; all others must continue

    def expected_at(self, commit: int) -> str:
        """The expected piece if the edit is committed at this frame."""
        glide = f"clip((t * sr - {commit - 1}) / {FADE}, 0, 1)"
        names = {"GLIDE": glide, "EDITED": f"(t * sr > {commit - 0.5})", "SINCE": f"(t - {commit / RATE!r})"}
        text = self.expected or self.before
        for name, meant in names.items():
            text = text.replace(name, f"({meant})")
        return text

    def not_compiled_yet(self) -> Files:
        """The saved files; code of nodes has a number in it that was never compiled."""
        level = f"LEVEL = {0.2 + time.time_ns() % 10**9 * 1e-12!r}"
        return {
            name: content.replace("LEVEL = 0.2", level) if isinstance(content, str) else content
            for name, content in self.saved.items()
        }


def saves(title: str, before: str, after: str, expected: str = "", **more: Any) -> Edit:
    """An edit that saves another text of the piece."""
    return Edit(title, before, {"waves.yaml": after}, expected, **more)


def values(title: str, text: str, old: str, new: str, expected: str = "", entries: str = "", **more: Any) -> Edit:
    """An edit that replaces one value, which is written as VALUE in a track or in an entry."""

    def written(value: str) -> str:
        return piece(text.replace("VALUE", value), entries=entries.replace("VALUE", value))

    return saves(title, written(old), written(new), written(f'"{expected}"') if expected else "", **more)
