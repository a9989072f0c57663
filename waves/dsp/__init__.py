"""Arithmetic that kernels and the engine share, as plain functions that can be compiled; no state of its own."""
