"""The cache of machine code: one object file for each kernel, loaded by LLVM alone, without Numba.

A file holds the name of the entry, a zero byte, and the object code. Its name has a hash of everything that decides
the machine code, so that a file that exists is never out of date.
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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from weakref import WeakSet, WeakValueDictionary

import llvmlite.binding as llvm
from platformdirs import user_cache_path

from waves.memo import per_class
from waves.node import BLOCK, Node
from waves.node_types.builtin.voices import Events
from waves.node_types.library.fingerprint import kernel_fingerprint
from waves.node_types.library.library import called
from waves.node_types.library.signature import arguments, record_dtype, state_dtype

KEEP_DAYS, KEEP_BYTES = 30, 500_000_000
ENGINE_FUNCTIONS = {  # compiled functions of the engine, and the module of `engine.native` that each is in
    **dict.fromkeys(("run", "block", "swap", "trial_blocks"), "loop"),
    **dict.fromkeys(("render", "callback"), "callback"),
    "pool": "pool",
}

_untrusted: WeakSet[type[Node]] = WeakSet()  # not shipped: their machine code is tried before it is used
_checked: WeakSet[type[Node]] = WeakSet()  # whose indices are checked while they play, too


class Code:
    """Machine code in memory, freed with this object; `address` is that of the C function in it."""

    def __init__(self, path: Path):
        symbol, _, code = path.read_bytes().partition(b"\0")
        _prepare_llvm()
        # One engine per object: Numba's symbols are weak and repeat, a shared engine would bind to an older kernel.
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        self.address: int = self._engine.get_function_address(symbol.decode())


_codes: WeakValueDictionary[str, Code] = WeakValueDictionary()  # all that is loaded, by name
_engine_codes: dict[str, Code] = {}
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class EngineKernel:
    """A compiled function of the engine."""

    function: str

    @property
    def name(self) -> str:
        """Name of the object file: that of the function, then a hash."""
        return _engine_name(self.function)

    @property
    def title(self) -> str:
        """Name for a message."""
        return self.function

    @property
    def module(self) -> str:
        """The module that the function is in."""
        return f"waves.engine.native.{ENGINE_FUNCTIONS[self.function]}"


@dataclass(frozen=True, slots=True)
class NodeKernel:
    """One variant of the kernel of a node type; the inputs in `constant` are one number each."""

    kind: type[Node]
    constant: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Name of the object file: that of the node type, then a hash."""
        return _node_name(self.kind, self.constant, self.checked)

    @property
    def title(self) -> str:
        """Name for a message."""
        return called(self.kind)

    @property
    def checked(self) -> bool:
        """Whether an index outside raises while it plays, instead of reading or writing other memory."""
        return self.kind in _checked

    @property
    def untrusted(self) -> bool:
        """Whether the machine code is tried in the sandbox before it is used."""
        return self.kind in _untrusted


Kernel: TypeAlias = EngineKernel | NodeKernel


def mark_untrusted(kinds: Iterable[type[Node]], checked: bool) -> None:
    """Has the machine code of these types tried before it is used and, if `checked`, their indices checked in play."""
    for kind in kinds:
        _untrusted.add(kind)
        if checked:
            _checked.add(kind)


def variants(kind: type[Node]) -> list[NodeKernel]:
    """All variants of a node type's kernel. They are compiled together, so that no edit of a number compiles."""
    names = kind.constant
    subsets = itertools.chain.from_iterable(itertools.combinations(names, n) for n in range(len(names) + 1))
    return [NodeKernel(kind, frozenset(subset)) for subset in subsets]


def engine_kernels() -> list[EngineKernel]:
    """All compiled functions of the engine."""
    return [EngineKernel(function) for function in ENGINE_FUNCTIONS]


@cache
def kernels_of(kinds: Iterable[type[Node]]) -> list[Kernel]:
    """Every kernel that pieces of these node types may need, with those of the engine and the language."""
    inner = [kind for kind in _below(Node) if kind.__module__.startswith("waves.")]
    nodes = [kind for kind in dict.fromkeys((*kinds, *inner)) if hasattr(kind, "render")]
    return [*engine_kernels(), *(kernel for kind in nodes for kernel in variants(kind))]


