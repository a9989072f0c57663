"""The compiled side: entries of kernels, rows, voices, the loop and the audio callback. Nothing here runs as Python
while it plays.
"""
