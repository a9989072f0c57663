"""Models in, nodes with IDs out: names are looked up, and sounds replaced by their nodes."""
