"""From checked models to nodes with IDs: sub-patches unfolded, names resolved, references tied."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from waves.node import Node
from waves.problem import Mark


@dataclass(eq=False, slots=True)
class Reference:
    """An edge to a node written elsewhere, as `$name`, an id's name or `reference`; it may close a loop."""

    target: TreeNode
    mark: Mark | None = None


@dataclass(eq=False, slots=True)
class TreeNode:
    """One node of what plays. A node that several inputs read is one object."""

    id: str
    kind: type[Node]
    settings: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Source | dict[str, Source]] = field(default_factory=dict)
    mark: Mark | None = None
    path: str = ""


Source = float | TreeNode | Reference
