"""`waves nodes`: lists the node types and their parameters."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Json


def nodes(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One node type.", show_default=False)] = None,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """List the node types, or describe one."""
    from waves.app.commands.list_nodes import show_nodes

    show_nodes(name, folder, json)
