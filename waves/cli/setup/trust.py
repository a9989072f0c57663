"""`waves trust`: allows the Python of a workspace to run."""

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
    """Allow the Python in the nodes/ and patterns/ of a piece to run, from now on."""
    from waves.app.setup.trust import trust_workspace

    trust_workspace(which or folder)
