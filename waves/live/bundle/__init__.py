"""Bundles: a sound and all that it needs as one file; from a workspace to the file, and from the file to a folder."""
