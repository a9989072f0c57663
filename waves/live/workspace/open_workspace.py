"""Opens a workspace: its settings, and the node types that may run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from waves.engine.compiler import kernel_cache
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.composer import Composer
from waves.live.workspace.file_watch import read_settled
from waves.live.workspace.setting_table import SETTINGS
from waves.live.workspace.settings import Settings, expected_values, read_environment, read_settings
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import Workspace, files_of_sounds, find_workspace
from waves.node import Node
from waves.node_types.library.library import is_shipped, load_library, node_files, open_folders
from waves.node_types.process.node_python import open_types
from waves.problem import Problem, Problems, did_you_mean


@dataclass(frozen=True, slots=True)
class Opened:
    """A workspace with its settings and node types.

    `notices` are sentences about what was left out, those of `problems`, of node files that gave no type, among them.
    """

    workspace: Workspace
    settings: Settings
    library: dict[str, type[Node]]
    notices: list[str]
    node_folders: list[Path] = field(default_factory=list)  # the workspace's own
    overruled: dict[str, Any] = field(default_factory=dict)
    trusted: bool = False
    since: float = 0.0  # before its files were read, in seconds since 1970
    problems: tuple[Problem, ...] = ()

    def composer(self, settings: Settings | None = None, rate: float | None = None) -> Composer:
        """A composer of its files: with other settings, and at another rate (Hz), where these are given."""
        settings = settings or self.settings
        composer = Composer(self.workspace, self.library, settings, rate or settings.SAMPLE_RATE)
        composer.node_problems = self.problems
        return composer


def open_workspace(folder: Path, trust: bool = False, **overruled: Any) -> Opened:
    """The workspace in `folder`; the settings that are given overrule `config.py`.

    A workspace's own node types are read only when it is trusted, for good or with `trust`. Raises Problems.
    """
    since = time.time()
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
    if workspace.only_sounds:
        notices.append("there is no waves.yaml here: the piece is what stands in sounds/")
    opened = open_types(open_folders(shipped, *folders), read_settled)
    own = (kind for kind in opened.types.values() if not is_shipped(kind))
    kernel_cache.mark_untrusted(own, settings.CHECKED_NODES)
    problems = tuple(opened.problems)
    notices += map(str, problems)
    return Opened(workspace, settings, opened.types, notices, folders, overruled, trusted, since, problems)


def library_of(folder: Path) -> tuple[dict[str, type[Node]], list[str]]:
    """The node types of the workspace in `folder`, and its notices; the shipped types where there is none.

    Raises Problems.
    """
    if not ((folder / "waves.yaml").is_file() or files_of_sounds(folder)):
        return load_library(library_folder("nodes")), []
    opened = open_workspace(folder)
    return opened.library, opened.notices


def _shown(folder: Path, workspace: Workspace) -> str:
    return f"{folder.relative_to(workspace.root)}/" if folder.is_relative_to(workspace.root) else str(folder)


def settings_of(config: Path, overruled: dict[str, Any]) -> Settings:
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
