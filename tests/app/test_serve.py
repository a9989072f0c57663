"""`waves play --serve` and `waves status`: from the command line to a client, and what is written on the disk of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer

from tests.harness.client import Client, RpcFailed
from tests.harness.command import Play, waves
from tests.harness.paths import TOP
from tests.harness.waiting import wait
from waves import cli
from waves.app.clients.status_file import UNKNOWN, process_start, process_state
from waves.app.commands.show_status import show_status
from waves.server.client import ENDED

PIECE = "my_sound: {osc: {freq: 220, amp: 0.3, id: main}}\nother: {osc: {freq: 330, amp: 0.2}}\n"
ADDRESS = re.compile(r"the page: (http://127\.0\.0\.1:\d+/#[0-9a-f]{32})")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    piece = tmp_path / "piece"
    piece.mkdir()
    (piece / "waves.yaml").write_text(PIECE)
    return piece


def address_of(play: Play) -> str:
    """The address that the player prints."""
    assert play.process.stderr
    for line in play.process.stderr:
        if match := ADDRESS.search(line):
            return match[1]
    raise AssertionError("no address was printed")


def status_of(folder: Path) -> tuple[int, dict]:
    """Exit code and document of `waves status --json`."""
    result = waves(folder, "status", "--json")
    return result.returncode, json.loads(result.stdout or "{}")


def script_of_the_docs(folder: Path, url: str) -> str:
    """The output of the program in docs/clients.md, run with an address."""
    [program] = re.findall(r"^```python\n(.*?)^```", (TOP / "docs" / "clients.md").read_text("utf-8"), re.M | re.S)
    script = folder.parent / "client.py"
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, str(script), url, "my_sound/main.freq", "330"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("typed", "port"),
    [
        ("--serve", 0),
        ("--serve my_sound", 0),
        ("--serve 8000 my_sound", 8000),
        ("--serve=8000", 8000),
        ("my_sound", None),
    ],
)
def test_the_port_may_be_left_out(typed, port):
    context = typer.main.get_command(cli.app).commands["play"].make_context("play", typed.split())
    assert context.params["serve"] == port and list(context.params["sounds"] or []) in ([], ["my_sound"])


def test_a_piece_with_a_mistake_is_served_and_a_client_mends_it(folder):
    (folder / "waves.yaml").write_text(PIECE.replace("osc: {freq: 220", "oscc: {freq: 220"))
    with Play(folder, "--serve", "my_sound") as play:
        with Client(address_of(play)) as client:
            play.wait_for("not_playing")
            status = client.notification("status", lambda status: status["problems"])
            assert status["sounds"] == [] and status["last_problem"]["suggestion"] == "'osc'" and status["running"]
            assert client.call("status")["problems"] == status["problems"]
            before = client.call("text")
            assert "oscc" in before["text"] and before["playing"] is None and client.call("history") == []
            assert client.call("check", files={"waves.yaml": PIECE}) == [] != client.call("check")
            assert client.call("hover", text=PIECE, line=1, column=14)["title"] and client.call("tokens", text=PIECE)
            for method, params in (("pause", {}), ("tracks", {}), ("setValue", {"name": "main.freq", "value": 5})):
                with pytest.raises(RpcFailed, match="nothing plays yet"):
                    client.call(method, **params)
            other = PIECE.replace("freq: 220", "freqq: 220")
            version = client.call("save", file="waves.yaml", text=other, based_on=before["version"])["version"]
            problem = client.notification("reloadFailed", lambda event: "freqq" in str(event))["problems"][0]
            assert problem["suggestion"] == "'freq'"
            client.call("save", file="waves.yaml", text=PIECE, based_on=version)
            client.notification("event", lambda event: event["event"] == "started")
            assert client.notification("status", lambda status: status["sounds"])["problems"] == []
            assert client.call("text")["playing"] == PIECE and len(client.call("history")) == 1
            client.call("setValue", name="main.freq", value=330)
            client.notification("parametersChanged")
        assert play.end() == 130


def test_the_server_ends_with_the_wait_for_the_mend_and_returns_to_its_port_with_another_token(folder):
    (folder / "waves.yaml").write_text(PIECE.replace("osc", "oscc"))
    addresses = []
    for how in (signal.SIGTERM, signal.SIGKILL):
        with Play(folder, "--serve", "my_sound") as play:
            addresses.append(url := address_of(play))
            play.wait_for("not_playing")
            with Client(url) as client:
                client.call("status")
                code = play.end(how)
                assert client.close_code() == ENDED
            assert code == (128 + how if how == signal.SIGTERM else -how)
        with pytest.raises(ConnectionRefusedError):
            Client(url)
    (before, token), (after, other) = (urlsplit(url)[1::3] for url in addresses)
    assert before == after and len(token) == len(other) == 32 and token != other


def test_the_page_of_a_piece_that_plays(folder):
    with Play(folder, "--serve", "my_sound") as play:
        url = address_of(play)
        play.wait_for("started")
        with Client(url) as client:
            assert client.call("status")["sounds"] == ["my_sound"]
            text = client.call("text")
            client.call("save", file="waves.yaml", text=PIECE.replace("220", "221"), based_on=text["version"])
            assert play.wait_for("reloaded")["good"] == 1
            assert client.notification("reloaded")["good"] == 1
            said = script_of_the_docs(folder, url)
            assert "my_sound/main.freq 221.0 Hz" in said and play.wait_for("volume")["level"] == -6
            assert client.notification("parametersChanged")["values"] == {"my_sound/main.freq": 330}

            def is_current() -> bool:  # it is written once a second
                code, status = status_of(folder)
                return code == 0 and (status["connections"], status["reload_count"], status["running"]) == (1, 1, True)

            assert wait(is_current)
        assert play.end() == 130
    token = url.partition("#")[2].encode()
    assert not any(token in json.dumps(event).encode() for event in play.events)
    assert not any(token in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_status_without_a_server_and_when_the_player_is_gone(folder):
    assert waves(folder, "status").stderr.startswith("nothing plays here: `waves play` starts it")
    with Play(folder, "my_sound") as play:
        play.wait_for("started")
        file = folder / ".waves" / f"status-{play.process.pid}.json"
        assert wait(file.exists)
        result = waves(folder, "status")
        assert result.stdout.splitlines()[0].startswith("my_sound  plays  bar ") and " underflow" in result.stdout
        play.end(signal.SIGKILL)
    code, status = status_of(folder)
    assert code == 1 and not status["running"]
    record = json.loads(file.read_text())
    file.write_text(json.dumps(record | {"process": os.getpid(), "time": time.time() - 60}))
    assert status_of(folder)[0] == 1, "a process of that number is another one"
    here = {"process": os.getpid(), "start": process_start(os.getpid()), "time": time.time() - 60}
    file.write_text(json.dumps(record | here))
    [late] = waves(folder, "status").stdout.splitlines()
    said = f"the player, process {os.getpid()}, is there, but its status is not current: it is 6"
    assert late.startswith(said), "as on a full disk"
    code, status = status_of(folder)
    assert code == 0 and status["running"]
    for data, sentence in ((b"{", "it is damaged"), (b"x" * 2_000_000, "more than 1 MB")):
        file.write_bytes(data)
        result = waves(folder, "status")
        assert result.returncode == 1 and sentence in result.stderr and len(result.stderr.splitlines()) == 1
    file.write_text(json.dumps(record))
    gone = waves(folder, "status")
    assert gone.returncode == 1 and "the player is gone: it is " in gone.stdout and "waves play --resume" in gone.stdout
    with Play(folder, "my_sound") as play:
        play.wait_for("started")
        play.end()
    assert waves(folder, "status").stderr.startswith("nothing plays here")


@pytest.mark.parametrize("what", ["full", "read-only", "settings", "gone"])
def test_where_no_status_can_be_written_nobody_claims_that_nothing_plays(folder, monkeypatch, capfd, what):
    settings = folder.parent / "settings"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(settings / "deep"))
    usage, access = shutil.disk_usage, os.access
    if what == "full":
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(path)._replace(free=0))
    elif what == "read-only":
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    elif what == "settings":
        settings.write_text("a file")
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != settings and access(path, mode))
    else:
        monkeypatch.setattr(shutil, "disk_usage", lambda path: os.stat(path / "none"))
    reason = {
        "full": f"the disk of '{folder}' is full",
        "read-only": f"'{folder}' cannot be written",
        "settings": f"'{settings}' cannot be written",
        "gone": f"'{folder}' cannot be used: No such file or directory",
    }[what]
    assert show_status(folder, json=False) == 1
    unknown = "whether something plays here is not known: a player cannot write its status, as"
    assert capfd.readouterr().err == f"{unknown} {reason}\n"


@pytest.mark.long
def test_a_second_player_and_one_that_is_stopped(folder):
    with Play(folder, "my_sound") as play:
        play.wait_for("started")
        number = play.process.pid
        assert wait((folder / ".waves" / f"status-{number}.json").exists)
        with Play(folder, "other") as second:
            told = second.wait_for("folder_shared")["text"]
            assert told.startswith(f"another player, process {number}, plays in this folder; both share '.waves/'")
            assert not [event for event in second.events if event["event"] == "refused"]
            other = second.process.pid
            assert wait((folder / ".waves" / f"status-{other}.json").exists)
            both = waves(folder, "status")
            heads = [line for line in both.stdout.splitlines() if line.startswith(("process", "my_sound", "other"))]
            assert both.returncode == 0 and len(heads) == 4
            assert heads[heads.index(f"process {number}:") + 1].startswith("my_sound  plays  bar ")
            assert heads[heads.index(f"process {other}:") + 1].startswith("other  plays  bar ")
            play.wait_for("folder_shared")
            assert second.end() == 130 and play.process.poll() is None
        play.wait_for("folder_own")
        assert [file.name for file in (folder / ".waves").glob("status*")] == [f"status-{number}.json"]
        play.process.send_signal(signal.SIGSTOP)
        assert wait(lambda: waves(folder, "status").returncode == 1)
        first, advice = waves(folder, "status").stdout.splitlines()
        assert first.startswith(f"the player, process {number}, is stopped, as by Ctrl-Z: it is ")
        assert " s since it played my_sound at bar " in first
        assert advice == f"`fg` in its terminal continues it, and so does `kill -CONT {number}`"
        play.process.send_signal(signal.SIGCONT)
        assert wait(lambda: waves(folder, "status").returncode == 0)
        assert play.end() == 130


def test_the_state_of_a_process_without_proc(monkeypatch):
    monkeypatch.setattr(Path, "read_text", lambda *_: (_ for _ in ()).throw(FileNotFoundError()))
    assert process_state(os.getpid())[:1] in ("R", "S") and process_state(2**22 + 1) == ""
    monkeypatch.setenv("PATH", "")
    assert process_state(os.getpid()) == UNKNOWN


def test_a_folder_cannot_open_a_port(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (folder / "config.py").write_text('SERVE = 0\nSERVE_ADDRESS = "0.0.0.0"\nALLOW_NETWORK = True\n')
    result = waves(folder, "play", "--device", "silent", "--duration", "0.1", "--plain", "--trust")
    assert "SERVE and SERVE_ADDRESS and ALLOW_NETWORK in config.py has no effect" in result.stderr
    assert "the page" not in result.stderr
    own = tmp_path / "config" / "waves-live" / "config.py"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("SERVE = 0\n")
    result = waves(folder, "play", "--device", "silent", "--duration", "0.1", "--plain")
    assert ADDRESS.search(result.stderr) and result.returncode == 0


def test_an_address_of_the_network_needs_a_permission(folder):
    result = waves(folder, "play", "--device", "silent", "--duration", "0.1", "--serve", "--serve-address", "0.0.0.0")
    assert result.returncode == 1 and "--allow-network allows it" in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.strip()]) == 1
