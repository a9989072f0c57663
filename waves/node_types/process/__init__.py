"""Python of node files in a process of its own: texts in, descriptions and results of calls out, as data."""
