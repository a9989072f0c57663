"""What a reload did to every node, as a Python object, a line and figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, Output, Row, Source, outside
from waves.engine.plan.plan import Plan
from waves.node_types.builtin.crossfade import PASSAGE

OWN = (".previous", ".remember", ".mono", PASSAGE, ".Transport", ".MovedValue")
NAMED = 3  # nodes that the line names, of each group


@dataclass(frozen=True, slots=True)
class ReloadReport:
    """One save that came in. Nodes by ID; times in milliseconds."""

    kept: tuple[str, ...] = ()
    moved: dict[str, str] = field(default_factory=dict)  # ID now: ID before, elsewhere in the tree
    renamed: dict[str, str] = field(default_factory=dict)  # the same, under another name in its place
    new: tuple[str, ...] = ()
    returned: tuple[str, ...] = ()  # with the state that they left with
    dropped: dict[str, str] = field(default_factory=dict)  # ID: why
    changed: tuple[str, ...] = ()  # other settings: they run twice while they fade
    glided: int = 0  # numbers that move to their new value
    parameters: dict[str, int] = field(default_factory=dict)  # added, removed, changed
    milliseconds: float = 0.0  # from the save to the commit
    stages: dict[str, float] = field(default_factory=dict)
    frame: int = 0  # of the piece
    place: str = ""  # in the music
    good: int = 0
    refused: int = 0

    @property
    def line(self) -> str:
        """One line: counts, and the names of what is not simply kept."""
        parts = [f"kept {len(self.kept)}"]
        for name, found in (("moved", self.moved), ("renamed", self.renamed)):
            if found:
                parts.append(f"{name} {_named([f'{was} → {now}' for now, was in found.items()])}")
        if self.returned:
            parts.append(f"returned {_named(self.returned)}")
        dropped = [f"{one} ({why})" for one, why in self.dropped.items()]
        for name, ids in (("new", self.new), ("dropped", dropped), ("changed", self.changed)):
            parts.append(f"{name} {_named(ids)}")
        if self.glided:
            parts.append(f"glided {self.glided}")
        changes = self.parameters
        if any(changes.values()):
            parts.append(f"parameters +{changes['added']} -{changes['removed']} changed {changes['changed']}")
        return ", ".join(parts)

    @property
    def figures(self) -> dict[str, Any]:
        """Counts by name, and the nodes themselves under `nodes`."""
        groups = ("kept", "moved", "renamed", "new", "returned", "dropped", "changed")
        plain = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in groups}
        nodes = {name: value for name in groups[1:] if (value := getattr(self, name))}
        return {**{name: len(getattr(self, name)) for name in groups}, **plain, "nodes": nodes}


def _named(ids: Iterable[str]) -> str:
    names = list(ids)
    if not names:
        return "0"
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{len(names)} ({', '.join(names[:NAMED])}{more})"


def reload_report(plan: Plan, **more: Any) -> ReloadReport:
    """What a plan does to the nodes of the plan that it was built upon."""
    transition = plan.transition
    if transition is None:
        return ReloadReport(new=tuple(_nodes(plan.graph.rows)), **more)
    followed = dict(_followed(transition))
    renamed = {now: was for now, was in followed.items() if _siblings(now, was)}
    new, kept = _nodes(_keys(transition, "new")), _nodes(transition.kept)
    changed = [key for key in _nodes(_keys(transition, "changed")) if key not in kept]
    going, went = plan.graph.leaving, transition.before.leaving if transition.before else {}
    back = [key for key in kept if key in went and key not in going]
    returned = [*back, *(key for key in new if key in plan.returned)]
    gone = [key for key in _nodes(_keys(transition, "dropped")) if key not in went]
    dropped = {key.removeprefix("gone "): _why(key, plan.graph) for key in gone}
    return ReloadReport(
        kept=tuple(key for key in kept if key not in followed and key not in going and key not in back),
        moved={now: was for now, was in followed.items() if now not in renamed},
        renamed=renamed,
        new=tuple(key for key in new if key not in plan.returned),
        returned=tuple(returned),
        dropped=dropped | {key: why for key, why in going.items() if key not in went and not key.endswith(OWN)},
        changed=tuple(key for key in changed if key not in going),
        glided=_glided(transition),
        parameters=_parameters(transition.before, plan.graph) if transition.before else {},
        **more,
    )


def _glided(transition: Transition) -> int:
    """Numbers that glide, those in voices too."""
    return transition.glided + sum(map(_glided, transition.voices.values()))


def _keys(transition: Transition, what: str) -> Iterator[str]:
    """What became of rows, those of voices under their IDs."""
    yield from getattr(transition, what)
    for pool, inner in transition.voices.items():
        yield from (outside(key, pool) for key in _keys(inner, what))


def _followed(transition: Transition) -> Iterator[tuple[str, str]]:
    """IDs that were others before, and these; those of voices under the present ID of their pool."""
    yield from ((now, was) for now, was in transition.followed.items() if not now.endswith(OWN))
    for pool, inner in transition.voices.items():
        yield from ((outside(now, pool), outside(was, pool)) for now, was in _followed(inner))


def _nodes(keys: Iterable[str]) -> list[str]:
    """IDs of nodes by the row of their first channel, without what the graph itself put between them."""
    return [key for key in keys if "#" not in key and not key.endswith(OWN)]


def _siblings(now: str, was: str) -> bool:
    """Whether two IDs differ in one name only."""
    after, before = now.split("."), was.split(".")
    return len(after) == len(before) and sum(a != b for a, b in zip(after, before, strict=True)) == 1


def _why(key: str, graph: Graph) -> str:
    around, _, kind = key.rpartition(".")
    others = [one for one in graph.rows if one.rpartition(".")[0] == around and "#" not in one]
    return f"now {others[0].rpartition('.')[2]}" if others and kind else "removed"


def _parameters(before: Graph, after: Graph) -> dict[str, int]:
    """How many inputs and settings of nodes that are in both were added, removed or changed."""
    counts = {"added": 0, "removed": 0, "changed": 0}
    for key, row in after.rows.items():
        was = before.rows.get(key)
        if was is None or "#" in key or row.node is None or was is row:
            continue
        then, now = _written(was), _written(row)
        counts["added"] += len(now.keys() - then.keys())
        counts["removed"] += len(then.keys() - now.keys())
        counts["changed"] += sum(not _same(then[name], now[name]) for name in now.keys() & then.keys())
        if row.voice and was.voice:
            for name, count in _parameters(was.voice.graph, row.voice.graph).items():
                counts[name] += count
    return counts


def _written(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {name: s for name, s in row.inputs.items() if s == s}  # NaN: not written
    for name, entries in row.lists.items():
        found |= {f"{name}.{key}": source for key, source in entries.items()}
    return {**found, **row.settings}


def _same(before: Source | Any, after: Source | Any) -> bool:
    if isinstance(before, Output) and isinstance(after, Output):
        return before == after
    return bool(before == after)
