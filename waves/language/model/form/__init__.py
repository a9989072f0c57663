"""The form of a piece as it is written: ramps and sections; data in, checked settings out, each mistake at its place."""
