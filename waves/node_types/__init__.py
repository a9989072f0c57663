"""Node types: those of the language itself, and those that are loaded from files."""
