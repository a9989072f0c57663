"""A client of a player that serves: calls, and what it is told meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.sync.client import ClientConnection, connect

from tests.harness.waiting import LIMIT

REPEATED = ("status", "step")
"""Notifications that come all the time."""


class RpcFailed(Exception):
    """An error as the answer of a call."""

    def __init__(self, error: dict[str, Any]):
        super().__init__(error["message"])
        self.code, self.data = error["code"], error.get("data")


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON: browsers cannot read it")


class Client:
    """A connection that has shown its token, unless that is left out; a context that ends it."""

    def __init__(self, url: str, authenticate: bool = True, keeps: bool = True, **options: Any):
        """`url`: as the player prints it; `keeps`: all that it is told; `options` of the connection."""
        address = urlsplit(url)
        self.token = address.fragment
        self._open = connect(f"ws://{address.netloc}/ws", max_size=None, close_timeout=2.0, **options)
        self.socket: ClientConnection = self._open.__enter__()
        self.told: list[dict[str, Any]] = []
        """Notifications so far."""
        self.frames: list[bytes] = []
        """Binary messages so far."""
        self._count, self._keeps = 0, keeps
        self._meanwhile: list[dict[str, Any]] = []  # what was told before the answer of the last call
        if authenticate:
            self.known = self.call("authenticate", token=self.token)

    def call(self, method: str, **params: Any) -> Any:
        """The result of a call. Raises RpcFailed."""
        number = self.ask(method, **params)
        return self.answer(number)

    def ask(self, method: str, **params: Any) -> int:
        """Send a call; its number."""
        self._count += 1
        self._meanwhile.clear()
        self.send({"jsonrpc": "2.0", "id": self._count, "method": method, "params": params})
        return self._count

    def send(self, message: Any) -> None:
        """Send a message, as JSON unless it is a text."""
        self.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def answer(self, number: int | None) -> Any:
        """The result of the call with that number. Raises RpcFailed."""
        answer = self.until(lambda message: "method" not in message and message["id"] == number)
        if "error" in answer:
            raise RpcFailed(answer["error"])
        return answer["result"]

    def notification(self, method: str, condition: Callable[[dict[str, Any]], object] = bool) -> dict[str, Any]:
        """The parameters of the next notification of that name that fulfils a condition.

        What a call leads to may be told before its answer; what is told again and again is only that after it.
        """

        def is_it(message: dict[str, Any]) -> bool:
            return message.get("method") == method and bool(condition(message["params"]))

        early = next((message for message in self._meanwhile if is_it(message)), None)
        if early:
            self._meanwhile.remove(early)
        params: dict[str, Any] = (early or self.until(is_it))["params"]
        return params

    def until(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The next message that fulfils a condition."""
        deadline = time.monotonic() + LIMIT
        while True:
            try:
                data = self.socket.recv(max(deadline - time.monotonic(), 0.0))
            except TimeoutError as error:
                raise TimeoutError(f"told instead: {self._meanwhile}") from error
            if isinstance(data, bytes):
                self.frames += [data] * self._keeps
                continue
            message: dict[str, Any] = json.loads(data, parse_constant=_no_json)
            if "method" in message and self._keeps:
                self.told.append(message)
            if condition(message):
                return message
            if message.get("method") not in (None, *REPEATED):
                self._meanwhile.append(message)

    def close_code(self) -> int | None:
        """Read until the connection is closed; the code that it was closed with."""
        try:
            while True:
                self.socket.recv(LIMIT)
        except Exception:
            return self.socket.close_code

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.__exit__(None, None, None)
