"""Nodes that the language makes by itself, such as expressions, clocks, voices and fades."""
