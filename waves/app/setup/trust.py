"""`waves trust`: allows the Python of a workspace to run."""

from __future__ import annotations

from pathlib import Path

from waves.live.workspace.trust import trust
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import node_files
from waves.problem import printable
from waves.python_patterns.pattern_reader import FOLDER as PATTERNS
from waves.python_patterns.pattern_reader import pattern_files


def trust_workspace(folder: Path) -> None:
    """Trust the Python in the nodes/ and patterns/ of a piece from now on, and print what it has. Raises Problems."""
    workspace = find_workspace(folder)
    trust(workspace.root)
    there = {"nodes": [*node_files(workspace.nodes)] if workspace.nodes else []}
    there[PATTERNS] = [path.relative_to(workspace.root / PATTERNS).as_posix() for path in pattern_files(workspace.root)]
    listed = [f"{workspace.root / folder} ({', '.join(names)})" for folder, names in there.items() if names]
    print(printable(f"trusted from now on: {' and '.join(listed) or workspace.root}"))
