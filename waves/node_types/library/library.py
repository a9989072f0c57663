"""The library of node types: loads the files of folders such as `nodes/` from their texts.

A folder is a package (`waves_library`, or `waves_workspace_<hash>`) that is never on `sys.path`, where a node called
`select` would shadow the standard library. The folders directly inside it are families of nodes, and packages in it.
The name of a file is the name of its node type, in whatever family it is. Files that begin with `_` are helpers.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import stat
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from waves import dsp
from waves.node import Node
from waves.node_types.description import description_of
from waves.node_types.library import module_loader
from waves.node_types.library.checks import class_checks, name_checks
from waves.node_types.library.module_loader import Loaded, SourceFile, Tried
from waves.problem import Mark, Problem, Problems, reason_of

SHIPPED = "waves_library"
DSP = Path(__file__).resolve().parents[2] / "dsp"
# The modules of the package that node files import and that reload with them, in the order of their imports.
SHARED = {f"waves.dsp.{name}": DSP / f"{name.replace('.', '/')}.py" for name in dsp.RELOADED}

Read = Callable[[Path], str]
Types = Mapping[str, type[Node]]
"""Node types by name."""

_folders: dict[str, Path] = {}
_loaded: dict[str, Loaded] = {}
_restored: dict[str, Loaded] = {}
_substitutes: dict[tuple[str, str], str] = {}  # the text to be played, by file and the text that is not
_ORIGIN = f"{__name__}.origin"  # attribute of a node class: a table of classes would keep old ones alive


def _read(file: Path) -> str:
    return file.read_text("utf-8")


# The shared modules as this process imports them: a file that is saved later is another version.
ORIGINALS = {name: SourceFile(name, str(file), _read(file)) for name, file in SHARED.items()}


@dataclass(eq=False, slots=True)
class Library:
    """Node types by name, the modules that they come from, and the problems of files that gave none."""

    types: dict[str, type[Node]] = field(default_factory=dict)
    loaded: dict[str, Loaded] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def open_folder(folder: Path, package: str = "") -> str:
    """Registers a folder of node files as a package; the name of the package."""
    folder = folder.resolve()
    package = package or f"waves_workspace_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    _folders[package] = folder
    return package


def families(folder: Path) -> list[Path]:
    """A folder of node files, then the folders directly inside it, its families; no hidden ones, `_…` and links."""
    try:
        inside = [Path(entry) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)]
    except OSError:
        inside = []
    return [folder, *sorted(family for family in inside if not family.name.startswith(("_", ".")))]


def python_files(folder: Path) -> dict[str, Path]:
    """Every Python file of a folder and its families by module name below the folder: `osc`, `sources.osc`.

    Pipes and devices are left out: reading one may never end.
    """
    files = [file for family in families(folder) for file in sorted(family.glob("[!.]*.py")) if _comes_to_an_end(file)]
    return {".".join(file.relative_to(folder).with_suffix("").parts): file for file in files}


def _comes_to_an_end(file: Path) -> bool:
    try:
        mode = file.stat().st_mode
    except OSError:  # which is said when it is read
        return True
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def node_files(folder: Path) -> dict[str, Path]:
    """The node files of a folder and its families by node type, which is the name of the file."""
    return {file.stem: file for file in python_files(folder).values() if not file.stem.startswith("_")}


def read_sources(
    packages: Iterable[str], read: Read = _read, unread: dict[str, Problem] | None = None
) -> dict[str, SourceFile]:
    """The sources of all files in these folders and of the shared modules, by module name.

    A file that cannot be read is empty and a problem in `unread`, by module name; without that, raises OSError.
    """
    files = {name: Path(source.file) for name, source in ORIGINALS.items()}
    for package in packages:
        files |= {f"{package}.{name}": file for name, file in python_files(_folders[package]).items()}
    texts: dict[str, tuple[str, str]] = {}
    for name, file in files.items():
        try:
            texts[name] = str(file), read(file).removeprefix("\ufeff")
        except OSError as error:
            if unread is None:
                raise
            texts[name] = str(file), ""
            unread[name] = Problem(f"cannot be read: {reason_of(error)}", Mark(file.name, 1, 1))
    played = {name: _substitutes.get((file, text), text) for name, (file, text) in texts.items()}
    return {name: SourceFile(name, file, played[name], played[name] != text) for name, (file, text) in texts.items()}


def substitute_texts(texts: Mapping[str, tuple[str, str]]) -> None:
    """Replaces texts that must not be played, by file: the text in the file, and the one to be loaded instead of it.

    It holds as long as the file has that text. The other text is run, so it must come from a trusted place.
    """
    _substitutes.update({(file, refused): other for file, (refused, other) in texts.items()})


def load_types(sources: Mapping[str, SourceFile], before: Mapping[str, Loaded], tried: Tried) -> Library:
    """The node types in some sources. A type whose file cannot be loaded is the one in `before`, if it was there.

    `tried`: modules that another process has run, which are not run in this one.
    """
    before = {**before, **_moved(sources, before)}
    names = _names(sources)
    wrong = {**name_checks.named_twice(names, sources, before), **tried.problems}
    loaded, problems = module_loader.load(sources, {**_originals(), **before}, wrong, tried.classes)
    library = Library({}, loaded, list(problems.values()))
    for name, (_, node) in names.items():
        if name not in loaded:
            continue
        try:
            is_new = name not in before or loaded[name] is not before[name]
            if is_new and name in tried.mistakes:
                raise Problems(tried.mistakes[name])
            library.types[node] = kind = kind_in(loaded[name])
            is_checked = name not in before and is_shipped(kind)  # by the tests, not at every start
            if is_new and not is_checked and not description_of(kind):
                class_checks.check(kind, loaded[name].sources())
        except Exception as error:  # a class may be anything
            sentence = f"cannot be used as a node type: {type(error).__name__}: {error}"
            library.problems += error.problems if isinstance(error, Problems) else [sources[name].problem(sentence)]
            _refuse(library, name, before)
    kept_first = sorted(filter(loaded.get, names), key=lambda name: loaded[name] is not before.get(name))
    kinds = {name: kind_in(loaded[name]) for name in kept_first}
    for name, problem in name_checks.alias_problems(names, kinds, sources).items():
        library.problems.append(problem)
        _refuse(library, name, before)
    return library


def _refuse(library: Library, name: str, before: Mapping[str, Loaded]) -> None:
    """Leaves out the type of a module, or takes the one that was there before."""
    library.types.pop(_stem(name), None)
    library.loaded.pop(name, None)
    if name in before:
        library.loaded[name] = before[name]
        library.types[_stem(name)] = kind_in(before[name])


def _stem(module: str) -> str:
    """The name of the file of a module, which is the name of its node type."""
    return module.rpartition(".")[2]


def is_node_file(module: str) -> bool:
    """Whether a module is a node file of an opened folder, and not a helper."""
    return folder_package(module) in _folders and not _stem(module).startswith("_")


def _names(modules: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Of the node files among some modules the package of the folder, and the node type."""
    return {name: (folder_package(name), _stem(name)) for name in modules if is_node_file(name)}


