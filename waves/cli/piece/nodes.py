"""`waves nodes`: lists the node types, describes one, or searches them."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Json


def nodes(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME | WORD...]", help="One node type, or words to search for.", show_default=False),
    ] = None,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """List the node types by family, describe one, or find those that words are about."""
    from waves.app.commands.list_nodes import show_nodes

    show_nodes(words or [], folder, json)
