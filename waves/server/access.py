"""Rules of the access to the server: the address that was asked for, the page that asks, and the token."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

TOKEN_BYTES = 16


def new_token() -> str:
    """A token for one start of the player: 128 random bits."""
    return secrets.token_hex(TOKEN_BYTES)


def is_loopback(address: str) -> bool:
    """Whether an address can only be reached from this computer."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


@dataclass(frozen=True, slots=True)
class Access:
    """The rules of one server. `network`: whether other computers may connect, which may only play."""

    token: str
    port: int
    network: bool = False
    read_only: bool = False

    def accepts_host(self, hosts: Sequence[str]) -> bool:
        """Whether the `Host` headers of a request name this server by a number, or as `localhost`.

        A name of somebody's own, which may lead to this computer while a page of his is open (DNS rebinding), is no
        number.
        """
        if len(hosts) != 1:
            return False
        name, port = _parts(hosts[0])
        if port != self.port:
            return False
        if name == "localhost":
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self.network

    def accepts_origin(self, origins: Sequence[str], host: str) -> bool:
        """Whether the page that asks is one of this server; a program that is no browser names none."""
        return not origins or list(origins) == [f"http://{host}"]

    def accepts_token(self, token: object) -> bool:
        """Whether a token is that of this start."""
        return isinstance(token, str) and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def accepts_bearer(self, headers: Sequence[str]) -> bool:
        """Whether the `Authorization` headers of a request hold the token."""
        kind, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
        return kind.lower() == "bearer" and self.accepts_token(token.strip())

    def rights(self, peer: str) -> list[str]:
        """The classes of actions that a client may call, by the address that it has."""
        return ["play"] if self.read_only or not is_loopback(peer) else ["play", "file"]


def _parts(host: str) -> tuple[str, int]:
    """Name and port of a `Host` header."""
    name, _, port = host.rpartition(":")
    return name.strip("[]").lower(), int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else 0
