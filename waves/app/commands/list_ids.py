"""The node IDs of a piece as `waves ids` shows them: each with its line and the fields of its state."""

from __future__ import annotations

from collections.abc import Sequence

from waves.app.commands.json_documents import IdItem, IdsDocument
from waves.app.commands.open_workspace import Opened
from waves.language.model.sound_arguments import read_sounds
from waves.language.tree.tree_node import TreeNode, reachable
from waves.live.workspace.composer import Composer
from waves.node_types.library.signature import state_dtype


def ids_of(opened: Opened, arguments: Sequence[str]) -> IdsDocument:
    """The nodes of some sounds in the order of their lines, nodes that the language makes too. Raises Problems."""
    settings = opened.settings
    composer = Composer(opened.workspace, opened.library, settings, settings.SAMPLE_RATE, settings.SEED)
    sounds = composer.choose(lambda piece: read_sounds(arguments, piece))
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
