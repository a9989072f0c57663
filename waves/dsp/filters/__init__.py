"""Filters that kernels share: one frame and the numbers that the filter keeps in, one frame out.

The state is a field of the node's state, `Floats[n]`, and the place in it where the filter's numbers begin, 0 if it is
left out. A field that is longer holds a bank of filters. A filter in a kernel is one call this way, and its state is
kept with the node. Frames that are not finite leave a state that is not: give a filter `finite(signal[i], 0.0)`.
"""
