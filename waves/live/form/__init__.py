"""Sections and fills of a piece that plays: calls from outside in, input events and the present section out."""
