"""What every command begins with: the workspace, its settings, the node types that may run, the kernels."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError, Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.engine.plan.plan import needed
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.composer import Composition
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.settings import Settings, expected_values, read_environment, read_settings
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import Workspace, find_workspace
from waves.node import Node
from waves.node_types.builtin.crossfade import Fade
from waves.node_types.builtin.moved_value import MovedValue
from waves.node_types.library.library import is_shipped, load_library, node_files
from waves.problem import Problem, Problems, did_you_mean, printable


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace with its settings and node types; `notices` are sentences about what was left out."""

    workspace: Workspace
    settings: Settings
    library: dict[str, type[Node]]
    notices: list[str]
    node_folders: list[Path] = field(default_factory=list)  # the workspace's own
    overruled: dict[str, Any] = field(default_factory=dict)
    trusted: bool = False


def open_workspace(folder: Path, trust: bool = False, **overruled: Any) -> Opened:
    """The workspace in `folder`; the settings that are given overrule `config.py`.

    A workspace's own node types are read only when it is trusted, for good or with `trust`. Raises Problems.
    """
    workspace = find_workspace(folder)
    settings = settings_of(workspace.config, overruled)
    shipped, notices = library_folder("nodes"), []
    folders = [workspace.root / "nodes", *(workspace.root / Path(name).expanduser() for name in settings.WATCH_DIRS)]
    files = {name: folder for folder in folders if folder.resolve() != shipped.resolve() for name in node_files(folder)}
    trusted = trust or is_trusted(workspace.root)
    if trusted:
        hidden = sorted(files.keys() & node_files(shipped).keys())
        notices += [f"'{name}' is the one in {_shown(files[name], workspace)} of this workspace" for name in hidden]
    else:
        if files:
            where = ", ".join(dict.fromkeys(_shown(folder, workspace) for folder in files.values()))
            sentence = f"the Python in {where} ({', '.join(files)}) is not trusted and not read; to allow it:"
            notices.append(f"{sentence} waves trust {workspace.root}, or for once: waves play --trust")
        folders = []
    types = load_library(shipped, *folders)
    kernel_cache.mark_untrusted((kind for kind in types.values() if not is_shipped(kind)), settings.CHECKED_NODES)
    return Opened(workspace, settings, types, notices, folders, overruled, trusted)


def _shown(folder: Path, workspace: Workspace) -> str:
    return f"{folder.relative_to(workspace.root)}/" if folder.is_relative_to(workspace.root) else str(folder)


def settings_of(config: Path | None, overruled: dict[str, Any]) -> Settings:
    """The settings: options overrule `config.py`, which overrules the environment. Raises Problems."""
    for name in overruled.keys() - SETTINGS.keys():
        raise Problems(Problem(f"there is no setting '{name}'", suggestion=did_you_mean(name, SETTINGS)))
    written = read_settings(config).model_dump(exclude_unset=True)
    try:
        return Settings(**{**read_environment(os.environ), **written, **overruled})
    except ValidationError as error:
        name, expected = next(iter(expected_values(error).items()))
        option = SETTINGS[name].option
        typed = option.flag if option else name
        raise UsageProblem(f"{typed}: expected {expected}, got {overruled[name]!r:.60}") from None


def show_problems(problems: Iterable[Problem]) -> None:
    """Problems as plain text on standard error."""
    for problem in problems:
        print(problem.show(), file=sys.stderr, flush=True)


def show_notices(opened: Opened) -> None:
    for notice in opened.notices:
        print(printable(notice), file=sys.stderr, flush=True)


def kernels_of(kinds: Iterable[type[Node]]) -> list[Kernel]:
    """Every kernel that pieces of these types may need, those of the engine and the language among them."""
    inner = [kind for kind in _below(Node) if kind.__module__.startswith("waves.")]
    nodes = [kind for kind in dict.fromkeys((*kinds, *inner)) if hasattr(kind, "render")]
    return [*kernel_cache.engine_kernels(), *(kernel for kind in nodes for kernel in kernel_cache.variants(kind))]


def _below(kind: type[Node]) -> Iterator[type[Node]]:
    """Every class that is a kind of node."""
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def needed_to_play(composition: Composition) -> list[Kernel]:
    """The kernels without which a piece cannot begin to play, fade to its next version, and have parameters moved."""
    always: list[Kernel] = [
        *kernel_cache.engine_kernels(),
        *kernel_cache.variants(Fade),
        *kernel_cache.variants(MovedValue),
    ]
    return [*always, *needed(composition.graph)]


def compile_missing(compiler: Compiler, wanted: list[Kernel]) -> None:
    """Compile what is not in the cache, with a progress bar on a terminal, else one line. Raises Problems."""
    todo = kernel_cache.missing(wanted)
    if not todo:
        return
    try:
        if not sys.stderr.isatty():
            print(f"compiling {len(todo)} kernel{'s' * (len(todo) != 1)}, once", file=sys.stderr, flush=True)
            compiler.compile(todo)
            return
        from waves.app.terminal.progress import bar

        with bar("compiling, once", len(todo)) as advance:
            compiler.compile(todo, lambda done, of: advance(done))
    except CompileError as error:
        raise Problems(error.problems) from None
