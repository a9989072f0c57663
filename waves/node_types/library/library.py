"""The node types: files of a folder `nodes/`, loaded from their text.

A folder is a package of its own (`waves_library`, or `waves_workspace_<hash>`), never on `sys.path`, where a node
called `select` would shadow the standard library; the folders inside it, one a family of nodes, are packages in it.
Files that begin with `_` are helpers.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import waves
from waves.node import Node
from waves.node_types.library import class_checks, module_loader
from waves.node_types.library.module_loader import Loaded, Source
from waves.problem import Problem, Problems

SHIPPED = "waves_library"
DSP = Path(waves.__file__).resolve().parent / "dsp"
# What nodes import of the package, in the order of their imports; the limiter is the engine's.
SHARED = {f"waves.dsp.{name}": DSP / f"{name}.py" for name in ("maths", "clock")}

Read = Callable[[Path], str]
Types = Mapping[str, type[Node]]

_folders: dict[str, Path] = {}
_loaded: dict[str, Loaded] = {}
_restored: dict[str, Loaded] = {}
_instead: dict[tuple[str, str], str] = {}  # by file and the text in it that is not to be played: the one that is
_ORIGIN = f"{__name__}.origin"  # of a class, kept by itself: a table beside it would keep both


def _read(file: Path) -> str:
    return file.read_text("utf-8")


# As they are when this process imports them: a file that is saved later is another version.
ORIGINALS = {name: Source(name, str(file), _read(file)) for name, file in SHARED.items()}


@dataclass(eq=False, slots=True)
class Library:
    """The node types by name, and the modules that they were made of; `problems` of the files that gave none."""

    types: dict[str, type[Node]] = field(default_factory=dict)
    loaded: dict[str, Loaded] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def open_folder(folder: Path, package: str = "") -> str:
    """The name of the package that a folder is."""
    folder = folder.resolve()
    package = package or f"waves_workspace_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    _folders[package] = folder
    return package


def families(folder: Path) -> list[Path]:
    """A folder of node files and the folders directly inside it, one a family; not hidden ones, `_…` and links."""
    try:
        inside = [Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        inside = []
    return [folder, *sorted(one for one in inside if not one.name.startswith(("_", ".")))]


def python_files(folder: Path) -> dict[str, Path]:
    """Every Python file of a folder and its families by module name below the folder: `osc`, `sources.osc`."""
    files = [file for family in families(folder) for file in sorted(family.glob("[!.]*.py"))]
    return {".".join(file.relative_to(folder).with_suffix("").parts): file for file in files}


def node_files(folder: Path) -> dict[str, Path]:
    """The node files of a folder and its families by node type, which is the name of the file."""
    return {file.stem: file for file in python_files(folder).values() if not file.stem.startswith("_")}


def read_sources(packages: Iterable[str], read: Read = _read) -> dict[str, Source]:
    """The texts of all files in these folders, and of what they share, by the names of their modules."""
    files = {name: Path(source.file) for name, source in ORIGINALS.items()}
    for package in packages:
        files |= {f"{package}.{name}": file for name, file in python_files(_folders[package]).items()}
    texts = {name: (str(file), read(file).removeprefix("\ufeff")) for name, file in files.items()}
    return {name: Source(name, file, _instead.get((file, text), text)) for name, (file, text) in texts.items()}


def substitute_texts(texts: Mapping[str, tuple[str, str]]) -> None:
    """Take another text for files, as long as they hold one that is not to be played: by file that one, then the other.

    What they hold runs, so it must be trusted.
    """
    _instead.update({(file, hung): other for file, (hung, other) in texts.items()})


def load_types(
    sources: Mapping[str, Source], before: Mapping[str, Loaded], wrong: Mapping[str, Problem] | None = None
) -> Library:
    """The node types in some texts; those whose file cannot be loaded come from `before`, if they were there.

    `wrong` are problems of modules that are known, and not run.
    """
    wrong = {**_named_twice(sources, before), **(wrong or {})}
    loaded, problems = module_loader.load(sources, {**_originals(), **before}, wrong)
    library = Library({}, loaded, list(problems.values()))
    for name in sources:
        stem = name.rpartition(".")[2]
        if folder_package(name) not in _folders or stem.startswith("_") or name not in loaded:
            continue
        try:
            library.types[stem] = kind = kind_in(loaded[name])
            if name not in before or loaded[name] is not before[name]:
                class_checks.check(kind, loaded[name].source)
        except Exception as found:  # a class may be anything
            library.types.pop(stem, None)
            unlike = f"is no node type that can be used: {type(found).__name__}: {found}"
            library.problems += found.problems if isinstance(found, Problems) else [sources[name].problem(unlike)]
            if name in before:
                loaded[name] = before[name]
                library.types[stem] = kind_in(before[name])
            else:
                del loaded[name]
    return library


def folder_package(module: str) -> str:
    """The package of the whole folder that a module is in: `waves_library` for `waves_library.sources.osc`."""
    return module.partition(".")[0]


def _named_twice(sources: Mapping[str, Source], before: Mapping[str, Loaded]) -> dict[str, Problem]:
    """Problems of node files whose name another file of the same folder has already; the one loaded before stays."""
    files: dict[tuple[str, str], list[str]] = {}
    for name in sources:
        if folder_package(name) in _folders:
            files.setdefault((folder_package(name), name.rpartition(".")[2]), []).append(name)
    found: dict[str, Problem] = {}
    for (package, stem), names in files.items():
        if stem.startswith("_") or len(names) == 1:
            continue
        first = next((name for name in names if name in before), names[0])
        other = f"{first.removeprefix(package + '.').replace('.', '/')}.py"
        sentence = f"there are two node types '{stem}': '{other}' is the other; give one of the files another name"
        found |= {name: sources[name].problem(sentence) for name in names if name != first}
    return found


@cache
def _originals() -> dict[str, Loaded]:
    """The shared modules as this process has imported them."""
    found: dict[str, Loaded] = {}
    for name, source in ORIGINALS.items():
        uses = tuple(found[one] for one in sorted(module_loader.imports(source, found)))
        found[name] = Loaded(source, importlib.import_module(name), uses)
    return found


def kind_in(loaded: Loaded) -> type[Node]:
    """The node class of a module; raises Problems."""
    module = loaded.module
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Node) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        sentence = f"a node file holds one class that is a Node, this one {len(found) or 'none'}"
        raise Problems(loaded.source.problem(sentence))
    setattr(found[0], _ORIGIN, loaded)
    return found[0]


def load_node(file: Path, package: str) -> type[Node]:
    """The node class in a file of an opened folder; raises Problems when the file has none or cannot be run."""
    within = file.resolve().relative_to(_folders[package]).with_suffix("")
    library = _load([package], only=".".join((package, *within.parts)))
    if library.problems:
        raise Problems(library.problems)
    return library.types[file.stem]


def open_folders(shipped: Path, *own: Path | None) -> list[str]:
    """The packages of the shipped library and of further folders that are there."""
    found = [open_folder(shipped, SHIPPED)]
    for folder in own:
        if folder and folder.is_dir() and folder.resolve() != shipped.resolve():
            found.append(open_folder(folder))
    return list(dict.fromkeys(found))


def load_library(shipped: Path, *own: Path | None) -> dict[str, type[Node]]:
    """All node types by name; those of the workspace's own folders win. Raises Problems."""
    library = _load(open_folders(shipped, *own))
    if library.problems:
        raise Problems(library.problems)
    return library.types


