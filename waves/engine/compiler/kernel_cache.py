"""Machine code of kernels, in files named by what they mean; loaded by LLVM alone, without Numba.

A file holds the name of the entry, a zero byte, and an object file. Its name is a hash of everything that decides the
machine code, so a file that is there is right.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import itertools
import json
import math
import os
import platform
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakSet, WeakValueDictionary

import llvmlite.binding as llvm
from platformdirs import user_cache_path

import waves
from waves.memo import per_class
from waves.node import Node
from waves.node_types.library.fingerprint import fingerprint
from waves.node_types.library.signature import arguments, state_dtype

KEEP_DAYS, KEEP_BYTES = 30, 500_000_000
ENGINE = {  # functions of the engine, and the module of `engine.native` that each is in
    **dict.fromkeys(("run", "block", "swap", "trial_blocks"), "loop"),
    **dict.fromkeys(("render", "callback"), "callback"),
    "pool": "pool",
}

_doubted: WeakSet[type[Node]] = WeakSet()  # what was not shipped: its machine code is tried before it is used
_checked: WeakSet[type[Node]] = WeakSet()  # those whose indices are checked in play too


class Code:
    """Machine code in memory, given back with this object."""

    def __init__(self, path: Path):
        symbol, _, code = path.read_bytes().partition(b"\0")
        _prepare_llvm()
        # One engine per object: Numba's symbols are weak and repeat, a shared engine would bind to an older kernel.
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.address: int = self._engine.get_function_address(symbol.decode())


_codes: WeakValueDictionary[str, Code] = WeakValueDictionary()  # all there is, by name
_of_engine: dict[str, Code] = {}
_one = threading.Lock()


@dataclass(frozen=True, slots=True)
class Kernel:
    """What is compiled: a function of the engine, or one variant of a node's kernel."""

    kind: type[Node] | None
    constant: frozenset[str] = frozenset()
    function: str = ""

    @property
    def name(self) -> str:
        """Name of the object file: readable, then a hash of the meaning."""
        if self.kind is None:
            return _engine_name(self.function)
        return _name(self.kind, self.constant, self.checked)

    @property
    def checked(self) -> bool:
        """Whether an index outside raises, instead of reading and writing what lies there."""
        return self.kind in _checked if self.kind else False

    @property
    def untrusted(self) -> bool:
        """Whether it is tried in another process before it is used."""
        return self.kind in _doubted if self.kind else False


def mark_untrusted(kinds: Iterable[type[Node]], checked: bool) -> None:
    """Have the machine code of these tried before it is used, and their indices checked in play if asked for."""
    for kind in kinds:
        _doubted.add(kind)
        if checked:
            _checked.add(kind)


def variants(kind: type[Node]) -> list[Kernel]:
    """All variants of a node's kernel: they are compiled together, so that no edit of a number compiles."""
    names = kind.constant
    subsets = itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names) + 1))
    return [Kernel(kind, frozenset(subset)) for subset in subsets]


def engine_kernels() -> list[Kernel]:
    return [Kernel(None, function=name) for name in ENGINE]


@cache
def _engine_name(function: str) -> str:
    return _hashed(function, [_abi(), _engine_abi(), function])


@per_class
def _name(kind: type[Node], constant: frozenset[str], checked: bool) -> str:
    shape = [(a.name, a.kind, a.type) for a in arguments(kind)]
    meaning = [
        *(_abi(), fingerprint(kind.render)),  # type: ignore[attr-defined]
        *(shape, state_dtype(kind).descr, sorted(constant)),
        *((kind.scratch,) if checked else ()),
    ]
    return _hashed(kind.__name__.lower(), meaning)


def _hashed(readable: str, meaning: list[Any]) -> str:
    return f"{readable}_{hashlib.sha256(json.dumps(meaning).encode()).hexdigest()[:20]}"


