"""Version of the program."""

__version__ = "0.1.0"

SOUND = 2
"""Number of the sound of the shipped nodes: one more with each release in which an unchanged piece sounds otherwise."""
