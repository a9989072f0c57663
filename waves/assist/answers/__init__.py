"""A text, a place in it and its surroundings in; colours, completions, help and places out, as plain data."""
