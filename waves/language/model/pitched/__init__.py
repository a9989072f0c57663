"""Pitches of a pattern: words of its lanes in, frequencies out, those of chords one after another, those that slide."""
