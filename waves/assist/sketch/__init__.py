"""Text in, its keys, lists and words with their places out, as far as they can be told of a text that may be broken."""
