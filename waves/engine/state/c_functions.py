"""Compiled functions of the engine as Python calls them."""

from __future__ import annotations

import ctypes

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import EngineKernel

RENDER = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,  # input, interleaved float32
    ctypes.c_void_p,  # output, interleaved float32
    ctypes.c_ulong,  # frames
    ctypes.c_void_p,  # PaStreamCallbackTimeInfo: three doubles, seconds
    ctypes.c_ulong,  # flags: under- and overflows
    ctypes.c_void_p,  # userdata
)
"""PortAudio's `PaStreamCallback`; it returns 0 to go on."""
_SWAP = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)


def swap_function() -> ctypes._FuncPointer:
    """The compiled function that puts a number in place of the word at an address, and returns the one before.

    What was written before it is seen by whoever reads the new number.
    """
    return _SWAP(kernel_cache.address(EngineKernel("swap")))
