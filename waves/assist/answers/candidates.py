"""Candidates of a completion: everything that may stand at a place, the likely before the others."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from waves.assist.answers.desk import Desk
from waves.assist.answers.items import Item, item
from waves.assist.answers.sentences import (
    ENTRIES,
    first_sentence,
    node_help,
    output_help,
    parameter_detail,
    sound_help,
)
from waves.assist.meaning.marks import is_number
from waves.assist.meaning.piece_names import Target, sections_of
from waves.assist.meaning.role import NodeWritten, Role
from waves.assist.sketch.written import Value
from waves.language.expression.builtin_names import CONSTANTS, LETTERS, SCALES, TIME_NAMES, note_frequency
from waves.language.expression.codegen import LISTS
from waves.language.expression.meanings import (
    FUNCTION_MEANINGS,
    NOTE_MEANINGS,
    OPERATOR_MEANINGS,
    TEMPO_MEANINGS,
    meaning,
)
from waves.language.model.form.metres import METRES
from waves.language.model.form.sections import KEYS as SECTION_KEYS
from waves.language.model.form.sections import WORDS as SECTION_WORDS
from waves.language.model.harmony.tunings import TUNINGS
from waves.language.model.patterned.lane_values import LANE_MEANINGS, LENGTHS
from waves.language.model.patterned.pattern_node import takes_values
from waves.language.model.patterned.transform_table import FORMS
from waves.language.model.patterned.valued.value_pattern import may_stand_beside_values
from waves.language.model.quantize import NAMES as SETTINGS
from waves.language.model.quantize import WORDS as BOUNDARIES
from waves.language.model.vocabulary import LENGTH, NOTE_VALUES, REST, SHORT
from waves.node import DataFile
from waves.node_types.library.library import family
from waves.node_types.library.parameters import Parameter, accepted, free_names
from waves.node_types.library.signature import names_read

OCTAVES = (4, 3, 5, 2, 6, 1, 7, 8, 0, 9, 10)  # the likely first
FAMILIES = (  # the likely first; before them others
    "sources granular mixing events instruments synthesis filters effects dynamics repeats control modulation tuning"
)
USUAL = ("osc", "sample", "mix", "track", "sequencer")  # come first in their families
STEP_NAME = re.compile(r"\w[\w.+-]*")


def entries(desk: Desk) -> Iterator[Item]:
    """The names with a meaning at the top of a file; those of sounds are free."""
    written = {entry.name for entry in desk.file.entries}
    for name, sentence in ENTRIES.items():
        if name not in written:
            yield item(name, "entry", "", sentence, f"{name}: ")


class Candidates:
    """The candidates for one place; `inside` is the entry that it stands in."""

    def __init__(self, desk: Desk, role: Role, given: Collection[str] = (), is_node: bool = True):
        """`given`: keys that stand below already; nodes and sounds that do not take them are left out.

        `is_node`: whether a key may be that of a node, as nothing else stands behind it already.
        """
        self.desk, self.role, self.given, self.is_node = desk, role, given, is_node
        self.names = desk.names
        self.inside = role.inside

    def nodes(self, after: str = ": ") -> Iterator[Item]:
        """The node types as keys, those that make a sound before the others as the library has them.

        An alias is an item of its own, whose detail is the node that it inserts.
        """
        types = self.names.vocabulary.types
        order = sorted(types, key=lambda name: (FAMILIES.find(family(types[name]) or "other"), name not in USUAL))
        for name in order:
            kind = types[name]
            if not (free_names(kind) or accepted(kind).keys() >= {*self.given}):
                continue
            back = len(after) - after.find("}") if "}" in after else 0
            yield item(name, "node", "", node_help(kind), name + after, back)
            aliases = () if name in SHORT else kind.aliases  # they are those of the whole name
            yield from (item(alias, "node", name, node_help(kind), name + after, back) for alias in aliases)

    def sounds(self, after: str = "", before: str = "", is_step: bool = False) -> Iterator[Item]:
        """The sounds but the one that is being written; a step may have names that are no words, such as `hi-hat`."""
        for name, located in self.names.sounds.items():
            is_name = name.isidentifier() or (is_step and bool(STEP_NAME.fullmatch(name)) and not is_number(name))
            if is_name and name != self.inside and self.names.vocabulary.find(name, self.inside) == name:
                top = self.desk.roles.top_of(name)
                if self.given and not {*top.parameters, *top.free} >= {*self.given}:
                    continue
                back = len(after) - after.find("}") if "}" in after else 0
                help = sound_help(self.names, located)
                yield item(name, "sound", top.name, help, before + name + after, back)

    def keys(self, value: Value | None, after: str, in_brackets: bool) -> Iterator[Item]:
        """The keys that may be added to a mapping of this role; `after` is inserted behind each, and the caret put
        behind the `: ` in it."""
        role, desk = self.role, self.desk
        items = value.by_key if value and value.kind == "mapping" else {}
        match role.form:
            case "parameters":
                yield from self.parameters(role.node, items, after)
            case "entry" | "signal" | "step" | "template" | "point":
                node = desk.roles.node_of(value, self.inside) if value and value.kind == "mapping" else None
                if node and node.name:
                    yield from self.parameters(node, items, after)
                elif items and value and (role.form == "template" or value.anchor):
                    kinds = desk.roles.fitting(value)
                    shared = [
                        name
                        for name in (accepted(kinds[0][1]) if kinds else {})
                        if all(name in accepted(kind) for _, kind in kinds)
                    ]
                    yield from (
                        self.parameter(accepted(kinds[0][1])[name], after) for name in shared if name not in items
                    )
                elif self.is_node:
                    self.given = {*self.given, *items}
                    braces = after.replace(": ", ": {}", 1) if in_brackets else after
                    yield from self.nodes(braces)
                    yield from self.sounds(braces)
            case "section":
                yield from (item(name, "parameter", "", "", name + after) for name in SECTION_KEYS if name not in items)
            case "settings":
                yield from (item(name, "parameter", "", "", name + after) for name in SETTINGS if name not in items)

    def parameters(self, node: NodeWritten, items: Iterable[str], after: str) -> Iterator[Item]:
        """The parameters of a node that are not given yet: the required ones, its own, those of every node."""
        given = {*node.given, *items}
        if node.sound:
            for name in node.free:
                if name not in given and name not in node.parameters:
                    yield item(name, "parameter", self.desk.written_at(node.free[name]), "", name + after)
        if node.kind and free_names(node.kind) and not node.names_values and not node.sound:
            for one in self.sounds():
                if one.label not in given and one.label not in node.parameters:
                    text = one.label + after.replace(": ", f": {one.label}", 1)
                    yield item(one.label, "sound", "a part", one.help, text)
        if not node.sound and "cycle" in node.parameters and (node.name in SHORT or "steps" in given):
            beside = {**LANE_MEANINGS, **{name: form.meaning for name, form in FORMS.items()}}
            if node.kind and takes_values(node.kind):
                beside = {name: help for name, help in beside.items() if may_stand_beside_values(name)}
            yield from (
                item(
                    name,
                    "parameter",
                    "a lane" if name in LANE_MEANINGS else "a transform",
                    f"{help[0].upper()}{help[1:]}.",
                    name + after,
                )
                for name, help in beside.items()
                if name not in given
            )
        own = node.kind.model_fields if node.kind else {}
        groups = sorted(node.parameters.values(), key=lambda p: (not p.required, p.name not in own))
        if not node.sound or node.kind:
            yield from (self.parameter(p, after) for p in groups if p.name not in given and self._offered(node, p))

    def _offered(self, node: NodeWritten, p: Parameter) -> bool:
        """Whether a parameter is of use: the list of a node with names of its own is written by these."""
        if node.kind and p.name == free_names(node.kind) and (node.names_values or node.sound):
            return False
        return not (node.sound and p.required)

    def parameter(self, p: Parameter, after: str) -> Item:
        """A parameter as a key."""
        return item(p.name, "parameter", parameter_detail(p), first_sentence(p.description), p.name + after)

    def values(self, word: str, in_call: str = "") -> Iterator[Item]:
        """The values of a parameter or a name, an expression for the most part."""
        role, p = self.role, self.role.parameter
        match role.form:
            case "transform":
                for name, form in FORMS.items():
                    yield item(name, "word", "", f"{form.meaning[0].upper()}{form.meaning[1:]}.")
            case "lane":
                if role.path[-1:] == ("tuning",):
                    yield from (item(one, "word") for one in (*TUNINGS, "19edo"))
                    return
                if role.path[-1:] == (LENGTH,):
                    yield from (item(one, "word") for one in LENGTHS)
                yield from self.patterns()
            case "section name":
                words = [*sections_of(self.names, self.inside), *(SECTION_WORDS if role.path[-1:] == ("then",) else ())]
                yield from (item(one, "word") for one in words)
            case "words" if p:
                words = list(dict.fromkeys(p.words.values()))
                yield from (item(one, "word", "default" if one == p.default else "") for one in words)
            case "flag":
                yield from (item(one, "word") for one in ("true", "false"))
            case "boundary" | "metre":
                yield from (item(one, "word") for one in (BOUNDARIES if role.form == "boundary" else METRES))
            case "file name":
                is_data = p is not None and p.form == "data"
                for one in self.names.around.files:
                    is_numbers, is_sound = (one.lower().endswith(ends) for ends in (DataFile.suffixes, DataFile.sounds))
                    if is_numbers or is_sound if is_data else not is_numbers:
                        yield item(one, "file")
            case "reference":
                yield from self.ids("")
            case "output":
                yield from self.outputs(self.desk.roles.id_read(role))
            case "entry":
                yield from self.sounds()
            case "signal" | "constant" | "point" | "position":
                yield from self.expression(word, in_call)

    def bare(self) -> Iterator[Item]:
        """Nodes and sounds as the value of a signal, written in brackets where a name alone would not be one."""
        if self.role.form == "signal":
            yield from self.sounds() if self.role.bare else self.sounds(": {}}", "{")
            for one in self.nodes():
                yield item(one.label, "node", one.detail, one.help, f"{{{one.detail or one.label}: {{}}}}", 2)

    def ids(self, dollar: str = "$") -> Iterator[Item]:
        """The ids: those of the sound before those of others."""
        own = self.names.own_ids(self.inside)
        for name in dict.fromkeys([*own, *self.names.ids]):
            where = "" if name in own else f"in {self.names.ids[name][0]}"
            yield item(dollar + name, "reference", where, "The node with this id.")

    def outputs(self, id: Target | None) -> Iterator[Item]:
        """The channels and the outputs with a name of the node with an id."""
        kind = self.desk.roles.node_with_id(id).kind if id else None
        if id and kind:
            yield from (item(name, "value", f"of '{id.name}'", output_help(kind, name)) for name in names_read(kind))

    def expression(self, word: str, in_call: str) -> Iterator[Item]:
        """The names, notes and functions of an expression; scales only where a list may be."""
        unit = self.role.parameter.unit if self.role.parameter else ""
        constant = self.inside == "vars"
        for name, target in self.role.names.items():
            yield item(name, "value", self.desk.written_at(target), f"A name of '{target.owner}'.")
        if not constant:
            yield from self.ids()
        for name, (_, one) in self.names.vars.items():
            if not (constant and self.role.path[-1:] == (name,)):
                yield item(name, "value", one.value.text if one.value.kind == "scalar" else "", "A var.")
        lengths = [item(name, "value", "", sentence) for name, sentence in TEMPO_MEANINGS.items()]
        notes = list(self.notes(word, unit == "Hz"))
        if unit == "Hz":
            yield from notes
        if unit == "s" and not constant:
            yield from lengths
        yield from self.functions()
        if not constant:
            yield from (
                item(name, "value", "of a note", NOTE_MEANINGS[one]) for one, all in NOTE_VALUES.items() for name in all
            )
            yield item("gate", "value", "of a note", NOTE_MEANINGS["gate"])
        if unit != "s" and not constant:
            yield from lengths
        if unit != "Hz":
            yield from notes
        known = [*CONSTANTS, *([] if constant else TIME_NAMES), *(SCALES if in_call in LISTS else ())]
        for name in known:
            if found := meaning(name):
                yield item(name, "constant", "", found.sentence)
        for name, (use, sentence) in OPERATOR_MEANINGS.items():
            if name.isalpha() and word:
                yield item(name, "operator", use, sentence)

    def notes(self, word: str, any_note: bool) -> Iterator[Item]:
        """The notes that a word may become; with `any_note`, without a word those of one octave."""
        if not word and any_note:
            yield from (_note(f"{letter}{OCTAVES[0]}") for letter in LETTERS)
        letter, accidental = word[:1], word[1:2] if word[1:2] in ("#", "s", "b") else ""
        if letter.lower() in LETTERS and letter:
            for sign in [accidental] if len(word) > 1 else ["", "#", "b"]:
                for octave in OCTAVES:
                    if note_frequency(f"{letter}{sign}{octave}"):
                        yield _note(f"{letter}{sign}{octave}")

    def patterns(self) -> Iterator[Item]:
        """The names of patterns."""
        for name, (_, one) in self.names.patterns.items():
            if not (self.inside == "patterns" and self.role.path[1:2] == (name,)):
                yield item(name, "value", one.value.text if one.value.kind == "scalar" else "", "A pattern.")
        yield from (item(name, "value", "", about) for name, about in self.names.python.items())

    def functions(self, after: str = "()") -> Iterator[Item]:
        """The functions of expressions, with brackets behind them."""
        for name, (use, sentence) in FUNCTION_MEANINGS.items():
            yield item(name, "function", use, sentence, name + after, 1 if after else 0)

    def step(self, word: str, first: str, is_only: bool) -> Iterator[Item]:
        """The words of a step: sounds, or behind the sound `first` its parameters, and the notes.

        `is_only`: whether nothing else stands in the step, which may be a rest then.
        """
        if not first:
            yield from self.sounds(is_step=True)
            yield from self.patterns()
            if is_only:
                yield item(REST, "rest", "", "A rest.")
            for name in self.names.samples:
                sentence = "Samples: `{0}` is the first file, `{0}:1` the second, and so on."
                yield item(name, "file", "", sentence.format(name))
            return
        if "=" in word:
            name = word.partition("=")[0]
            yield from (
                item(f"{name}={one.label}", "note", one.detail) for one in self.notes(word.partition("=")[2], True)
            )
            return
        node = self.desk.roles.named(first, self.inside)
        free = [name for name in node.free if name not in node.parameters]
        for name in free:
            yield item(name, "parameter", self.desk.written_at(node.free[name]), "", f"{name}=")
        for one, several in NOTE_VALUES.items():
            if not any(name in free for name in several):
                name = "note" if one == "freq" else several[-1]
                yield item(name, "parameter", "", NOTE_MEANINGS[one], f"{name}=")
        for p in node.parameters.values():
            if p.form == "signal" and p.name != "signal" and p.name not in free:
                yield item(p.name, "parameter", parameter_detail(p), first_sentence(p.description), f"{p.name}=")
        yield from self.notes(word, True)


def _note(name: str) -> Item:
    return item(name, "note", f"{note_frequency(name):.2f} Hz")
