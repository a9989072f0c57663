"""Runs of parts of a mix that are kept as one: of thousands of parts those beside an edit are looked for one by one.

With runs of two parts, and another number in `c`:

    mix: {a: …, b: …, c: …, d: …}       [a, b] is found as one; c is built, d is found
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

from waves.language.tree.kept.kept_parts import KeptPart, facts_around
from waves.language.tree.tree_node import Inside, PartRun, Source, TreeNode

RUN = 32  # parts: of a thousand there are about as many runs as parts in each


class RunPlace:
    """The place of neighbours in a mix that may all be closed."""

    def __init__(self, context: Any, path: str, made_of: Collection[Hashable]):
        """`context`: the `BuildContext` of the parts; `made_of`: their names, models and places."""
        self.kept, self.context, self.path = context.tree.kept, context, path
        self.made_of = (*made_of, *facts_around(context))

    def find(self) -> PartRun | None:
        """The run that stood here in the tree before, if all of its parts are the same; it is in this tree then."""
        part: KeptPart | None = self.kept.find(self.context, self.path, self.made_of)
        run: PartRun | None = part.about if part else None
        return run

    def keep(self, sources: Mapping[str, Source], paths: Collection[str]) -> PartRun | None:
        """The run of the parts that were found or built here, if all are closed; `paths` of their places."""
        parts = {path: self.kept.used.get(path) for path in paths}
        closed = {path: part for path, part in parts.items() if part}
        tops = {name: source for name, source in sources.items() if isinstance(source, TreeNode) and source.inside}
        if not [part.source for part in closed.values()] == [*tops.values()] == [*sources.values()]:
            return None
        run = PartRun(tops, _inside(tops))
        self.kept.used[self.path] = _joined(self.made_of, closed, run)
        return run


def _inside(tops: Mapping[str, TreeNode]) -> Inside:
    """The nodes of several parts."""
    each = [top.inside for top in tops.values() if top.inside]
    return Inside(
        [node for one in each for node in one.nodes],
        [pool for one in each for pool in one.pools],
        any(one.fades for one in each),
        next((one.transport for one in each if one.transport), None),
    )


def _joined(made_of: tuple[Hashable, ...], parts: Mapping[str, KeptPart], run: PartRun) -> KeptPart:
    """Several parts in the same surroundings as one."""
    each = [*parts.values()]
    return KeptPart(
        made_of,
        each[0].source,
        [node for part in each for node in part.nodes],
        {id: node for part in each for id, node in part.by_id.items()},
        [instance for part in each for instance in part.instances],
        [*run.tops.values()],
        {name: sound for part in each for name, sound in part.sounds.items()},
        {name: number for part in each for name, number in part.names.items()},
        next((part.tempo for part in each if part.tempo), None),
        next((part.metre for part in each if part.metre), None),
        [length for part in each for length in part.lengths],
        next((part.transport for part in each if part.transport), None),
        next((part.duration for part in each if part.duration), None),
        run,
        parts,
    )
