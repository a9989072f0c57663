"""Builds the pools of voices that play the notes of a node."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from waves.language.build.form.alternatives import Alternatives
from waves.language.build.pool_parts import Group, MadeVoice, fitted, slid, warn_of_times
from waves.language.build.started.note_lengths import NoteLengths
from waves.language.build.started.played_words import PlayedPages, played_steps, texts_of
from waves.language.build.started.pool_notes import NoteFacts, NotesOfPool, lacks_pitch
from waves.language.build.started.pool_pages import PatternOfNode, PoolPages, cycle_of
from waves.language.expression.builtin_names import note_frequency
from waves.language.model.models import Finding, NodeModel, Note
from waves.language.model.parameter_notation import number_word, read_number, read_word
from waves.language.model.patterned.own_values import own_length
from waves.language.model.step_notation import read_parameter, words_of_note
from waves.language.model.step_slips import changes_nothing, unused_meant
from waves.language.model.vocabulary import (
    CANONICAL_NAMES,
    FITTED,
    LENGTH,
    NOTE_VALUES,
    OF_FITTED,
    SLIDE,
    SLIDES,
    canonical_name,
)
from waves.language.tree.context import BuildContext
from waves.language.tree.instantiate import NodeBuilder, unfold
from waves.language.tree.kept.kept_parts import Begin, made_of_model
from waves.language.tree.lifetime import longest, seconds_to_end
from waves.language.tree.note_inputs import VoiceInputs
from waves.language.tree.tree_node import Instance, Source, Template, TreeNode
from waves.node_types.builtin.voices import Pool
from waves.node_types.library.parameters import accepted
from waves.notes import Note as StartedNote
from waves.notes import Time

MOST_VOICES = 16  # at once, where the node has no `voices`
PLACED = ("pan",)  # values of a lane that work with every sound: without such a parameter the note is placed


class PoolBuilder:
    """One pool while it is built."""

    def __init__(self, build: NodeBuilder, clock: TreeNode, key: str, group: Group, context: BuildContext):
        self.build, self.clock, self.group, self.context = build, clock, group, context
        self.place = group.written[0].place
        self.pool = context.new(f"{build.id}.{key}.Pool", Pool, self.place)
        self.sound = group.written[0].name.removesuffix(":")
        self.lengths = NoteLengths(build, context, clock)
        self.lanes = {key: at for made in build.model.patterns.values() for key, at in made.lanes.items()}
        """By value the places of the lanes of a pattern."""
        self.uses_length = True
        """Whether its voices read how long a note is."""

    @cached_property
    def unknown_lanes(self) -> frozenset[str]:
        """The lanes of a pattern that this sound has no parameter for."""
        known = self._parameters()
        anywhere = (*NOTE_VALUES, *PLACED)
        as_known = {FITTED: OF_FITTED}
        return frozenset(
            key for key in self.lanes if known and as_known.get(key, key) not in known and key not in anywhere
        )

    def in_steps(
        self, steps: int, legato: float, rows: Alternatives, chokes: Sequence[Mapping[Time, float]]
    ) -> TreeNode:
        """The pool, its notes in each of so many steps, their lengths times `legato`; `chokes`: as of `NotesOfPool`."""
        voice, given = self._given()
        self._report_notes(given)
        made = NotesOfPool(self.group.started, given, voice, legato, rows, chokes, self.lengths.known)
        notes = made.in_steps(self.context.tree.kept, self.pool.id, steps)
        self.pool.played = played_steps(made, steps, self.build.model)
        paced = self.clock.settings["mode"] == "interval"
        self.pool.settings |= {"notes": notes.notes, "timing": notes.timing, "paced": paced}
        return self.pool

    def in_pages(self, pattern: PatternOfNode, legato: float) -> TreeNode:
        """The pool, with its notes made cycle by cycle; those of the first cycles are known as started."""
        voice, given = self._given(frozenset(self.lanes) - self.unknown_lanes)
        self._report_notes(given)
        written = dict(zip(self.group.numbers, given, strict=True))
        pages = PoolPages(pattern, written, voice.keys, legato, self.lengths.known)
        self.pool.played = PlayedPages(pages, texts_of(self.build.model))
        self.pool.settings |= {"pages": pages, "paced": True}
        return self.pool

    def _given(self, lanes: frozenset[str] = frozenset()) -> tuple[MadeVoice, list[dict[str, float]]]:
        """The voice for all notes, and the values that are written with each sound.

        `lanes`: names of values that notes may have, besides those of the notes that are known.
        """
        parameters = self._parameters()
        given = [self._values(note, parameters) for note in self.group.written]
        if self.unknown_lanes:
            self.group.started = [[self._without_unknown(note) for note in notes] for notes in self.group.started]
        added = [*self._facts.names, *sorted(lanes)]
        keys = dict.fromkeys([*(key for values in given for key in values), *added])
        tree = self.context.tree
        durations = tree.durations
        voice = self._voice(keys, {}, bool(self.lengths.place and parameters.get(LENGTH)))
        tree.clocks += tree.durations != durations  # a list in it takes the length of a step, which is a number
        self.uses_length = voice.uses_length
        self._report_unused(voice, given)
        for name in dict.fromkeys(name for name in added if not parameters.get(name, True)):
            at = self.lanes[name].at_key() if name in self.lanes else self.place
            self.context.report(at, f"'{name}' of '{self.sound}' cannot differ from note to note")
        return voice, given

    def by_kernel(self, names: tuple[str, ...]) -> TreeNode:
        """The pool, whose notes a kernel starts with values of these names."""
        keys = [canonical_name(name) for name in names]
        values = self._values(self.group.written[0], self._parameters())
        constant = {key: value for key, value in values.items() if key not in keys}
        voice = self._voice(dict.fromkeys(keys), constant)
        self._report_unused(voice, [values])
        columns = tuple(keys.index(key) for key in voice.keys)
        self.pool.settings |= {"notes": ((),), "decided": True, "columns": columns}
        return self.pool

    def _voice(self, keys: Mapping[str, None], constant: Mapping[str, float], is_held: bool = False) -> MadeVoice:
        """Make the template of the voices: notes give the values `keys` to each, all have the values `constant`.

        `is_held`: whether each has the length of its note as its `length`.
        """
        tree, pool, model = self.context.tree, self.pool, self.group.model
        self.begun = tree.progress
        around = replace(self.context, gated=False, duration=self._step_length)
        cycle = self._cycle() if FITTED in keys else None
        around_notes = (tuple(sorted(self.lanes)), cycle if isinstance(cycle, float) else None, is_held)
        made_of = (made_of_model(model), tuple(keys), tuple(constant.items()), self.place.path, *around_notes)
        if part := tree.kept.find(around, pool.id, made_of):
            assert isinstance(part.about, MadeVoice)
            return self._with_voice(part.about)
        begin = Begin.of(tree)
        template = Template()
        instance = Instance(pool.id, None, around.scope.instance, voice=template)
        tree.instances.append(instance)
        inner = replace(around, scope=around.scope.inside(instance), voice=template)
        note_inputs = VoiceInputs(inner, pool.id, self.place, template, keys, constant)
        if SLIDE in keys and "freq" in keys:
            note_inputs.slide(partial(slid, inner, self.place, pool.id))
        if cycle is not None:
            note_inputs.fit(partial(fitted, inner, self.place, pool.id, cycle))
        elif is_held:
            note_inputs.hold()
        inner = inner.known(note_inputs.names)
        source = unfold(inner, model, pool.id, pool.id, note_inputs)
        if not isinstance(source, TreeNode) or source.voice is not template:
            mix = inner.new(f"{pool.id}.Mix", tree.piece.vocabulary.types["mix"], self.place)
            mix.inputs = {"signals": {self.sound: source}}
            source = mix
        source = self._with_lanes(inner, source, note_inputs)
        template.root = source
        template.lengths = [(one.node, one.name) for one in tree.lengths[begin.lengths :] if one.name]
        length = math.inf if math.isfinite(seconds_to_end(source)) else longest(template)
        tree.clocks += length not in (None, math.inf) and any(name == "duration" for _, name in template.lengths)
        uses_length = bool(template.held) or tree.durations != begin.durations
        made = MadeVoice(template, tuple(note_inputs.keys), note_inputs.unused(), length, uses_length)
        tree.bound += [*note_inputs.names.values(), *note_inputs.given.values()]
        tree.kept.keep(around, pool.id, made_of, begin, source, made)
        return self._with_voice(made)

    def _cycle(self) -> Source:
        """The cycle of the pattern in seconds."""
        made = next(iter(self.build.model.patterns.values()))
        if cycle := cycle_of(self.build, made):
            self.context.tree.clocks += 1  # it is a number in the voice
            return cycle.length.source
        self.build.report("'fit' needs a cycle whose length is a number or an expression", "interval")
        return 1.0

    def _with_lanes(self, inner: BuildContext, source: TreeNode, note_inputs: VoiceInputs) -> TreeNode:
        """The voice at the place and the strength of each note, by lanes or to samples, where it has no use itself."""
        wanted = {"pan": "pan", "velocity": "volume"}
        reached = wanted if self.group.written[0].name.endswith(":") else self.lanes
        given = {name: key for key, name in wanted.items() if key in reached and key in note_inputs.unused()}
        if not given:
            return source
        track = inner.new(f"{self.pool.id}.Track", self.context.tree.piece.vocabulary.types["track"], self.place)
        track.settings = {"out": 0}
        track.inputs = {"signal": source, "pan": 0.0, "volume": 1.0, "width": 1.0}
        for name, key in given.items():
            track.inputs[name] = note_inputs.parameter(key, lambda name=name: float(name == "volume"))  # type: ignore[misc]
        return track

    def _with_voice(self, made: MadeVoice) -> MadeVoice:
        """Give the pool its voices."""
        pool, length = self.pool, made.length
        pool.settings = {
            "voices": self.build.settings.get("voices", MOST_VOICES),
            "length": self.context.tree.step_length if length is None else length,
            "notes": (),
            "timing": (),
            "paced": False,
            "decided": False,
            "columns": (),
            "pages": None,
        }
        pool.inputs = {"clock": self.clock}
        pool.template = made.template
        return made

    def _without_unknown(self, note: StartedNote) -> StartedNote:
        """A note without the values of lanes that reach other sounds only."""
        values = {name: value for name, value in note.values.items() if name not in self.unknown_lanes}
        return replace(note, values=values)

    def _report_notes(self, given: Sequence[Mapping[str, float]]) -> None:
        """Report notes that are raised and have no pitch, and times that are probably meant in milliseconds."""
        if self._facts.is_raised and lacks_pitch(self.group.started, given):
            sentence = f"'{self.build.name}' moves the pitch of '{self.sound}', which is given none"
            self.context.report(self.place, sentence, f"'{self.sound} c4'")
        step, share = self._step_length, self.lengths.share(self._facts)
        warn_of_times(self.context.tree, self.pool, self.clock, self._nodes, step, share)

    @cached_property
    def _facts(self) -> NoteFacts:
        return NoteFacts.of(self.context.tree.kept, self.pool.id, self.group.started)

    @cached_property
    def _step_length(self) -> Source:
        """Seconds that interpolated lists take without a duration of their own; the shortest note of a pattern."""
        return self.lengths.least(self._facts, self.pool.id)

    @property
    def _nodes(self) -> list[NodeModel]:
        """The node at the top of the sound, and those below it that it stands around."""
        return [*self.context.tree.piece.nodes_at_top(self.group.model)]

    def names(self) -> list[str]:
        """The names that a lane may have for this sound."""
        return [name for name, differs in self._parameters().items() if differs]

    def _parameters(self) -> dict[str, bool]:
        """Names of the parameters of the node at the top, and whether they can differ from note to note."""
        top = next(self.context.tree.piece.nodes_at_top(self.group.model), None)
        if top is None:
            return {}
        signals = {name: p.form in ("signal", "channels") for name, p in accepted(top.kind).items()}
        return signals | dict.fromkeys(top.free, True)

    @cached_property
    def _is_sliced(self) -> bool:
        """Whether the sound is cut into slices, so that a number alone is that of one."""
        top = next(self.context.tree.piece.nodes_at_top(self.group.model), None)
        return top is not None and "slice" in accepted(top.kind) and bool({"slices"} & {*top.written, *self.lanes})

    def _values(self, note: Note, parameters: dict[str, bool]) -> dict[str, float]:
        """The values that a note gives, by their canonical names."""
        values: dict[str, float] = {}
        sounds = self.context.tree.piece.sounds
        for word, meant in words_of_note(note.words, {*parameters, *CANONICAL_NAMES}):

            def report(sentence: str, suggestion: str, level: Any, column: int = word.column) -> None:
                self.context.tree.findings.append(Finding(note.place, sentence, suggestion, level, column))

            if meant and (word.text in parameters or word.text not in sounds):
                what = "a note is" if note_frequency(meant) else "the name of a parameter and its value are"
                report(f"{what} one word", f"'{meant}'", "error")
                continue
            if self.lengths.place and own_length(word) is not None:  # it comes before the lane, as the note has it
                continue
            if parameters.get(LENGTH) and isinstance(length := own_length(word), str):
                seconds = self.lengths.seconds(length, note.place)
                if seconds is None:
                    report(f"'{length}' moves with the tempo: give it as a lane", f"'length: {length}'", "error")
                values[LENGTH] = seconds or 0.0
                continue
            text = f"slice={word.text}" if self._is_sliced and read_number(word.text) is not None else word.text
            read = read_parameter(text, self.sound, parameters, sounds, report)
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

    def _warn_of_unused(self, key: str) -> None:
        """Warn of the first word of the steps that gives a pitch or a strength to a sound without use for it."""
        top = next(self.context.tree.piece.nodes_at_top(self.group.model), None)
        parameters = self._parameters()
        free = "amp" in parameters and top is not None and "amp" not in top.written
        for note in self.group.written:
            for word in note.words:
                read = read_word(word.text, {*parameters, *CANONICAL_NAMES})
                if read and canonical_name(read.name) == key:
                    meant = (
                        f"'{number_word('a', read.value)}'"
                        if free and key == "velocity" and 0.0 <= (read_number(read.value) or 0.0) <= 1.0
                        else ""
                    )
                    sentence = changes_nothing(word.text, key, self.sound, "amp" in parameters)
                    self.context.tree.findings.append(Finding(note.place, sentence, meant, "warning", word.column))
                    return
        if key in self.lanes:
            sentence = changes_nothing(str(self.lanes[key].path[-1]), key, self.sound, "amp" in parameters)
            self.context.tree.findings.append(Finding(self.lanes[key].at_key(), sentence, "", "warning"))

    def _report_unused(self, voice: MadeVoice, given: list[dict[str, float]]) -> None:
        """Report values that the sound does not use; pitch and strength may be given to any sound, with a warning."""
        if not self._parameters() or self.context.tree.is_broken_since(self.begun):  # nothing is known of the sound
            return
        for key in voice.unused:
            if key in SLIDES:  # without a use for the pitch
                continue
            if key in NOTE_VALUES:
                self._warn_of_unused(key)
                continue
            for note, values in zip(self.group.written, given, strict=True):
                word = next((word for word in note.words if word.text.startswith(key)), None)
                if key in values and word:
                    self.context.report(note.place, *unused_meant(word.text, key, self.sound), word.column)
            if not any(key in values for values in given):
                sentence = f"'{self.sound}' has no parameter '{key}', which '{self.build.name}' gives it"
                self.context.report(self.place, sentence)
