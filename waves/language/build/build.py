"""Builds the tree of what plays, and checks everything that is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from waves.language.build.tempo_names import tree_builder
from waves.language.model.models import Finding, NodeModel, Origin, Place, Use, WrittenParameter, in_order, problems_of
from waves.language.model.piece import Cache, Document, Piece, read_piece
from waves.language.model.vocabulary import NOTE_NAMES
from waves.language.tree.channel_width import widen
from waves.language.tree.context import TreeBuilder
from waves.language.tree.instantiate import unfold
from waves.language.tree.scope import LazyValue
from waves.language.tree.tree_node import Edge, Instance, Reference, Source, Template, TreeNode, edges, reachable
from waves.node import Node
from waves.problem import Problem, Problems, did_you_mean

Part = str | tuple[str, Mapping[str, Any]]
"""A sound by name, or with parameters as they could be written for it in the file."""


def build_sound(
    parts: Part | Sequence[Part],
    library: Mapping[str, type[Node]],
    documents: Iterable[Document],
    bpm: float = 120.0,
    cache: Cache | None = None,
    step_length: float = 1.0,
) -> tuple[TreeNode, list[Problem]]:
    """The root of one sound, or of several together, and the warnings.

    `cache` keeps the models of unchanged entries from one call to the next. Raises Problems, all that are
    found in what plays; what is wrong in sounds that do not play is left to `check_sounds`.
    """
    piece = read_piece(documents, library, cache)
    one = isinstance(parts, str) or (len(parts) == 2 and isinstance(parts[1], Mapping))
    return build(piece, [parts] if one else parts, bpm, step_length)  # type: ignore[list-item, arg-type]


def check_sounds(
    library: Mapping[str, type[Node]],
    documents: Iterable[Document],
    bpm: float = 120.0,
    step_length: float = 1.0,
) -> list[Problem]:
    """All that is wrong or doubtful in any sound, in the order of the files. Every sound may be a note's."""
    piece = read_piece(documents, library)
    tree = tree_builder(piece, bpm)
    tree.constants.check()
    problems = problems_of(tree.findings)
    for name in piece.sounds:
        tree = tree_builder(piece, bpm, step_length)
        try:
            _tie(tree, _play(tree, name, name, {}, note=True))
            problems += problems_of(tree.findings)
        except Problems as found:
            problems += found.problems
    return in_order(problems)


def build(
    piece: Piece, parts: Sequence[Part], bpm: float, step_length: float = 1.0, rand_hold: int = 2048
) -> tuple[TreeNode, list[Problem]]:
    """The tree of some sounds of a piece, and the warnings.

    `step_length`: seconds of a note without an end; `rand_hold`: frames for which `rand()` keeps its value.
    """
    tree = tree_builder(piece, bpm, step_length, rand_hold)
    roots: dict[str, Source] = {}
    for part in parts:
        name, given = (part, {}) if isinstance(part, str) else part
        key, count = name, 1
        while key in roots:  # one sound twice, with other parameters
            count += 1
            key = f"{name}~{count}"
        roots[key] = _play(tree, name, key, given)
    if len(roots) == 1:
        root = next(iter(roots.values()))
    else:
        root = TreeNode("root.Mix", piece.vocabulary.types["mix"], {}, {"signals": roots})
    assert isinstance(root, TreeNode)
    transport = [*tree.tempos, tree.tempo][0].source("beats")
    root.transport = transport if isinstance(transport, TreeNode) else None
    _tie(tree, root)
    problems = problems_of(tree.findings)
    if any(problem.level == "error" for problem in problems):
        raise Problems(problems)
    widen(root)
    return root, problems


