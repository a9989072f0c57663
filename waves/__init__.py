"""waves: a synthesizer played by editing a text file."""

__version__ = "0.1.0"
