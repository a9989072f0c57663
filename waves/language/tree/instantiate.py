"""Instantiates models as tree nodes: sounds are replaced by their nodes, inputs built, IDs given.

    my_sound: {mix: {lead: {osc: {freq: 440}}}}

gives `my_sound.root.Mix` with the input `lead`, `my_sound.root.Mix.lead.Osc`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

from waves.language.model.models import (
    BuildStopped,
    Finding,
    NodeModel,
    Number,
    Place,
    Points,
    Text,
    Use,
    Value,
    WrittenParameter,
    as_taken,
)
from waves.language.model.patterned.pattern_notes import notes_of, pace_of, step_count
from waves.language.model.scalar_validation import BROKEN
from waves.language.model.validation import Validator
from waves.language.tree.constants import constant_settings
from waves.language.tree.context import BuildContext
from waves.language.tree.expression_nodes import curve, held, meant, numbers_named, text_source, value_of, within_bounds
from waves.language.tree.kept.kept_parts import PartPlace
from waves.language.tree.kept.lengths import Length, OfTempo, of_tempo_in_voice
from waves.language.tree.note_inputs import NoteInputs, ends_with_its_note
from waves.language.tree.parts import entered, levelled
from waves.language.tree.tree_node import Instance, LazyValue, Reference, Source, TreeNode
from waves.node_types.builtin.duration import EndAfter
from waves.node_types.library.parameters import LEVELS, accepted, free_names, parameters
from waves.notes import Note, NoteError

MAX_DEPTH = 100


def instantiate_node(
    context: BuildContext,
    model_or_value: Value | float,
    parent_id: str,
    attribute_name: str,
    attribute_index: Any = None,
) -> Source:
    """The source of a model: a number stays a number, all else is a node `parent.attribute[.index].Class`.

    Mistakes are added to `context.tree.findings`; raises BuildStopped only beyond the limits of size.
    """
    path = f"{parent_id}.{attribute_name}" + ("" if attribute_index is None else f".{attribute_index}")
    match meant(context, model_or_value):
        case Number(number):
            return number
        case Text() as text:
            return text_source(context, text, path)
        case Points() as points:
            return curve(context, points, path)
        case NodeModel() | Use() as model:
            return unfold(context, model, path)
        case number:
            return float(number)


def unfold(
    context: BuildContext, model: NodeModel | Use, path: str, use: str = "", note_inputs: NoteInputs | None = None
) -> Source:
    """The node of a model at `path`; a use of a sound is replaced by the node at the top of the sound.

    `use`: the prefix of ids that are written in the sound, or `path`; `note_inputs`: parameters that notes set. It is
    the same as in the tree before where nothing that it is made of has changed.
    """
    place = PartPlace(context, model, path, use, note_inputs)
    if part := place.find():
        return part.source
    inner = context
    given: dict[str, tuple[WrittenParameter, BuildContext]] = {}
    while isinstance(model, Use):
        name = model.name
        given = {key: (parameter, inner) for key, parameter in model.given.items()} | given
        if name in inner.sounds:
            loop = " → ".join([*inner.sounds[inner.sounds.index(name) :], name])
            context.report(model.place.at_key(), f"a sound that plays itself has no end: {loop}")
            return BROKEN
        sound = context.tree.piece.sounds[name]
        instance = Instance(use or path, sound, inner.scope.instance, voice=context.voice)
        context.tree.enter(sound, instance)
        inner = inner.but(scope=inner.scope.inside(instance), sounds=(*inner.sounds, name))
        if sound.root is None:
            return BROKEN
        model, use = sound.root, ""
    if context.depth >= MAX_DEPTH:
        raise BuildStopped(Finding(model.place, f"more than {MAX_DEPTH} nodes inside each other"))
    source = NodeBuilder(model, as_taken(model, given), inner, path, note_inputs).source()
    place.keep(source)
    return source


class NodeBuilder:
    """One node while it is built; the `expand` of its type is called with this."""

    def __init__(
        self,
        model: NodeModel,
        given: Mapping[str, tuple[WrittenParameter, BuildContext]],
        context: BuildContext,
        path: str,
        note_inputs: NoteInputs | None = None,
    ):
        """`given`: parameters that uses give in place of those of `model`, each with the context it is written in."""
        self.tree = context.tree
        self.owners = {context.scope.instance: model.id} if model.id else {}
        """Uses of sounds in which the node has an id, with that id."""
        self.sound = context.sounds[-1] if context.sounds else ""
        self.begun = self.tree.progress
        if given:
            validator = Validator(self.tree.piece.vocabulary, self.sound)
            model = validator.override(model, {key: written for key, (written, _) in given.items()}, self.sound)
            self.tree.findings += validator.findings
        self.model = model
        self.givers = {key: giver for key, (_, giver) in given.items()}
        """Contexts in which the parameters that uses give are written."""
        self.id = f"{path}.{model.kind.__name__}"
        if model.id:
            owner = self.givers.get("id", context).scope.instance
            self.owners[owner] = model.id
            self.id = f"{owner.path}/{model.id}"
        self.gated, self.part = context.gated, context.part
        self.context, self.note_inputs = entered(context, model), note_inputs or NoteInputs()
        self.sources: dict[str, Source] = {}
        """Inputs that are built."""
        self.lengths: dict[str, OfTempo] = {}  # of those that are numbers which a tempo alone decides
        self.bindings: dict[str, LazyValue] = {}
        """Free names that are known to what is built."""
        self.given = {key: written.place for key, (written, _) in given.items()}

    def source(self) -> Source:
        """The source of the node, with an end after its duration; from then on known under its id."""
        model, kind, own = self.model, self.model.kind, parameters(self.model.kind)
        has_duration = "duration" in model.signals or self.note_inputs.gives("duration")
        if has_duration:
            self.sources["duration"] = duration = self._latched("duration")  # one that moves is read at its start
            self.context = self.context.but(duration=duration)
        durations = self.tree.durations
        try:
            source: Source = kind.expand(self)
        except NoteError as error:
            self.report(str(error))
            source = BROKEN
        if has_duration and "duration" not in own:
            end = self.context.new(f"{self.id}.life", EndAfter, model.place)
            end.inputs = {"signal": source, "duration": self._following(end, "duration")}
            source = end
        self.tree.clocks += "duration" in self.lengths and self.tree.durations != durations  # a list takes the number
        source = levelled(self, source)
        if isinstance(source, TreeNode):
            names = {key for key, binding in self.bindings.items() if binding.reads or self.note_inputs.gives(key)}
            source.common |= {key: value for key, value in model.settings.items() if key not in {*own, *names, *LEVELS}}
        for instance, name in self.owners.items():
            instance.nodes[name] = source
            self.tree.ties += 1
        for name in self.bindings.keys() & self.given.keys():
            if not (self.bindings[name].reads or self.is_broken()):
                sentence = f"'{self.sound}' never reads '{name}'"
                self.tree.findings.append(Finding(self.given[name].at_key(), sentence, level="warning"))
        return source

    def is_broken(self) -> bool:
        """Whether a mistake is in its sound, or in what it is built from."""
        return self.tree.piece.sounds[self.sound].is_broken or self.tree.is_broken_since(self.begun)

    def node(self) -> TreeNode:
        """The node itself with all its inputs; one that is not written has its default."""
        node = self.context.new(self.id, self.model.kind, self.model.place)
        self.id = node.id
        node.settings = self.settings
        for name, parameter in parameters(self.model.kind).items():
            if parameter.form == "signals":
                node.inputs[name] = self.several(name)
            elif parameter.form in ("signal", "channels") and (self.gives(name) or parameter.default is not None):
                node.inputs[name] = self._following(node, name)
        return ends_with_its_note(node, self.model.written)

    def _following(self, node: TreeNode, name: str) -> Source:
        """The source of an input of a node: where a tempo alone decides it, the number is written again with that."""
        source = self._latched(name) if name in self.model.kind.latched else self._input(name)
        if name in self.lengths:
            self.tree.lengths.append(Length(node, name, self.lengths[name]))
        return source

    def _latched(self, name: str) -> Source:
        """The source of a signal that is read at the start and held."""
        return held(
            self.context, self._input(name), f"{self.id}.{name}", self.model.signals.get(name, self.model).place
        )

    def input(self, name: str) -> Source:
        """The source of a signal: as a note sets it, as written, or its default."""
        source = self._input(name)
        self.tree.clocks += name in self.lengths  # whoever asks may calculate with the number
        return source

    def _input(self, name: str) -> Source:
        if name not in self.sources:
            reads, count = self.tree.constants.reads, len(self.tree.constants.reads)
            self.sources[name] = source = self.note_inputs.parameter(name, partial(self.written, name))
            alone = self.context.voice and not self.note_inputs.gives(name)
            if alone and (number := of_tempo_in_voice(self.where(name), self.model, name, source)):
                self.lengths[name] = number
                del reads[count:]
        return self.sources[name]

    def gives(self, name: str) -> bool:
        """Whether a signal is written, or set by a note; whether steps are written."""
        return name in self.model.signals or name in self.model.steps or self.note_inputs.gives(name)

    @property
    def name(self) -> str:
        """The name of the type, as it is written."""
        return self.model.name

    def report(self, sentence: str, name: str = "") -> None:
        """Report a mistake at the place of a parameter, or at that of the node."""
        self.givers.get(name, self.context).report(self.place_of(name), sentence)

    def place_of(self, name: str) -> Place:
        """The place of a parameter; that of the node if it is not written."""
        place = self.given.get(name) or (self.model.place.below(name) if name in self.model.written else None)
        return place or self.model.place.at_key()

    def notes(self, name: str) -> list[Note]:
        """The notes of a `Steps` or a `Step` as they are written, each at its step; none if it is not written."""
        return notes_of(self.model, name, pace_of(self.gives), self.context.metre)

    def step_count(self, name: str) -> int:
        """The number of steps that are written, rests too."""
        return step_count(self.model, name, pace_of(self.gives), self.context.metre)

    def start(self, notes: Sequence[Note], steps: int, chained: bool = False) -> Source:
        """The source of notes in each pass of so many steps; `chained`: a step begins when the one before has ended."""
        return self.tree.starter.start(self, notes, steps, chained)

    def play(self, name: str, chained: bool = False) -> Source:
        """The source that plays steps as they are written; `chained` as of `start`."""
        return self.tree.starter.play(self, name, chained)

    def start_by_kernel(self, name: str) -> Source:
        """The source that plays the sounds of a `Step` as the kernel of this node starts them."""
        return self.tree.starter.start_by_kernel(self, name)

    def written(self, name: str) -> Source:
        """The source of a signal as written, or its default; NaN without one."""
        parameter = accepted(self.model.kind)[name]
        if (value := self.model.signals.get(name)) is None:
            missing = BROKEN if parameter.required else math.nan
            return missing if parameter.default is None else float(parameter.default)
        if isinstance(value, Number):
            return within_bounds(self.context, parameter, value.value, value)
        passes = self.model.kind.pass_through and name == "signal"
        gated = parameter.unit == "gate" or (passes and self.gated)
        control = self.context.control or not (name == "signal" or parameter.form == "channels")
        where = self.where(name).but(gated=gated, control=control, part=self.part if passes else None)
        return within_bounds(self.context, parameter, instantiate_node(where, value, self.id, name), value)

    def several(self, name: str) -> dict[str, Source]:
        """The sources of a `Signals`: those of its list by index, then those under free names."""
        listed, kind = self.model.lists.get(name), self.model.kind
        is_free = name == free_names(kind)
        where = self.where(name).but(control=self.context.control or not is_free)
        if listed is None:
            text = self.model.listed.get(name)
            values = numbers_named(where, text, kind, name) if text else parameters(kind)[name].default or []
            sources: dict[str, Source] = {str(i): float(value) for i, value in enumerate(values)}
        else:
            sources = {key: instantiate_node(where, value, self.id, name, key) for key, value in listed.items()}
        if is_free:
            for key, value in self.model.free.items():
                sources[f"{key}~2" if key in sources else key] = instantiate_node(self.where(key), value, self.id, key)
        return sources

    @property
    def names(self) -> list[str]:
        """The free names that are written."""
        return list(self.model.free)

    def bind(self, name: str) -> None:
        """Make a free name known to all that is built afterwards."""
        value, where = self.model.free[name], self.where(name)

        def make() -> Source | list[float]:
            if isinstance(text := meant(where, value), Text):
                return value_of(where, text, f"{self.id}.{name}")
            return instantiate_node(where, value, self.id, name)

        binding = self.bindings[name] = self.note_inputs.binding(name, make)
        self.tree.bound.append(binding)
        if not isinstance(value, Points):  # a list needs a duration only where it is read as a signal
            binding.built()
        self.context = self.context.known({name: binding})

    def reference(self, name: str, parameter: str, output: str = "") -> Reference:
        """An edge to the node with the id that `parameter` gives, or to an output of it."""
        return self.where(parameter).scope.reference(name, self.model.place.below(parameter), output=output)

    def where(self, name: str) -> BuildContext:
        """The context of a parameter: that of the use that gave it, or of the definition."""
        own, giver = self.context, self.givers.get(name)
        if giver is None:
            return own
        return giver.but(node=own.node, duration=own.duration, depth=own.depth, gated=False, part=None)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Every parameter of the type that is not a signal; numbers may be written as constant expressions."""
        model = self.model
        settings = {key: value for key, value in model.settings.items() if key in parameters(model.kind)}
        if self.gated and "naive" in settings and "naive" not in model.written:
            settings["naive"] = True

        def source_of(name: str, written: Value) -> Source:
            return instantiate_node(self.where(name), written, self.id, name)

        return settings | constant_settings(model.kind, model.texts, source_of, self.context.report)
