"""Saved files while a piece plays: files that changed in; node types, settings and requests to the session out."""
