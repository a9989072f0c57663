"""The cache of machine code: one object file for each kernel.

Its name has a hash of everything that decides the machine code, so that a file that is whole is never out of date. A
file that is not whole is a missing one.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import itertools
import json
import math
import os
import platform
import re
import secrets
import stat
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

from waves.engine.compiler.cache_folder import folder
from waves.engine.compiler.machine_code import FORMAT, Code, UnusableCode, is_usable
from waves.memo import per_class
from waves.node import BLOCK, GRID, Node
from waves.node_types.library.fingerprint import fingerprint, kernel_fingerprint, type_fingerprint
from waves.node_types.library.library import called
from waves.node_types.library.machine_types import PAGE, whole_and_part
from waves.node_types.library.signature import arguments, state_dtype
from waves.whole_file import remove_abandoned

KEEP_DAYS, KEEP_BYTES = 30, 500_000_000
OBJECT = re.compile(r"\w+_[0-9a-f]{20}\.o")
UNTRIED = ".trial"  # suffix of machine code that was not tried yet
UNTRIED_HERE = f".{secrets.token_hex(8)}{UNTRIED}"
PREPARED = ".prepared"  # suffix of an empty file: what a node type prepares has been tried
ENGINE_FUNCTIONS = {  # compiled functions of the engine, and the module of `engine.native` that each is in
    **dict.fromkeys(("run", "block", "swap", "trial_blocks"), "loop"),
    **dict.fromkeys(("render", "callback", "lane"), "callback"),
    "pool": "pool",
}

_untrusted: WeakSet[type[Node]] = WeakSet()  # not shipped: their machine code is tried before it is used
_checked: WeakSet[type[Node]] = WeakSet()  # whose indices are checked while they play, too


_codes: WeakValueDictionary[str, Code] = WeakValueDictionary()  # all that was read, by name
_engine_codes: dict[str, Code] = {}
_reading = threading.Lock()


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


@cache
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
    rooms = [here / "engine" / "native", here / "engine" / "compiler" / "numba_target"]
    sources = _text_hash(
        [
            *(file for room in rooms for file in sorted(room.glob("*.py"))),
            here / "dsp" / "interpolation.py",
            here / "abi.py",
        ]
    )
    versions = [importlib.metadata.version(name) for name in ("numba", "llvmlite", "numpy")]
    cpu = [llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()]
    place: Any = whole_and_part
    used = [fingerprint(place), BLOCK, GRID, PAGE]  # of other modules, by our sources
    return [FORMAT.decode(), sources, *used, *versions, sys.version, platform.machine(), *cpu]


@cache
def _engine_sources() -> list[Any]:
    """The same for the engine's own functions, beside these: functions of `dsp` that they use."""
    dsp = Path(__file__).resolve().parents[2] / "dsp"
    return [_text_hash([dsp / "clock.py", dsp / "limiter.py", dsp / "maths.py"])]


def path_of(kernel: Kernel) -> Path:
    """The path of a kernel's object file, whether it exists or not."""
    return folder() / f"{kernel.name}.o"


def written_path(kernel: Kernel) -> Path:
    """The path that the compiler writes to: untrusted machine code gets its final name after its trial.

    Until then its name is one of this process: no other program moves or removes it.
    """
    path = path_of(kernel)
    return path.with_suffix(UNTRIED_HERE) if isinstance(kernel, NodeKernel) and kernel.untrusted else path


def preparation_mark(kind: type[Node]) -> Path:
    """The path of an empty file that is there once `prepare`, `lengths` and `adopted` of a type have passed a trial."""
    name = _hashed(kind.__name__.lower(), [*_machine(), type_fingerprint(kind)])
    return folder() / f"{name}{PREPARED}"


def missing(kernels: Iterable[Kernel]) -> list[Kernel]:
    """The kernels that must be compiled before they can be loaded: their files are not there, or not whole.

    The code of the others is in memory from now on, so it does not matter if the files change meanwhile.
    """
    return [kernel for kernel in kernels if not _code(kernel)]


