"""`waves try`: plays the example of a node type, and tries its laws."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Trust


def try_node(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A node type.", show_default=False)],
    folder: Folder = HERE,
    trust: Trust = False,
) -> None:
    """Play the example of a node type, try the laws that every node keeps, and measure what it costs.

    The laws are tried with the parameters of the example, and with the cases that are written beside the node file. The
    exit code is 1 if one is broken.
    """
    from waves.app.commands.try_node import try_type

    raise typer.Exit(try_type(name, folder, trust))
