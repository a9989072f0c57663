"""Feedback edges of a tree: the references that read the previous block, so that every loop can be executed.

A loop is closed by a reference (`$id` or `reference`), and one of its edges is delayed by a block of 64 frames. Where
a delay is in the loop it gives its output so much sooner, and is read a block later by all: the loop takes the time of
the delay. In any other loop the reference that stands first in the file is delayed. Any thread.
"""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from waves.engine.graph.graph import Output, Row, Source
from waves.language.tree import tree_node
from waves.language.tree.tree_node import PartRun, Reference, Template, TreeNode
from waves.node import BLOCK
from waves.problem import Mark, Problem, Problems

Edge = tuple[TreeNode, TreeNode | Reference]
"""The node that reads, and what it reads."""


def read_by(node: TreeNode) -> Iterator[TreeNode | Reference]:
    """Nodes and references that a node reads, but not those of runs; for a pool also the root of its voices."""
    for source in tree_node.reads(node):
        if not isinstance(source, float) and not isinstance(source, PartRun):
            yield source
    if node.template and node.template.root:
        yield node.template.root


def edges_of(node: TreeNode) -> Iterator[tuple[TreeNode, TreeNode | PartRun | Reference]]:
    """The edges into a node, of a run one; for a pool also those into the nodes of its voices."""
    for source in tree_node.reads(node):
        if not isinstance(source, float):
            yield node, source
    if node.template:
        for inner in voice_nodes(node.template):
            yield from edges_of(inner)


def voice_nodes(template: Template) -> list[TreeNode]:
    """The nodes that belong to a voice, its root first."""
    assert template.root
    found, stack = {template.root: None}, [template.root]
    while stack:
        for _, _, source in tree_node.edges(stack.pop()):
            if isinstance(source, float):
                continue
            target = tree_node.target_of(source)
            if target.voice is template and target not in found:
                found[target] = None
                stack.append(target)
    return list(found)


def position(edge: TreeNode | Reference) -> Mark:
    """File, line and column of an edge; before all others if it is not written in a file."""
    return edge.mark or Mark("", 0, 0)


class OpenedLoops(NamedTuple):
    """The edges that read the previous block, and the delays that make up for it."""

    edges: set[Edge]
    early: set[TreeNode]


def open_loops(outside: Iterable[TreeNode | PartRun]) -> OpenedLoops:
    """The edges that read the previous block, so that every loop is open. Raises Problems: a loop without a reference.

    Example: `a` reads `$b` (line 3) and `b` reads `$a` (line 4). The edge of line 3 is delayed; the order of execution
    is `a`, `b`. If `b` is a delay, all edges that read it are delayed.
    """
    early: set[TreeNode] = set()
    nodes = [node for node in outside if isinstance(node, TreeNode)]  # what is in a run is in no loop
    sources = {node: list(read_by(node)) for node in nodes}
    if not _has_loop(sources):
        return OpenedLoops(set(), early)
    delayed: set[Edge] = {
        (node, edge)
        for node, edges in sources.items()
        for edge in edges
        if isinstance(edge, Reference) and edge.target is node and not node.kind.closes_loops
    }
    while True:
        sorter = graphlib.TopologicalSorter(
            {
                node: [  # in order, so that the same loop is found first in every process
                    tree_node.target_of(edge) for edge in edges if (node, edge) not in delayed
                ]
                for node, edges in sources.items()
            }
        )
        try:
            sorter.prepare()
            return OpenedLoops(delayed, early)
        except graphlib.CycleError as error:
            loop = error.args[1]
            reference = _first_reference(loop, sources, delayed)
            if delay := _first_delay(loop):
                early.add(delay)
                delayed |= {
                    (reader, edge)
                    for reader, edges in sources.items()
                    for edge in edges
                    if tree_node.target_of(edge) is delay
                }
            else:
                delayed.add(reference)


def _has_loop(sources: Mapping[TreeNode, list[TreeNode | Reference]]) -> bool:
    """Whether any node needs itself: only what references read is looked at, as each loop has one."""
    read: dict[TreeNode, list[TreeNode]] = {}
    stack = [edge.target for edges in sources.values() for edge in edges if isinstance(edge, Reference)]
    while stack:
        node = stack.pop()
        if node not in read:
            read[node] = [tree_node.target_of(edge) for edge in sources.get(node, ())]
            stack += read[node]
    try:
        graphlib.TopologicalSorter(read).prepare()
    except graphlib.CycleError:
        return True
    return False


def _first_delay(loop: list[TreeNode]) -> TreeNode | None:
    """The delay of a loop that stands first in the file; None if the loop leads through voices as well."""
    if len({node.voice for node in loop}) > 1:
        return None
    delays = [node for node in loop if node.kind.closes_loops]
    return min(delays, key=lambda node: (position(node), node.id), default=None)


def too_short(delay: TreeNode, rate: float) -> Problem | None:
    """The warning of a delay in a loop whose constant time is shorter than a block at `rate` frames per second."""
    name = delay.kind.closes_loops
    time = delay.inputs.get(name)
    if not isinstance(time, float | int) or time * rate > BLOCK - 0.5:
        return None
    shortest = f"{1000.0 * BLOCK / rate:.3g} ms ({BLOCK} frames at {rate:g} Hz)"
    sentence = f"a loop takes at least {shortest}, longer than the {1000.0 * time:.3g} ms here"
    return Problem(sentence, delay.mark, f"{delay.path}.{name}", "warning")


def _first_reference(
    loop: list[TreeNode],
    sources: dict[TreeNode, list[TreeNode | Reference]],
    delayed: set[Edge],
) -> tuple[TreeNode, Reference]:
    """The reference of a loop that stands first in the file, with its reader."""
    references = [
        (reader, edge)
        for target, reader in pairwise(loop)  # graphlib: each is read by the next
        for edge in sources[reader]
        if isinstance(edge, Reference) and edge.target is target and (reader, edge) not in delayed
    ]
    if not references:
        raise Problems(Problem("this sound needs itself", loop[0].mark, loop[0].path))
    return min(references, key=lambda found: position(found[1]))


def execution_order(rows: dict[str, Row], first: list[str], last: list[str]) -> tuple[dict[str, Row], set[str]]:
    """Rows so that every source comes before its readers; or the keys of a loop, then the rows are incomplete.

    Rows that `first` needs come first, `last` and what only they need at the end.
    """
    order: dict[str, Row] = {}
    sinks = set(last)
    roots = [key for key in [*first, *rows] if key in rows and key not in sinks]
    visiting: set[str] = set()
    for root in [*roots, *last]:
        path: list[tuple[str, Iterator[Source]]] = []
        if root not in order:
            path.append((root, rows[root].sources()))
            visiting.add(root)
        while path:
            key, sources = path[-1]
            for source in sources:
                if not isinstance(source, Output) or source.key not in rows or source.key in order:
                    continue
                if source.key in visiting:
                    keys = [key for key, _ in path]
                    return order, set(keys[keys.index(source.key) :])
                path.append((source.key, rows[source.key].sources()))
                visiting.add(source.key)
                break
            else:
                path.pop()
                visiting.discard(key)
                order[key] = rows[key]
    return order, set()