def hold(kernels: Iterable[Kernel]) -> None:
    """Read the code of kernels into memory: it does not matter then if the files change."""
    missing(kernels)


def address(kernel: Kernel) -> int:
    """The address of a kernel's machine code, which is loaded if it is not yet. Any thread but the sound thread.

    The code is freed with the class of the node: whoever runs it must keep the class. Raises FileNotFoundError when
    the kernel is not compiled.
    """
    if code := _code(kernel):
        return code.address
    raise FileNotFoundError(f"{kernel.title} is not compiled: {path_of(kernel)}")


def _code(kernel: Kernel) -> Code | None:
    """The code of a kernel, in memory or read from its file; None if it must be compiled."""
    if code := _known(kernel):
        return code
    with _reading:  # two threads would read it twice, and the second copy would replace the one that the first uses
        if code := _known(kernel):
            return code
        path = path_of(kernel)
        try:
            code = _codes_of_owner(kernel)[kernel.name] = _codes[kernel.name] = Code(path)
        except (OSError, UnusableCode):
            return None
        with contextlib.suppress(OSError, NotImplementedError):
            os.utime(path, follow_symlinks=False)  # `prune` keeps files that are used
        return code


def _known(kernel: Kernel) -> Code | None:
    """The code of a kernel, if it was read; code that a class with the same fingerprint has belongs to both then."""
    codes, name = _codes_of_owner(kernel), kernel.name
    if name not in codes and (code := _codes.get(name)):
        return codes.setdefault(name, code)
    return codes.get(name)


def _codes_of_owner(kernel: Kernel) -> dict[str, Code]:
    """The code that lives as long as the node's class, or as the program, by name."""
    return _codes_of_class(kernel.kind) if isinstance(kernel, NodeKernel) else _engine_codes


@per_class
def _codes_of_class(kind: type[Node]) -> dict[str, Code]:
    return {}


def prune(now: float | None = None) -> int:
    """Deletes files that were not used for 30 days, then the oldest above 500 MB; the number of files deleted.

    What a killed program has left half written goes too. `now` is a time in seconds since the epoch, for tests.
    """
    now = time.time() if now is None else now
    remove_abandoned(folder())
    files = []
    for file in folder().iterdir():
        if file.suffix not in (".o", UNTRIED, PREPARED):  # a killed program leaves what it was about to try
            continue
        with contextlib.suppress(OSError):  # another program deletes too
            status = file.lstat()
            if stat.S_ISREG(status.st_mode):
                files.append((status.st_mtime, status.st_size, file))
    total, dropped = 0, 0
    for used, size, file in sorted(files, reverse=True):
        total += size
        if now - used > KEEP_DAYS * 86400 or total > KEEP_BYTES:
            file.unlink(missing_ok=True)
            dropped += 1
    return dropped


def kept(kernels: Iterable[Kernel]) -> list[Kernel]:
    """The kernels whose files are in the cache, and whole."""
    return [kernel for kernel in kernels if is_usable(path_of(kernel))]


def damaged() -> list[Path]:
    """Names of object files in the cache that hold no machine code that can be used."""
    return sorted(file for file in folder().glob("*.o") if OBJECT.fullmatch(file.name) and not is_usable(file))


def remove_damaged() -> int:
    """Deletes damaged files; the number of files deleted. A folder stays: whatever is in it is not of the cache."""
    files = [file for file in damaged() if file.is_symlink() or not file.is_dir()]
    for file in files:
        file.unlink(missing_ok=True)
    return len(files)


def constant_inputs(kind: type[Node], inputs: dict[str, Any]) -> frozenset[str]:
    """Names of the inputs that have a variant of their own and are one finite number here."""
    return frozenset(name for name in kind.constant if isinstance(inputs[name], float) and not math.isnan(inputs[name]))
