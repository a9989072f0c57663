"""Mixes: their parts as they are written and switched in, what of each is heard out."""
