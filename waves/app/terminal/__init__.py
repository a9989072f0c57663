"""What is seen and typed: events and status in, lines, JSON or the live screen out; single keys."""
