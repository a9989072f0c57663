"""Devices and files of sound: the engine's callback in, a stream of a sound card or a file out; samples in, frames at
the engine's rate out.
"""
