"""Unfolds a sequence: its clock, and for each sound in it the pool of its voices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from waves.language.build.clock_builder import clock_of
from waves.language.model.models import Finding, NodeModel, Note, Use
from waves.language.model.step_notation import read_token
from waves.language.tree.context import BuildContext
from waves.language.tree.instantiate import NodeBuilder, unfold
from waves.language.tree.lifetime import longest, seconds_to_end
from waves.language.tree.note_inputs import VoiceInputs, canonical_name
from waves.language.tree.tree_node import Instance, Source, Template, TreeNode
from waves.node_types.builtin.voices import Pool
from waves.node_types.library.parameters import accepted


def sequence(build: NodeBuilder) -> Source:
    """The sum of the pools of a sequence."""
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
    beats = clock_of(build, len(steps), chained=chained)
    pools: dict[str, Source] = {}
    for key, group in _groups(steps).items():
        pools[key] = _Pool(build, beats, key, group, build.where(name)).node(len(steps))
    mix.inputs = {"signals": dict(pools)}
    return mix


@dataclass(eq=False, slots=True)
class _Group:
    """The notes of one pool, each with the number of its step."""

    model: NodeModel | Use
    data: Any
    notes: list[tuple[int, Note]] = field(default_factory=list)


def _groups(steps: tuple[tuple[Note, ...], ...]) -> dict[str, _Group]:
    """The notes by what they play, under its name with a count when other things have that name."""
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


class _Pool:
    """One pool while it is built."""

    def __init__(self, build: NodeBuilder, beats: TreeNode, key: str, group: _Group, context: BuildContext):
        self.build, self.clock, self.group, self.context = build, beats, group, context
        self.place = group.notes[0][1].place
        self.pool = context.new(f"{build.id}.{key}.Pool", Pool, self.place)
        self.sound = group.notes[0][1].name.removesuffix(":")

    def node(self, steps: int) -> TreeNode:
        """The pool, with the notes of so many steps."""
        tree, pool, model = self.context.tree, self.pool, self.group.model
        template = Template()
        known = self._known()
        given = [self._values(note, known) for _, note in self.group.notes]
        keys = dict.fromkeys(key for one in given for key in one)
        outer = self.context.scope.instance
        instance = Instance(pool.id, None, outer, voice=template)
        tree.instances.append(instance)
        inner = replace(
            self.context,
            scope=self.context.scope.inside(instance),
            voice=template,
            gated=False,
            duration=self._step(),
        )
        heard = VoiceInputs(inner, pool.id, self.place, template, keys)
        inner = inner.known(heard.names)
        source = unfold(inner, model, pool.id, pool.id, heard)
        if not isinstance(source, TreeNode) or source.voice is not template:
            whole = inner.new(f"{pool.id}.Mix", tree.piece.vocabulary.types["mix"], self.place)
            whole.inputs = {"signals": {self.sound: source}}
            source = whole
        template.root = source
        self._unread(heard, given)
        notes: list[list[tuple[float, ...]]] = [[] for _ in range(steps)]
        for (step, _), one in zip(self.group.notes, given, strict=True):
            notes[step].append(heard.values(one))
        lasts = math.inf if math.isfinite(seconds_to_end(source)) else longest(template)
        pool.settings = {
            "voices": self.build.settings["voices"],
            "length": tree.step_length if lasts is None else lasts,
            "notes": tuple(map(tuple, notes)),
        }
        pool.inputs = {"clock": self.clock}
        pool.template = template
        return pool

    def _step(self) -> Source:
        """The time that interpolated lists take without a duration of their own."""
        if self.clock.settings["mode"] != "interval":
            return self.context.tree.step_length
        interval = self.clock.inputs["interval"]
        assert not isinstance(interval, dict)
        return interval

    def _known(self) -> dict[str, bool]:
        """The names that the node at the top takes, and whether they can differ from note to note."""
        model: NodeModel | Use | None = self.group.model
        seen: set[str] = set()
        while isinstance(model, Use):
            if model.name in seen:
                return {}
            seen.add(model.name)
            model = self.context.tree.piece.sounds[model.name].root
        if model is None:
            return {}
        taken = {name: p.form in ("signal", "channels") for name, p in accepted(model.kind).items()}
        return taken | dict.fromkeys(model.free, True)

    def _values(self, note: Note, known: dict[str, bool]) -> dict[str, float]:
        """What a note gives, by the first of the names that share a value."""
        found: dict[str, float] = {}
        for token in note.tokens:

            def report(sentence: str, suggestion: str, level: Any, column: int = token.column) -> None:
                self.context.tree.findings.append(Finding(note.place, sentence, suggestion, level, column))

            read = read_token(token.text, self.sound, known, self.context.tree.piece.sounds, report)
            if read is None:
                continue
            name, value = read
            if not known.get(name, True):
                report(f"'{name}' of '{self.sound}' cannot differ from note to note", "", "error")
            elif canonical_name(name) in found:
                report(f"'{name}' is given twice", "", "error")
            else:
                found[canonical_name(name)] = value
        return found

    def _unread(self, heard: VoiceInputs, given: list[dict[str, float]]) -> None:
        """Report what the sound does not use, but for what every note may give."""
        for key in heard.unread():
            if key in ("freq", "amp", "velocity"):
                continue
            for (_, note), one in zip(self.group.notes, given, strict=True):
                if key in one:
                    token = next(t for t in note.tokens if t.text.startswith(key))
                    sentence = f"'{self.sound}' has no parameter '{key}'"
                    self.context.report(note.place, sentence, "", token.column)
