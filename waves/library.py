"""The node types: files of a folder `nodes/`, loaded by path from their text.

A folder is a package of its own (`waves_library`, or `waves_workspace_<hash>`), never on `sys.path`, where a node
called `select` would shadow the standard library. Files that begin with `_` are helpers.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder, SourceLoader
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from waves.node import Node
from waves.problem import Mark, Problem, Problems

SHIPPED = "waves_library"


class _Loader(SourceLoader):
    """Compiles the text as it is now: bytecode caches miss an edit within the same second to the same length."""

    def __init__(self, path: Path):
        self.path = path

    def get_filename(self, fullname: str) -> str:
        return str(self.path)

    def get_data(self, path: str | bytes) -> bytes:
        return Path(path if isinstance(path, str) else path.decode()).read_bytes()

    def path_stats(self, path: str | bytes) -> dict[str, Any]:
        raise OSError("no bytecode cache")


class _Finder(MetaPathFinder):
    """Finds the modules of the folders that were opened."""

    def __init__(self) -> None:
        self.folders: dict[str, Path] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, name = fullname.rpartition(".")
        if package not in self.folders:
            return None
        file = self.folders[package] / f"{name}.py"
        return importlib.util.spec_from_loader(fullname, _Loader(file)) if file.is_file() else None


_finder = _Finder()


def open_folder(folder: Path, package: str = "") -> str:
    """Make a folder importable; the name of its package."""
    folder = folder.resolve()
    package = package or f"waves_workspace_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if package not in sys.modules:
        module = ModuleType(package)
        module.__path__ = []
        sys.modules[package] = module
    _finder.folders[package] = folder
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)
    return package


def node_files(folder: Path) -> dict[str, Path]:
    """The files of a folder by the name of their node."""
    return {file.stem: file for file in sorted(folder.glob("*.py")) if not file.stem.startswith(("_", "."))}


def load_node(file: Path, package: str) -> type[Node]:
    """The node class in a file; raises Problems when the file has none or cannot be run."""
    name = f"{package}.{file.stem}"
    try:
        module = importlib.import_module(name)
    except SyntaxError as error:
        mark = Mark(file.name, error.lineno or 1, error.offset or 1)
        raise Problems(Problem(f"{error.msg}", mark, source=(error.text or "").rstrip("\n"))) from None
    except Exception as error:
        raise Problems(Problem(f"cannot be loaded: {error}", _line_in(error, file))) from error
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Node) and value.__module__ == name
    ]
    if len(found) != 1:
        sentence = f"a node file holds one class that is a Node, this one {len(found) or 'none'}"
        raise Problems(Problem(sentence, Mark(file.name, 1, 1)))
    return found[0]


def _line_in(error: BaseException, file: Path) -> Mark:
    line, trace = 1, error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return Mark(file.name, line, 1)


def load_library(shipped: Path, own: Path | None = None) -> dict[str, type[Node]]:
    """All node types by name; those of the workspace's own folder win."""
    types = _load_folder(shipped, SHIPPED)
    if own and own.is_dir() and own.resolve() != shipped.resolve():
        types |= _load_folder(own, "")
    return types


def _load_folder(folder: Path, package: str) -> dict[str, type[Node]]:
    package = open_folder(folder, package)
    types, problems = {}, []
    for name, file in node_files(folder).items():
        try:
            types[name] = load_node(file.resolve(), package)
        except Problems as found:
            problems += found.problems
    if problems:
        raise Problems(problems)
    return types


def source_of(kind: type[Node]) -> tuple[str, str]:
    """Where a node class comes from: its module, and the folder to open first (empty for our own modules)."""
    package = kind.__module__.rpartition(".")[0]
    folder = _finder.folders.get(package)
    return kind.__module__, str(folder) if folder else ""
