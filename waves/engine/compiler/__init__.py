"""Machine code of kernels: node types in, files in the cache out. Code that nobody has run before is tried in a
process of its own.
"""
