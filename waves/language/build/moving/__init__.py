"""A tree of nodes in, the tree with what moves by itself out: parameters moved by hand, and long fades of parts."""
