"""The piece that clients are served: what plays, or what is wrong with its files while nothing plays yet."""

from __future__ import annotations

from waves.app.clients.status_document import StatusDocument, status_document, waiting_document
from waves.app.performance.performance import Performance
from waves.live.workspace.composer import Composer
from waves.live.workspace.open_workspace import Opened
from waves.problem import Problem, Problems

NOTHING = "nothing plays yet: a save that mends the piece starts it"


class ServedPiece:
    """A piece that plays, or does not yet. Attributes are set by one thread, and read by any but the sound thread."""

    def __init__(self, opened: Opened):
        self.opened = opened
        """Its folder with settings and node types, as they were opened last."""
        self.problems: tuple[Problem, ...] = ()
        """While nothing plays: the mistakes in its files."""
        self.started: Performance | None = None
        """The performance, as soon as it plays."""

    @property
    def performance(self) -> Performance:
        """The performance. Raises Problems while nothing plays."""
        if self.started is None:
            raise Problems(Problem(NOTHING))
        return self.started

    def status(self, connections: int, running: bool = True) -> StatusDocument:
        """The status now. `connections`: clients of the server; `running`: whether the player goes on."""
        if self.started is None:
            return waiting_document(self.problems, connections, running)
        return status_document(self.started, connections, running)

    def composer(self) -> Composer:
        """The composer of what plays, or one for the files."""
        return self.started.session.composer if self.started else self.opened.composer()
