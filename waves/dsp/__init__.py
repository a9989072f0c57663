"""Arithmetic that kernels and the engine share: plain functions that can be compiled; numbers in, numbers out."""

RELOADED = (
    *("maths", "clock", "powers", "edges", "units", "windows", "interpolation", "panning", "hadamard", "fft"),
    *(f"filters.{name}" for name in ("allpass", "halfband", "one_pole", "follower", "state_variable", "spline")),
)
"""Names of the modules that node files use and that reload with them, each after those that it imports."""
