"""Models in, nodes with IDs out: names looked up, sounds unfolded."""
