"""A kind of edit: what is saved before and after, and where the nodes should be from then on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bench.piece import FADE, RATE, Files

CHANNELS = 6
EDITED, STEADY, RHYTHMIC = slice(0, 2), slice(2, 4), slice(4, 6)  # channels
FIRST = 2048  # frame at which a save comes in that was made before the edit

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
    """What is edited, and what is not."""
    return PIECE.format(tracks="\n    ".join(tracks), entries=entries)


@dataclass(frozen=True, slots=True)
class Edit:
    """One kind. `saved` are the files that an editor writes; `first` was saved some time before.

    `course` is a piece that nobody reloads, in which every node goes as it should go through this edit. In it GLIDE is
    how far a number has glided, 0 to 1, EDITED whether the edit is in, and SINCE the seconds since then. Left out, it
    is the piece before: the edit should leave every node on its way.
    """

    title: str
    before: str
    saved: Files = field(default_factory=dict)  # nothing: undo
    course: str = ""
    first: Files = field(default_factory=dict)
    files: Files = field(default_factory=dict)  # beside the piece
    refused: bool = False
    others: int = 0  # nodes that it adds, takes away or brings back; all others must go on

    def course_of(self, commit: int) -> str:
        """The course of an edit that comes in at this frame."""
        glide = f"clip((t * sr - {commit - 1}) / {FADE}, 0, 1)"
        names = {"GLIDE": glide, "EDITED": f"(t * sr > {commit - 0.5})", "SINCE": f"(t - {commit / RATE!r})"}
        text = self.course or self.before
        for name, meant in names.items():
            text = text.replace(name, f"({meant})")
        return text

    def unseen(self) -> Files:
        """What is saved, the code of nodes with a number in it that was never compiled."""
        level = f"LEVEL = {0.2 + time.time_ns() % 10**9 * 1e-12!r}"
        return {
            name: content.replace("LEVEL = 0.2", level) if isinstance(content, str) else content
            for name, content in self.saved.items()
        }


def saves(title: str, before: str, after: str, course: str = "", **more: Any) -> Edit:
    """An edit of the piece."""
    return Edit(title, before, {"waves.yaml": after}, course, **more)


def values(title: str, text: str, old: str, new: str, course: str = "", entries: str = "", **more: Any) -> Edit:
    """An edit that writes something else in one place, VALUE of a track or of an entry below."""

    def written(value: str) -> str:
        return piece(text.replace("VALUE", value), entries=entries.replace("VALUE", value))

    return saves(title, written(old), written(new), written(f'"{course}"') if course else "", **more)
