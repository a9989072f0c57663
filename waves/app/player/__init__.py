"""A running `waves play`: starts it, passes saves and keys on to the session, and stops it in order."""
