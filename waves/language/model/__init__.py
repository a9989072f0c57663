"""Data of an entry in, checked models out, with every mistake at its place."""