def _below(kind: type[Node]) -> Iterator[type[Node]]:
    """All subclasses of a node type."""
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _engine_name(function: str) -> str:
    return _hashed(function, [_machine(), _engine_sources(), function])


@per_class
def _node_name(kind: type[Node], constant: frozenset[str], checked: bool) -> str:
    layout = [(a.name, a.machine_type.name, a.machine_type.words, a.element, a.word) for a in arguments(kind)]
    decisive = [
        *(_machine(), kernel_fingerprint(kind)),
        *(layout, state_dtype(kind).descr, sorted(constant)),
        *((kind.scratch,) if checked else ()),
    ]
    return _hashed(kind.__name__.lower(), decisive)


def _hashed(readable: str, decisive: list[Any]) -> str:
    """A readable name with a hash of everything that decides the machine code."""
    return f"{readable}_{hashlib.sha256(json.dumps(decisive).encode()).hexdigest()[:20]}"


def _text_hash(files: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@cache
def _machine() -> list[Any]:
    """Everything that decides the machine code of every kernel: our own low-level sources, versions, the processor."""
    here = Path(__file__).resolve().parents[2]
    sources = _text_hash([*sorted((here / "engine" / "native").glob("*.py")), here / "abi.py"])
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    cpu = [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    return [sources, BLOCK, *versions, sys.version, platform.machine(), *cpu]


@cache
def _engine_sources() -> list[Any]:
    """The same for the engine's own functions, beside these: functions of `dsp` that they use, events of clocks."""
    dsp = Path(__file__).resolve().parents[2] / "dsp"
    return [_text_hash([dsp / "limiter.py", dsp / "maths.py"]), record_dtype(Events, {}).descr]


def folder() -> Path:
    """The folder of the user's cache of machine code; it is created."""
    path = Path(os.environ.get("WAVES_CACHE") or user_cache_path("waves-live")) / "kernels"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def path_of(kernel: Kernel) -> Path:
    """The path of a kernel's object file, whether it exists or not."""
    return folder() / f"{kernel.name}.o"


def missing(kernels: Iterable[Kernel]) -> list[Kernel]:
    """The kernels that must be compiled before they can be loaded."""
    return [kernel for kernel in kernels if not _loaded(kernel) and not path_of(kernel).exists()]


def address(kernel: Kernel) -> int:
    """The address of a kernel's machine code, which is loaded if it is not yet. Any thread but the sound thread.

    The code is freed with the class of the node: whoever runs it must keep the class. Raises FileNotFoundError when
    the kernel is not compiled.
    """
    if code := _loaded(kernel):
        return code.address
    with _loading:  # two threads would load it twice, and the second copy would replace the one that the first uses
        if code := _loaded(kernel):
            return code.address
        path = path_of(kernel)
        code = _codes_of_owner(kernel)[kernel.name] = _codes[kernel.name] = Code(path)
        os.utime(path)  # `prune` keeps files that are used
        return code.address


def _loaded(kernel: Kernel) -> Code | None:
    """The code of a kernel, if it is loaded; code that a class with the same fingerprint has belongs to both then."""
    codes, name = _codes_of_owner(kernel), kernel.name
    if name not in codes and (code := _codes.get(name)):
        return codes.setdefault(name, code)
    return codes.get(name)


def _codes_of_owner(kernel: Kernel) -> dict[str, Code]:
    """The loaded code that lives as long as the node's class, or as the program, by name."""
    return _codes_of_class(kernel.kind) if isinstance(kernel, NodeKernel) else _engine_codes


@per_class
def _codes_of_class(kind: type[Node]) -> dict[str, Code]:
    return {}


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


def prune(now: float | None = None) -> int:
    """Deletes files that were not used for 30 days, then the oldest above 500 MB; the number of files deleted.

    `now` is a time in seconds since the epoch, for tests.
    """
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
    """Names of the inputs that have a variant of their own and are one finite number here."""
    return frozenset(name for name in kind.constant if isinstance(inputs[name], float) and not math.isnan(inputs[name]))
