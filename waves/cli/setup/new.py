"""`waves new`: makes a workspace."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The folder to make.")],
    full: Annotated[bool, typer.Option("--full", help="With presets: basses, pads, drums and more.")] = False,
    folder: Folder = HERE,
) -> None:
    """Make a folder with a small piece."""
    from waves.app.setup.new import make_workspace

    make_workspace(folder / name, full)
