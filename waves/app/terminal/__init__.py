"""The terminal: events and status in, lines of text, JSON or a live screen out; single keys in."""
