"""`waves new`: creates a workspace with a small piece to begin with."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.trust import trust
from waves.live.workspace.workspace import Workspace, find_workspace, opening
from waves.problem import Problem, Problems, printable, reason_of

STARTER = """\
# Play this with `waves play my_sound`, change a number, save. `~` is a rest, a comma plays together.

my_sound:
  tempo:
    bpm: 112
    signal:
      mix:
        beat: {sequencer: {interval: eighth, steps: [kick, hat, "snare, hat", hat, kick, kick, snare, hat]}}
        bass: {sequencer: {interval: beat, steps: [bass a1, ~, bass e2, bass d2 v.6]}}

kick: {osc: {freq: [180, 45, 40], amp: [0.4, 0.2, 0], duration: 0.25}}
snare: {osc: {type: noise, amp: [0.065, 0.02, 0], duration: 0.15}}
hat: {osc: {type: noise, amp: [0.03, 0], duration: 0.04}}

bass:
  context:
    note: a1
    v: 1
    signal:
      filter:
        cutoff: [1800, 300]
        signal: {osc: {type: saw, freq: note, amp: 0.16 * v, duration: 0.4, release: 0.05}}
        duration: 0.4
"""


def new_workspace(path: Path, full: bool = False) -> Workspace:
    """Create a small workspace at `path` and trust it; a `full` one has the shipped presets in `sounds/`.

    Raises Problems when one of its files exists already, and then changes nothing.
    """
    with opening(path):
        root = path.expanduser().resolve()
    settings = (library_folder("demo") / "config.py").read_text("utf-8")
    presets = sorted(library_folder("presets").glob("*.yaml")) if full else []
    folders = ("samples", "nodes", *(["sounds"] if full else []))
    for name in ("waves.yaml", "config.py", *folders):  # an existing `nodes` might hold anything
        if os.path.lexists(root / name):
            raise UsageProblem(f"'{root / name}' is already there; nothing was changed")
    try:
        for folder in (root, *(root / name for name in folders)):
            folder.mkdir(parents=True, exist_ok=True)
        sounds = [(f"sounds/{file.name}", file.read_text("utf-8")) for file in presets]
        for name, text in (("waves.yaml", STARTER), ("config.py", settings), *sounds):
            with (root / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise Problems(Problem(f"cannot write '{error.filename or root}': {reason_of(error)}")) from None
    trust(root)
    return find_workspace(root)


def make_workspace(path: Path, full: bool) -> None:
    """Make a folder with a small piece, and with presets if it is `full`; print how to play it. Raises Problems."""
    new_workspace(path, full)
    there = shlex.quote(str(path))
    print(printable(f"made {path}; to play it: waves play --dir {there}"))
    if full:
        print(printable(f"the presets in its sounds/ are listed by: waves list --dir {there}"))
