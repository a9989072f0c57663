"""The live input: how many channels of it what plays hears, and whether it may hear them."""

from __future__ import annotations

from collections.abc import Callable

from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan
from waves.engine.state.live_input import LIVE_CHANNELS
from waves.live.workspace.settings import Settings
from waves.node_types.library.signature import hears

SILENT = "`input` is silent, because the folder is not trusted; to let it hear: --input, or `waves trust`"


class Listening:
    """Has the live input opened for what plays: none for a folder that is not trusted, unless the user asks for it.

    Any thread, one at a time. `say` gets a sentence, once.
    """

    def __init__(self, trusted: bool, say: Callable[[str], None]):
        self._trusted, self._say, self._said = trusted, say, False
        self._graph: Graph | None = None
        self._opened = 0

    def wanted(self, graph: Graph, settings: Settings) -> int:
        """The channels that a stream opens for a graph: those that its nodes hear, if they may."""
        self._graph, self._opened = graph, self._allowed(graph, settings)
        return self._opened

    def look(self, plan: Plan | None, settings: Settings, reopen: Callable[[int], object]) -> None:
        """Open the stream again, with so many channels, when a plan hears more than it was opened with."""
        if plan is None or plan.graph is self._graph:
            return
        self._graph = plan.graph
        if (count := self._allowed(plan.graph, settings)) > self._opened:
            self._opened = count
            reopen(count)

    def _allowed(self, graph: Graph, settings: Settings) -> int:
        count = channels_heard(graph)
        if count == 0 or self._trusted or settings.INPUT is not None:
            return count
        if not self._said:
            self._said = True
            self._say(SILENT)
        return 0


def channels_heard(graph: Graph) -> int:
    """The channels of the live input that rows of a graph hear, those of voices too: two at least, or none."""
    count = 0
    for row in graph.rows.values():
        if row.voice:
            count = max(count, channels_heard(row.voice.graph))
        elif hears(row.kind):
            last = row.settings.get("channel")
            count = max(count, 2, last if isinstance(last, int) else LIVE_CHANNELS)
    return min(count, LIVE_CHANNELS)
