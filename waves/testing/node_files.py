"""Node types by name or file, and the cases that are written beside a node file."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.live.workspace.shipped_files import library_folder
from waves.memo import per_class
from waves.node import Node
from waves.node_types.library import library, module_loader
from waves.node_types.library.module_loader import Loaded, SourceFile, Tried
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


@per_class
def saved_again(kind: type[Node], field: str = "") -> type[Node] | None:
    """The type of a node file that is run anew, as after a save; with `field` its state has one more, at its beginning.

    None for a type that has no file, and with `field` for one whose file has no state to add it to. The file is run in
    this process.
    """
    loaded = library.origin(kind)
    if loaded is None or loaded.module is None:
        return None
    text = _with_field(loaded.source.text, kind.__name__, field) if field else loaded.source.text
    if not text:
        return None
    source = replace(loaded.source, text=text)
    module = module_loader.run(source, loaded.uses, again=True)
    again = library.kind_in(Loaded(source, module, loaded.imported, loaded.uses))
    if NodeKernel(kind).untrusted:
        kernel_cache.mark_untrusted([again], NodeKernel(kind).checked)
    return again


def _with_field(text: str, name: str, field: str) -> str:
    """The text of a node file with one more field in the state of its class; empty where it has no state."""
    classes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
    inside = [inner for one in classes if one.name == name for inner in one.body if isinstance(inner, ast.ClassDef)]
    for first in (state.body[0] for state in inside if state.name == "state"):
        if isinstance(first, ast.AnnAssign | ast.Assign | ast.Expr | ast.Pass):
            lines = text.encode().splitlines(keepends=True)
            line, at = lines[first.lineno - 1], first.col_offset
            lines[first.lineno - 1] = line[:at] + f"{field}: float = 0.0; ".encode() + line[at:]
            return b"".join(lines).decode()
    return ""


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
