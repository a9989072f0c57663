"""Numba for machine code that is kept: compiled functions in, one object file for each C function out."""
