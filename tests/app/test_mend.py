"""The wait at the start of `waves play` for what lets the piece play."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.harness.session_harness import save
from waves.app.player.mend import first_good, watched
from waves.app.setup.trust import trust_workspace
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problem, Problems


def nothing(*_: Any) -> None:
    pass


def test_a_piece_plays_as_soon_as_its_folder_is_trusted(tmp_path: Path, capsys) -> None:
    save(tmp_path, "my_sound: {play: tune}\n")
    save(tmp_path, "", "patterns/tune.py")
    workspace = find_workspace(tmp_path)

    def attempt() -> bool:
        if not is_trusted(tmp_path):
            raise Problems(Problem("it is not trusted"))
        return True

    def told(_: object) -> None:
        """It waits: trust it, as in another terminal."""
        trust_workspace(tmp_path)

    def read(seconds: float) -> list[str]:
        time.sleep(seconds)
        return []

    display: Any = SimpleNamespace(event=told, close=nothing, suspend=nothing, resume=nothing)
    keys: Any = SimpleNamespace(read=read, suspend=nothing, resume=nothing)
    assert tmp_path / "patterns" not in watched(workspace)
    assert first_good(attempt, workspace, lambda: display, keys=keys)
    assert tmp_path / "patterns" in watched(workspace)
    assert capsys.readouterr().out == f"trusted from now on: {tmp_path / 'patterns'} (tune.py)\n"