@cache
def _abi() -> list[str]:
    """What decides the machine code of every kernel: our own low-level sources, versions, the processor."""
    here = Path(waves.__file__).parent
    own = [
        *sorted((here / "engine" / "native").glob("*.py")),
        here / "abi.py",
        here / "node_types" / "library" / "signature.py",
    ]
    text = hashlib.sha256(b"".join(file.read_bytes() for file in own)).hexdigest()
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    cpu = [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    return [text, *versions, sys.version, platform.machine(), *cpu]


@cache
def _engine_abi() -> str:
    """What the functions of the engine use beside: their sources have no fingerprints."""
    own = [Path(waves.__file__).parent / "dsp" / name for name in ("limiter.py", "maths.py")]
    return hashlib.sha256(b"".join(file.read_bytes() for file in own)).hexdigest()


def folder() -> Path:
    """The user's own cache of machine code."""
    path = Path(os.environ.get("WAVES_CACHE") or user_cache_path("waves-live")) / "kernels"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(kernel: Kernel) -> Path:
    return folder() / f"{kernel.name}.o"


def missing(kernels: Iterable[Kernel]) -> list[Kernel]:
    """Those that must be compiled before they can be loaded."""
    return [kernel for kernel in kernels if not _loaded(kernel) and not path_of(kernel).exists()]


def address(kernel: Kernel) -> int:
    """The address of a kernel's machine code; raises FileNotFoundError when it is not compiled.

    It is there as long as the class of the node is, so whoever runs it keeps the class.
    """
    if found := _loaded(kernel):
        return found.address
    with _one:  # two would load it twice, and the rows of the one run what the other replaces
        if found := _loaded(kernel):
            return found.address
        path = path_of(kernel)
        made = _held(kernel)[kernel.name] = _codes[kernel.name] = Code(path)
        os.utime(path)  # what is used is kept
        return made.address


def _loaded(kernel: Kernel) -> Code | None:
    """The code of a kernel, if it is loaded; where another class of the same meaning has it, of both from now on."""
    held, name = _held(kernel), kernel.name
    if name not in held and (found := _codes.get(name)):
        return held.setdefault(name, found)
    return held.get(name)


def _held(kernel: Kernel) -> dict[str, Code]:
    return _of_class(kernel.kind) if kernel.kind else _of_engine


@per_class
def _of_class(kind: type[Node]) -> dict[str, Code]:
    """The code of a node type by name; it goes when the class does."""
    return {}


LIBC = "memcpy memmove memset"
LIBM = """exp exp2 log log2 log10 log1p expm1 pow sin cos tan asin acos atan atan2 sinh cosh tanh fmod cbrt hypot
    floor ceil fma rint trunc round sqrt fabs copysign fmin fmax asinh acosh atanh ldexp frexp erf erfc lgamma tgamma"""
PYTHON = """PyErr_Clear PyErr_SetNone PyErr_SetString PyErr_WriteUnraisable PyExc_RuntimeError PyExc_StopIteration
    PyExc_SystemError PyExc_ValueError PyExc_IndexError PyExc_ZeroDivisionError PyExc_OverflowError
    PyUnicode_FromString PyBytes_FromStringAndSize Py_DecRef Py_IncRef"""
NUMBA = """numba_do_raise numba_unpickle numba_runtime_build_excinfo_struct numba_gil_ensure numba_gil_release NRT_Free
    NRT_MemInfo_call_dtor NRT_incref NRT_decref"""


KNOWN = frozenset(f"{LIBC} {LIBM} {PYTHON} {NUMBA}".split())


@cache
def _prepare_llvm() -> None:
    """Give LLVM every name that Numba's code may refer to.

    Without Numba in the process it finds no symbol by itself, and one missing name leaves all external names of an
    object null, without a word. The names of Python and Numba stand in the error path of an entry only, which is
    never taken, because entries catch everything.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
    for name in f"{LIBC} {LIBM}".split():
        if found := getattr(library, name, None):
            llvm.add_symbol(name, ctypes.cast(found, ctypes.c_void_p).value)
    for name in PYTHON.split():
        llvm.add_symbol(name, ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value)
    for name in NUMBA.split():
        llvm.add_symbol(name, ctypes.cast(_nothing, ctypes.c_void_p).value)


_nothing = ctypes.CFUNCTYPE(None)(lambda: None)


def prune(now: float | None = None) -> int:
    """Drop what was not used for 30 days, then the oldest above 500 MB; the number of files dropped."""
    now = time.time() if now is None else now
    files = sorted(((f.stat().st_mtime, f.stat().st_size, f) for f in folder().glob("*.o")), reverse=True)
    total, dropped = 0, 0
    for used, size, file in files:
        total += size
        if now - used > KEEP_DAYS * 86400 or total > KEEP_BYTES:
            file.unlink(missing_ok=True)
            dropped += 1
    return dropped


def constant_inputs(kind: type[Node], inputs: dict[str, Any]) -> frozenset[str]:
    """Which of the inputs worth a variant are one finite number here."""
    return frozenset(name for name in kind.constant if isinstance(inputs[name], float) and not math.isnan(inputs[name]))
