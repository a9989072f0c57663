"""Benchmarks: time and memory of the program, each result beside its budget. `python -m bench`."""