def _moved(sources: Mapping[str, SourceFile], before: Mapping[str, Loaded]) -> dict[str, Loaded]:
    """Node files that were moved from one family to another: what was loaded before, by their present module name."""
    gone = {node: name for name, node in _names(name for name in before if name not in sources).items()}
    present = {name: (folder_package(name), _stem(name)) for name in sources if name not in before}
    return {name: before[gone[node]] for name, node in present.items() if node in gone}


def folder_package(module: str) -> str:
    """The package of the folder that a module belongs to: `waves_library` for `waves_library.sources.osc`."""
    return module.partition(".")[0]


@cache
def _originals() -> dict[str, Loaded]:
    """The shared modules as this process has imported them, by name."""
    modules: dict[str, Loaded] = {}
    for name, source in ORIGINALS.items():
        imported = module_loader.imported_names(source)
        uses = tuple(modules[used] for used in sorted(imported & modules.keys()))
        modules[name] = Loaded(source, importlib.import_module(name), imported, uses)
    return modules


def kind_in(loaded: Loaded) -> type[Node]:
    """The node class of a module. Raises Problems where it has none, or several."""
    if loaded.module is None:
        setattr(loaded.kind, _ORIGIN, loaded)
        return loaded.kind  # type: ignore[no-any-return]
    if (count := len(classes := _classes(loaded))) != 1:
        raise Problems(loaded.source.problem(f"a node file holds one class that is a Node, this one {count or 'none'}"))
    for one in (loaded, *loaded.uses):  # `expand` may take the class of a helper
        for kind in _classes(one) if one.source.name not in ORIGINALS else ():
            setattr(kind, _ORIGIN, one)
    return classes[0]


