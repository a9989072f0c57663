"""The process of the server: what the player says is its input, what clients ask its output, as `waves.wire` has it.

From the player: `serve` once, then `notify`, `sound` and `answer`, and `end` before its input ends. To it: `listening`
or `failed`, then `ask` and `clients`. It ends when its input does, after it has told its clients.
"""

from __future__ import annotations

import asyncio
import http
import json
import queue
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import IO, Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from waves.problem import reason_of
from waves.server import frames, rpc
from waves.server.access import Access
from waves.server.client import CLOSING, ENDED, NO_ANSWER, NOT_KNOWN, OPEN_CALLS, RETURNS, Client
from waves.server.rpc import Call, RpcError
from waves.server.static_files import HEADERS, page_files
from waves.wire import Message, receive, send

SOCKET, STATUS = "/ws", "/status"
AUTHENTICATE = "authenticate"
AUTHENTICATION = 5.0  # seconds until a client must have shown the token
MOST_CLIENTS, MOST_UNKNOWN = 100, 50
LARGEST = 2_000_000  # bytes of one message
UNSENT = 1000  # messages to the player that wait
PARTING = 1.0  # seconds in which clients are told that the player has ended
PROTOCOL = 1


class ClientServer:
    """All clients of one player. Event loop only, but for `run`."""

    def __init__(self, setup: Message, to_player: Callable[[Message], bool]):
        """`setup`: what the player said first. `to_player` gives it a message; False when too many wait."""
        self.setup, self._to_player = setup, to_player
        self.methods: dict[str, str] = setup["methods"]  # the class of each
        self.access = Access(setup["token"], setup["port"], setup["network"], setup["read_only"])
        self._clients: set[Client] = set()
        self._unknown = 0  # clients that have not shown the token yet
        self._asked: dict[int, tuple[Client, int | str | None]] = {}
        self._count = 0
        self._status = ""
        self._files = page_files()
        self.returns = False
        """Whether the player, which ends, goes on in another process."""

    async def listen(self) -> Server:
        """Listen; the port is known then. If it is in use, and any will do, at another one. Raises OSError."""
        try:
            server = await self._serve(self.setup["port"])
        except OSError:
            if not self.setup["or_any"]:
                raise
            server = await self._serve(0)
        port = server.sockets[0].getsockname()[1]
        self.access = Access(self.access.token, port, self.access.network, self.access.read_only)
        self._to_player({"do": "listening", "port": port})
        return server

    async def _serve(self, port: int) -> Server:
        return await serve(
            self._connected,
            self.setup["address"],
            port,
            process_request=self._asked_for,
            compression=None,
            max_size=LARGEST,
            max_queue=16,
            close_timeout=CLOSING,
            server_header="waves",
            logger=_silent(),
        )

    # what the player says

    def told(self, message: Message) -> None:
        """Do what the player says."""
        match message["do"]:
            case "notify":
                self._notify(message["method"], message["params"], message.get("newest", False))
            case "sound":
                self._show(message)
            case "answer":
                self._answer(message)
            case "end":
                self.returns = message["returns"]

    def _notify(self, method: str, params: Message, newest: bool) -> None:
        """Tell all clients; `newest`: what was not sent yet of the same method is out of date."""
        if method == "status":
            params = params | {"connections": len(self._clients)}
            self._status = json.dumps(params)
        self._tell(rpc.notification(method, params), method if newest else "")

    def _show(self, message: Message) -> None:
        """Draw the last sound for those that look: scope, spectrum, meters, loudness."""
        if not self._clients:
            return
        sound, frame = message["frames"], message["frame"]
        self._tell(frames.packed(frames.SCOPE, frame, frames.scope(sound)), "scope")
        self._tell(frames.packed(frames.SPECTRUM, frame, frames.spectrum(sound, message["rate"])), "spectrum")
        if len(message["meters"]):
            self._tell(frames.packed(frames.METERS, frame, message["meters"]), "meters")
        self._tell(frames.packed(frames.LOUDNESS, frame, message["loudness"]), "loudness")

    def _answer(self, message: Message) -> None:
        client, number = self._asked.pop(message["number"], (None, None))
        if client is None:
            return
        client.calls -= 1
        if number is None:
            return
        if "error" in message:
            code, sentence, data = message["error"]
            client.send(RpcError(code, sentence, data, number).text)
        else:
            client.send(rpc.result(number, message["result"]))

    def _tell(self, message: str | bytes, kind: str = "") -> None:
        for client in self._clients:
            client.send(message, kind)

    # what browsers ask for

    def _asked_for(self, connection: ServerConnection, request: Request) -> Response | None:
        """The answer to a request by HTTP; None for one that opens a socket."""
        hosts = request.headers.get_all("Host")
        if not self.access.accepts_host(hosts):
            return _response(http.HTTPStatus.FORBIDDEN, "this address is not one of the server")
        if request.path == SOCKET:
            if not self.access.accepts_origin(request.headers.get_all("Origin"), hosts[0]):
                return _response(http.HTTPStatus.FORBIDDEN, "this page is not one of the server")
            if len(self._clients) >= MOST_CLIENTS or self._unknown >= MOST_UNKNOWN:
                return _response(http.HTTPStatus.SERVICE_UNAVAILABLE, "too many clients")
            return None
        if request.path == STATUS:
            if not self.access.accepts_bearer(request.headers.get_all("Authorization")):
                return _response(http.HTTPStatus.UNAUTHORIZED, "the token is needed: Authorization: Bearer TOKEN")
            return _response(http.HTTPStatus.OK, self._status or "{}", "application/json")
        if file := self._files.get(request.path):
            return _response(http.HTTPStatus.OK, file.data, file.type)
        return _response(http.HTTPStatus.NOT_FOUND, "there is no such page")

    # one client

    async def _connected(self, socket: ServerConnection) -> None:
        client = await self._known(socket)
        if client is None:
            return
        self._clients.add(client)
        self._count_clients()
        sender = asyncio.create_task(client.send_all())
        try:
            async for message in socket:
                self._take(client, message)
        except ConnectionClosed:
            pass
        finally:
            self._clients.discard(client)
            sender.cancel()
            self._count_clients()

    async def _known(self, socket: ServerConnection) -> Client | None:
        """The client, once it has shown the token; None if it did not."""
        self._unknown += 1
        try:
            async with asyncio.timeout(AUTHENTICATION):
                message = await socket.recv()
        except TimeoutError:
            await socket.close(NO_ANSWER, "no token was shown")
            return None
        except ConnectionClosed:
            return None
        finally:
            self._unknown -= 1
        number = None
        with suppress(RpcError):
            call = rpc.read_call(message)
            number = call.number
            if call.method == AUTHENTICATE and self.access.accepts_token(call.params.get("token")):
                rights = self.access.rights(socket.remote_address[0])
                known = {"access": rights, "protocol": PROTOCOL, "version": self.setup["version"]}
                with suppress(ConnectionClosed):
                    await socket.send(rpc.result(number, known))
                return Client(socket, rights)
        await socket.close(NOT_KNOWN, "the token is not that of this start")
        return None

    def _take(self, client: Client, message: str | bytes) -> None:
        """Take a message of a client: a call for the player, or a mistake, which is answered."""
        try:
            client.take_turn()
            self._ask(client, rpc.read_call(message))
        except RpcError as error:
            client.send(error.text)

    def _ask(self, client: Client, call: Call) -> None:
        needed = self.methods.get(call.method)
        if needed is None:
            raise RpcError(rpc.NO_METHOD, f"there is no method '{call.method:.60}'", number=call.number)
        if needed not in client.rights:
            raise RpcError(rpc.NOT_ALLOWED, f"'{call.method}' is not for this client", number=call.number)
        if client.calls >= OPEN_CALLS:
            raise RpcError(rpc.TOO_MANY, f"{OPEN_CALLS} calls wait already", number=call.number)
        self._count += 1
        ask = {
            "do": "ask",
            "number": self._count,
            "method": call.method,
            "params": call.params,
            "rights": client.rights,
        }
        if not self._to_player(ask):
            raise RpcError(rpc.GONE, "the player is busy", number=call.number)
        client.calls += 1
        self._asked[self._count] = client, call.number

    def _count_clients(self) -> None:
        self._tell(rpc.notification("connected", {"count": len(self._clients)}))
        self._to_player({"do": "clients", "count": len(self._clients)})


