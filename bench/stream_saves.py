"""Saves of `my_sound` in `waves play` on a sound device: from the rename of the file to the event of the version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.startup import environment
from bench.table import Table

TOP = Path(__file__).parent.parent
PAUSE = 1.0  # s between two saves
NUMBER = 40.0  # ms, for 95 of 100 saves of a number
STAGES = ("watch", "compose", "plan", "commit")
PART = "            more: {{delay: {{time: 0.2, mix: 0.5, signal: {{osc: {{freq: {freq}, amp: 0.05}}}}}}}}\n"


def edits(text: str) -> dict[str, Callable[[int], str]]:
    """Edits of the shipped piece by name: the text of each save."""
    top = text.index("my_sound:")
    piece = text[top:]
    assert all(piece.count(part) for part in ("bpm: 120", "volume: 0.85", "          mix:\n"))

    def edited(old: str, new: str) -> str:
        return text[:top] + piece.replace(old, new, 1)

    return {
        "a volume": lambda save: edited("volume: 0.85", f"volume: {0.8 + 0.005 * (save % 9):.3f}"),
        "the tempo": lambda save: edited("bpm: 120", f"bpm: {121 + save % 9}"),
        "a part is added": lambda save: edited("          mix:\n", "          mix:\n" + PART.format(freq=200 + save)),
    }


def events(process: subprocess.Popen[str], kinds: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """The events of these kinds, as they come."""
    assert process.stdout
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] in kinds:
            yield event
    raise RuntimeError("the player has ended")


def measure(quick: bool = False) -> list[Table]:
    """The table of each edit, on the device that is the default; a player starts with an empty `.waves/`."""
    count = 12 if quick else 60
    table = Table(
        "Saves of my_sound on the default device",
        f"{count} saves {PAUSE:g} s apart, ms of the stages and of all: median, 95 of 100.",
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        shutil.copytree(TOP / "samples", root / "samples")
        text = (TOP / "waves.yaml").read_text()
        (root / "waves.yaml").write_text(text)
        command = [sys.executable, "-m", "waves", "play", "my_sound", "--json-events", "--dir", folder]
        with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
            print("device:", next(events(process, ("started",))).get("device"))
            try:
                for name, text_of in edits(text).items():
                    _add(table, name, _saves(process, root, text_of, count))
            finally:
                process.terminate()
            table.add("underflows", str(next(events(process, ("stopped",)))["underflows"]))
    return [table]


def _saves(
    process: subprocess.Popen[str], root: Path, text_of: Callable[[int], str], count: int
) -> list[dict[str, float]]:
    """Milliseconds of each save by stage, after one that is not counted."""
    found = []
    for save in range(count + 1):
        time.sleep(PAUSE)
        (root / "new.txt").write_text(text_of(save))
        began = time.monotonic()
        os.replace(root / "new.txt", root / "waves.yaml")
        event = next(events(process, ("reloaded", "refused")))
        took = 1e3 * (time.monotonic() - began)
        assert event["event"] == "reloaded", event
        stages = event["stages"]
        assert isinstance(stages, dict)
        found.append({**stages, "all": took})
    return found[1:]


def _add(table: Table, name: str, found: list[dict[str, float]]) -> None:
    for stage in (*STAGES, "all"):
        middle, most = np.percentile([one[stage] for one in found], (50, 95))
        limit = NUMBER if stage == "all" and name != "a part is added" else None
        table.add(
            f"{name}: all" if stage == "all" else f"  {stage}",
            f"{middle:.1f}, {most:.1f}",
            f"95 of 100 within {limit:g}" if limit else "",
            bool(most <= limit) if limit else None,
        )
