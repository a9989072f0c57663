"""Serves clients of a piece: the server, what it is told, and what it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from waves.app.clients.client_calls import ClientCalls
from waves.app.clients.client_feed import ClientFeed
from waves.app.clients.known_ports import last_port, remember_port
from waves.app.clients.openrpc import access_by_method
from waves.app.clients.piece.served_piece import ServedPiece
from waves.app.clients.server_link import ServerLink
from waves.app.performance.performance import Performance
from waves.events.changes import NotPlaying
from waves.events.event_bus import EventBus
from waves.events.trouble import Fault
from waves.live.workspace.open_workspace import Opened
from waves.problem import Problem, Problems
from waves.server.access import is_loopback, new_token
from waves.version import __version__


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Address at which clients are served, and their rights."""

    port: int = 0
    """0: that of the last time in the folder, or any free one."""
    address: str = "127.0.0.1"
    network: bool = False
    """Whether the address may be one that other computers reach."""
    read_only: bool = False
    """Whether clients may only play, and write no files."""
    token: str = ""
    """The token, empty for a new one."""


class Serving:
    """Serves clients of a piece until `close`, also before it plays. One thread."""

    def __init__(self, opened: Opened, bus: EventBus, options: ServeOptions):
        """Start the server, which listens then. Raises Problems."""
        if not is_loopback(options.address) and not options.network:
            sentence = f"the address {options.address} can be reached from other computers: --allow-network allows it"
            raise Problems(Problem(sentence))
        self.token = options.token or new_token()
        methods = access_by_method()
        self.piece = ServedPiece(opened)
        self.calls = ClientCalls(self.piece, methods, options.read_only)
        root = opened.workspace.root
        setup = {
            "address": options.address,
            "port": options.port or last_port(root),
            "or_any": not options.port,
            "token": self.token,
            "network": options.network,
            "read_only": options.read_only,
            "methods": methods,
            "version": __version__,
        }
        self.link = self.calls.link = ServerLink(setup, self.calls.take, lambda text: bus.publish(Fault(message=text)))
        self._address = options.address
        self.link.start()
        if not options.port:
            remember_port(root, self.link.port)
        self.feed = ClientFeed(self.piece, bus, self.link)
        self.feed.start()

    @property
    def url(self) -> str:
        """The address of the page, with the token behind `#`: for the one who plays, and for nobody's log."""
        host = f"[{self._address}]" if ":" in self._address else self._address
        return f"http://{host}:{self.link.port}/#{self.token}"

    def wait(self, opened: Opened | None, problems: Sequence[Problem]) -> None:
        """Tell clients of the mistakes for which nothing plays yet. `opened`: None if the folder cannot be opened."""
        self.piece.opened, self.piece.problems = opened or self.piece.opened, tuple(problems)
        self.feed.tell(NotPlaying(problems=self.piece.problems))

    def begin(self, performance: Performance) -> None:
        """Serve what plays, which has started."""
        self.piece.opened, self.piece.started = performance.opened, performance
        self.feed.begin()

    def close(self, returns: bool = False) -> None:
        """End it; `returns`: whether the player goes on in another process, with the same port and token."""
        self.feed.close()
        self.calls.close()
        self.link.close(returns)
