"""Arithmetic that kernels and the engine share: plain functions that can be compiled, without any state."""
