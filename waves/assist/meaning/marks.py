"""Marks: every word and sign of an entry with its kind, and with the thing that it means."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from waves.assist.meaning.mark import Kind, Mark
from waves.assist.meaning.pattern_marks import pattern_values
from waves.assist.meaning.piece_names import Target
from waves.assist.meaning.role import FILE, KeyKind, NodeWritten, Role
from waves.assist.meaning.roles import Roles, is_null
from waves.assist.sketch.entries import EntryText
from waves.assist.sketch.written import Sign, Value, Word
from waves.language.expression.builtin_names import FUNCTIONS, builtin, note_frequency
from waves.language.expression.meanings import NOTE_MEANINGS, TEMPO_MEANINGS
from waves.language.expression.parser import MAX_LENGTH
from waves.language.expression.tokenizer import OPERATOR_WORDS, words
from waves.language.model.parameter_notation import NUMBER, read_word
from waves.language.model.quantize import read_quantize
from waves.language.model.step_notation import FILE_OF_FOLDER, step_words
from waves.language.model.vocabulary import NOTE_NAMES, REST, canonical_name, names_of_value
from waves.language.patterns.reader import WORD as PATTERN_WORD
from waves.language.text.yaml_scalars import scalar
from waves.node_types.library.signature import names_read

REST_SIGNS = (REST, "-", "_", ".")
SENT_HERE = "sends"  # what is sent to a part of a mix, as it reads it


class Marks:
    """The marks of the entries of a piece."""

    def __init__(self, roles: Roles):
        self.roles = roles
        self.names = roles.names

    def of_entry(self, file: str, entry: EntryText, lines: Sequence[int]) -> Iterator[Mark]:
        """The marks on some lines of an entry, and more of the items that reach into them; in no order.

        The lines ascend, and count from that of the entry.
        """
        self.file, self.lines = file, lines
        for sign in entry.sketch.comments:
            yield from self._sign(sign, FILE)
        yield from self._collection(Value("mapping", items=entry.sketch.items), FILE)

    def _collection(self, value: Value, role: Role) -> Iterator[Mark]:
        """The marks of all items that reach into the lines that are asked for."""
        for sign in value.signs:
            yield from self._sign(sign, role)
        for item in value.items:
            k = bisect_left(self.lines, item.begin[0])
            if k == len(self.lines) or self.lines[k] > item.end[0]:
                continue
            inner = self.roles.of_item(role, value, item)
            if item.key and value.kind == "mapping":
                named = inner.key if item.sign else "unknown"
                yield Mark(named, item.key, inner, inner.target, item.value, True)
            if item.sign:
                yield Mark("punctuation", item.sign, inner)
            yield from self._value(item.value, inner)

    def _sign(self, sign: Sign, role: Role) -> Iterator[Mark]:
        if sign.kind == "anchor":
            yield from self._anchor("&", Word(sign.word.text[1:], sign.word.line, sign.word.column + 1), role)
        else:
            yield Mark(sign.kind, sign.word, role)

    def _anchor(self, sign: str, name: Word, role: Role) -> Iterator[Mark]:
        """The marks of an anchor, or of its use."""
        yield Mark("anchor", Word(sign, name.line, name.column - 1), role)
        yield Mark("anchor", name, role, Target("anchor", self.file, name.text), defines=sign == "&")

    def _value(self, value: Value, role: Role) -> Iterator[Mark]:
        if value.kind in ("mapping", "list"):
            yield from self._collection(value, role)
            return
        for sign in value.signs:
            yield from self._sign(sign, role)
        if value.kind == "alias":
            yield from self._anchor("*", value.parts[0], role)
        elif is_null(value):
            yield from (Mark("rest", part, role, None, value, True) for part in value.parts)
        elif value.kind == "scalar":
            yield from self._scalar(value, role)

    def _scalar(self, value: Value, role: Role) -> Iterator[Mark]:
        """The marks of a text or a number, by what may stand there."""
        alone = len(value.parts) == 1
        for part in value.parts:
            if value.quote in ('"', "'") and ("\\" in part.text or "''" in part.text):
                yield Mark("text", part, role, None, value)
                continue
            match role.form:
                case "step":
                    yield from self._step(part, value, role)
                case "steps":
                    yield from self._pattern(part, value, role)
                case "lane" | "transform" | "pattern":
                    for found, word in pattern_values(part, role.form):
                        if role.form == "pattern" and word.text.partition(":")[0] in self.names.sounds:
                            yield from self._pattern(word, value, role)
                        else:
                            yield self._named(word, role) if found == "text" else Mark(found, word, role)
                case "signal" | "constant" | "point" | "position":
                    yield from self._expression(part, value, role, alone)
                case "output":
                    yield self._output(part, self.roles.id_read(role), role, value)
                case "entry":
                    node = self.roles.named(part.text, role.inside)
                    yield self._node(node, part, role, value)
                case _:
                    kind, target = self._plain(part.text, value, role)
                    yield Mark(kind, part, role, target, value, alone)

    def _node(self, node: NodeWritten, word: Word, role: Role, value: Value) -> Mark:
        target = Target("sound", "", node.sound) if node.sound else None
        kind: Kind = "unknown" if not node.name else ("sound" if node.sound else "node")
        return Mark(kind, word, role, target, value, True)

    def _plain(self, text: str, value: Value, role: Role) -> tuple[Kind, Target | None]:
        """The kind of a text that is no expression, and the thing that it means."""
        p = role.parameter
        match role.form:
            case "words":
                return ("word" if p and text.lower() in p.words else "unknown"), None
            case "flag":
                known = text.lower() in ("true", "false")
                return ("word" if known else "text"), None
            case "id":
                return "reference", Target("id", role.inside, text)
            case "reference":
                target = self.names.id_target(text, role.inside)
                return ("reference" if target else "unknown"), target
            case "boundary":
                try:
                    read_quantize(text)
                except ValueError:
                    return "unknown", None
                return "word", None
            case "parameters":
                return "unknown", None
        return ("number" if not value.quote and is_number(text) else "text"), None

    def _expression(self, part: Word, value: Value, role: Role, alone: bool) -> Iterator[Mark]:
        """The marks of an expression; of the name of a node, where that is enough, of the node."""
        text = part.text
        if role.bare and alone:
            node = self.roles.named(text.strip(), role.inside)
            if node.name:
                yield self._node(node, part, role, value)
                return
        if alone and is_number(text):
            yield Mark("number", part, role, None, value, True)
            return
        tokens = list(words(text[:MAX_LENGTH]))
        for k, (kind, word, column) in enumerate(tokens):
            at = Word(word, part.line, part.column + column)
            is_call = k + 1 < len(tokens) and tokens[k + 1][1] == "("
            id, dot, output = word.partition(".") if word.startswith("$") else (word, "", "")
            found, target = self._token(kind, id, is_call, role)
            yield Mark(found, at._replace(text=id), role, target, value, alone and len(tokens) == 1)
            if output:
                yield Mark("punctuation", Word(dot, at.line, at.column + len(id)), role)
                yield self._output(Word(output, at.line, at.column + len(id) + 1), target, role, value)

    def _output(self, word: Word, id: Target | None, role: Role, value: Value) -> Mark:
        """The mark of the name of an output, or of a channel, of the node with an id."""
        node = self.roles.node_with_id(id) if id and id.kind == "id" else None
        missing = node is not None and node.kind is not None and word.text not in names_read(node.kind)
        return Mark("unknown" if missing else "value", word, role, None, value, output_of=id)

    def _token(self, kind: str, word: str, is_call: bool, role: Role) -> tuple[Kind, Target | None]:
        """The kind of a part of an expression, and the thing that it means."""
        match kind:
            case "number":
                return "number", None
            case "operator":
                return ("punctuation" if word in "()[]," else "operator"), None
            case "doubled" | "wrong":
                return "unknown", None
        if word in OPERATOR_WORDS:
            return "operator", None
        if is_call:
            return ("function" if word in FUNCTIONS else "unknown"), None
        return self.name(word, role)

    def name(self, word: str, role: Role) -> tuple[Kind, Target | None]:
        """The kind of a name in an expression, and the thing that it means, in the order of the language.

        With a dollar ids come first; without one names around, ids of the sound, vars, built-in names, other ids.
        """
        name = word.removeprefix("$")
        id = self.names.id_target(name, role.inside)
        if word.startswith("$") and (id or name == SENT_HERE):
            return "reference", id
        if name in role.names:
            return "value", role.names[name]
        if id and id.owner == role.inside and name not in NOTE_NAMES:
            return "reference", id
        if name in self.names.vars:
            return "value", Target("var", "vars", name)
        if name in TEMPO_MEANINGS or (name in NOTE_NAMES and role.inside != "vars"):
            return "value", None
        if note_frequency(name):
            return "note", None
        if builtin(name) is not None:
            return "constant", None
        return ("reference", id) if id else ("unknown", None)

    def _step(self, part: Word, value: Value, role: Role) -> Iterator[Mark]:
        """The marks of the text of a step: sounds with their parameters, and commas."""
        for start, found in step_words(part.text):
            if start:
                yield Mark("punctuation", Word(",", part.line, part.column + start - 1), role)
            if not found:
                continue
            first, *others = found
            word = Word(first.text, part.line, part.column + first.column)
            if first.text == REST:
                yield Mark("rest", word, role)
                continue
            if match := FILE_OF_FOLDER.fullmatch(first.text):
                yield Mark("text", Word(match[1], word.line, word.column), role)
                yield Mark("punctuation", Word(":", word.line, word.column + match.start(2) - 1), role)
                node = self.roles.named("sample", role.inside)
                chop = node.parameters.get("chop")
                at = replace(role, node=node, parameter=replace(chop, form="whole") if chop else None)
                yield Mark("number", Word(match[2], word.line, word.column + match.start(2)), at, None, value, True)
            else:
                node = self.roles.named(first.text, role.inside)
                yield self._started(node, word, role, value)
            for one in others:
                yield from self._step_parameter(Word(one.text, part.line, part.column + one.column), node, role)

    def _pattern(self, part: Word, value: Value, role: Role) -> Iterator[Mark]:
        """The marks of a pattern: sounds with what they are given after colons; signs and their numbers."""
        for match in PATTERN_WORD.finditer(part.text):
            first, *others = match[0].split(":")
            column = part.column + match.start()
            word = Word(first, part.line, column)
            if first in REST_SIGNS or is_number(first):
                yield Mark("rest" if first in REST_SIGNS else "punctuation", word, role)
                continue
            node = self.roles.named(first, role.inside)
            yield self._started(node, word, role, value)
            for one in others:
                column += len(first) + 1
                first = one
                if one.isdecimal() and word.text in self.names.samples:
                    yield Mark("number", Word(one, part.line, column), role, None, value)
                elif one:
                    yield from self._step_parameter(Word(one, part.line, column), node, role)

    def _started(self, node: NodeWritten, word: Word, role: Role, value: Value) -> Mark:
        """The mark of the first word of a step: a sound, or the name of a pattern."""
        if word.text in self.names.patterns or self._is_of_python(word):
            return self._named(word, role)
        if not node.name and word.text in self.names.samples:
            return Mark("step", word, role, None, value)
        mark = self._node(node, word, role, value)
        return Mark("step" if mark.kind == "sound" else mark.kind, word, role, mark.target, value)

    def _named(self, word: Word, role: Role) -> Mark:
        """The mark of a word that may be the name of a pattern."""
        if word.text in self.names.patterns:
            return Mark("value", word, role, Target("pattern", "patterns", word.text))
        return Mark("value" if self._is_of_python(word) else "text", word, role)

    def _is_of_python(self, word: Word) -> bool:
        return word.text in self.names.python

    def _step_parameter(self, word: Word, node: NodeWritten, role: Role) -> Iterator[Mark]:
        """The marks of a word behind a sound: `v.4`, `c2`, `note=c2`."""
        read = read_word(word.text, {*node.parameters, *node.free})
        if read is None:
            yield Mark("unknown", word, role)
            return
        target = next((node.free[one] for one in (read.name, *names_of_value(read.name)) if one in node.free), None)
        p = None if target else node.parameters.get(read.name)
        key: KeyKind = "name" if target or p is None else "parameter"
        path = (*role.path, read.name)
        at = Role("step", role.inside, node, p, names=role.names, key=key, target=target, path=path)
        if read.form == "note":
            yield Mark("note" if note_frequency(word.text) else "unknown", word, at)
            return
        known = target or p or canonical_name(read.name) in NOTE_MEANINGS
        yield Mark("parameter" if known else "unknown", Word(read.name, word.line, word.column), at, target)
        if read.form == "assigned":
            yield Mark("punctuation", Word("=", word.line, word.column + len(read.name)), at)
        if read.value:
            value = Word(read.value, word.line, word.end - len(read.value))
            is_note = note_frequency(read.value) is not None
            is_plain = re.fullmatch(NUMBER, read.value) is not None
            yield Mark("note" if is_note else "number" if is_plain else "unknown", value, at, alone=True)


def is_number(text: str) -> bool:
    """Whether a text without quotes is a number of YAML."""
    try:
        value = scalar(text)
    except ValueError:
        return False
    return isinstance(value, int | float) and not isinstance(value, bool)
