"""The registry of the piece that plays in this process, for Python that looks at it from outside."""

from __future__ import annotations

from waves.engine.plan.state_registry import Record, Registry
from waves.node import Node


class CurrentRegistry:
    """`from waves import node_state_registry`: states of the nodes that play, by ID. Any thread may call it.

    The sound thread writes the states while it plays: a record shows the fields as they are at that moment.
    """

    def __init__(self) -> None:
        self.registry: Registry | None = None
        """The registry of the piece that plays, None when none does."""

    def get_state(self, node_id: str) -> Record | None:
        """The state of a node that plays, its fields as attributes; None when there is none.

        `node_id` is a whole ID, or an id that is written in the file: `get_state("main_sample").playhead`.
        """
        return self.registry.get_state(node_id) if self.registry else None

    def create_state(self, node_id: str, kind: type[Node] | None = None) -> Record:
        """The state of a node that plays, else a new one for a node to come, as `Registry.create_state` says.

        Raises LookupError when nothing plays, or when nothing tells the kind.
        """
        if self.registry is None:
            raise LookupError("nothing plays in this process")
        return self.registry.create_state(node_id, kind)

    def clear(self) -> None:
        """Forget the states that are kept for nodes which left. What plays goes on."""
        if self.registry:
            self.registry.clear()


node_state_registry = CurrentRegistry()
