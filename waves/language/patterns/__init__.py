"""Text of a pattern in, the notes of its cycles out: onset, length, word and chance, all times exact fractions."""
