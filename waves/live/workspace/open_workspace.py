"""Opens a workspace: its settings, and the node types that may run."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waves.collector import paused
from waves.engine.compiler import kernel_cache
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.composer import Composer
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.settings import GivenSettings, Settings, expected_values, given_settings, user_config
from waves.live.workspace.settled_files import read_settled
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.workspace import (
    Workspace,
    find_workspace,
    other_main_file,
    reachable_folders,
    workspace_at,
)
from waves.node import Node
from waves.node_types.library.library import is_shipped, load_library, node_files, open_folders
from waves.node_types.process.node_python import open_types
from waves.problem import Problem, Problems, did_you_mean
from waves.python_patterns.pattern_reader import FOLDER as PATTERNS
from waves.python_patterns.pattern_reader import not_trusted, pattern_files

MOST_NAMED = 5  # files in a notice


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace with its settings and node types.

    `left_out` are sentences about what has no effect; `problems` are those of node files that gave no type.
    """

    workspace: Workspace
    settings: Settings
    library: dict[str, type[Node]]
    left_out: list[str]
    node_folders: list[Path] = field(default_factory=list)  # the workspace's own
    overruled: dict[str, Any] = field(default_factory=dict)
    trusted: bool = False
    since: float = 0.0  # before its files were read, in seconds since 1970
    problems: tuple[Problem, ...] = ()

    @property
    def notices(self) -> list[str]:
        """Sentences about all that was left out, node files too."""
        return [*self.left_out, *map(str, self.problems)]

    def composer(self, settings: Settings | None = None, rate: float | None = None) -> Composer:
        """A composer of its files: with other settings, and at another rate (Hz), where these are given."""
        settings = settings or self.settings
        composer = Composer(self.workspace, self.library, settings, rate or settings.SAMPLE_RATE)
        composer.node_problems = lambda: self.problems
        return composer


def open_workspace(folder: Path, trust: bool = False, **overruled: Any) -> Opened:
    """The workspace in `folder`; the settings that are given overrule `config.py`.

    A workspace's own node types are read only when it is trusted, for good or with `trust`. Raises Problems.
    """
    since = time.time()
    workspace = find_workspace(folder, trust)
    given = given_settings(workspace)
    settings = with_options(given, overruled)
    shipped = library_folder("nodes")
    left_out = [*not_in_force(given, workspace), *missing_folders(settings, workspace)]
    folders = reachable_folders(workspace.root, ["nodes", *settings.WATCH_DIRS])
    files = {name: folder for folder in folders if folder.resolve() != shipped.resolve() for name in node_files(folder)}
    if workspace.trusted:
        hidden = sorted(files.keys() & node_files(shipped).keys())
        left_out += [f"'{name}' is the one in {_shown(files[name], workspace)} of this workspace" for name in hidden]
    else:
        if files:
            where = ", ".join(dict.fromkeys(_shown(folder, workspace) for folder in files.values()))
            sentence = f"the Python in {where} ({', '.join(files)}) is not trusted and not read; to allow it:"
            left_out.append(
                f"{sentence} `waves trust {workspace.root}`, or for once `--trust` with play, render or try"
            )
        folders = []
    if not workspace.trusted and (patterns := pattern_files(workspace.root, False)):
        names = ", ".join(path.relative_to(workspace.root / PATTERNS).as_posix() for path in patterns[:MOST_NAMED])
        more = f" and {len(patterns) - MOST_NAMED} more" if len(patterns) > MOST_NAMED else ""
        left_out.append(f"{not_trusted(workspace.root)} ({names}{more})")
    if workspace.only_sounds:
        other = other_main_file(workspace.root)
        way = f"; there is '{other}': rename it to waves.yaml if it belongs to the piece" if other else ""
        left_out.append(f"there is no waves.yaml here: the piece is what stands in sounds/{way}")
    with paused():
        opened = open_types(open_folders(shipped, *folders), read_settled)
    own = (kind for kind in opened.types.values() if not is_shipped(kind))
    kernel_cache.mark_untrusted(own, settings.CHECKED_NODES)
    problems = tuple(opened.problems)
    return Opened(workspace, settings, opened.types, left_out, folders, overruled, workspace.trusted, since, problems)


def library_of(folder: Path) -> tuple[dict[str, type[Node]], list[str]]:
    """The node types of the workspace in `folder`, and its notices; the shipped types where there is none.

    Raises Problems.
    """
    workspace = workspace_at(folder)
    if workspace.only_sounds and not workspace.files():
        return load_library(library_folder("nodes")), []
    opened = open_workspace(folder)
    return opened.library, opened.notices


def _shown(folder: Path, workspace: Workspace) -> str:
    return f"{folder.relative_to(workspace.root)}/" if folder.is_relative_to(workspace.root) else str(folder)


def not_in_force(given: GivenSettings, workspace: Workspace) -> list[str]:
    """Sentences about the settings in the `config.py` of a folder that it cannot give, or is not trusted for."""
    own = " and ".join(name for name in given.left_out if SETTINGS[name].only_own)
    others = " and ".join(name for name in given.left_out if not SETTINGS[name].only_own)
    notices = [f"{own} in config.py has no effect: it counts in {user_config()} and on the command line"] if own else []
    if others:
        how = f"to allow it: waves trust {workspace.root}"
        notices.append(
            f"{others} in config.py reaches outside the folder, which is not trusted, and has no effect; {how}"
        )
    return notices


def missing_folders(settings: Settings, workspace: Workspace) -> list[str]:
    """A sentence about each folder in SAMPLE_FOLDERS and WATCH_DIRS that is not there."""
    return [
        f"{name}: there is no folder '{folder}'"
        for name in ("SAMPLE_FOLDERS", "WATCH_DIRS")
        for folder in getattr(settings, name)
        if not any(one.is_dir() for one in reachable_folders(workspace.root, [folder]))
    ]


def with_options(given: GivenSettings, overruled: dict[str, Any]) -> Settings:
    """Settings from files and the environment, overruled by options. Raises Problems."""
    for name in overruled.keys() - SETTINGS.keys():
        raise Problems(Problem(f"there is no setting '{name}'", suggestion=did_you_mean(name, SETTINGS)))
    try:
        return Settings(**{**given.values, **overruled})
    except ValidationError as error:
        name, expected = next(iter(expected_values(error).items()))
        option = SETTINGS[name].option
        typed = option.flag if option else name
        raise UsageProblem(f"{typed}: expected {expected}, got {overruled[name]!r:.60}") from None
