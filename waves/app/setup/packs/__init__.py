"""Packs of samples: a folder, an archive or an address in, a folder in `samples/` out, whole or not at all."""
