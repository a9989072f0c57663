"""Builds the tree of the sounds that play."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from waves.language.build.references import tie_references
from waves.language.build.tempo_names import tree_builder
from waves.language.mixing.mix_builder import put_parts
from waves.language.model.models import (
    BuildStopped,
    Finding,
    Origin,
    Place,
    Text,
    Use,
    WrittenParameter,
    models_inside,
    nodes_inside,
    notes_of,
    problems_of,
)
from waves.language.model.piece import Piece
from waves.language.model.vocabulary import NOTE_NAMES, canonical_name
from waves.language.tree.context import BuildContext, TreeBuilder
from waves.language.tree.instantiate import unfold
from waves.language.tree.kept.kept_parts import KeptParts
from waves.language.tree.moved_parameter import MovedParameter
from waves.language.tree.note_inputs import DEFAULTS
from waves.language.tree.tree_node import Instance, LazyValue, MixPart, Source, Switch, TreeNode
from waves.memo import Written
from waves.node_types.builtin.expression import HOLD
from waves.node_types.builtin.moved_value import ValueCell
from waves.problem import Problem, Problems, did_you_mean

Part = str | tuple[str, Mapping[str, Any]]
"""A sound by name, or with parameters as they could be written for it in the file."""


def build_tree(
    piece: Piece,
    parts: Sequence[Part],
    bpm: float,
    step_length: float = 1.0,
    rand_hold: float = HOLD,
    moved: Mapping[str, MovedParameter] | None = None,
    used: set[str] | None = None,
    in_note: bool = False,
    kept: KeptParts | None = None,
    switches: Mapping[str, Switch] | None = None,
    cells: Mapping[str, ValueCell] | None = None,
) -> tuple[TreeNode, list[Problem]]:
    """The root of some sounds of a piece that play together, and the warnings; its pools are still to be widened.

    `step_length`: seconds of a note without an end; `rand_hold`: seconds for which `rand()` keeps its value; `moved`:
    tempos among them have their values in the tree, for all others see `insert_moved`; `used` takes the names of the
    sounds that are used; `in_note`: whether they may read what notes give; `kept`: parts of the tree before, for those
    of this one that did not change, unless parameters are moved; `switches`: parts of mixes that are mute or solo from
    outside, by the ID of the mix and their name; `cells`: those of calls of sections and fills. Raises Problems: all
    mistakes in what plays. Those in other sounds are left to `SoundChecks`.
    """
    tree = tree_builder(piece, bpm, step_length, rand_hold, moved)
    tree.switches = switches or {}
    tree.cells = cells or tree.cells
    if used is not None:
        tree.used = used
    if kept is not None:
        tree.kept = kept
        written = (piece.vocabulary.types, piece.vocabulary.sounds, tree.ids, piece.lost)
        around = (written, bpm, step_length, rand_hold, tree.switches)
        vars = {name: Written(parameter.data) for name, parameter in piece.vars.items()}
        kept.begin(None if moved else (around, vars))
    roots: dict[str, Source] = {}
    for part in parts:
        name, given = (part, {}) if isinstance(part, str) else part
        key, count = name, 1
        while key in roots:  # one sound twice, with other parameters
            count += 1
            key = f"{name}~{count}"
        roots[key] = sound_root(tree, name, key, given, in_note)
    if len(roots) == 1:
        root = next(iter(roots.values()))
    else:
        root = TreeNode("root.Mix", piece.vocabulary.types["mix"])
        parts_of = {key: MixPart() for key in roots}
        put_parts(tree.context(Instance("root")), root, roots, parts_of, dict.fromkeys(roots, ()))
    assert isinstance(root, TreeNode)
    transport = [*tree.tempos, tree.tempo][0].source("beats")
    root.transport = transport if isinstance(transport, TreeNode) else None
    tie_references(tree, root)
    problems = problems_of(tree.findings)
    if any(problem.level == "error" for problem in problems):
        raise Problems(problems)
    tree.kept.end(tree.nodes, tree.lengths)
    return root, problems


def sound_root(tree: TreeBuilder, name: str, key: str, given: Mapping[str, Any], in_note: bool = False) -> TreeNode:
    """The root of a sound: its top node if that is a mix, else a mix with one track of the sound's name."""
    sounds, types = tree.piece.sounds, tree.piece.vocabulary.types
    place = Place(Origin(name))
    if name not in sounds:
        near = did_you_mean(name, sounds)
        raise Problems(problems_of([*tree.findings, Finding(place, f"there is no sound '{name}'", near)]))
    use = Use(name, place, {word: WrittenParameter(value, place.below(word)) for word, value in given.items()})
    context = tree.context(Instance(key))
    if in_note:
        if is_of_notes(tree.piece, name):  # as in its pool
            context = context.but(duration=tree.step_length)
        names = {word: partial(float, DEFAULTS.get(canonical_name(word), 1.0)) for word in NOTE_NAMES}
        context = context.known({word: LazyValue(value) for word, value in names.items()})
    if any(node.kind is types["mix"] for node in tree.piece.nodes_at_top(use)):
        source = _unfolded(context, use, f"{key}.root", key)
        if isinstance(source, TreeNode):
            return source
    mix = tree.new(f"{key}.root.Mix", types["mix"], Place(sounds[name].origin))
    part = MixPart()
    sources = {name: _unfolded(replace(context, part=part), use, f"{mix.id}.{name}", key)}
    put_parts(context, mix, sources, {name: part}, {name: ()})  # its sends are for another mix
    return mix


def is_of_notes(piece: Piece, name: str) -> bool:
    """Whether lists in a sound have the length of a step: notes start it, or it reads what they give.

    Also where another sound cannot be read, whose notes might start it.
    """
    inside = nodes_inside(piece.sounds[name].root)
    values = (one for node in inside for one in (*node.signals.values(), *node.texts.values()))
    names = {word.text for value in values if isinstance(value, Text) for word in value.parsed.names}
    return not names.isdisjoint(NOTE_NAMES) or name in sounds_of_notes(piece)


def sounds_of_notes(piece: Piece) -> frozenset[str]:
    """The sounds that notes of a piece start, and those that are a part of them; all where one cannot be read."""
    if piece.started is None:
        sounds = piece.sounds
        nodes = [node for sound in sounds.values() for node in nodes_inside(sound.root)]
        inside: list[object] = [note.model for node in nodes for note in notes_of(node)]
        seen = {*sounds} if any(sound.root is None for sound in sounds.values()) else set[str]()
        while inside:
            for model in models_inside(inside.pop()):
                if isinstance(model, Use) and model.name in sounds and model.name not in seen:
                    seen.add(model.name)
                    inside.append(sounds[model.name].root)
        piece.started = frozenset(seen)
    return piece.started


def _unfolded(context: BuildContext, use: Use, path: str, key: str) -> Source:
    """The node of a sound, see `unfold`; an `expand` that fails in a sound with mistakes has met one of them."""
    try:
        return unfold(context, use, path, key)
    except BuildStopped:
        raise
    except Exception:
        findings = context.tree.findings
        if any(finding.level == "error" for finding in findings):
            raise Problems(problems_of(findings)) from None
        raise
