"""Folders `.waves/` as somebody else, a broken disk or an attacker leaves them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.harness.kept_sessions import kept_in
from waves.engine.runtime.snapshot import Snapshot
from waves.live.kept.kept_files import LAST_STATE
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot


def tree_of(folder: Path) -> dict[str, bytes | str]:
    """Everything below a folder, links not followed: the bytes of files, the targets of links, the kind of the rest."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"link to {os.readlink(path)}"
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = "folder" if path.is_dir() else "other"
    return found


def make_foreign(folder: Path) -> None:
    """Take the seal of the user from the `.waves/` in a folder: from now on it is as another user's."""
    (folder / ".waves" / "owner").unlink()


def forge_state(folder: Path, change: Callable[[Snapshot], Any]) -> None:
    """Change the state to resume from in the user's own `.waves/`; its seal is right."""
    kept = kept_in(folder)
    assert kept.seal
    state = read_snapshot(kept.state, LAST_STATE, kept.seal)
    change(state)
    write_snapshot(kept.state, LAST_STATE, state, kept.seal)


def plain_lines(path: Path) -> list[dict[str, Any]]:
    """The entries of a log, without their seals."""
    entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for entry in entries:
        entry.pop("seal", None)
    return entries


def write_lines(path: Path, entries: list[Mapping[str, Any]]) -> None:
    """A log without seals, as an attacker writes one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), "utf-8")