class ToPlayer:
    """Messages to the player, written by a thread of their own. Any thread."""

    def __init__(self, stream: IO[bytes]):
        self._stream = stream
        self._waiting: queue.Queue[Message] = queue.Queue(UNSENT)
        threading.Thread(target=self._write, name="to player", daemon=True).start()

    def put(self, message: Message) -> bool:
        """Let a message wait for its turn; False when too many wait."""
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            return False
        return True

    def _write(self) -> None:
        with suppress(OSError):
            while True:
                send(self._stream, self._waiting.get())


async def run(setup: Message, stream: IO[bytes], to_player: ToPlayer) -> None:
    """Serve until the stream of the player ends."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    server = ClientServer(setup, to_player.put)
    try:
        listening = await server.listen()
    except OSError as error:
        to_player.put({"do": "failed", "sentence": reason_of(error)})
        await asyncio.sleep(0.5)
        return

    def read() -> None:
        with suppress(ValueError, OSError):
            while message := receive(stream):
                loop.call_soon_threadsafe(server.told, message)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(over.set)

    threading.Thread(target=read, name="from player", daemon=True).start()
    await over.wait()
    code, reason = (RETURNS, "the player starts again") if server.returns else (ENDED, "the player has ended")
    listening.close(code=code, reason=reason)
    with suppress(TimeoutError):
        async with asyncio.timeout(PARTING):
            await listening.wait_closed()


def _response(status: http.HTTPStatus, body: str | bytes, kind: str = "text/plain; charset=utf-8") -> Response:
    data = body.encode() if isinstance(body, str) else body
    headers = Headers(**HEADERS)
    headers["Content-Type"], headers["Content-Length"] = kind, str(len(data))
    headers["Connection"] = "close"
    return Response(status.value, status.phrase, headers, data)


@cache
def _silent() -> Any:
    """A logger that says nothing: what clients send wrongly is answered to them."""
    import logging

    logger = logging.getLogger("waves.server")
    logger.addHandler(logging.StreamHandler(sys.stderr))
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    return logger


def main() -> None:
    """Serve as the first message of the input says."""
    stream, to_player = sys.stdin.buffer, ToPlayer(sys.stdout.buffer)
    sys.stdout = sys.stderr  # nothing else may come between the messages
    if setup := receive(stream):
        asyncio.run(run(setup, stream, to_player))


if __name__ == "__main__":
    main()
