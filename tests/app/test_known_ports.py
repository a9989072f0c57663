"""The port of the last time in a folder: kept by the user's own room, and worth nothing more than a first try."""

from __future__ import annotations

import json

import pytest

from waves.app.clients import known_ports
from waves.app.clients.known_ports import last_port, remember_port


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    """The user's own room of this test."""
    monkeypatch.setattr(known_ports, "user_folder", lambda: tmp_path / "room")
    return tmp_path / "room"


def test_the_port_of_each_folder_is_kept(tmp_path, room):
    one, two = tmp_path / "one", tmp_path / "two \udc80"
    assert last_port(one) == 0
    remember_port(one, 40_001)
    remember_port(two, 40_002)
    remember_port(one, 40_003)
    assert (last_port(one), last_port(one / ".." / "one"), last_port(two)) == (40_003, 40_003, 40_002)
    assert (room / "ports.json").stat().st_mode & 0o077 == 0


def test_the_folders_that_were_served_last_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(known_ports, "MOST", 3)
    for number in range(5):
        remember_port(tmp_path / "first", 40_000)
        remember_port(tmp_path / str(number), 40_001 + number)
    assert [last_port(tmp_path / str(number)) for number in range(5)] == [0, 0, 0, 40_004, 40_005]
    assert last_port(tmp_path / "first") == 40_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "[" * 9_000,
        '{"ONE": "40001"}',
        '{"ONE": 80}',
        '{"ONE": 70000}',
        '{"ONE": true}',
        '{"ONE": 4e4}',
    ],
    ids=lambda text: text[:20],
)
def test_a_damaged_list_names_no_port_and_is_replaced(tmp_path, room, text):
    room.mkdir()
    (room / "ports.json").write_text(text.replace("ONE", str(tmp_path)))
    assert last_port(tmp_path) == 0
    remember_port(tmp_path, 40_001)
    assert last_port(tmp_path) == 40_001


def test_a_list_that_others_can_write_to_names_no_port(tmp_path, room):
    remember_port(tmp_path, 40_001)
    (room / "ports.json").chmod(0o666)
    assert last_port(tmp_path) == 0


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path, room):
    room.write_text("no folder")
    remember_port(tmp_path, 40_001)
    assert last_port(tmp_path) == 0


def test_the_folder_of_a_piece_chooses_no_port(tmp_path, room):
    (tmp_path / "ports.json").write_text(json.dumps({str(tmp_path): 40_001}))
    assert last_port(tmp_path) == 0
