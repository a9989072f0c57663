"""`waves ids`: the node IDs of a piece, each with its line and the fields of its state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from waves.app.json_documents import IdItem, IdsDocument
from waves.app.terminal.messages import noticed
from waves.app.terminal.tables import table
from waves.language.tree.tree_node import TreeNode, reachable
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.node_types.library.signature import state_dtype


def show_ids(arguments: Sequence[str], folder: Path, json: bool) -> None:
    """Print the nodes of some sounds as a table or as a JSON document. Raises Problems."""
    opened = open_workspace(folder)
    with noticed(opened.left_out, opened.problems):
        document = ids_of(opened, arguments)
    if json:
        print(document.model_dump_json(indent=2))
        return
    rows = [[item.id, f"{item.file}:{item.line}", ", ".join(item.state) or "no state"] for item in document.ids]
    print(table([["ID", "line", "state"], *rows]))


def ids_of(opened: Opened, arguments: Sequence[str]) -> IdsDocument:
    """The nodes of some sounds in the order of their lines, with built-in nodes. Raises Problems."""
    composer = opened.composer()
    sounds = composer.choose(arguments)
    nodes = {node.id: node for node in reachable(composer.compose(sounds).root)}
    return IdsDocument(ids=sorted(map(_item, nodes.values()), key=lambda item: (item.file, item.line, item.id)))


def _item(node: TreeNode) -> IdItem:
    fields = [] if node.template else [name for name in state_dtype(node.kind).names or () if name != "nothing"]
    return IdItem(
        id=node.id,
        node=node.kind.__name__,
        file=node.mark.file if node.mark else "",
        line=node.mark.line if node.mark else 0,
        path=node.path,
        voice=node.voice is not None,
        state=fields,
    )
