"""Ties references to their nodes when the whole tree is built."""

from __future__ import annotations

from waves.language.model.models import Finding
from waves.language.tree.context import TreeBuilder
from waves.language.tree.parts import giver_of, names_behind
from waves.language.tree.tree_node import Edge, Instance, Reference, Source, Template, TreeNode, edges, reachable
from waves.problem import did_you_mean


def tie_references(tree: TreeBuilder, root: TreeNode) -> None:
    """Give every reference its target; one to a number is replaced by the number."""
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
            if (output := edge.reference.output) and output not in names_behind(source):
                tree.findings.append(_without_output(edge, source))
        elif isinstance(source, float) and edge.reference.output:
            tree.findings.append(Finding(edge.finding.place, f"'{edge.name}' is a number, and has no outputs"))
        elif isinstance(source, float):
            numbers[edge.reference] = source
        elif source is not None:
            tree.findings.append(Finding(edge.finding.place, f"'{edge.name}' refers only to itself"))
    for edge in tree.edges:
        if edge.reference.output:
            edge.reference.target = giver_of(edge.reference.target, edge.reference.output)
    if numbers:
        for node in reachable(root):
            for holder, key, source in list(edges(node)):
                if isinstance(source, Reference) and source in numbers:
                    holder[key] = numbers[source]


def _target(tree: TreeBuilder, edge: Edge) -> Source | None:
    """The source with the id of a reference; None after a report when there is none, or more than one.

    The first of these that has the id:

    1. the same use of the sound
    2. the uses around it, from inside to outside
    3. the node whose whole ID it is, `a.root.Mix.x.Osc`
    4. the sounds that play at the top, if only one use there has it
    5. all other uses, if only one has it

    Nodes inside a note are left out for 3 to 5, unless the reference is inside the same note.

        hat: {mix: {x: {osc: {id: s}}, y: {osc: {freq: $s}}, z: {osc: {freq: $far}}}}
        a: {mix: {one: {hat: {}}, two: {hat: {}}, far: {osc: {id: far}}, read: {osc: {freq: $s}}}}

    In each `hat`, `$s` is its own `s` (1), and `$far` is the one of `a` (2). The `$s` of `a` is a problem: two uses
    have it (5); with one `hat` it would be that one's.
    """
    name = edge.name
    for instance in edge.instance.around():
        if name in instance.nodes:
            return instance.nodes[name]
    if (node := tree.nodes.get(name)) and not (node.voice and not _is_inside(edge.instance, node.voice)):
        return node
    at_top = [i for i in tree.instances if name in i.nodes and i.outer and not i.outer.outer]
    uses = at_top or [i for i in tree.instances if name in i.nodes]
    hidden = [i for i in uses if i.voice and not _is_inside(edge.instance, i.voice)]
    uses = [i for i in uses if i not in hidden]
    if len(uses) == 1:
        return uses[0].nodes[name]
    sounds = [tree.piece.sounds[name] for name in tree.used]
    hiding = [sound for sound in sounds if sound.root is None or (name in sound.ids and sound.is_broken)]
    if not hiding:  # else the id may be in what cannot be read
        tree.findings.append(_without_target(tree, edge, uses, hidden))
    return None


def _without_target(tree: TreeBuilder, edge: Edge, uses: list[Instance], hidden: list[Instance]) -> Finding:
    """The finding for an id that several uses have, that only notes have, or that nothing in play has."""
    name, finding = edge.name, edge.finding
    owners = [sound.name for sound in tree.piece.sounds.values() if name in sound.ids]
    if uses:
        where = ", ".join(f"'{instance.path}'" for instance in uses[:4])
        sentence = f"several nodes have the id '{name}', in {where}"
    elif hidden:
        sentence = f"each note has a '{name}' of its own: put the id on the sequence to hear all of them"
    elif owners:
        sentence = f"the id '{name}' is in '{owners[0]}', which does not play here"
    else:
        return finding
    return Finding(finding.place, sentence, column=finding.column)


def _without_output(edge: Edge, target: TreeNode) -> Finding:
    """The finding for an output that a node does not have."""
    outputs, output = names_behind(target), edge.reference.output
    there = f"; there are {', '.join(outputs)}" if outputs else f": write '${edge.name}'"
    sentence = f"'{edge.name}' has no output '{output}'{there}"
    return Finding(edge.finding.place, sentence, did_you_mean(output, outputs), column=edge.finding.column)


def _is_inside(instance: Instance, voice: Template) -> bool:
    """Whether a use of a sound is in a voice, at any depth."""
    return any(around.voice is voice for around in instance.around())
