"""Parts of a mix that come or go in a time of their own: `fade` and `tail` of a track.

A save fades in 20 ms, and no other comes in meanwhile. What takes longer is a `Passage` in the tree of the next
version, around the part that comes, or around what was a part of the version before; it stays until it is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from waves.language.tree.tree_node import KnownParameters, Reference, Source, Template, TreeNode, reachable
from waves.node_types.builtin.crossfade import PASSAGE, QUIET, SHORT, SlowFade

LONGEST_TAIL = 10.0  # s
TAILS = 4  # at once
PARTS = "signals"


@dataclass(frozen=True, slots=True, eq=False)
class FadingPart:
    """A part that comes or goes: its mix and its name there, what stands there for it, and its passage."""

    part: TreeNode
    mix: str
    name: str
    source: TreeNode
    passage: TreeNode

    @property
    def goes(self) -> bool:
        return not self.passage.settings["arrives"]

    @property
    def why(self) -> str:
        """What is said of a part that goes."""
        settings = self.passage.settings
        return "rings on" if settings["silence"] else f"fades for {settings['ramp']:g} s"


FadingParts = Mapping[str, FadingPart]  # by the ID of the part


def any_slow_fade(root: TreeNode) -> bool:
    """Whether any part asks for a time of its own."""
    return any("fade" in node.common or "tail" in node.common for node in reachable(root))


def add_slow_fades(
    old: TreeNode,
    before: FadingParts,
    new: TreeNode,
    followed: Mapping[str, str],
    over: Callable[[str], bool],
    able: Callable[[TreeNode], bool],
) -> dict[str, FadingPart]:
    """Put what comes and goes slowly into the tree `new`, the next version of `old`; what there is of it then.

    `before` are the passages in the old tree, `followed` the IDs of the new one that were others there. `over` tells
    whether a passage is, by its ID, `able` whether a node can still be played.
    """
    olds, news = _by_id(old), _by_id(new)
    names = {was: now for now, was in followed.items()}
    made: dict[str, FadingPart] = {}
    for mix, name, part in list(_entries(news)):
        was = before.get(followed.get(part.id, part.id))
        on_its_way = was and (was.goes or not over(was.passage.id))
        if on_its_way or (part.id not in olds and part.id not in followed and _fade(part) > SHORT):
            made[part.id] = _place(mix, name, part, _settings(arrives=True, ramp=_fade(part)))
    going: list[tuple[TreeNode, str, TreeNode, dict[str, Any]]] = []
    parts = {id(passing.source): passing.part for passing in before.values()}
    went = {key: passing.passage for key, passing in before.items() if passing.goes}
    for around, name, source in _entries(olds):
        part = parts.get(id(source), source)
        mix_now = news.get(names.get(around.id, around.id))
        if part.id in news or part.id in names or mix_now is None:
            continue
        passage = went.get(part.id)
        settings = passage.settings if passage else _leaves(part)
        if settings and not (passage and over(passage.id)) and all(map(able, reachable(part))):
            going.append((mix_now, name, part, settings))
    going.sort(key=lambda one: one[2].id not in went)  # the oldest first
    tails = [part.id for _, _, part, settings in going if settings["silence"]]
    stays = _staying(olds, news, names)
    for mix, name, part, settings in going:
        if part.id in tails[:-TAILS]:
            continue
        moved = _bare(copied([part], stays)[part])
        if settings["silence"] and part.id not in went:
            _cut(moved, {id(node) for node in news.values()})
        made[part.id] = _place(mix, name, moved, settings)
    return made


def without_finished(
    root: TreeNode, passages: FadingParts, over: Callable[[str], bool]
) -> tuple[TreeNode, dict[str, FadingPart]]:
    """A copy of the tree without the passages that are over, and those that are left."""
    copies = copied([root], {})
    left: dict[str, FadingPart] = {}
    for key, passing in passages.items():
        own = replace(
            passing,
            part=copies[passing.part],
            source=copies[passing.source],
            passage=copies[passing.passage],
        )
        if not over(passing.passage.id):
            left[key] = own
            continue
        entries = next(node for node in copies.values() if node.id == passing.mix).inputs[PARTS]
        assert isinstance(entries, dict)
        if passing.goes:
            del entries[passing.name]
        else:
            entries[passing.name] = _bare(own.part)
    return copies[root], left


def copied(roots: Iterable[TreeNode], stays: Mapping[TreeNode, TreeNode]) -> dict[TreeNode, TreeNode]:
    """Copies of some nodes and of all they need; for those in `stays` what stands for them."""
    nodes = {node for root in roots for node in reachable(root, stays)}
    copies = {node: replace(node) for node in nodes}
    templates = {node.template: Template() for node in nodes if node.template}
    known = {**stays, **copies}

    def source(one: Source) -> Source:
        if isinstance(one, Reference):
            return Reference(known[one.target], one.mark)
        return known[one] if isinstance(one, TreeNode) else one

    for node, own in copies.items():
        own.settings, own.common = dict(node.settings), dict(node.common)
        own.inputs = {
            name: {key: source(one) for key, one in given.items()} if isinstance(given, dict) else source(given)
            for name, given in node.inputs.items()
        }
        own.transport = known.get(node.transport) if node.transport else None
        own.voice = templates.get(node.voice, node.voice) if node.voice else None
        own.template = templates[node.template] if node.template else None
    for template, own_template in templates.items():
        own_template.root = known[template.root] if template.root else None
        own_template.given = [known[one] for one in template.given]
        own_template.gate = known[template.gate] if template.gate else None
    return copies


def fading_out(passages: FadingParts, root: TreeNode) -> dict[str, str]:
    """The nodes of which nothing is left but what goes, by ID, and how that goes."""
    going = [passing for passing in passages.values() if passing.goes]
    stays = {node.id for node in reachable(root, [passing.source for passing in going])}
    return {node.id: one.why for one in going for node in reachable(one.source) if node.id not in stays}


def _by_id(root: TreeNode) -> dict[str, TreeNode]:
    return {node.id: node for node in reachable(root)}


def _entries(nodes: Mapping[str, TreeNode]) -> Iterator[tuple[TreeNode, str, TreeNode]]:
    """Every part of every mix that is none of a voice: the mix, the name, what stands there."""
    for mix in nodes.values():
        entries = mix.inputs.get(PARTS)
        if isinstance(entries, dict) and mix.voice is None:
            yield from ((mix, name, one) for name, one in entries.items() if isinstance(one, TreeNode))


def _fade(part: TreeNode) -> float:
    """Seconds in which a part comes or goes."""
    return float(part.common.get("fade", SHORT))


def _settings(arrives: bool = False, silence: float = 0.0, hold: float = 0.0, ramp: float = SHORT) -> dict[str, Any]:
    return {"arrives": arrives, "silence": silence, "hold": hold, "ramp": ramp}


def _leaves(part: TreeNode) -> dict[str, Any]:
    """The settings of the passage in which a part goes; none when it goes with the fade of the save."""
    if part.common.get("tail") and (part.template or any(True for _ in _heard(part))):
        # Between two echoes it may be silent for as long as they are apart.
        longest = max(float(node.kind.memory(KnownParameters(node))) for node in reachable(part))
        return _settings(silence=min(QUIET + longest, LONGEST_TAIL), hold=LONGEST_TAIL - SHORT)
    fade = _fade(part)
    return _settings(ramp=fade) if fade > SHORT else {}


def _place(mix: TreeNode, name: str, part: TreeNode, settings: dict[str, Any]) -> FadingPart:
    """Put a passage around a part in a mix; inside, where the part is heard on outputs of its own."""
    passage = TreeNode(f"{part.id}{PASSAGE}", SlowFade, settings, {"signal": part}, part.mark, part.path)
    source = passage
    if part.settings.get("out"):
        passage.inputs["signal"], part.inputs["signal"] = part.inputs["signal"], passage
        source = part
    entries = mix.inputs[PARTS]
    assert isinstance(entries, dict)
    while not settings["arrives"] and name in entries:
        name += "~"
    entries[name] = source
    return FadingPart(part, mix.id, name, source, passage)


def _bare(part: TreeNode) -> TreeNode:
    """A part without a passage inside."""
    inner = part.inputs.get("signal")
    if isinstance(inner, TreeNode) and inner.kind is SlowFade:
        part.inputs["signal"] = inner.inputs["signal"]
    return part


def _staying(
    olds: Mapping[str, TreeNode], news: Mapping[str, TreeNode], names: Mapping[str, str]
) -> dict[TreeNode, TreeNode]:
    """For old nodes those of the new tree that stand for them."""
    pairs = ((node, news.get(names.get(key, key))) for key, node in olds.items())
    return {node: now for node, now in pairs if now}


def _heard(node: TreeNode) -> Iterator[tuple[dict[str, Any], str, TreeNode | Reference]]:
    """What a node makes its sound of, with the dict and key that hold it."""
    for name in node.kind.waits:
        source = node.inputs.get(name)
        holder, keys = (source, list(source)) if isinstance(source, dict) else (node.inputs, [name])
        for key in keys:
            one = holder.get(key)
            if isinstance(one, TreeNode | Reference):
                yield holder, key, one


def _cut(part: TreeNode, shared: set[int]) -> None:
    """Take from a part that rings on what it is fed: sources fall silent, sequences start no more notes."""
    stack, seen = [part], set[int]()
    while stack:
        node = stack.pop()
        seen.add(id(node))
        if node.template:
            node.settings = {**node.settings, "notes": ()}
        for holder, key, source in _heard(node):
            target = source.target if isinstance(source, Reference) else source
            if id(target) in seen:
                continue  # it feeds itself back
            if id(target) in shared or not (target.template or any(True for _ in _heard(target))):
                holder[key] = 0.0
            else:
                stack.append(target)
