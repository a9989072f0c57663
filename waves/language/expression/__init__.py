"""Text of an expression in, a constant or a program for the `Expression` node out."""
