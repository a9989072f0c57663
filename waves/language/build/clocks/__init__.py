"""Clocks of sequences and automations: parameters of a node in, the node that counts its steps out."""
