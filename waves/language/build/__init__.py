"""Models in, the tree of the sounds that play out, with tempo, sequences, references, fades and moved parameters."""
