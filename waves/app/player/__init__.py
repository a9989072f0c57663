"""A running `waves play`: options in, an exit code out. Starts a performance, passes keys on to it, and stops it."""
