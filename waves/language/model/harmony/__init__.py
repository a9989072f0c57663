"""Scales, degrees and chords as they are written in lanes of a pattern: words in, MIDI numbers of notes out."""
