"""A piece that plays in this process, without terminal and command line: a workspace in, sound and events out."""
