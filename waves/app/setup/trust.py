"""`waves trust`: allows the Python of a workspace to run."""

from __future__ import annotations

from pathlib import Path

from waves.live.workspace.trust import trust
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import node_files
from waves.problem import printable


def trust_workspace(folder: Path) -> None:
    """Trust the node types in the nodes/ of a piece from now on, and print their names. Raises Problems."""
    workspace = find_workspace(folder)
    trust(workspace.root)
    names = ", ".join(node_files(workspace.nodes)) if workspace.nodes else ""
    print(printable(f"trusted from now on: {workspace.root / 'nodes'}" + (f" ({names})" if names else "")))
