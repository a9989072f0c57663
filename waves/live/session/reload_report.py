"""Report of a reload: compares a plan with the plan that it was built upon, node by node."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Row, absolute_id
from waves.engine.plan.plan import Plan
from waves.events.changes import WORDS, NodeChanges, ParameterChanges
from waves.node_types.builtin.crossfade import PASSAGE

OWN = (".previous", ".remember", ".mono", PASSAGE, ".Transport", ".MovedValue")


class Stages:
    """Durations of the stages of a build: `watch`, from the save to the build, then each that is ended by name."""

    def __init__(self, saved: float):
        """`saved`: when the change was made, seconds since 1970."""
        self._saved = self._last = saved
        self.milliseconds: dict[str, float] = {}
        self.end("watch")

    def end(self, name: str) -> None:
        """End the present stage; the next one begins."""
        now = time.time()
        self.milliseconds[name] = round((now - self._last) * 1e3, 2)
        self._last = now

    @property
    def total(self) -> float:
        """Milliseconds of all stages."""
        return round((self._last - self._saved) * 1e3, 2)


def node_changes(plan: Plan) -> NodeChanges:
    """The group of each node by ID: kept, moved, new, dropped and so on."""
    transition = plan.transition
    if transition is None:
        return NodeChanges(new=tuple(_nodes(plan.graph.rows)))
    followed = dict(_followed(transition))
    renamed = {now: was for now, was in followed.items() if _siblings(now, was)}
    new, kept = _nodes(_keys(transition, "new")), _nodes(transition.kept)
    changed = [key for key in _nodes(_keys(transition, "changed")) if key not in kept]
    going, went = plan.graph.fading_out, transition.old.fading_out if transition.old else {}
    back = [key for key in kept if key in went and key not in going]
    returned = [*back, *(key for key in new if key in plan.returned)]
    gone = [key for key in _nodes(_keys(transition, "dropped")) if key not in went]
    dropped = {key.removeprefix("gone "): _why(key, plan.graph) for key in gone}
    return NodeChanges(
        kept=tuple(key for key in kept if key not in followed and key not in going and key not in back),
        moved={now: was for now, was in followed.items() if now not in renamed},
        renamed=renamed,
        new=tuple(key for key in new if key not in plan.returned),
        returned=tuple(returned),
        dropped=dropped | {key: why for key, why in going.items() if key not in went and not key.endswith(OWN)},
        changed=tuple(key for key in changed if key not in going),
    )


def glided(plan: Plan) -> int:
    """Count of the numbers that glide to their new value, those in voices too."""
    return _glided(plan.transition) if plan.transition else 0


def parameter_changes(plan: Plan) -> ParameterChanges:
    """Counts of inputs and settings that were added, removed or changed, of nodes that are in both plans."""
    transition = plan.transition
    if transition is None or transition.old is None:
        return ParameterChanges()
    return ParameterChanges(**_parameters(transition.old, plan.graph))


def _glided(transition: Transition) -> int:
    return transition.glided + sum(map(_glided, transition.voices.values()))


def _keys(transition: Transition, what: str) -> Iterator[str]:
    """Keys of the rows in one group of the transition; rows of voices have the key of their pool before them."""
    yield from getattr(transition, what)
    for pool, inner in transition.voices.items():
        yield from (absolute_id(key, pool) for key in _keys(inner, what))


def _followed(transition: Transition) -> Iterator[tuple[str, str]]:
    """Pairs of the present and the previous ID of nodes that were moved or renamed, nodes of voices too."""
    yield from ((now, was) for now, was in transition.previous_ids.items() if not now.endswith(OWN))
    for pool, inner in transition.voices.items():
        yield from ((absolute_id(now, pool), absolute_id(was, pool)) for now, was in _followed(inner))


def _nodes(keys: Iterable[str]) -> list[str]:
    """IDs of nodes among the keys of rows: first channels only, without rows that the graph has added."""
    return [key for key in keys if "#" not in key and not key.endswith(OWN)]


def _siblings(now: str, was: str) -> bool:
    """Whether two IDs differ in one of their names only."""
    after, before = now.split("."), was.split(".")
    return len(after) == len(before) and sum(a != b for a, b in zip(after, before, strict=True)) == 1


def _why(key: str, graph: Graph) -> str:
    around, _, kind = key.rpartition(".")
    others = [one for one in graph.rows if one.rpartition(".")[0] == around and "#" not in one]
    if not (others and kind):
        return "removed"
    last = others[0].rpartition(".")[2]
    return f"now {WORDS.get(last, last)}"


def _parameters(before: Graph, after: Graph) -> dict[str, int]:
    counts = {"added": 0, "removed": 0, "changed": 0}
    for key, row in after.rows.items():
        was = before.rows.get(key)
        if was is None or "#" in key or row.node is None or was is row:
            continue
        then, now = _written(was), _written(row)
        counts["added"] += len(now.keys() - then.keys())
        counts["removed"] += len(then.keys() - now.keys())
        counts["changed"] += sum(then[name] != now[name] for name in now.keys() & then.keys())
        if row.voice and was.voice:
            for name, count in _parameters(was.voice.graph, row.voice.graph).items():
                counts[name] += count
    return counts


def _written(row: Row) -> dict[str, Any]:
    sources = {name: source for name, source in row.named_sources().items() if source == source}  # NaN: not written
    return {**sources, **row.settings}
