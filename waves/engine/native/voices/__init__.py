"""The voices of a pool: notes in, voices that have begun out. Compiled code."""
