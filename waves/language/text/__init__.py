"""Text of a file in, entries of plain data with their places out."""
