"""Who may speak to the server: hosts, pages, tokens, and the rights of a client."""

from __future__ import annotations

import pytest

from waves.server.access import Access, is_loopback, new_token

ACCESS = Access(new_token(), 8000)
NETWORK = Access(ACCESS.token, 8000, network=True)


def test_a_token_has_128_random_bits():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000 and all(len(bytes.fromhex(token)) == 16 for token in tokens)


@pytest.mark.parametrize(
    ("host", "here", "network"),
    [
        ("127.0.0.1:8000", True, True),
        ("localhost:8000", True, True),
        ("LOCALHOST:8000", True, True),
        ("[::1]:8000", True, True),
        ("192.168.1.5:8000", False, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1:8001", False, False),
        ("127.0.0.1:08000 ", False, False),
        ("evil.example:8000", False, False),
        ("localhost.evil.example:8000", False, False),
        ("127.0.0.1.evil.example:8000", False, False),
        ("", False, False),
        (":8000", False, False),
        ("127.0.0.1:٨٠٠٠", False, False),
    ],
)
def test_only_a_number_or_localhost_is_a_host(host, here, network):
    assert ACCESS.accepts_host([host]) == here and NETWORK.accepts_host([host]) == network


def test_two_hosts_or_none_are_refused():
    assert not ACCESS.accepts_host([]) and not ACCESS.accepts_host(["127.0.0.1:8000"] * 2)


@pytest.mark.parametrize(
    ("origins", "right"),
    [
        ([], True),
        (["http://127.0.0.1:8000"], True),
        (["http://localhost:8000"], False),
        (["https://127.0.0.1:8000"], False),
        (["http://127.0.0.1:9000"], False),
        (["http://evil.example"], False),
        (["null"], False),
        ([""], False),
        (["http://127.0.0.1:8000"] * 2, False),
    ],
)
def test_only_the_page_of_the_server_may_open_a_socket(origins, right):
    assert ACCESS.accepts_origin(origins, "127.0.0.1:8000") == right


@pytest.mark.parametrize(
    "token", ["", "0" * 32, None, 5, ["x"], "\ud800", ACCESS.token[:-1], ACCESS.token + "0"], ids=range(8)
)
def test_a_wrong_token_is_refused(token):
    assert not ACCESS.accepts_token(token)
    assert not ACCESS.accepts_bearer([f"Bearer {token}"])


def test_the_token_is_taken():
    assert ACCESS.accepts_token(ACCESS.token) and ACCESS.accepts_bearer([f"bearer {ACCESS.token}"])
    assert not ACCESS.accepts_bearer([f"Basic {ACCESS.token}"]) and not ACCESS.accepts_bearer([])
    assert not ACCESS.accepts_bearer([f"Bearer {ACCESS.token}"] * 2)


@pytest.mark.parametrize(
    ("peer", "read_only", "rights"),
    [
        ("127.0.0.1", False, ["play", "file"]),
        ("::1", False, ["play", "file"]),
        ("127.0.0.1", True, ["play"]),
        ("192.168.1.5", False, ["play"]),
        ("fe80::1%eth0", False, ["play"]),
    ],
)
def test_other_computers_and_readers_may_only_play(peer, read_only, rights):
    assert Access("t", 8000, network=True, read_only=read_only).rights(peer) == rights


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_an_address_of_this_computer_alone(address):
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_an_address_that_others_may_reach(address):
    assert not is_loopback(address)
