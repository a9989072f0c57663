"""Help for the word under a caret."""

from __future__ import annotations

from dataclasses import dataclass

from waves.assist.answers.desk import Desk, Range
from waves.assist.answers.places import located
from waves.assist.answers.sentences import ENTRIES, node_help, output_help, parameter_detail, sound_help
from waves.assist.meaning.mark import Mark
from waves.assist.meaning.piece_names import Surroundings, Target, sections_of
from waves.assist.meaning.role import NodeWritten
from waves.language.expression.meanings import NOTE_MEANINGS, meaning
from waves.language.model.patterned.lane_values import LANE_MEANINGS
from waves.language.model.patterned.transform_table import FORMS
from waves.language.model.vocabulary import canonical_name
from waves.node_types.library.parameters import Parameter
from waves.node_types.library.signature import names_read

BESIDE = {**LANE_MEANINGS, **{name: form.meaning for name, form in FORMS.items()}}
"""Lanes and transforms, each in words."""


@dataclass(frozen=True, slots=True)
class Hover:
    """Help for the part of a line that `range` is; `text` is plain text, one fact a line."""

    range: Range
    title: str
    text: str


def hover(text: str, line: int, column: int, around: Surroundings) -> Hover | None:
    """The help for the word under a caret, None where there is nothing to say. Any text and place are taken."""
    desk = Desk(text, around)
    found = desk.mark_at(line, column)
    if found is None:
        return None
    entry, mark = found
    title, sentences = _Explained(desk, mark).parts()
    lines = [sentence for sentence in sentences if sentence]
    return Hover(desk.range_of(around.name, entry, mark), title, "\n".join(lines)) if lines else None


class _Explained:
    """The help for one mark."""

    def __init__(self, desk: Desk, mark: Mark):
        self.desk, self.mark, self.role = desk, mark, mark.role

    def parts(self) -> tuple[str, list[str]]:
        """The title and the sentences."""
        mark, word = self.mark, self.mark.word.text
        if self.role.form in ("section name", "section") and (found := self._section(word)):
            return word, [found]
        if mark.output_of:
            return f"${mark.output_of.name}.{word}", self._output(mark.output_of)
        match mark.kind:
            case "entry" | "sound" | "step" if mark.target:
                return self._sound(mark.target.name)
            case "entry":
                return word, [ENTRIES.get(word, "")]
            case "node":
                kind = self.desk.names.vocabulary.types.get(word)
                return word, [node_help(kind)] if kind else []
            case "name" | "value" | "reference" | "anchor" if mark.target:
                return word, self._target(mark.target)
            case "parameter" | "word" if self.role.form in ("transform", "lane") and word in BESIDE:
                return word, [f"{BESIDE[word][0].upper()}{BESIDE[word][1:]}."]
            case "parameter" if mark.target:
                return word, self._target(mark.target)
            case "number" if self.role.target and mark.alone:
                return self.role.target.name, self._target(self.role.target)
            case "parameter" | "word" | "text" | "number" if self.role.parameter:
                return self._parameter(self.role.node.name, self.role.parameter)
            case "value" if word in self.desk.names.python:
                return word, [self.desk.names.python[word]]
            case "value" | "parameter" if canonical_name(word) in NOTE_MEANINGS:
                return word, [NOTE_MEANINGS[canonical_name(word)]]
            case "value" | "constant" | "note" | "function" | "operator":
                if known := meaning(word.removeprefix("$")):
                    return known.use, [known.sentence]
            case "rest":
                return word, ["A rest."] if self.role.form in ("step", "signal") else ["Nothing."]
        return "", []

    def _section(self, name: str) -> str:
        """The length of a section and what comes after it, as they are written in the song of this sound."""
        written = sections_of(self.desk.names, self.role.inside).get(name)
        if written is None:
            return ""
        keys = written.value.by_key
        given = {key: keys[key].value for key in ("bars", "then") if key in keys}
        bars = given["bars"].text if "bars" in given else written.value.text if not keys else ""
        after = given.get("then")
        listed = after.text or ", ".join(after.by_key) if after else ""
        length = f" of {bars} bar{'s' * (bars != '1')}" if bars else ""
        return f"A section{length}{f'; then {listed}' if listed else ''}."

    def _sound(self, name: str) -> tuple[str, list[str]]:
        located_sound = self.desk.names.sounds.get(name)
        if located_sound is None:
            return "", []
        top = self.desk.roles.top_of(name)
        node = f"A sound whose first node is '{top.name}'." if top.name else "A sound."
        return name, [sound_help(self.desk.names, located_sound), node, self._names(top)]

    def _names(self, top: NodeWritten) -> str:
        """The names of the player's that a sound takes, with their values."""
        given = [f"{name} {self.desk.written_at(target)}".strip() for name, target in top.free.items()]
        return ("Parameters: " if top.takes_values else "Parts: ") + ", ".join(given) if given else ""

    def _parameter(self, node: str, p: Parameter) -> tuple[str, list[str]]:
        return f"{node}.{p.name}", [p.description, parameter_detail(p)]

    def _names_read(self, id: Target) -> str:
        """The ways in which parts of what a node gives are read."""
        kind = self.desk.roles.node_with_id(id).kind
        names = names_read(kind) if kind else ()
        return "Parts of it: " + ", ".join(f"${id.name}.{name}" for name in names) if names else ""

    def _output(self, id: Target) -> list[str]:
        """The help for the name of an output of the node with an id."""
        kind, name = self.desk.roles.node_with_id(id).kind, self.mark.word.text
        return [output_help(kind, name)] if kind and name in names_read(kind) else []

    def _target(self, target: Target) -> list[str]:
        """The thing that a name means, with the line where it is defined."""
        places = located(self.desk, target)
        where = ""
        if places:
            place = places[0][1]
            where = f"line {place.line}" if place.file == self.desk.around.name else f"{place.file}, line {place.line}"
        mark = places[0][0] if places else None
        match target.kind:
            case "id":
                node = mark.role.node.name if mark else ""
                return [
                    f"The output of '{node}' with this id in '{target.owner}', {where}." if where else "",
                    self._names_read(target),
                ]
            case "var":
                value = mark.value.text if mark and mark.value else ""
                return [f"A var: {value}" if value else "A var.", f"Defined in {where}." if where else ""]
            case "pattern":
                value = mark.value.text if mark and mark.value else ""
                return [f"A pattern: {value}" if value else "A pattern.", f"Defined in {where}." if where else ""]
            case "name":
                value = self.desk.written_at(target)
                return [f"A name of '{target.owner}'" + (f": {value}" if value else "."), f"Defined in {where}."]
            case "anchor":
                return [f"An anchor, set in {where}."] if where else []
        return [f"A part of '{target.owner}', {where}." if where else f"A part of '{target.owner}'."]
