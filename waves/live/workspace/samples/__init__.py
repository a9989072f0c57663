"""Samples of a workspace: texts that name a file, a folder or a name of samples in, loaded files out."""
