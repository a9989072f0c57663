"""The server for clients, a process of its own: what the player says in, HTTP and WebSocket on one port out."""
