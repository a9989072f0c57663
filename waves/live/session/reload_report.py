"""Report of a reload: compares a plan with the plan that it was built upon, node by node."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from waves.engine.graph.diff import Transition
from waves.engine.graph.graph import Graph, absolute_id
from waves.engine.plan.plan import Plan
from waves.events.changes import WORDS, NodeChanges, ParameterChanges
from waves.language.model.models import NodeModel, Use, models_inside
from waves.language.model.piece import Piece
from waves.language.tree.tree_node import TreeNode, reachable
from waves.live.workspace.composer import Composition
from waves.node_types.builtin.crossfade import PASSAGE

OWN = (".previous", ".remember", ".mono", PASSAGE, ".Transport", ".MovedValue")


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


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1e3, 2)


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


def parameter_changes(plan: Plan, before: Composition | None, after: Composition) -> ParameterChanges:
    """Parameters that were added, removed or changed in the text of what plays; those of a moved node move with it."""
    if not (before and before.piece and after.piece and plan.transition):
        return ParameterChanges()
    old, new = _paths(before.root), _paths(after.root)
    same = {key: key for key in old.keys() & new.keys()} | dict(_followed(plan.transition))
    moved = {new[now]: old[was] for now, was in same.items() if now in new and was in old}
    then = written_parameters(before.piece, [name for name, _ in before.sounds])
    now = written_parameters(after.piece, [name for name, _ in after.sounds])
    matched = {key: (moved.get(key[0], key[0]), key[1]) for key in now}
    was = set(matched.values())
    names = {".".join(key): "added" for key in now if matched[key] not in then}
    names |= {".".join(key): "removed" for key in then if key not in was}
    names |= {".".join(key): "changed" for key in now if then.get(matched[key], now[key]) != now[key]}
    counts = {kind: list(names.values()).count(kind) for kind in ("added", "removed", "changed")}
    return ParameterChanges(**counts, names=names)


def _paths(root: TreeNode) -> dict[str, str]:
    """The place in the text of each node of a tree, by its ID."""
    return {node.id: node.path for node in reachable(root)}


def written_parameters(piece: Piece, sounds: Iterable[str]) -> dict[tuple[str, str], str]:
    """The parameters of some sounds and all that they use, and the vars, as written: by path of the node, and name.

    A parameter whose value is a node is none of them: its own parameters are.
    """
    found = {("vars", name): repr(parameter.data) for name, parameter in piece.vars.items()}
    todo, seen = list(sounds), set[str]()
    while todo:
        if (name := todo.pop()) in seen or name not in piece.sounds:
            continue
        seen.add(name)
        sound = piece.sounds[name]
        for model in models_inside(sound.root):
            if isinstance(model, Use):
                todo.append(model.name)
                given = {key: parameter.data for key, parameter in model.given.items()}
            elif sound.origin.entry:
                values = model.signals | model.free
                own = {key for key in model.written if not isinstance(values.get(key), NodeModel | Use)}
                given = {key: value for key, value in _beside(sound.origin.entry.data, model).items() if key in own}
            else:
                given = {}
            found |= {(str(model.place), key): repr(_without_nodes(value)) for key, value in given.items()}
    return found


def _beside(data: Any, model: NodeModel) -> dict[str, Any]:
    """The parameters of a node as written, inside it and beside it."""
    around: Any = {}
    for step in model.place.path:
        around = data
        try:
            data = data[step]
        except (LookupError, TypeError):  # the bare name of a node has nothing inside
            data = None
    outside = around if isinstance(around, dict) else {}
    return {**outside, **(data if isinstance(data, dict) else {})}


def _without_nodes(value: Any) -> Any:
    """A value without the nodes in its lists, whose parameters count for themselves."""
    if isinstance(value, list):
        return [_without_nodes(item) for item in value if not isinstance(item, dict)]
    return value


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
