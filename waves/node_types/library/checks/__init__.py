"""Checks of a node class before it is compiled: a class and its texts in, each mistake at its line out."""
