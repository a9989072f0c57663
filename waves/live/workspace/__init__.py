"""The files of a workspace: settings, trust, watching, and composing them into a graph."""
