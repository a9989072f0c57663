"""Clients of a running player: events, status and sound out to the process of the server, calls of clients in."""
