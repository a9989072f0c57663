"""Hostile and many clients of one piece: the sound goes on, memory stays, the server comes back.

    pytest -m soak tests/app/test_soak_clients.py -n 0 -s

Prints counts of what was sent and answered, memory of player and server, underflows.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import socket
import string
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from websockets.exceptions import WebSocketException

from tests.harness.client import Client
from tests.harness.command import Play
from tests.harness.waiting import wait
from waves import open_piece
from waves.app.clients.methods import ACTION_METHODS, METHODS
from waves.app.clients.serving import ServeOptions, Serving

MESSAGES = 10_000
CLIENTS, STALLED = 50, 20
SECONDS = 300.0
KILLS = (2, 4, 6)  # tenths of the time after which the server is killed
FLAT, GROWTH = 0.5, 4.0  # MB, of the player between restarts of the server; of what a restart may cost
BLOCK = 882  # frames of 20 ms
PIECE = """\
my_sound:
  mix:
    steady: {osc: {freq: 220, amp: 0.2, id: steady}}
    beat: {sequencer: {interval: 0.125, steps: [kick, ~, hat, kick]}}
kick: {osc: {freq: 60, amp: 0.3, duration: 0.08}}
hat: {osc: {type: noise, amp: 0.1, duration: 0.03}}
"""
SILENCING = {
    "pause",
    "hush",
    "play",
    "playNumber",
    "playNext",
    "volume",
    "record",
    "restore",
    "undo",
    "redo",
    "playVersion",
    "mute",
    "solo",
}
"""Methods that may rightly make it silent, or end the recording: they get wrong arguments only."""
SLOW = {"render", "keep"}
"""Methods that start a process."""


@contextmanager
def served(folder: Path) -> Iterator[Serving]:
    """A piece that plays, serves, and is recorded to `take.wav`."""
    (folder / "waves.yaml").write_text(PIECE)
    with open_piece(folder, LIMITER=False) as piece:
        piece.play("my_sound", device="silent")
        performance = piece._performance
        assert performance
        performance.recordings.start(folder / "take.wav")
        serving = Serving(performance.opened, performance.bus, ServeOptions())
        serving.begin(performance)
        try:
            yield serving
        finally:
            serving.close()


def loudest_blocks(file: Path) -> np.ndarray:
    """The peak of each 20 ms of a recording, but the first and the last ones."""
    sound = np.abs(soundfile.read(file, dtype="float32")[0][:, 0])
    return sound[: len(sound) // BLOCK * BLOCK].reshape(-1, BLOCK).max(axis=1)[5:-5]


def memory_of(process: int) -> float:
    """Resident memory, MB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * 4096 / 1e6


def words(chance: random.Random, most: int = 40) -> str:
    letters = string.printable + "äöü€😀\u202e\ud7ff\x00\x1b"
    return "".join(chance.choices(letters, k=chance.randrange(most)))


def anything(chance: random.Random, depth: int = 0) -> Any:
    """Some JSON."""
    kind = chance.randrange(8 if depth < 4 else 6)
    simple = (None, True, chance.randrange(-(2**70), 2**70), chance.uniform(-1e300, 1e300), words(chance), "main.freq")
    if kind < 6:
        return simple[kind]
    if kind == 6:
        return [anything(chance, depth + 1) for _ in range(chance.randrange(5))]
    return {words(chance, 8): anything(chance, depth + 1) for _ in range(chance.randrange(5))}


def message(chance: random.Random) -> str | bytes:
    """A message that is wrong somewhere, or nearly right."""
    method = chance.choice([*ACTION_METHODS, *METHODS, "authenticate", words(chance)])
    names = ["name", "value", "file", "text", "based_on", "id", "files", "paused", "frame", "level", words(chance, 8)]
    params = {chance.choice(names): anything(chance) for _ in range(chance.randrange(4))}
    if method in SILENCING | SLOW:
        params["nothing has this name"] = 1
    call = {"jsonrpc": "2.0", "id": chance.choice([1, None, "a", 2.5, [], 10**40]), "method": method, "params": params}
    match chance.randrange(10):
        case 0:
            return chance.randbytes(chance.randrange(2000))
        case 1:
            return words(chance, 2000)
        case 2:
            return json.dumps(anything(chance))
        case 3 if method not in SILENCING | SLOW:
            text = json.dumps(call)
            cut = chance.randrange(len(text))
            return text[:cut] + words(chance, 5) + text[cut + chance.randrange(5) :]
        case 4:
            return "[" * chance.choice([10, 1000, 100_000])
        case 5:
            return json.dumps({**call, "params": {"text": "x" * 300_000, "file": "waves.yaml", "based_on": ""}})
        case _:
            return json.dumps(call)


