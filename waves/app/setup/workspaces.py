"""`waves new`, `waves demo` and `waves trust`: make, copy and trust a workspace."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
from pathlib import Path

from waves.live.workspace.new_workspace import new_workspace
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.trust import trust
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import node_files
from waves.problem import Problem, Problems, printable

PARTS = ("waves.yaml", "config.py", "samples", "sounds")


def make_workspace(path: Path) -> None:
    """Make a folder with a small piece, and print how to play it. Raises Problems."""
    new_workspace(path)
    print(printable(f"made {path}; to play it: waves play --dir {shlex.quote(str(path))}"))


def trust_workspace(folder: Path) -> None:
    """Trust the node types in the nodes/ of a piece from now on, and print their names. Raises Problems."""
    workspace = find_workspace(folder)
    trust(workspace.root)
    names = ", ".join(node_files(workspace.nodes)) if workspace.nodes else ""
    print(printable(f"trusted from now on: {workspace.root / 'nodes'}" + (f" ({names})" if names else "")))


def copy_demo(folder: Path | None) -> Path:
    """Copy the shipped piece to a folder, unless that has a waves.yaml already. Raises Problems."""
    target = folder or Path(tempfile.mkdtemp(prefix="waves-demo-"))
    shipped = library_folder("demo")
    try:
        if not (target / "waves.yaml").exists():
            target.mkdir(parents=True, exist_ok=True)
            for name in PARTS:
                source = shipped / name
                if source.is_dir():
                    shutil.copytree(source, target / name, dirs_exist_ok=True)
                elif source.is_file():
                    shutil.copyfile(source, target / name)
    except OSError as error:
        raise Problems(Problem(f"the demo cannot be copied to '{target}': {error.strerror}")) from None
    print(printable(f"the demo is in {target}"), file=sys.stderr, flush=True)
    return target
