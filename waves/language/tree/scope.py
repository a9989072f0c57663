"""Meaning of a name in an expression at one place: names around it, ids, vars, the transport, built-in names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from waves.language.expression.builtin_names import (
    FUNCTIONS,
    NOTE_LENGTHS,
    PITCH_CLASS,
    SIDES,
    TimeName,
    german_note,
    resembles_note,
)
from waves.language.expression.measures import length_meant
from waves.language.expression.other_forms import call_meant
from waves.language.expression.parser import Name
from waves.language.model.models import Finding, Place, Sound, nodes_inside
from waves.language.model.vocabulary import NOTE_NAMES
from waves.language.text.comments import COMMENT_SIGN
from waves.language.tree.constants import ConstantNames, Word
from waves.language.tree.tree_node import UNTIED, Edge, Instance, LazyValue, Reference, Source
from waves.node_types.library.parameters import free_names, names_values
from waves.problem import did_you_mean

OTHER_NAMES = {  # names of other languages, and those they have here
    **dict.fromkeys(("yes", "on"), "'1'"),
    **dict.fromkeys(("no", "off"), "'0'"),
    **{"π": "'pi'", "τ": "'tau'"},
    **{word: f"'{NOTE_LENGTHS[count]}'" for word, count in (("half", 2), ("quarter", 4), ("thirtysecond", 32))},
    **{"measure": "'bar'", **dict.fromkeys(("forever", "infinite", "infinity", "endless", "always"), "'inf'")},
}
EXAMPLES = {  # values of parameters for which words like "loud" and "fast" are written
    **{"amp": "0.5", "volume": "0.5", "freq": "220", "cutoff": "800", "peak": "0.5", "pan": "0.5", "bpm": "120"},
    **{"interval": "0.5", "duration": "2", "attack": "0.01", "decay": "0.2", "sustain": "0.5", "release": "0.3"},
    **{"time": "0.3", "feedback": "0.4", "mix": "0.5", "swing": "0.2", "speed": "1"},
}


@dataclass(frozen=True, eq=False, slots=True)
class Scope:
    """The names that may be used at one place of the tree."""

    constants: ConstantNames
    sounds: Mapping[str, Sound]
    ids: frozenset[str]
    """Every id of every sound."""
    edges: list[Edge]
    instance: Instance
    names: Mapping[str, LazyValue] = field(default_factory=dict)

    def inside(self, instance: Instance) -> Scope:
        """The scope of a use of a sound at this place."""
        return replace(self, instance=instance)

    def find(
        self, name: Name, place: Place, whole: str = "", bare: bool = False
    ) -> Source | list[float] | TimeName | None:
        """The meaning of a name at this place, in the expression `whole`; None after a report when it has none.

        `bare`: whether the name of a sound could stand in place of the expression.

        The first that has the name wins: names around this place, ids of the sound and those around it, vars, built-in
        names, ids of other sounds. With a dollar all ids come first.

            a: {context: {x: 2, signal: {osc: {id: x, freq: x, amp: $x}}}}

        Here `x` is 2, and `$x` the oscillator.
        """
        text, _, output = name.text.partition(".")
        own = any(text in i.nodes or (i.sound and text in i.sound.ids) for i in self.instance.around())
        foreign = not own and text in self.ids
        if name.dollar and (own or foreign):
            return self.reference(text, place, name.column, output)
        if output:
            self.unknown(name._replace(text=text), place, whole, False)
            return None
        key = f"${text}" if name.dollar and f"${text}" in self.names else text
        if key in self.names:
            self.constants.reads.append((key, self.names[key]))
            return self.names[key].read()
        if own:
            return self.reference(text, place, name.column)
        constant = self.constants.find(text)
        if text in self.constants.broken:
            return None
        if isinstance(constant, Word):
            self.constants.not_a_number(text, constant)
            return None
        if constant is None and text in self.constants.transport:
            self.constants.reads.append(("", self.constants.transport[text]))
            return self.constants.transport[text].read()
        if constant is None and foreign:
            return self.reference(text, place, name.column)
        if constant is None:
            self.unknown(name, place, whole, bare)
        self.constants.warn_of_flat(text, place, name.column)
        return constant

    def unknown(self, name: Name, place: Place, whole: str, bare: bool) -> None:
        """Report a name without a meaning in the expression `whole`; `bare` as in `find`."""
        text = name.text
        known = [*self.names, *self.instance.ids(), *self.constants.names(), *(self.sounds if bare else ())]
        part = self.part_called(text)
        if name.dollar and part:
            self.report(place, f"no node has the id '{text}'{part}", "", name.column)
        elif text in self.sounds:
            self.report(place, f"'{text}' is a sound: write '{{{text}: {{}}}}' to play it here", "", name.column)
        elif whole[: name.column].rstrip().endswith("//"):
            self.report(place, f"unknown name '{text}': {COMMENT_SIGN}", "", name.column)
        elif name.dollar:
            near = did_you_mean(text, self.instance.ids()) or did_you_mean(f"${text}", self.names)
            self.report(place, f"no node has the id '{text}'", near, name.column)
        elif text in FUNCTIONS:
            self.report(place, f"'{text}' is a function: ( ) stand behind it", call_meant(text, whole), name.column)
        elif text in NOTE_NAMES:
            sound = place.origin.name
            way = f": '{{play: {sound}}}' plays '{sound}' by notes" if sound in self.sounds else ""
            self.report(place, f"'{text}' is known only inside a note{way}", "", name.column)
        elif PITCH_CLASS.fullmatch(text):
            self.report(place, f"unknown name '{text}': a note has an octave", f"'{text}4'", name.column)
        elif resembles_note(text):
            meant = f"'{german}'" if (german := german_note(text)) else ""
            self.report(place, f"'{text}' is not a note: notes go from c0 to g10", meant, name.column)
        elif part:
            self.report(place, f"unknown name '{text}'{part}, and '${text}' here", "", name.column)
        else:
            side = SIDES.get(text.lower()) if "pan" in place.path[-2:] else ""
            length = length_meant(*words) if len(words := text.lower().split("_")) == 2 else ""
            suggestion = (
                side or OTHER_NAMES.get(text.lower()) or (length and f"'{length}'") or did_you_mean(text, known)
            )
            example = EXAMPLES.get(str(place.path[-1]), "") if not suggestion and whole.strip() == text else ""
            way = f": write a number, as '{place.path[-1]}: {example}'" if example else ""
            self.report(place, f"unknown name '{text}'{way}", suggestion, name.column)

    def part_called(self, name: str) -> str:
        """The words on what to write where `name` is a part without an id, of a mix around; or an empty string."""
        mixes = (
            model
            for instance in self.instance.around()
            if instance.sound
            for model in nodes_inside(instance.sound.root)
            if free_names(model.kind) and not names_values(model.kind)
        )
        is_part = any(name in mix.free for mix in mixes)
        return f": write 'id: {name}' in the part '{name}'" if is_part else ""

    def reference(self, name: str, place: Place, column: int = 0, output: str = "") -> Reference:
        """An edge to the node with that id, or to an output of it; it is tied to its target when the tree is built."""

        def finding() -> Finding:
            near, part = did_you_mean(name, self.instance.ids()), "" if name in self.ids else self.part_called(name)
            return Finding(place, f"no node has the id '{name}'{part}", "" if part else near, column=column)

        reference = Reference(UNTIED, Finding(place, "", column=column).problem().mark, output)
        self.edges.append(Edge(reference, name, self.instance, finding))
        return reference

    def report(self, place: Place, sentence: str, suggestion: str = "", column: int = 0) -> None:
        """Add an error to the findings of the build."""
        self.constants.report(Finding(place, sentence, suggestion, "error", column))
