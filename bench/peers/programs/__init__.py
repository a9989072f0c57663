"""Patches for each program, as its players write them, and how it renders them to a file."""
