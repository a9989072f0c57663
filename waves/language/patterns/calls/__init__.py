"""Calls in the text of a pattern, as `rand(.3,1)`: texts in, calls out; and for each note that reads one its value."""
