"""Arithmetic that kernels and the engine share: plain functions that can be compiled; numbers in, numbers out."""

RELOADED = (
    *("maths", "clock", "powers", "edges", "units", "windows", "interpolation", "panning", "hadamard", "fft"),
    "minblep",
    *("filters.allpass", "filters.halfband", "filters.one_pole", "filters.follower", "filters.state_variable"),
    *("filters.spline", "filters.sinc", "filters.hilbert"),
)
"""Names of the modules that node files use and that reload with them, each after those that it imports."""