def _classes(loaded: Loaded) -> list[type[Node]]:
    kinds = [value for value in vars(loaded.module).values() if isinstance(value, type) and issubclass(value, Node)]
    return [kind for kind in kinds if loaded.module and kind.__module__ == loaded.module.__name__]


def open_folders(shipped: Path, *own: Path | None) -> list[str]:
    """Registers the shipped library and further folders, as far as they exist; the names of their packages."""
    packages = [open_folder(shipped, SHIPPED)]
    for folder in own:
        if folder and folder.is_dir() and folder.resolve() != shipped.resolve():
            packages.append(open_folder(folder))
    return list(dict.fromkeys(packages))


def load_library(shipped: Path, *own: Path | None) -> dict[str, type[Node]]:
    """All node types by name, run in this process: for files that come with waves.

    One of a further folder replaces the shipped one. Raises Problems.
    """
    library = load_tried(read_sources(open_folders(shipped, *own)), Tried())
    if library.problems:
        raise Problems(library.problems)
    return library.types


def load_tried(sources: Mapping[str, SourceFile], tried: Tried) -> Library:
    """The node types in some sources, upon what was loaded before; those with problems are left out.

    `tried` as for `load_types`.
    """
    wrong = {*tried.problems, *tried.mistakes}
    library = load_types(sources, {name: one for name, one in _loaded.items() if name not in wrong}, tried)
    _loaded.update(library.loaded)
    return library


def loaded_in(packages: Iterable[str]) -> dict[str, Loaded]:
    """The modules of these packages as they are registered, and the shared ones, as they were loaded last."""
    folders = tuple(f"{_folders[package]}{os.sep}" for package in packages)
    return {name: one for name, one in _loaded.items() if name in SHARED or one.source.file.startswith(folders)}


def is_shipped(kind: type[Node]) -> bool:
    """Whether a type comes with waves: a shipped node file, or a type of the language."""
    return kind.__module__.startswith(("waves.", f"{SHIPPED}."))


def origin(kind: type[Node]) -> Loaded | None:
    """The module that a node class was loaded from; None for a type of the language."""
    return kind.__dict__.get(_ORIGIN)


def follow_file(kind: type[Node], other: type[Node]) -> None:
    """Lets a type that stays know its file as it is now, moved or with other lines; `other` is the class in it."""
    old, new = origin(kind), origin(other)
    if old and new and old.source != new.source:
        setattr(kind, _ORIGIN, new)


def called(kind: type[Node]) -> str:
    """The name of a node type in messages: its word in waves.yaml; of the language's own types what they declare."""
    return str(kind.__dict__.get("called", kind.__name__.lower()))


def family(kind: type[Node]) -> str:
    """The family of a node type: the name of the folder inside `nodes/` that its file is in, empty for none."""
    loaded = origin(kind)
    return loaded.source.package.partition(".")[2] if loaded else ""


@contextmanager
def problems_of_types(types: Types) -> Iterator[None]:
    """Turns an error that the Python of node types raises into a problem of their file: raises Problems."""
    try:
        yield
    except Problems:
        raise
    except (Exception, SystemExit) as error:
        origins = filter(None, map(origin, types.values()))
        sources = {source.file: source for loaded in origins for source in loaded.sources()}
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if source := sources.get(frame.filename):
                sentence = f"`{frame.name}` raises {type(error).__name__}: {error}"
                raise Problems(source.problem(sentence, frame.lineno or 1)) from None
        raise


def restored(sources: Iterable[SourceFile]) -> dict[str, Loaded]:
    """The modules of sources that another process has read. Raises Problems."""
    loaded, problems = restore(sources)
    if problems:
        raise Problems(problems.values())
    return loaded


def restore(
    sources: Iterable[SourceFile], begin: Callable[[str], None] = lambda name: None
) -> tuple[dict[str, Loaded], dict[str, Problem]]:
    """The modules of such sources by name, and the problems of those that cannot be loaded.

    `begin` is called with the name of each module that is run.
    """
    named = {source.name: source for source in sources}
    loaded, problems = module_loader.load(named, {**_originals(), **_restored}, begin=begin)
    _restored.update(loaded)
    return loaded, problems
