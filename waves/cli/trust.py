"""`waves trust`: lets the Python of a workspace run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waves.cli.options import HERE, Folder


def trust(
    which: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The folder of the piece.", show_default=False)
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Let the node types in the nodes/ of a piece run, from now on."""
    from waves.live.workspace.trust import trust as allow
    from waves.live.workspace.workspace import find_workspace
    from waves.node_types.library.library import node_files
    from waves.problem import printable

    workspace = find_workspace(which or folder)
    allow(workspace.root)
    names = ", ".join(node_files(workspace.nodes)) if workspace.nodes else ""
    print(printable(f"trusted from now on: {workspace.root / 'nodes'}" + (f" ({names})" if names else "")))
