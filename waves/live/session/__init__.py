"""The live loop: a save in, a plan at its frame out, with a report of what became of every node."""
