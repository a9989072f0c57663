"""Builds a sequence: its clock, and a voice pool for each sound in its steps."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from waves.language.build.clock_builder import clock_of
from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import Finding, NodeModel, Note, Use
from waves.language.model.step_notation import read_parameter, unused_meant, words_of_note
from waves.language.model.vocabulary import CANONICAL_NAMES, NOTE_VALUES, canonical_name
from waves.language.tree.context import BuildContext
from waves.language.tree.instantiate import NodeBuilder, unfold
from waves.language.tree.lifetime import longest, seconds_to_end
from waves.language.tree.note_inputs import VoiceInputs
from waves.language.tree.tree_node import Instance, Source, Template, TreeNode
from waves.node_types.builtin.voices import Pool
from waves.node_types.library.parameters import accepted


def sequence(build: NodeBuilder) -> Source:
    """The source of a `sequencer`: a mix of its pools."""
    model = build.model
    names = [name for name in ("steps", "chain") if name in model.written]
    if len(names) != 1:
        what = "'steps' or 'chain'" if not names else "one of 'steps' and 'chain'"
        build.context.report(model.place.at_key(), f"'{model.name}' needs {what}")
    name = names[0] if names else "steps"
    chained = name == "chain"
    if not chained and names and not build.gives("interval") and not build.gives("trigger"):
        build.context.report(model.place.at_key(), f"'{model.name}' needs 'interval', or a 'trigger'")
    steps = model.steps.get(name, ())
    mix = build.context.new(build.id, build.tree.piece.vocabulary.types["mix"], model.place)
    build.id = mix.id
    clock = clock_of(build, len(steps), chained=chained)
    pools: dict[str, Source] = {}
    for key, group in _groups(steps).items():
        pools[key] = _PoolBuilder(build, clock, key, group, build.where(name)).node(len(steps))
    mix.inputs = {"signals": dict(pools)}
    return mix


@dataclass(eq=False, slots=True)
class _Group:
    """The notes of one pool, each with the index of its step."""

    model: NodeModel | Use
    data: Any
    notes: list[tuple[int, Note]] = field(default_factory=list)


def _groups(steps: tuple[tuple[Note, ...], ...]) -> dict[str, _Group]:
    """The notes by the model that they play, under its name, with a count when another model has that name.

    [kick, kick v.5, {osc: {freq: 3}}, {osc: {freq: 4}}]    kick: 2 notes, osc: 1 note, osc~2: 1 note
    """
    groups: dict[str, _Group] = {}
    for k, notes in enumerate(steps):
        for note in notes:
            plain = isinstance(note.model, Use) and not note.model.given
            data = None if plain else note.data
            key, count = note.name, 1
            while key in groups and groups[key].data != data:
                count += 1
                key = f"{note.name}~{count}"
            groups.setdefault(key, _Group(note.model, data)).notes.append((k, note))
    return groups


class _PoolBuilder:
    """One pool while it is built."""

    def __init__(self, build: NodeBuilder, clock: TreeNode, key: str, group: _Group, context: BuildContext):
        self.build, self.clock, self.group, self.context = build, clock, group, context
        self.place = group.notes[0][1].place
        self.pool = context.new(f"{build.id}.{key}.Pool", Pool, self.place)
        self.sound = group.notes[0][1].name.removesuffix(":")

    def node(self, steps: int) -> TreeNode:
        """The pool, with its notes in each of so many steps."""
        tree, pool, model = self.context.tree, self.pool, self.group.model
        template = Template()
        parameters = self._parameters()
        given = [self._values(note, parameters) for _, note in self.group.notes]
        keys = dict.fromkeys(key for values in given for key in values)
        outer = self.context.scope.instance
        instance = Instance(pool.id, None, outer, voice=template)
        tree.instances.append(instance)
        inner = replace(
            self.context,
            scope=self.context.scope.inside(instance),
            voice=template,
            gated=False,
            duration=self._step_length(),
        )
        begun = tree.progress
        note_inputs = VoiceInputs(inner, pool.id, self.place, template, keys)
        inner = inner.known(note_inputs.names)
        source = unfold(inner, model, pool.id, pool.id, note_inputs)
        if not isinstance(source, TreeNode) or source.voice is not template:
            mix = inner.new(f"{pool.id}.Mix", tree.piece.vocabulary.types["mix"], self.place)
            mix.inputs = {"signals": {self.sound: source}}
            source = mix
        template.root = source
        if not tree.is_broken_since(begun):
            self._report_unused(note_inputs, given)
        notes: list[list[tuple[float, ...]]] = [[] for _ in range(steps)]
        for (step, _), values in zip(self.group.notes, given, strict=True):
            notes[step].append(note_inputs.values(values))
        length = math.inf if math.isfinite(seconds_to_end(source)) else longest(template)
        pool.settings = {
            "voices": self.build.settings["voices"],
            "length": tree.step_length if length is None else length,
            "notes": tuple(map(tuple, notes)),
        }
        pool.inputs = {"clock": self.clock}
        pool.template = template
        return pool

    def _step_length(self) -> Source:
        """Seconds that interpolated lists take without a duration of their own."""
        if self.clock.settings["mode"] != "interval":
            return self.context.tree.step_length
        interval = self.clock.inputs["interval"]
        assert not isinstance(interval, dict)
        return interval

    def _parameters(self) -> dict[str, bool]:
        """Names of the parameters of the node at the top, and whether they can differ from note to note."""
        top = next(self.context.tree.piece.nodes_at_top(self.group.model), None)
        if top is None:
            return {}
        signals = {name: p.form in ("signal", "channels") for name, p in accepted(top.kind).items()}
        return signals | dict.fromkeys(top.free, True)

    def _values(self, note: Note, parameters: dict[str, bool]) -> dict[str, float]:
        """The values that a note gives, by their canonical names."""
        values: dict[str, float] = {}
        sounds = self.context.tree.piece.sounds
        for word, meant in words_of_note(note.words, {*parameters, *CANONICAL_NAMES}):

            def report(sentence: str, suggestion: str, level: Any, column: int = word.column) -> None:
                self.context.tree.findings.append(Finding(note.place, sentence, suggestion, level, column))

            if meant and (word.text in parameters or word.text not in sounds):
                report("the name of a parameter and its value are one word", f"'{meant}'", "error")
                continue
            read = read_parameter(word.text, self.sound, parameters, sounds, report)
            if read is None:
                continue
            name, value = read
            if not parameters.get(name, True):
                report(f"'{name}' of '{self.sound}' cannot differ from note to note", "", "error")
            elif canonical_name(name) in values:
                notes = [word.text for word in note.words if note_frequency(word.text)]
                chord = f"'{', '.join(f'{self.sound} {one}' for one in notes)}'" if len(notes) > 1 else ""
                several = ": several notes are several sounds" if chord else ""
                report(f"'{name}' is given twice{several}", chord, "error")
            else:
                values[canonical_name(name)] = value
        return values

    def _report_unused(self, note_inputs: VoiceInputs, given: list[dict[str, float]]) -> None:
        """Report values that the sound does not use; pitch and strength may be given to any sound."""
        if not self._parameters():  # nothing is known of the sound
            return
        for key in note_inputs.unused():
            if key in NOTE_VALUES:
                continue
            for (_, note), values in zip(self.group.notes, given, strict=True):
                if key in values:
                    word = next(t for t in note.words if t.text.startswith(key))
                    self.context.report(note.place, *unused_meant(word.text, key, self.sound), word.column)
