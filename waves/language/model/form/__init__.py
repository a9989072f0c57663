"""The form of a piece: ramps and sections as data in, checked settings out, each mistake at its place."""
