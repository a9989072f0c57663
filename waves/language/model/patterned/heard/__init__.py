"""Notes of lanes in, the sounds that they start out, with values in the units of the sounds."""
