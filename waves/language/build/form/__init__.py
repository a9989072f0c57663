"""The form of a piece in its tree: songs, and the alternatives of patterns that follow sections and fills."""
