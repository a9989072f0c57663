"""Node types of the language itself, such as expressions, clocks, voices and fades."""
