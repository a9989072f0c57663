"""Folder `.waves/` of a piece: names in, checked bytes out. Only this room opens, writes and deletes files in it."""
