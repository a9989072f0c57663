"""Looks at what plays: nodes that fail are said once, and the end of the piece has its consequence."""

from __future__ import annotations

from collections.abc import Callable

from waves.app.player.options import PlayOptions
from waves.engine.runtime.trial import fault
from waves.events.event import Notify
from waves.events.playing import Ended
from waves.events.trouble import Fault
from waves.live.session.session import Session


class PieceWatch:
    """For one thread, which calls `look` a few times a second."""

    def __init__(self, session: Session, options: PlayOptions, publish: Notify, stop: Callable[[], None]):
        """`stop` ends the player, with `--once` when the piece has ended."""
        self.session, self.options, self.publish, self.stop = session, options, publish, stop
        self._ended = False
        self._failed: set[str] = set()

    def look(self) -> None:
        """Look once."""
        self._look_at_end()
        self._look_at_faults()
        self.session.drop_finished_fades()

    def _look_at_end(self) -> None:
        ended, before = self.session.engine.ended, self._ended
        self._ended = ended
        if not ended or before:
            return
        names = self.session.names
        if self.options.once:
            self.publish(Ended(sounds=names, then="stop"))
            self.stop()
        elif self.options.loop:
            self.publish(Ended(sounds=names, then="repeat"))
            self.session.again()
        else:
            self.publish(Ended(sounds=names, then="wait"))

    def _look_at_faults(self) -> None:
        engine = self.session.engine
        faults = engine.faults
        for node in faults.keys() - self._failed:
            plan = engine.playing
            if plan and node in plan.graph.rows:
                failed = (rows for rows in (plan.settled, plan.moving) if rows and node in rows.faults())
                problem = fault(next(failed, plan.settled), plan.graph, node)
                self.publish(Fault(message=f"{node} failed and is muted for now", node=node, problems=(problem,)))
        self._failed = set(faults)
