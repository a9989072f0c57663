"""Nodes of the form of a piece: ramps over beats and sections; the position of the music in, numbers out."""
