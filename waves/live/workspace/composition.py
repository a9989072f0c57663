"""A version of the piece as it is composed: its tree, its graph, and all that they were made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from waves.engine.graph.graph import Graph
from waves.language.build.moving.slow_fades import FadingParts
from waves.language.model.piece import Piece
from waves.language.model.quantize import FileSettings
from waves.language.text.document import Document
from waves.language.tree.kept.lengths import Numbers
from waves.language.tree.moved_parameter import MovedParameter
from waves.language.tree.tree_node import Switch, TreeNode
from waves.live.workspace.samples.kits import Kit
from waves.live.workspace.settings import Settings
from waves.node import Node
from waves.problem import Problem

Sounds = Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(eq=False, slots=True)
class UnplayedCheck:
    """The check of the sounds that do not play, which may come later: nothing that plays depends on it."""

    check: Callable[[], tuple[list[Problem], tuple[str, ...]]] | None = None
    """Gives the problems of what does not play, and the names of the sounds with errors; None: it is over."""
    after: int = 0
    """Findings that come before those problems."""
    failing: tuple[str, ...] = ()
    """Names of the sounds that have errors, and do not play."""


@dataclass(frozen=True, slots=True)
class Composition:
    """A version of the piece, ready to be planned, with all that it was made of. Only its findings still grow."""

    graph: Graph
    root: TreeNode
    """The tree that the graph was lowered from."""
    findings: list[Problem]
    """Warnings, and errors in entries that do not play, if these were looked at."""
    written: FileSettings = field(default_factory=FileSettings)
    """Fade and boundary of saves, from `settings:` of the file."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The texts that it was made of, by name of the file."""
    unplayed: UnplayedCheck = field(default_factory=UnplayedCheck)
    fading_parts: FadingParts = field(default_factory=dict)
    """Parts that fade in or out more slowly than a save."""
    library: Mapping[str, type[Node]] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    switches: Mapping[str, Switch] = field(default_factory=dict)
    """Tracks that are mute or solo by a switch."""
    moved: Mapping[str, MovedParameter] = field(default_factory=dict)
    """Parameters moved from outside that the tree reads, by key."""
    released: tuple[str, ...] = ()
    """Keys of moved parameters that the text gives another source now."""
    sounds: Sounds = ()
    """The sounds that play, each with its parameters."""
    used: frozenset[str] = frozenset()
    """Names of the sounds that play, and of all that they use."""
    piece: Piece | None = None
    """All that is written in the texts, with the sounds that do not play."""
    documents: Mapping[Path, Document] = field(default_factory=dict)
    """The texts with the places of what is written in them, by path of the file."""
    files: Mapping[str, Kit] = field(default_factory=dict)
    """The files that it plays, by the text that names a file or a folder."""
    numbers: Numbers = field(default_factory=list)
    """The lengths of its tempos in its tree, whose nodes the tree of the next save may have too."""

    @property
    def failing(self) -> tuple[str, ...]:
        """Names of the sounds in the texts that have errors, and do not play, if these were looked at."""
        return self.unplayed.failing

    @property
    def findings_elsewhere(self) -> list[Problem]:
        """The findings that are about nothing that plays: errors, and warnings in other sounds."""
        here = {"", "vars", "settings", "patterns", *self.used}
        return [one for one in self.findings if one.level == "error" or one.entry not in here]

    def check_unplayed(self) -> Composition:
        """Add the errors in entries that do not play to the findings, once; the composition itself."""
        unplayed = self.unplayed
        if unplayed.check:
            (found, unplayed.failing), after, unplayed.check = unplayed.check(), unplayed.after, None
            self.findings[:after] = dict.fromkeys([*self.findings[:after], *found])
        return self
