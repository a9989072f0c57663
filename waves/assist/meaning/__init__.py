"""Sketches in, the meaning of every word out: nodes, parameters, sounds, names and where each is defined."""