def garbage(port: int, chance: random.Random) -> None:
    """Bytes that are no request, or a request that is none of ours, or frames that no WebSocket has."""
    upgrade = (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()
    first = chance.choice([b"", upgrade, b"GET / HTTP/1.1\r\n", b"POST /ws HTTP/1.1\r\nContent-Length: 9\r\n\r\n"])
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5.0) as raw:
        raw.sendall(first + chance.randbytes(chance.randrange(3000)))
        raw.shutdown(socket.SHUT_WR)
        while raw.recv(65536):
            pass


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_ten_thousand_hostile_messages(tmp_path):
    chance, counts = random.Random(5), Counter[str]()
    with served(tmp_path) as serving:
        engine = serving.calls.performance.engine
        pids = {"player": os.getpid(), "server": serving.link.process_id}
        before: dict[str, float] = {}
        while counts["messages"] < MESSAGES:
            if counts["messages"] > MESSAGES // 5 and not before:
                before = {name: memory_of(pid) for name, pid in pids.items()}
            garbage(serving.link.port, chance)
            counts["connections"] += 1
            try:
                with Client(serving.url) as client:
                    for _ in range(chance.randrange(1, 250)):
                        client.send(message(chance))
                        counts["messages"] += 1
                    assert client.call("status")["sounds"] == ["my_sound"]
                    counts["answered after all"] += 1
            except (WebSocketException, EOFError, OSError):
                counts["closed by the server"] += 1
        with Client(serving.url) as client:
            assert wait(lambda: client.call("status")["underflows"] >= 0)
        after = {name: memory_of(pid) for name, pid in pids.items()}
        serving.calls.performance.recordings.stop()
        restarts, underflows = serving.link.restarts, engine.underflows
    blocks = loudest_blocks(tmp_path / "take.wav")
    print(dict(counts), f"MB before {before}, after {after}; {len(blocks)} blocks, quietest {blocks.min():.3f}")
    assert restarts == 0 and underflows == 0 and blocks.min() > 0.15
    assert all(after[name] < before[name] + 20.0 for name in pids)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == ["take.wav", "waves.yaml"]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_fifty_clients_of_which_twenty_do_not_read(tmp_path):
    seconds = float(os.environ.get("WAVES_SOAK_SECONDS", SECONDS))
    stop, counts = threading.Event(), Counter[str]()
    (tmp_path / "waves.yaml").write_text(PIECE)
    (tmp_path / "config.py").write_text("LIMITER = False\n")
    with Play(tmp_path, "my_sound", "--serve", "0") as play:
        url = play.address()
        play.wait_for("started")

        def read(number: int) -> None:
            while not stop.is_set():
                try:
                    with Client(url, keeps=False) as client:
                        counts["connections"] += 1
                        while not stop.is_set():
                            client.notification("status")
                            counts["status"] += 1
                            if number == 0:
                                client.call("setValue", name="steady.freq", value=200 + counts["status"] % 100)
                except (WebSocketException, EOFError, OSError):
                    time.sleep(0.5)

        def stall() -> None:
            while not stop.is_set():
                try:
                    with Client(url) as client:
                        counts["stalled"] += 1
                        stop.wait(5.0 + seconds / 10)
                        client.socket.socket.close()
                except (WebSocketException, EOFError, OSError):
                    time.sleep(0.5)

        with Client(url) as client:
            client.call("record", on=True)
        threads = [threading.Thread(target=read, args=(number,)) for number in range(CLIENTS - STALLED)]
        threads += [threading.Thread(target=stall) for _ in range(STALLED)]
        for thread in threads:
            thread.start()
        memory: list[tuple[float, float]] = []
        for part in range(10):
            time.sleep(seconds / 10)
            if part in KILLS:
                os.kill(server_of(play.process.pid), signal.SIGKILL)
            assert wait(lambda: connections(url) > CLIENTS // 2)
            memory.append((memory_of(play.process.pid), memory_of(server_of(play.process.pid))))
            print(f"{part + 1:2}: {memory[-1]} MB, {connections(url)} clients", dict(counts), flush=True)
        stop.set()
        for thread in threads:
            thread.join()
        with Client(url) as client:
            client.call("record", on=False)
        assert play.end() == 130
        underflows = play.wait_for("stopped")["underflows"]
    [take] = (tmp_path / "recordings").iterdir()
    blocks = loudest_blocks(take)
    print(f"underflows {underflows}, {len(blocks)} blocks, quietest {blocks.min():.3f}")
    assert underflows == 0 and blocks.min() > 0.15
    player, server = np.array(memory).T
    # A restart of the server may cost something once; between restarts, and after the last, nothing grows.
    for first, last in itertools.pairwise((1, *KILLS, len(memory))):
        assert player[last - 1] < player[first] + FLAT or last - 1 == first
    assert player[-1] < player[0] + GROWTH * len(KILLS) and server[-1] < server[KILLS[-1] + 1] + GROWTH
    assert counts["status"] > seconds * (CLIENTS - STALLED) * 2


def server_of(player: int) -> int:
    """The process that serves the clients of a player."""
    children = Path(f"/proc/{player}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text().split()]
    [found] = [pid for pid in pids if b"waves.server" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return found


def connections(url: str) -> int:
    """Number of clients; 0 while there is no server."""
    try:
        with Client(url) as client:
            return client.call("status")["connections"]
    except (WebSocketException, EOFError, OSError):
        return 0
