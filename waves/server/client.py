"""One client of the server: its WebSocket, what waits to be sent to it, and how much it may ask."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from waves.server.rpc import TOO_MANY, RpcError

WAITING = 500  # messages that wait for a client that reads slowly
RATE, BURST = 60.0, 300.0  # messages per second, and at once
PATIENCE = 300  # messages beyond that, after which the client is closed
CLOSING = 2.0  # seconds in which a client must agree to be closed
OPEN_CALLS = 100  # calls that the player has not answered

NOT_KNOWN, NO_ANSWER, FLOODS, SLOW = 4401, 4408, 4429, 1013  # codes of closing
ENDED, RETURNS = 1001, 1012  # the same, when the player ends, or goes on in another process


class Client:
    """A client that has authenticated itself. Event loop only."""

    def __init__(self, socket: ServerConnection, rights: list[str]):
        """`rights`: the classes of actions that it may call."""
        self.socket, self.rights = socket, rights
        self.calls = 0
        """Calls that wait for the player."""
        self._waiting: deque[str | bytes] = deque()
        self._newest: dict[str, str | bytes] = {}  # by kind, of what only counts as long as it is new
        self._ready = asyncio.Event()
        self._allowance, self._filled = BURST, time.monotonic()
        self._refused = 0
        self._closing: asyncio.Task[None] | None = None

    def send(self, message: str | bytes, kind: str = "") -> None:
        """Let a message wait for its turn. Of one `kind` only the newest waits; a client that is too slow is closed."""
        if kind:
            self._newest[kind] = message
        elif len(self._waiting) < WAITING:
            self._waiting.append(message)
        else:
            self.close(SLOW, "too slow: it missed what was said")
        self._ready.set()

    def close(self, code: int, reason: str) -> None:
        """Close it, without waiting for it."""
        self._closing = self._closing or asyncio.create_task(self._close(code, reason))

    def take_turn(self) -> None:
        """Count a message of the client. Raises RpcError when there were too many."""
        now = time.monotonic()
        self._allowance = min(self._allowance + (now - self._filled) * RATE, BURST)
        self._filled = now
        if self._allowance >= 1.0:
            self._allowance -= 1.0
            return
        self._refused += 1
        if self._refused > PATIENCE:
            self.close(FLOODS, "too many messages")
        raise RpcError(TOO_MANY, f"too many messages: {RATE:g} a second are taken")

    async def send_all(self) -> None:
        """Send what waits, as fast as the client reads, until it is closed."""
        with suppress(ConnectionClosed):
            while True:
                await self._ready.wait()
                self._ready.clear()
                while self._waiting or self._newest:
                    waiting = self._waiting
                    message = waiting.popleft() if waiting else self._newest.pop(next(iter(self._newest)))
                    await self.socket.send(message)

    async def _close(self, code: int, reason: str) -> None:
        self._waiting.clear()
        self._newest.clear()
        with suppress(ConnectionClosed, OSError):
            try:
                async with asyncio.timeout(CLOSING):
                    await self.socket.close(code, reason)
            except TimeoutError:  # it reads nothing, so the message waits behind all others
                self.socket.transport.abort()
