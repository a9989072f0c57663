"""States of versions around a commit: that of the version that is replaced, and that of the one that comes back."""

from __future__ import annotations

from collections.abc import Callable

from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan
from waves.engine.runtime.snapshot import Snapshot, copy_at_commit, prepare_snapshot
from waves.engine.state.state_registry import Registry
from waves.live.history.versions import Texts, Versions


class VersionStates:
    """The states around the next commit. Build thread, and under the lock of the archive."""

    def __init__(self, versions: Versions, rate: float):
        """`rate`: that of the engine, in Hz."""
        self.versions, self.rate = versions, rate
        self._replaced: tuple[int, Snapshot] | None = None  # the version that a plan replaces, and its state
        self._parked = ParkedState()  # of the chosen version, for the next plan

    def park(self, number: int, registry: Registry, playing: Plan, graph: Graph) -> None:
        """Park the state that a version had when it last played, for nodes of `graph` that do not play now."""
        if snapshot := self.versions.snapshot(number, self.rate):
            self._parked.park(snapshot, registry, playing, graph)

    def unpark(self) -> None:
        """Undo `park`: the plan that the state was parked for was not committed."""
        self._parked.unpark()

    def copy_replaced(self, plan: Plan, texts: Texts | None) -> None:
        """Add copies to a plan: its commit copies the state of the version that it replaces, if its texts differ."""
        self._replaced = None
        playing = self.versions.playing
        if plan.parent is None or texts is None or not playing or self.versions.has_texts(playing, texts):
            return
        snapshot = prepare_snapshot(plan.parent, returning=True)
        snapshot.about["rate"] = self.rate
        copy_at_commit(plan, snapshot)
        self._replaced = playing, snapshot

    def committed(self) -> Snapshot | None:
        """Keep the state that was copied; the one that was parked for the plan."""
        if self._replaced:
            self._replaced[1].source = None
            self.versions.add_snapshot(*self._replaced)
            self._replaced = None
        parked, self._parked = self._parked.snapshot, ParkedState()
        return parked

    def renumber(self, number: Callable[[int], int]) -> None:
        """Take the numbers of versions in another folder: a function of those before."""
        if self._replaced:
            self._replaced = number(self._replaced[0]), self._replaced[1]


class ParkedState:
    """State of a version that comes back, parked in a registry until the plan that takes it is committed."""

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None
        """The copy of the states that was parked."""
        self._undo: Callable[[], None] = lambda: None

    def park(self, snapshot: Snapshot, registry: Registry, playing: Plan, graph: Graph) -> None:
        """Park the state for the nodes of `graph` that do not play now."""
        before = registry.parked.copy(), dict(registry.parked_memories)
        self.snapshot = snapshot.park(registry, playing, graph)

        def undo() -> None:
            registry.parked, registry.parked_memories = before

        self._undo = undo

    def unpark(self) -> None:
        """Park what was parked before."""
        undo, self._undo, self.snapshot = self._undo, lambda: None, None
        undo()