def _load(packages: list[str], only: str = "") -> Library:
    sources = read_sources(packages)
    if only:
        sources = {
            name: source
            for name, source in sources.items()
            if name == only or name in SHARED or name.rpartition(".")[2].startswith("_")
        }
    library = load_types(sources, _loaded)
    _loaded.update(library.loaded)
    return library


def loaded_in(packages: Iterable[str]) -> dict[str, Loaded]:
    """The modules of folders, and what they share, as they were loaded last."""
    around = {folder_package(package) for package in packages}
    return {name: one for name, one in _loaded.items() if name in SHARED or folder_package(name) in around}


def is_shipped(kind: type[Node]) -> bool:
    """Whether a type is of the library that comes with waves, or of the language."""
    return kind.__module__.startswith(("waves.", f"{SHIPPED}."))


def origin(kind: type[Node]) -> Loaded | None:
    """The module that a node class comes from; None for those of the language."""
    return kind.__dict__.get(_ORIGIN)


@contextmanager
def problems_of_types(types: Types) -> Iterator[None]:
    """What the Python of node types raises is a problem of their file: raises Problems."""
    try:
        yield
    except Problems:
        raise
    except (Exception, SystemExit) as error:
        sources = {source.file: source for kind in types.values() if (one := origin(kind)) for source in one.sources()}
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if source := sources.get(frame.filename):
                sentence = f"`{frame.name}` raises {type(error).__name__}: {error}"
                raise Problems(source.problem(sentence, frame.lineno or 1)) from None
        raise


def restored(sources: Iterable[Source]) -> dict[str, Loaded]:
    """The modules of texts that another process has read; raises Problems."""
    loaded, problems = restore(sources)
    if problems:
        raise Problems(problems.values())
    return loaded


def restore(sources: Iterable[Source]) -> tuple[dict[str, Loaded], dict[str, Problem]]:
    """The modules of such texts, and the problems of those that cannot be made."""
    loaded, problems = module_loader.load({source.name: source for source in sources}, {**_originals(), **_restored})
    _restored.update(loaded)
    return loaded, problems
