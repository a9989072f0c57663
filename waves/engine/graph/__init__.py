"""Tree of nodes in, rows in order of execution out; and what differs between two such graphs."""
