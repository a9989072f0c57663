"""`waves new`: a workspace to begin with."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The folder to make.")],
    folder: Folder = HERE,
) -> None:
    """Make a folder with a small piece to begin with."""
    from shlex import quote

    from waves.live.workspace.new_workspace import new_workspace
    from waves.problem import printable

    path = folder / name
    new_workspace(path)
    print(printable(f"made {path}; to play it: waves play --dir {quote(str(path))}"))
