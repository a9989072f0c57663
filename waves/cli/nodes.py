"""`waves nodes`: the node types, and what may be written in each."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Json


def nodes(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One node type.", show_default=False)] = None,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """List the node types, or tell all about one."""
    from waves.app.commands.list_nodes import one, overview, types_of

    items = types_of(folder, name)
    if json:
        from waves.app.commands.json_documents import NodesDocument

        print(NodesDocument(nodes=items).model_dump_json(indent=2))
    else:
        print(one(items[0]) if name else overview(items))
