"""Lanes of a pattern in, the notes that they make together out, cycle by cycle."""
