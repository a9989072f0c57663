"""Node types by name or file, and the cases that are written beside a node file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.live.workspace.shipped_files import library_folder
from waves.node import Node
from waves.node_types.library import library, module_loader
from waves.node_types.library.module_loader import SourceFile, Tried
from waves.problem import Mark, Problem, Problems, did_you_mean

CASES = "_cases"  # folder beside a node file; what begins with `_` is not loaded with the nodes

Cases = Mapping[str, Mapping[str, Any]]
"""Parameters of a node by the name of the case."""


def node(name: str | Path) -> type[Node]:
    """A node type: a shipped one by its name, `osc`, or that of a file of a workspace by its path, `nodes/crush.py`.

    The file is run in this process, with the others of its folder `nodes`. Raises Problems.
    """
    path = Path(name)
    if path.suffix != ".py":
        shipped = _shipped()
        if str(name) not in shipped:
            raise Problems(Problem(f"there is no node type '{name}'", suggestion=did_you_mean(str(name), shipped)))
        return shipped[str(name)]
    if not path.is_file():
        raise Problems(Problem(f"there is no file '{path}'"))
    return _of_file(path.resolve())


@cache
def _shipped() -> dict[str, type[Node]]:
    return library.load_library(library_folder("nodes"))


def _of_file(path: Path) -> type[Node]:
    """The node type of a file. Its machine code is tried before it is used, and its indices are checked."""
    family = path.parent
    folder = family.parent if family.name != "nodes" and family.parent.name == "nodes" else family
    sources = library.read_sources(library.open_folders(library_folder("nodes"), folder))
    module = next((name for name, source in sources.items() if Path(source.file).resolve() == path), "")
    if not library.is_node_file(module):
        raise Problems(Problem(f"'{path.name}' is no node file: a name that begins with '_' is a helper's"))
    found = library.load_tried(sources, Tried())
    if problems := [problem for problem in found.problems if problem.mark and problem.mark.file == path.name]:
        raise Problems(problems)
    if module not in found.loaded:  # a helper that it imports is broken
        raise Problems(found.problems)
    kind = library.kind_in(found.loaded[module])
    if not library.is_shipped(kind):
        kernel_cache.mark_untrusted([kind], checked=True)
    return kind


def cases_file(path: Path) -> Path:
    """The file of the cases of a node file: `nodes/_cases/crush.py` of `nodes/crush.py`. It need not exist."""
    return path.parent / CASES / path.name


def cases_of(name: str | Path) -> Cases:
    """The cases beside a node file, by name: what `CASES` is in the file of that name in `_cases`.

    `name` as for `node`; none where there is no such file. The file is run in this process. Raises Problems.
    """
    origin = library.origin(node(name))
    assert origin, "it was loaded from a file"
    return read_cases(Path(origin.source.file))


def read_cases(path: Path) -> Cases:
    """The cases of a node file by its path. Raises Problems."""
    file = cases_file(path)
    if not file.is_file():
        return {}
    try:
        source = SourceFile(f"waves_cases.{path.stem}", str(file), file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or "it is not UTF-8 text"
        raise Problems(Problem(f"cannot be read: {reason}", Mark(f"{CASES}/{path.name}", 1, 1))) from None
    loaded, problems = module_loader.load({source.name: source}, {})
    if problems:
        raise Problems(problems.values())
    cases = getattr(loaded[source.name].module, "CASES", None)
    if not isinstance(cases, Mapping) or not all(isinstance(given, Mapping) for given in cases.values()):
        raise Problems(source.problem("there is no CASES here: by the name of each case a dict of its parameters"))
    return {str(title): dict(given) for title, given in cases.items()}
