"""Patterns of values: texts and what stands beside them in, the values of each cycle out."""
