"""Machine code: object files with a digest of what they hold, loaded by LLVM alone, without Numba.

A file holds a first line, a digest, the name of the entry, a zero byte, and the object code. The digest covers the name
of the file too: a file that was damaged, cut short, or put in the place of another is never given to LLVM, which would
end the process. It is no signature: whoever may write to the folder may write machine code.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import stat
import sys
import threading
from functools import cache
from pathlib import Path

import llvmlite.binding as llvm

from waves.private_folder import open_to_others
from waves.whole_file import CAREFUL, FOR_OWNER, write_whole

FORMAT = b"waves machine code 1\n"
DIGEST = 32  # bytes
LARGEST = 50_000_000  # bytes of a file that is read


class UnusableCode(Exception):
    """A file that holds no machine code that can be trusted to be whole; one sentence."""


class Code:
    """Machine code in memory, freed with this object. Any thread but the sound thread."""

    def __init__(self, path: Path):
        """Read a file. Raises UnusableCode, and OSError when it cannot be read."""
        self._symbol, self._object = read_code(path)
        self._loading = threading.Lock()
        self._address = 0

    @property
    def address(self) -> int:
        """Address of the C function in it. The first call loads the code."""
        with self._loading:  # two threads would load it twice
            if not self._address:
                _prepare_llvm()
                # One engine per object: Numba's symbols are weak and repeat, a shared one would bind to older ones.
                machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
                self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
                self._engine.add_object_file(llvm.ObjectFileRef.from_data(self._object))
                self._engine.finalize_object()
                self._address, self._object = int(self._engine.get_function_address(self._symbol)), b""
        return self._address


def read_code(path: Path) -> tuple[str, bytes]:
    """The name of the entry and the object code of a file.

    Raises UnusableCode unless it is a regular file of this user, that only this user can write, whole, and of this
    name; raises OSError when it cannot be read. It neither follows a link nor waits for a pipe.
    """
    if not stat.S_ISREG(path.lstat().st_mode):  # opening a device may do things
        raise UnusableCode("it is not a file")
    handle = os.open(path, os.O_RDONLY | CAREFUL)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST:
            raise UnusableCode("it is not a file of machine code")
        if open_to_others(status):
            raise UnusableCode("others can write to it")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(LARGEST)
    finally:
        os.close(handle)
    start = len(FORMAT) + DIGEST
    if not data.startswith(FORMAT) or data[len(FORMAT) : start] != _digest(path, data[start:]):
        raise UnusableCode("it is damaged")
    symbol, _, code = data[start:].partition(b"\0")
    return symbol.decode(), code


def write_code(path: Path, symbol: str, code: bytes) -> None:
    """Write a file whole, in place of whatever has its name. Raises OSError."""
    content = symbol.encode() + b"\0" + code
    _make_room(path)
    write_whole(path, FORMAT + _digest(path, content) + content, FOR_OWNER)


def move_code(path: Path, to: Path) -> None:
    """Give a file another suffix, in place of whatever has that name. Raises OSError."""
    _make_room(to)
    os.replace(path, to)


def is_usable(path: Path) -> bool:
    """Whether a file holds machine code that is whole."""
    try:
        read_code(path)
    except (OSError, UnusableCode):
        return False
    return True


def _make_room(path: Path) -> None:
    """Removes what is no usable file; a folder is put aside, with what is in it."""
    if is_usable(path):
        return
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(path.lstat().st_mode):
            path.rename(path.with_name(f".{path.name}.{secrets.token_hex(8)}"))
        else:
            path.unlink()


def _digest(path: Path, content: bytes) -> bytes:
    name = path.name.partition(".")[0]  # the same before and after its trial
    return hashlib.blake2b(name.encode() + b"\0" + content, digest_size=DIGEST).digest()


LIBC = "memcpy memmove memset"
LIBM = """exp exp2 log log2 log10 log1p expm1 pow sin cos tan asin acos atan atan2 sinh cosh tanh fmod cbrt hypot
    floor ceil fma rint trunc round sqrt fabs copysign fmin fmax asinh acosh atanh ldexp frexp erf erfc lgamma tgamma"""
PYTHON = """PyErr_Clear PyErr_SetNone PyErr_SetString PyErr_WriteUnraisable PyExc_RuntimeError PyExc_StopIteration
    PyExc_SystemError PyExc_ValueError PyExc_IndexError PyExc_ZeroDivisionError PyExc_OverflowError
    PyUnicode_FromString PyBytes_FromStringAndSize Py_DecRef Py_IncRef"""
NUMBA = """numba_do_raise numba_unpickle numba_runtime_build_excinfo_struct numba_gil_ensure numba_gil_release NRT_Free
    NRT_MemInfo_call_dtor NRT_incref NRT_decref"""


KNOWN_SYMBOLS = frozenset(f"{LIBC} {LIBM} {PYTHON} {NUMBA}".split())


@cache
def _prepare_llvm() -> None:
    """Gives LLVM every symbol that Numba's code may refer to.

    Without Numba in the process it finds no symbol by itself, and one missing name leaves all external names of an
    object null, without an error. The names of Python and Numba stand in the error path of an entry only, which is
    never taken, because entries catch everything.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
    for name in f"{LIBC} {LIBM}".split():
        if function := getattr(library, name, None):
            llvm.add_symbol(name, ctypes.cast(function, ctypes.c_void_p).value)
    for name in PYTHON.split():
        llvm.add_symbol(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value)
    for name in NUMBA.split():
        llvm.add_symbol(name, ctypes.cast(_nothing, ctypes.c_void_p).value)


_nothing = ctypes.CFUNCTYPE(None)(lambda: None)
