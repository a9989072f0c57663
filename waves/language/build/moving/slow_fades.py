"""Slow fades: parts of a mix that fade or ring out longer than a save does, as `fade` and `tail` say.

A save fades in 20 ms, and meanwhile no other save takes effect. A longer fade is a node `SlowFade` in the tree of the
next version: around a part that arrives, or around a copy of a part that has left the text. It stays there through
later versions until it is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from waves.language.tree.kept.outside import outside_of_parts
from waves.language.tree.tree_node import (
    Reference,
    Source,
    Template,
    TreeNode,
    has_slow_fade,
    known_parameters,
    reachable,
    target_of,
)
from waves.node import QUIET_SECONDS, DataFile, File, Shared
from waves.node_types.builtin.crossfade import PASSAGE, SHORT, SlowFade
from waves.node_types.builtin.mixing import Gain, Muted
from waves.node_types.library.preparation import lengths_of
from waves.node_types.library.signature import parameter_names

LONGEST_TAIL = 10.0  # s
NOMINAL_RATE = 44100.0  # Hz, where only seconds are asked for
MAX_TAILS = 4  # at the same time
PARTS = "signals"


@dataclass(frozen=True, slots=True, eq=False)
class FadingPart:
    """A part that arrives or leaves."""

    part: TreeNode
    mix: str
    """ID of its mix."""
    name: str
    """Its name there."""
    fade: TreeNode
    """The entry of the mix: the node `SlowFade` around the part."""
    is_finished: bool = False
    """Whether the fade has come to its end."""

    @property
    def leaves(self) -> bool:
        """Whether the part is leaving; else it is arriving."""
        return not self.fade.settings["arrives"]

    @property
    def description(self) -> str:
        """Words for the fade of a part, for the report of a reload."""
        settings = self.fade.settings
        return "rings on" if settings["silence"] else f"fades for {settings['ramp']:g} s"


FadingParts = Mapping[str, FadingPart]
"""Fading parts of a tree, by the ID of what the part is."""


class FadingTree(NamedTuple):
    """A tree, and the parts of it that arrive or leave."""

    root: TreeNode
    parts: FadingParts


def fading_tree(root: TreeNode, parts: FadingParts, is_finished: Callable[[str], bool]) -> FadingTree:
    """A tree with its fading parts as they are now; `is_finished` takes the ID of a `SlowFade`."""
    return FadingTree(root, {key: replace(part, is_finished=is_finished(part.fade.id)) for key, part in parts.items()})


def any_slow_fade(*roots: TreeNode) -> bool:
    """Whether any part of some trees has a `fade` or a `tail`."""
    return any(
        node.inside.fades if node.inside else has_slow_fade(node) for root in roots for node in outside_of_parts(root)
    )


def add_slow_fades(
    playing: FadingTree, new: TreeNode, old_ids: Mapping[str, str], is_playable: Callable[[TreeNode], bool]
) -> FadingTree:
    """Add the slow fades to the tree of the next version; its parts that fade are returned with it.

    playing    mix: {low: Osc, pad: Osc with fade 4}
    new        mix: {low: Osc}
    after      mix: {low: Osc, pad: SlowFade(copy of pad)}

    What a copy reads is a node of the new tree where there is one of its ID. `old_ids`: the IDs in the playing tree of
    the nodes that were renamed, by their new IDs. `is_playable`: whether a node that has left can still be played.
    """
    old_nodes, new_nodes = _by_id(playing.root), _by_id(new)
    fading: dict[str, FadingPart] = {}
    for mix, name, part in list(_entries(new_nodes)):
        key = content_of(part).id
        before = playing.parts.get(old_ids.get(key, key))
        goes_on = before and (before.leaves or not before.is_finished)  # one that was leaving turns around
        is_new = key not in old_nodes and key not in old_ids
        if goes_on or (is_new and _fade_time(part) > SHORT):
            fading[key] = _insert_fade(mix, name, part, _settings(arrives=True, ramp=_fade_time(part)))
    new_ids = {old: id for id, old in old_ids.items()}
    leaving = [
        one for one in _leaving(playing, old_nodes, new_nodes, new_ids) if all(map(is_playable, reachable(one.part)))
    ]
    leaving.sort(key=lambda one: one.is_new)  # the oldest first
    tails = [content_of(one.part).id for one in leaving if one.settings["silence"]]
    kept = {node: new_nodes[new_ids.get(id, id)] for id, node in old_nodes.items() if new_ids.get(id, id) in new_nodes}
    for one in leaving:
        key = content_of(one.part).id
        if key in tails[:-MAX_TAILS]:
            continue
        part = copied([one.part], kept)[one.part]
        if one.settings["silence"] and one.is_new:
            _silence_sources(part, {id(node) for node in new_nodes.values()})
        fading[key] = _insert_fade(one.mix, one.name, part, one.settings)
    for node in new_nodes.values() if fading else ():
        node.opened()
    return FadingTree(new, fading)


class _LeavingPart(NamedTuple):
    """A part that is in the playing tree and not in the new one, but whose mix is."""

    mix: TreeNode
    name: str
    part: TreeNode
    settings: dict[str, Any]
    """Of its `SlowFade`."""
    is_new: bool
    """Whether it leaves with this version, and was not leaving already."""


def _leaving(
    playing: FadingTree,
    old_nodes: Mapping[str, TreeNode],
    new_nodes: Mapping[str, TreeNode],
    new_ids: Mapping[str, str],
) -> Iterator[_LeavingPart]:
    """The parts that leave in a time of their own, or are leaving already."""
    parts = {id(fading.fade): fading.part for fading in playing.parts.values()}
    for old_mix, name, source in _entries(old_nodes):
        part = parts.get(id(source), source)
        mix = new_nodes.get(new_ids.get(old_mix.id, old_mix.id))
        key = content_of(part).id
        if key in new_nodes or key in new_ids or mix is None:
            continue
        before = playing.parts.get(key)
        if before and before.leaves:
            if not before.is_finished:
                yield _LeavingPart(mix, name, part, before.fade.settings, is_new=False)
        elif settings := _leaving_settings(part):
            yield _LeavingPart(mix, name, part, settings, is_new=True)


def without_finished(tree: FadingTree) -> FadingTree:
    """A copy of a tree without the slow fades that are finished, and without the parts that have left with them."""
    copies = copied([tree.root], {})
    parts: dict[str, FadingPart] = {}
    for key, fading in tree.parts.items():
        copy = replace(fading, part=copies[fading.part], fade=copies[fading.fade])
        if not fading.is_finished:
            parts[key] = copy
            continue
        entries = next(node for node in copies.values() if node.id == fading.mix).inputs[PARTS]
        assert isinstance(entries, dict)
        if fading.leaves:
            del entries[fading.name]
        else:
            entries[fading.name] = copy.part
    return FadingTree(copies[tree.root], parts)


def copied(roots: Iterable[TreeNode], kept: Mapping[TreeNode, TreeNode]) -> dict[TreeNode, TreeNode]:
    """Copies of some nodes and of all they need, by the original; in place of nodes in `kept` their values there."""
    nodes = {node for root in roots for node in reachable(root, kept)}
    for template in [node.template for node in nodes if node.template]:  # values of notes that nothing reads, too
        values = [*template.given, *template.held]
        nodes |= {node for value in values for node in reachable(value, kept)}
    copies = {node: replace(node) for node in nodes}
    templates = {node.template: Template() for node in nodes if node.template}
    known = {**kept, **copies}

    def source(original: Source) -> Source:
        if isinstance(original, Reference):
            return replace(original, target=known[original.target])
        return known[original] if isinstance(original, TreeNode) else original

    for node, copy in copies.items():
        copy.settings, copy.common = dict(node.settings), dict(node.common)
        copy.inputs = {
            name: {key: source(entry) for key, entry in value.items()} if isinstance(value, dict) else source(value)
            for name, value in node.inputs.items()
        }
        copy.transport = known.get(node.transport) if node.transport else None
        copy.voice = templates.get(node.voice, node.voice) if node.voice else None
        copy.template = templates[node.template] if node.template else None
    for template, copied_template in templates.items():
        copied_template.root = known[template.root] if template.root else None
        copied_template.given = [known[node] for node in template.given]
        copied_template.held = [known[node] for node in template.held]
    return copies


def fading_out(tree: FadingTree) -> dict[str, str]:
    """The nodes that only parts which are leaving need, by ID, with a description of how they leave."""
    leaving = [fading for fading in tree.parts.values() if fading.leaves]
    staying = {node.id for node in reachable(tree.root, [fading.fade for fading in leaving])}
    return {
        node.id: fading.description for fading in leaving for node in reachable(fading.fade) if node.id not in staying
    }


def _by_id(root: TreeNode) -> dict[str, TreeNode]:
    return {node.id: node for node in reachable(root)}


def _entries(nodes: Mapping[str, TreeNode]) -> Iterator[tuple[TreeNode, str, TreeNode]]:
    """Every part of every mix outside of voices: the mix, the name, and the entry."""
    for mix in nodes.values():
        entries = mix.inputs.get(PARTS)
        if isinstance(entries, dict) and mix.voice is None:
            yield from ((mix, name, entry) for name, entry in entries.items() if isinstance(entry, TreeNode))


def _fade_time(part: TreeNode) -> float:
    """Seconds in which a part arrives or leaves."""
    return float(part.common.get("fade", SHORT))


def _settings(arrives: bool = False, silence: float = 0.0, hold: float = 0.0, ramp: float = SHORT) -> dict[str, Any]:
    """The settings of a `SlowFade`."""
    return {"arrives": arrives, "silence": silence, "hold": hold, "ramp": ramp}


def _leaving_settings(part: TreeNode) -> dict[str, Any]:
    """The settings of the `SlowFade` of a part that leaves; empty when it leaves with the fade of the save."""
    if part.common.get("tail") and (part.template or _has_sources(part)):
        # Between two echoes it may be silent for as long as they are apart.
        longest = max([0.0, *(length for node in reachable(part) for length in _ring_lengths(node))])
        return _settings(silence=min(QUIET_SECONDS + longest, LONGEST_TAIL), hold=LONGEST_TAIL - SHORT)
    fade = _fade_time(part)
    return _settings(ramp=fade) if fade > SHORT else {}


def _ring_lengths(node: TreeNode) -> Iterator[float]:
    """The lengths of the rings of a node in seconds; the longest tail where its files may decide them."""
    if not node.kind.rings and not parameter_names(node.kind, Shared):
        return iter(())
    if parameter_names(node.kind, File, DataFile):
        return iter((LONGEST_TAIL,))
    lengths = lengths_of(node.kind, known_parameters(node), NOMINAL_RATE)
    return (length for name, length in lengths.items() if name not in node.kind.buffers)


def _insert_fade(mix: TreeNode, name: str, part: TreeNode, settings: dict[str, Any]) -> FadingPart:
    """Put a `SlowFade` around a part in a mix."""
    fade = TreeNode(f"{content_of(part).id}{PASSAGE}", SlowFade, settings, {"signal": part}, part.place, part.path)
    entries = mix.inputs[PARTS]
    assert isinstance(entries, dict)
    while not settings["arrives"] and name in entries:
        name += "~"
    entries[name] = fade
    return FadingPart(part, mix.id, name, fade)


def content_of(part: TreeNode) -> TreeNode:
    """The node of a part of a mix, without those around it that set its level."""
    while part.kind in (Gain, Muted) and isinstance(inner := part.inputs["signal"], TreeNode):
        part = inner
    return part


def _sources(node: TreeNode) -> Iterator[tuple[dict[str, Any], str, TreeNode | Reference]]:
    """The sources whose end a node waits for, which its sound is made of, with the dict and key that hold each."""
    for name in node.kind.waits:
        source = node.inputs.get(name)
        holder, keys = (source, list(source)) if isinstance(source, dict) else (node.inputs, [name])
        for key in keys:
            entry = holder.get(key)
            if isinstance(entry, TreeNode | Reference):
                yield holder, key, entry


def _has_sources(node: TreeNode) -> bool:
    return any(True for _ in _sources(node))


def _silence_sources(part: TreeNode, shared: set[int]) -> None:
    """Silence the sources of a part that rings out, and let its sequences start no more notes.

    `shared` are the nodes, by `id()`, that other parts read too.

        {delay: {time: 0.2, signal: {osc: {freq: 440}}}}    becomes    {delay: {time: 0.2, signal: 0}}
    """
    stack, seen = [part], set[int]()
    while stack:
        node = stack.pop()
        seen.add(id(node))
        if node.template:
            node.settings = {**node.settings, "notes": ()}
        for holder, key, source in _sources(node):
            target = target_of(source)
            if id(target) in seen:
                continue  # feedback
            if id(target) in shared or not (target.template or _has_sources(target)):
                holder[key] = 0.0
            else:
                stack.append(target)
