"""The process of the server: what it answers to whom, and that nothing which clients do ends more than itself."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.harness.client import Client, RpcFailed
from tests.harness.waiting import wait
from waves.app.clients.server_link import ServerLink
from waves.problem import Problems
from waves.server.access import new_token
from waves.server.client import ENDED, FLOODS, NO_ANSWER, NOT_KNOWN, RETURNS, SLOW
from waves.wire import Message

ABNORMAL = 1006  # the close frame was lost with what was not read

METHODS = {"echo": "play", "write": "file", "never": "play"}


class Desk:
    """A link whose player is the test: it answers `echo` with what it was given, and `never` not at all."""

    def __init__(self, **setup: object):
        self.token, self.said, self.asked = new_token(), list[str](), list[Message]()
        self.setup: Message = {
            "address": "127.0.0.1",
            "port": 0,
            "or_any": True,
            "token": self.token,
            "network": False,
            "read_only": False,
            "methods": METHODS,
            "version": "1",
            **setup,
        }
        self.link = ServerLink(self.setup, self.ask, self.said.append)
        self.link.start()

    def ask(self, message: Message) -> None:
        self.asked.append(message)
        if message["method"] != "never":
            self.link.answer(message["number"], message["params"])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.link.port}/#{self.token}"

    def get(
        self, path: str, headers: dict[str, str] | None = None, host: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.link.port, timeout=20.0)
        connection.putrequest("GET", path, skip_host=True)
        connection.putheader("Host", host or f"127.0.0.1:{self.link.port}")
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        with closing(connection):
            return response.status, dict(response.getheaders()), response.read()


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.link.close()


@pytest.fixture
def own_desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.link.close()


def status_of(desk: Desk, **options: object) -> int:
    """The status of HTTP with which a socket is refused."""
    with pytest.raises(InvalidStatus) as found:
        Client(desk.url, **options)
    return found.value.response.status_code


def test_a_call_is_answered(desk):
    with Client(desk.url) as client:
        assert client.known == {"access": ["play", "file"], "protocol": 1, "version": "1"}
        assert client.call("echo", a=1, b=["c", None]) == {"a": 1, "b": ["c", None]}
        assert desk.asked[-1]["rights"] == ["play", "file"]
        with pytest.raises(RpcFailed, match="there is no method 'nothing'") as found:
            client.call("nothing")
        assert found.value.code == -32601


def test_notifications_reach_all_and_binary_frames_too(desk):
    with Client(desk.url) as one, Client(desk.url) as two:
        wait(lambda: desk.link.clients == 2)
        desk.link.tell("event", {"text": "hello"})
        desk.link.show({"frames": np.zeros((4096, 2), np.float32), "frame": 5.0, "rate": 44100.0, "meters": []})
        desk.link.tell("event", {"text": "end"})
        for client in (one, two):
            assert client.notification("event")["text"] == "hello"
            client.until(lambda message: (message.get("params") or {}).get("text") == "end")
            client.call("echo")  # what waited before it was sent
            client.call("echo")
            assert [frame[0] for frame in client.frames] == [1, 2]


@pytest.mark.parametrize("first", ['{"jsonrpc": "2.0", "id": 0, "method": "echo"}', "no json", b"\0", "[]"])
def test_without_the_token_nothing_is_answered(desk, first):
    with Client(desk.url, authenticate=False) as client:
        client.send(first)
        assert client.close_code() == NOT_KNOWN and client.told == []


@pytest.mark.parametrize("token", ["", "0" * 32, None, ["x"]])
def test_a_wrong_token_is_refused(desk, token):
    with Client(desk.url, authenticate=False) as client, pytest.raises(ConnectionClosed):
        client.call("authenticate", token=token)
    assert client.socket.close_code == NOT_KNOWN


def test_who_says_nothing_is_closed(desk):
    began = time.monotonic()
    with Client(desk.url, authenticate=False) as client:
        assert client.close_code() == NO_ANSWER and time.monotonic() - began < 20.0


def test_other_hosts_and_pages_are_refused(desk):
    assert status_of(desk, origin="http://evil.example") == 403
    assert status_of(desk, origin="null") == 403
    assert desk.get("/", host=f"evil.example:{desk.link.port}")[0] == 403
    assert desk.get("/status", {"Authorization": f"Bearer {desk.token}"}, host="evil.example")[0] == 403
    with Client(desk.url, origin=f"http://127.0.0.1:{desk.link.port}") as client:
        assert client.call("echo", a=1) == {"a": 1}


def test_files_of_the_page_by_exact_name_alone(desk):
    status, headers, body = desk.get("/")
    assert status == 200 and b"<!doctype html>" in body.lower() and desk.token.encode() not in body
    assert (
        "default-src 'none'" in headers["Content-Security-Policy"]
        and "unsafe" not in headers["Content-Security-Policy"]
    )
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
    assert desk.get("/text/editor.js")[0] == 200
    paths = ["/../server/rpc.py", "/%2e%2e/server/rpc.py", "//etc/passwd", "/index.html/", "/page/index.html"]
    paths += ["/./index.html", "/INDEX.HTML", "/..%2fserver%2frpc.py", "/index.html%00.js", "/__init__.py", "/?x=1"]
    paths += ["/text", "/text/", "/text/../index.html", "//text/editor.js", "/editor.js"]
    assert {path: desk.get(path)[0] for path in paths} == dict.fromkeys(paths, 404)


def test_the_status_needs_the_token(desk):
    desk.link.tell("status", {"sounds": ["my_sound"]}, newest=True)
    for headers in ({}, {"Authorization": "Bearer x"}, {"Cookie": f"token={desk.token}"}):
        assert desk.get("/status", headers)[0] == 401
    assert desk.get(f"/status?token={desk.token}")[0] == 404

    def status() -> dict[str, object]:
        code, _, body = desk.get("/status", {"Authorization": f"Bearer {desk.token}"})
        assert code == 200
        return json.loads(body)

    assert wait(lambda: status().get("sounds") == ["my_sound"])


def test_the_token_is_in_no_list_of_processes(desk):
    line = Path(f"/proc/{desk.link.process_id}/cmdline")
    if not line.exists():
        pytest.skip("only Linux shows the command lines of processes as files")
    assert desk.token.encode() not in line.read_bytes()
    assert desk.token.encode() not in line.with_name("environ").read_bytes()


def test_what_is_too_large_or_too_deep_is_refused(desk):
    with Client(desk.url) as client:
        for message in ("[" * 100_000, json.dumps({"jsonrpc": "2.0", "id": 1, "method": "echo", "params": [[]]})):
            client.send(message)
            assert "error" in client.until(lambda one: "method" not in one)
        client.send("x" * 3_000_000)
        assert client.close_code() == 1009
    with Client(desk.url) as client:
        assert client.call("echo", a=1) == {"a": 1}


def test_a_flood_is_closed_and_others_are_served(desk):
    with Client(desk.url) as flood, Client(desk.url) as client:
        with suppress(ConnectionClosed):
            for _ in range(100_000):
                flood.send('{"jsonrpc": "2.0", "method": "echo"}')
        # its answers, which it does not read meanwhile, may be too many first
        assert flood.close_code() in (FLOODS, SLOW, ABNORMAL, None) and client.call("echo", a=2) == {"a": 2}


def test_calls_without_an_answer_are_bounded(desk):
    with Client(desk.url) as client:
        numbers = [client.ask("never") for _ in range(101)]
        with pytest.raises(RpcFailed, match="100 calls wait already"):
            client.answer(numbers[-1])


def test_a_client_that_does_not_read_is_closed_and_costs_no_memory(own_desk):
    with Client(own_desk.url) as stalled, Client(own_desk.url) as client:
        text = "x" * 100_000
        for number in range(700):
            own_desk.link.tell("event", {"text": text, "number": number})
            if number % 20 == 0:  # as fast as the other one reads
                client.notification("event", lambda params, number=number: params["number"] == number)
        client.notification("event", lambda params: params["number"] == 699)
        assert wait(lambda: own_desk.link.clients == 1), "the stalled client is closed"
        stalled.socket.socket.close()
    assert own_desk.link.restarts == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "stopped"])
def test_a_server_that_is_gone_comes_back_where_clients_find_it(own_desk, how, monkeypatch):
    monkeypatch.setattr("waves.app.clients.server_link.STALLED", 0.5)
    port, process = own_desk.link.port, own_desk.link.process_id
    with Client(own_desk.url) as client:
        os.kill(process, how)

        def is_replaced() -> bool:
            own_desk.link.tell("status", {"x": "y" * 100_000}, newest=True)
            own_desk.link.look()
            return own_desk.link.process_id not in (0, process)

        assert wait(is_replaced)
        client.socket.socket.close()

    def answers() -> bool:
        try:
            with Client(own_desk.url) as again:
                return again.call("echo", a=3) == {"a": 3}
        except OSError:
            return False

    assert wait(answers) and own_desk.link.port == port and own_desk.link.restarts == 1
    assert own_desk.said == ["the server for clients has ended and is started again: the sound goes on"]


def test_a_port_in_use_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Problems, match=r"cannot listen at 127.0.0.1 port \d+: .*[Aa]ddress already in use"):
            Desk(port=taken.getsockname()[1], or_any=False)


def test_a_port_in_use_is_replaced_where_any_will_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        made = Desk(port=port)
        try:
            with Client(made.url) as client:
                assert made.link.port not in (0, port) and client.call("echo", a=4) == {"a": 4}
        finally:
            made.link.close()


@pytest.mark.parametrize(("returns", "code"), [(False, ENDED), (True, RETURNS)])
def test_clients_are_told_whether_the_player_ends_or_returns(own_desk, returns, code):
    with Client(own_desk.url) as client:
        client.call("echo")
        process = own_desk.link.process_id
        own_desk.link.close(returns)
        assert client.close_code() == code
    assert not Path(f"/proc/{process}").exists() and own_desk.said == []


def test_a_server_that_does_not_end_is_ended(own_desk, monkeypatch):
    monkeypatch.setattr("waves.app.clients.server_link.PARTING", 0.1)
    process = own_desk.link.process_id
    os.kill(process, signal.SIGSTOP)
    own_desk.link.close()
    assert wait(lambda: not Path(f"/proc/{process}").exists())


def test_readers_write_no_files():
    made = Desk(read_only=True)
    try:
        with Client(made.url) as client:
            assert client.known["access"] == ["play"] and client.call("echo", a=1) == {"a": 1}
            with pytest.raises(RpcFailed, match="'write' is not for this client"):
                client.call("write")
    finally:
        made.link.close()
    assert [one["method"] for one in made.asked] == ["echo"]
