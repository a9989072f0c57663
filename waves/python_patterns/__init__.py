"""Patterns of Python files, run in processes of their own: texts in, forms and notes of cycles out, as checked data."""
