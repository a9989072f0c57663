"""Sounds and their notes in, the notes of each pool out: in groups, and cycle by cycle."""
