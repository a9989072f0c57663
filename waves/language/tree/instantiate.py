"""Makes one node of the tree from its model: its inputs, its id, its end."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from waves.language.model.models import Finding, Given, NodeModel, Points, Text
from waves.language.model.validation import BROKEN, Reader
from waves.language.tree.note_inputs import Heard
from waves.language.tree.scope import Binding
from waves.language.tree.tree_node import Reference, Source, TreeNode
from waves.node_types.builtin.duration import Life, Start
from waves.node_types.library.parameters import accepted, free_names, parameters

if TYPE_CHECKING:
    from waves.language.tree.context import Around


class Build:
    """One node while it is built: what the `expand` of its type is given."""

    def __init__(
        self,
        model: NodeModel,
        given: Mapping[str, tuple[Given, Around]],
        around: Around,
        path: str,
        heard: Heard | None = None,
    ):
        self.growth = around.growth
        self.owners = {around.scope.instance: model.id} if model.id else {}
        self.sound = around.sounds[-1] if around.sounds else ""
        if given:
            reader = Reader(self.growth.piece.vocabulary, self.sound)
            model = reader.override(model, {key: one for key, (one, _) in given.items()}, self.sound)
            self.growth.findings += reader.findings
        self.model = model
        self.givers = {key: giver for key, (_, giver) in given.items()}
        self.id = f"{path}.{model.kind.__name__}"
        if model.id:
            owner = self.givers.get("id", around).scope.instance
            self.owners[owner] = model.id
            self.id = f"{owner.path}/{model.id}"
        self.gated = around.gated
        self.around = replace(around, node=model.name, gated=False)
        self.heard = heard or Heard()
        self.made: dict[str, Source] = {}
        self.bindings: dict[str, Binding] = {}
        self.given = {key: one.place for key, (one, _) in given.items()}

    def source(self) -> Source:
        """The source that stands for the node, known under its id, ended after its duration."""
        model, kind = self.model, self.model.kind
        lasts = "duration" in model.signals or self.heard.gives("duration")
        if lasts:
            self.around = replace(self.around, duration=self.duration())
        source: Source = kind.expand(self)
        if lasts and "duration" not in kind.model_fields:
            life = self.around.new(f"{self.id}.life", Life, model.place)
            life.inputs = {"signal": source, "duration": self.made["duration"]}
            source = life
        if isinstance(source, TreeNode):
            source.common |= {key: value for key, value in model.settings.items() if key not in kind.model_fields}
        for instance, name in self.owners.items():
            instance.nodes[name] = source
        for name in self.bindings.keys() & self.given.keys():
            if not self.bindings[name].is_read:
                sentence = f"'{self.sound}' never reads '{name}'"
                self.growth.findings.append(Finding(self.given[name].at_key(), sentence, level="warning"))
        return source

    def duration(self) -> Source:
        """The node's duration; one that moves is read at the start."""
        source = self.input("duration")
        if not isinstance(source, float):
            value = self.model.signals.get("duration", self.model)
            start = self.around.new(f"{self.id}.duration.Start", Start, value.place)
            start.inputs = {"signal": source}
            source = self.made["duration"] = start
        return source

    def node(self) -> TreeNode:
        """The node itself, with all inputs; those that are not written have their default."""
        node = self.around.new(self.id, self.model.kind, self.model.place)
        self.id = node.id
        node.settings = self.settings
        for name, parameter in parameters(self.model.kind).items():
            if parameter.form == "signals":
                node.inputs[name] = self.several(name)
            elif parameter.is_signal and (self.gives(name) or parameter.default is not None):
                node.inputs[name] = self.input(name)
        return node

    def input(self, name: str) -> Source:
        """The source of a signal, its default when it is not written."""
        if name not in self.made:
            self.made[name] = self.heard.parameter(name, lambda: self.own(name))
        return self.made[name]

    def gives(self, name: str) -> bool:
        """Whether a signal is written, or given by a note."""
        return name in self.model.signals or self.heard.gives(name)

    def own(self, name: str) -> Source:
        """The source of a signal whatever a note gives: as written, or its default; NaN without one."""
        parameter = accepted(self.model.kind)[name]
        value = self.model.signals.get(name)
        if value is None:
            missing = BROKEN if parameter.required else math.nan
            return missing if parameter.default is None else float(parameter.default)
        inside = self.gated and self.model.kind.pass_through and name == "signal"
        where = replace(self.where(name), gated=inside or parameter.unit == "gate")
        source = where.instantiate_node(value, self.id, name)
        if isinstance(source, float) and (complaint := parameter.complaint(source)):
            self.around.report(value.place, complaint)
            return BROKEN
        return source

    def several(self, name: str) -> dict[str, Source]:
        """The sources of a `Signals`: those of its list by index, then those under free names."""
        listed = self.model.lists.get(name)
        where = self.where(name)
        if listed is None:
            default = parameters(self.model.kind)[name].default or []
            found: dict[str, Source] = {str(i): float(value) for i, value in enumerate(default)}
        else:
            found = {key: where.instantiate_node(one, self.id, name, key) for key, one in listed.items()}
        if name == free_names(self.model.kind):
            for key, value in self.model.free.items():
                found[f"{key}~2" if key in found else key] = self.where(key).instantiate_node(value, self.id, key)
        return found

    @property
    def names(self) -> list[str]:
        """The free names that are written."""
        return list(self.model.free)

    def bind(self, name: str) -> None:
        """Make a free name known to everything that is built afterwards."""
        value, where = self.model.free[name], self.where(name)

        def make() -> Source | list[float]:
            if isinstance(value, Text):
                found = where.evaluate(value)
                return found if isinstance(found, list) else where.solid(found, value.place, f"{self.id}.{name}")
            return where.instantiate_node(value, self.id, name)

        binding = self.bindings[name] = self.heard.binding(name, make)
        if not isinstance(value, Points):  # a list needs a duration only where it is read as a signal
            binding.built()
        self.around = self.around.known({name: binding})

    def reference(self, name: str, parameter: str) -> Reference:
        """An edge to the node with the id that `parameter` gives."""
        return self.where(parameter).scope.reference(name, self.model.place.below(parameter))

    def where(self, name: str) -> Around:
        """The surroundings of a parameter: those of the use that gave it, or of the definition."""
        giver = self.givers.get(name)
        if giver is None:
            return self.around
        own = self.around
        return replace(giver, node=own.node, duration=own.duration, depth=own.depth, gated=False)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Every parameter of the type that is no signal; numbers may be constant expressions."""
        model, kind = self.model, self.model.kind
        settings = {key: value for key, value in model.settings.items() if key in kind.model_fields}
        if self.gated and "naive" in settings and "naive" not in model.written:
            settings["naive"] = True
        known = accepted(kind)
        for key, text in model.texts.items():
            source = self.where(key).instantiate_node(text, self.id, key)
            if not isinstance(source, float):
                self.around.report(text.place, f"'{key}' is a constant and cannot move")
            elif complaint := known[key].complaint(source):
                self.around.report(text.place, complaint)
            elif known[key].form == "whole" and source != int(source):
                self.around.report(text.place, f"expected a whole number, got {source:g}")
            else:
                settings[key] = int(source) if known[key].form == "whole" else source
        return settings
