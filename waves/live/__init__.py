"""Live change: files that were saved in, plans for the engine out, and everything that is kept of a session."""
