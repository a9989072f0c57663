"""Report of a reload: compares a plan with the plan that it was built upon, node by node."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, absolute_id
from waves.engine.plan.plan import Plan
from waves.events.changes import NodeChanges, ParameterChanges
from waves.language.model.models import Sound
from waves.language.tree.parts import LEVEL, MUTED, SEND, SENDS
from waves.language.tree.tree_node import PartState, TreeNode, outermost_mix, reachable, tracks
from waves.live.session.written_changes import SETTINGS, WrittenText, differing, written_text
from waves.live.workspace.composition import Composition
from waves.node import Node
from waves.node_types.builtin.crossfade import PASSAGE
from waves.node_types.library.signature import WAS, state_dtype

WORDS = {
    "Pool": "voices",
    "Clock": "step clock",
    "Kernel": "kernel",
    "Given": "note value",
    "MovedValue": "moved value",
}
"""Words for the nodes that the language adds, by the last part of their ID."""
OWN = (".previous", ".remember", ".mono", PASSAGE, LEVEL, MUTED, SEND, SENDS, ".Transport", ".MovedValue")


class Stages:
    """Durations of the stages of a build: `watch`, from the save to the build, then each that is ended by name."""

    def __init__(self, saved: float):
        """`saved`: when the change was made, seconds since 1970."""
        self.milliseconds = {"watch": _milliseconds(max(time.time() - saved, 0.0))}
        self._last = time.monotonic()  # the clock of the day may be set back meanwhile

    def end(self, name: str) -> None:
        """End the present stage; the next one begins."""
        now = time.monotonic()
        self.milliseconds[name] = self.milliseconds.get(name, 0.0) + _milliseconds(now - self._last)
        self._last = now

    @property
    def total(self) -> float:
        """Milliseconds of all stages."""
        return round(sum(self.milliseconds.values()), 2)


class Differences(NamedTuple):
    """All that a report says of a change, which is known before it plays."""

    nodes: NodeChanges = NodeChanges()
    glided: int = 0
    parameters: ParameterChanges = ParameterChanges()
    levels: Mapping[str, str] = MappingProxyType({})
    states: tuple[str, ...] = ()

    @classmethod
    def of(cls, plan: Plan, before: Composition | None, after: Composition) -> Differences:
        """The differences between what played before a plan and what plays with it."""
        return cls(
            node_changes(plan),
            glided(plan),
            parameter_changes(plan, before, after),
            level_changes(before, after),
            tuple(state_changes(before.library, after.library)) if before else (),
        )


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1e3, 2)


def node_changes(plan: Plan) -> NodeChanges:
    """The group of each node by ID: kept, moved, new, dropped and so on."""
    transition = plan.transition
    if transition is None:
        return NodeChanges(new=tuple(_nodes(plan.graph.rows)))
    went = transition.old.fading_out if transition.old else {}
    if transition.is_of_numbers and not (transition.previous_ids or plan.graph.fading_out or went):
        if plan.graph.names is None:
            plan.graph.names = tuple(_nodes(plan.graph.rows))
        return NodeChanges(kept=plan.graph.names)
    followed = dict(_followed(transition))
    renamed = {now: was for now, was in followed.items() if _siblings(now, was)}
    new, kept = _nodes(_keys(transition, "new")), _nodes(transition.kept)
    changed = [key for key in _nodes(_keys(transition, "changed")) if key not in kept]
    going = plan.graph.fading_out
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


def is_heard(plan: Plan, before: Composition | None, after: Composition) -> bool:
    """Whether a plan differs from what plays in anything that a report says."""
    nodes = node_changes(plan)
    others = nodes.moved, nodes.renamed, nodes.new, nodes.returned, nodes.dropped, nodes.changed
    parts = parameter_changes(plan, before, after).parts.keys() - {*SETTINGS}
    return any(others) or glided(plan) > 0 or bool(parts or level_changes(before, after))


def level_changes(before: Composition | None, after: Composition) -> dict[str, str]:
    """The tracks that are heard in another way than before, with a word for how."""
    then, now = (outermost_mix(one.root).parts if one else {} for one in (before, after))
    differ = [name for name in tracks(after.root) if name in then or name in now] if then or now else []
    words = {name: (then.get(name, PartState()).word, now.get(name, PartState()).word) for name in differ}
    return {name: word for name, (was, word) in words.items() if was != word}


def glided(plan: Plan) -> int:
    """Count of the numbers that glide to their new value, those in voices too."""
    return _glided(plan.transition) if plan.transition else 0


def parameter_changes(plan: Plan, before: Composition | None, after: Composition) -> ParameterChanges:
    """Changes in the text of what plays; the parameters of a moved node move with it."""
    if not (before and before.piece and after.piece):
        return ParameterChanges()
    then = written_text(before.piece, [name for name, _ in before.sounds])
    now = written_text(after.piece, [name for name, _ in after.sounds])
    names, parts = differing(then, now, _moved(plan, before, after, then, now))
    counts = {kind: list(names.values()).count(kind) for kind in ("added", "removed", "changed")}
    old, new = before.piece.sounds, after.piece.sounds
    named = [name for name in old | new if name]  # a broken line has none
    differ = (name for name in named if _differ(old.get(name), new.get(name)))
    return ParameterChanges(
        **counts,
        names={".".join((*path, name)): kind for (path, name), kind in names.items()},
        parts=parts,
        silent=tuple(name for name in differ if (name,) not in then.parts and (name,) not in now.parts),
    )


def _differ(one: Sound | None, other: Sound | None) -> bool:
    """Whether the text of a sound is another one, or is there only once."""
    if one is other or not (one and other):
        return one is not other
    return one.data is not other.data and repr(one.data) != repr(other.data)


def _moved(
    plan: Plan, before: Composition, after: Composition, then: WrittenText, now: WrittenText
) -> dict[tuple[str, ...], tuple[str, ...]]:
    """For each node that goes on, its way in the text now, and then."""
    if plan.transition is None:
        return {}
    if plan.transition.is_of_numbers and plan.transition.old:  # whatever stays is written where it was
        numbers = plan.transition.numbers or ()
        rows = [(plan.transition.old.rows[key].node, plan.graph.rows[key].node) for key in numbers]
        paths = {one.path: was.path for was, one in rows if was and one and one.path != was.path}
        ways, earlier = ({".".join(path): path for path in text.nodes} for text in (now, then)) if paths else ({}, {})
        return {ways[path]: earlier[was] for path, was in paths.items() if path in ways and was in earlier}
    old, new = _paths(before.root), _paths(after.root)
    ways, earlier = ({".".join(path): path for path in text.nodes} for text in (now, then))
    same = {key: key for key in old.keys() & new.keys()} | dict(_followed(plan.transition))
    return {
        ways[new[key]]: earlier[old[was]]
        for key, was in same.items()
        if new.get(key) in ways and old.get(was) in earlier
    }


def _paths(root: TreeNode) -> dict[str, str]:
    """The place in the text of each node of a tree, by its ID."""
    return {node.id: node.path for node in reachable(root)}


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


def state_changes(before: Mapping[str, type[Node]], after: Mapping[str, type[Node]]) -> list[str]:
    """One sentence for each type, by name, whose state does not go on as it is."""
    others = [(before[name], kind) for name, kind in after.items() if name in before and kind is not before[name]]
    return [sentence for old, new in others if (sentence := _carried_over(old, new))]


def _carried_over(old: type[Node], new: type[Node]) -> str:
    """One sentence about the fields of the state that are not carried over as they are; empty if all are.

    Example: "state of ticker: 'total' was 'count', 'phase' is new".
    """
    dtype = state_dtype(new)
    before: Mapping[str, Any] = state_dtype(old).fields or {}
    after: Mapping[str, Any] = dtype.fields or {}
    metadata: Mapping[str, Any] = dtype.metadata or {}
    was: Mapping[str, str] = metadata.get(WAS, {})
    source = {name: name if name in before else was.get(name, "") for name in after}
    carried = {name: one for name, one in source.items() if one in before}
    fresh = [name for name in after if name not in carried]
    dropped = [name for name in before if name not in carried.values()]
    parts = [f"'{name}' was '{one}'" for name, one in carried.items() if name != one]
    parts += [f"'{name}' is new" for name in fresh]
    parts += [f"'{name}' is dropped" for name in dropped]
    for name, one in carried.items():
        if before[one][0] != after[name][0]:
            whole = before[one][0].shape == after[name][0].shape  # as `common_parts` of a state does
            keeps = "keeps a number that is exact in it" if whole else "starts again"
            parts.append(f"'{name}' has another type and {keeps}")
    if not parts:
        return ""
    unknown = [f"`was` names '{source[name]}', which it did not have" for name in fresh if source[name]]
    same = [after[name][0] for name in fresh] == [before[name][0] for name in dropped]
    return f"state of {new.__name__.lower()}: {'; '.join([', '.join(parts), *unknown, *_mend(fresh, dropped, same)])}"


def _mend(fresh: list[str], dropped: list[str], is_same: bool) -> list[str]:
    """The way to let a field go on that was only renamed."""
    if len(fresh) != 1 or len(dropped) != 1 or not is_same:
        return []
    return [f'if it is the same field, write was = {{"{fresh[0]}": "{dropped[0]}"}} in the state']