def _play(tree: TreeBuilder, name: str, key: str, given: Mapping[str, Any], note: bool = False) -> TreeNode:
    """The root of a sound: its top node if that is a mix, else a mix with one track of the sound's name."""
    sounds, types = tree.piece.sounds, tree.piece.vocabulary.types
    place = Place(Origin(name))
    if name not in sounds:
        near = did_you_mean(name, sounds)
        raise Problems(problems_of([*tree.findings, Finding(place, f"there is no sound '{name}'", near)]))
    use = Use(name, place, {word: WrittenParameter(value, place.below(word)) for word, value in given.items()})
    context = tree.context(Instance(key))
    if note:
        context = context.known({word: LazyValue(lambda: 1.0) for word in NOTE_NAMES})
    top = _top(tree.piece, use)
    if top and top.kind is types["mix"]:
        source = unfold(context, use, f"{key}.root", key)
        if isinstance(source, TreeNode):
            return source
    mix = tree.new(f"{key}.root.Mix", types["mix"], Place(sounds[name].origin))
    mix.inputs = {"signals": {name: unfold(context, use, f"{mix.id}.{name}", key)}}
    return mix


def _top(piece: Piece, model: NodeModel | Use | Any) -> NodeModel | None:
    """The node that a sound is, seen through other sounds and nodes that only stand around it."""
    seen: set[str] = set()
    while True:
        if isinstance(model, Use):
            if model.name in seen:
                return None
            seen.add(model.name)
            model = piece.sounds[model.name].root
        elif isinstance(model, NodeModel) and model.kind.pass_through:
            model = model.signals.get("signal")
        else:
            return model if isinstance(model, NodeModel) else None


def _tie(tree: TreeBuilder, root: TreeNode) -> None:
    """Give every reference its target."""
    targets = {edge.reference: _target(tree, edge) for edge in tree.edges}
    numbers: dict[Reference, float] = {}
    for edge in tree.edges:
        seen: set[Reference] = set()
        source: Source | None = edge.reference
        while isinstance(source, Reference) and source not in seen:
            seen.add(source)
            source = targets.get(source)
        if isinstance(source, TreeNode):
            edge.reference.target = source
        elif isinstance(source, float):
            numbers[edge.reference] = source
        elif source is not None:
            finding = edge.finding
            tree.findings.append(Finding(finding.place, f"'{edge.name}' stands for itself only"))
    if numbers:
        for node in reachable(root):
            for holder, key, one in list(edges(node)):
                if isinstance(one, Reference) and one in numbers:
                    holder[key] = numbers[one]


def _target(tree: TreeBuilder, edge: Edge) -> Source | None:
    """What an id means: in the same use, in those around it, else the only one anywhere that plays."""
    name = edge.name
    for instance in edge.instance.around():
        if name in instance.nodes:
            return instance.nodes[name]
    if (node := tree.nodes.get(name)) and not (node.voice and not _inside(edge.instance, node.voice)):
        return node
    outermost = [i for i in tree.instances if name in i.nodes and i.outer and not i.outer.outer]
    elsewhere = outermost or [i for i in tree.instances if name in i.nodes]
    hidden = [i for i in elsewhere if i.voice and not _inside(edge.instance, i.voice)]
    elsewhere = [i for i in elsewhere if i not in hidden]
    if len(elsewhere) == 1:
        return elsewhere[0].nodes[name]
    finding = edge.finding
    owners = [sound.name for sound in tree.piece.sounds.values() if name in sound.ids]
    if elsewhere:
        where = ", ".join(f"'{instance.path}'" for instance in elsewhere[:4])
        sentence = f"several nodes have the id '{name}', in {where}"
        finding = Finding(finding.place, sentence, column=finding.column)
    elif hidden:
        sentence = f"each note has a '{name}' of its own: put the id on the sequence to hear all of them"
        finding = Finding(finding.place, sentence, column=finding.column)
    elif owners:
        sentence = f"the id '{name}' is in '{owners[0]}', which does not play here"
        finding = Finding(finding.place, sentence, column=finding.column)
    tree.findings.append(finding)
    return None


def _inside(instance: Instance, voice: Template) -> bool:
    """Whether a use of a sound is in a voice, at any depth."""
    return any(one.voice is voice for one in instance.around())
