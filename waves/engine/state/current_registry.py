"""The registry of the piece that plays in this process, for Python code outside the program."""

from __future__ import annotations

from waves.engine.state.state_registry import Record, Registry
from waves.node import Node


class CurrentRegistry:
    """`from waves import node_state_registry`: states of the nodes that play, by ID. Any thread may call it.

    The sound thread writes the states while it plays: a record shows its fields as they are at that moment.
    """

    def __init__(self) -> None:
        self.registry: Registry | None = None
        """The registry of the piece that plays; None if nothing plays."""

    def get_state(self, node_id: str) -> Record | None:
        """The state of a node that plays, its fields as attributes; None if there is none.

        `node_id` is a whole ID, or an explicit id in the file: `get_state("main_sample").playhead`.
        """
        return self.registry.get_state(node_id) if self.registry else None

    def create_state(self, node_id: str, kind: type[Node] | None = None) -> Record:
        """The state of a node that plays, else a new one for a later node, as `Registry.create_state`.

        Raises LookupError if nothing plays, or if nothing says the type.
        """
        if self.registry is None:
            raise LookupError("nothing plays in this process")
        return self.registry.create_state(node_id, kind)

    def clear(self) -> None:
        """Forget the parked states. What plays is not changed."""
        if self.registry:
            self.registry.clear()


node_state_registry = CurrentRegistry()
