"""Patterns of Python: forms and notes as plain data in, trees of patterns out."""
