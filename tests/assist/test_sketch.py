"""Sketches of texts: the keys, values and places that the reader of the language finds, and more where it gives up."""

from __future__ import annotations

import random

import pytest

from tests.harness.carets import many_texts
from waves.assist.sketch.block import Sketch
from waves.assist.sketch.entries import file_text
from waves.assist.sketch.flow import InlineReader
from waves.assist.sketch.spot import spot_at
from waves.assist.sketch.written import Item, Value
from waves.language.text.document import Document, DocumentProblems, read_document
from waves.language.text.yaml_reader import YamlValue
from waves.language.text.yaml_scalars import scalar
from waves.problem import Problems


def shape(value: Value) -> object:
    """A value as plain data with the places of its scalars."""
    match value.kind:
        case "mapping":
            return {item.name: shape(item.value) for item in value.items}
        case "list":
            return [shape(item.value) for item in value.items]
        case "nothing":
            return None
    return (value.text if value.quote else scalar(value.text)), value.begin


def same(value: YamlValue, sketched: object, line: int) -> bool:
    """Whether the reader of the language has found the same, in an entry that begins on a line."""
    if isinstance(value.content, dict):
        found = isinstance(sketched, dict) and sketched.keys() == value.content.keys()
        return found and all(same(inner, sketched[key], line) for key, inner in value.content.items())
    if isinstance(value.content, list):
        found = isinstance(sketched, list) and len(sketched) == len(value.content)
        return found and all(map(same, value.content, sketched, [line] * len(sketched)))
    place = value.place[0] - line, value.place[1]
    return sketched in ((value.content, place), None if value.content is None else ())


def document(text: str) -> Document | None:
    try:
        return read_document(text, "waves.yaml")
    except DocumentProblems as error:
        return error.document
    except Problems:
        return None


def test_it_finds_what_the_reader_of_the_language_finds():
    count = 0
    for text in many_texts():
        entries = document(text).entries.values()
        for entry in entries:
            if entry.shared or "&" in entry.text or "\\" in entry.text or "''" in entry.text:
                continue
            (item,) = Sketch(entry.text).items
            assert same(entry.value, shape(item.value), entry.line - 1 - entry.moved), entry.text
            count += 1
    assert count > 350


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: {osc: {freq: 3", {"a": {"osc": {"freq": 3}}}),
        ("a: {osc: {freq: 3, ", {"a": {"osc": {"freq": 3}}}),
        ("a:\n  x: {osc: {freq: 3\n  y: {osc: {}}", {"a": {"x": {"osc": {"freq": 3}}, "y": {"osc": {}}}}),
        ("a:\n  - [1, 2\n  - [3]", {"a": [[1, 2], [3]]}),
        ("a: {b: [1, 2}, c: 3}", {"a": {"b": [1, 2]}}),
        ("a: {b: 1}}, c", {"a": {"b": 1}}),
        ("a:\n  osc:\n    type: saw\n    fre", {"a": {"osc": {"type": "saw", "fre": None}}}),
        ("a:\n  osc:\n    fre", {"a": {"osc": "fre"}}),
        ('a: ["kick, hat]\nb: 1', {"a": ["kick, hat"], "b": 1}),
        ('a: ["kick,\n  hat", snare]', {"a": ["kick, hat", "snare"]}),
        ("a: {osc {freq: 3}}", {"a": {"osc": {"freq": 3}}}),
        ("a: {freq: 3 amp: 4}", {"a": {"freq": "3 amp", "": 4}}),
        ("a: [kick: 3, x]", {"a": [{"kick": 3}, "x"]}),
        ("a: |\n  one\n  two\nb: 1", {"a": "one two", "b": 1}),
        ("a: 1 +\n  2", {"a": "1 + 2"}),
        ("a:\n- 1\n- 2\nb: 3", {"a": [1, 2], "b": 3}),
        ("a:\n  - b: 1\n    c: 2\n  - d", {"a": [{"b": 1, "c": 2}, "d"]}),
        ("a: &x {b: *y} # note", {"a": {"b": "y"}}),
        ("{a: 1}", {"": {"a": 1}}),
    ],
)
def test_a_broken_text_keeps_what_can_be_told(text, found):
    def plain(value: Value) -> object:
        if value.items:
            named = {item.name: plain(item.value) for item in value.items}
            return named if value.kind == "mapping" else [plain(item.value) for item in value.items]
        if value.kind in ("mapping", "list"):
            return {}
        return None if value.kind == "nothing" else value.text if value.quote else scalar(value.text)

    assert {item.name: plain(item.value) for item in Sketch(text).items} == found


def path(items: tuple[Item, ...]) -> str:
    return ".".join(item.name or str(item.index) for item in items)


@pytest.mark.parametrize(
    ("text", "where", "names"),
    [
        ("a: {osc: {|}}", "inside", "a.osc"),
        ("a: {osc: {fr|}}", "key", "a.osc.fr"),
        ("a: {osc: {freq|: 3}}", "key", "a.osc.freq"),
        ("a: {osc: {freq: |}}", "value", "a.osc.freq"),
        ("a: {osc: {freq: 3|, amp: 2}}", "value", "a.osc.freq"),
        ("a: {osc: {freq: 3,| amp: 2}}", "key", "a.osc.amp"),
        ("a: {osc: {freq: [1, |2]}}", "value", "a.osc.freq.1"),
        ("a: {osc: {}|}", "value", "a.osc"),
        ("a: # no|te", "comment", ""),
        ("a: {osc: {}} # no|te", "comment", ""),
        ("# no|te\na: 1", "comment", ""),
        ("a:\n  |", "inside", "a"),
        ("a:\n  osc:\n    freq: 3\n    |", "inside", "a.osc"),
        ("a:\n  osc:\n    freq: 3\n  |", "inside", "a"),
        ("a:\n  osc:\n    freq: 3\n    am|", "key", "a.osc.am"),
        ("a:\n  - x\n  - |", "value", "a.1"),
        ("a:\n  b: {osc: {freq: 3,\n    |", "inside", "a.b.osc"),
        ('a: ["ki|ck"]', "value", "a.0"),
    ],
)
def test_the_spot_of_a_caret(text, where, names):
    line, column = text[: text.index("|")].count("\n"), text.index("|") - text.rfind("\n", 0, text.index("|")) - 1
    found = spot_at(Sketch(text.replace("|", "")), (line, column))
    if names == "a.osc" and where == "value":
        assert found.where == "comment"  # behind the brackets
    else:
        assert (found.where, path(found.path)) == (where, names)


def test_a_spot_is_the_same_whatever_was_read_before():
    text = "a:\n  sequencer:\n    interval: 1\n    steps:\n\n    swing: 2"
    read = Sketch(text)
    before = [spot_at(Sketch(text), (4, column)).where for column in range(8)]
    assert shape(read.items[0].value)
    assert [spot_at(read, (4, column)).where for column in range(8)] == before


def test_entries_are_those_of_the_reader():
    for text in many_texts():
        found = document(text)
        if any(entry.shared for entry in found.entries.values()):
            continue
        lines = {entry.name: entry.first + 1 for entry in file_text(text).entries if entry.name}
        assert {
            name: entry.line for name, entry in found.entries.items() if name.isidentifier()
        }.items() <= lines.items()


def parts(item):
    """All that is known of an item and the values in it."""
    value = item.value
    own = item.key, item.begin, item.end, item.sign, item.index
    of_value = value.kind, value.begin, value.end, value.parts, value.quote, value.closed, value.anchor, value.signs
    return own, of_value, [parts(one) for one in value.items]


def test_brackets_of_one_line_are_read_when_they_are_asked_for():
    items = Sketch("a: {mix: {\n x: {osc: {freq: c#4}}, y: [1,\n 2], z: ['{'] }}").items[0].value.items[0].value.items
    assert [(item.name, item.folded) for item in items] == [("x", True), ("y", False), ("z", False)]
    assert items[0].value.items[0].value.items[0].value.text == "c#4" and items[0].value.closed


def test_brackets_that_are_read_later_are_the_same(monkeypatch):
    """Also of broken texts: signs are put into all texts at random places."""
    chance = random.Random(5)
    texts = []
    for text in many_texts():
        lines = text.split("\n")
        first = chance.randrange(max(1, len(lines) - 60))
        for _ in range(4):
            text = "\n".join(lines[first : first + 60])
            for _ in range(chance.randrange(4)):
                at = chance.randrange(len(text) + 1)
                sign = chance.choice(["{", "}", "[", "]", '"', "'", "#", " #", ",", ":", " : ", "\n", "&x ", "*x", "x"])
                text = text[:at] + sign + text[at + chance.randrange(2) :]
            texts.append(text)
    later = [[parts(item) for item in Sketch(text).items] for text in texts]
    monkeypatch.setattr(InlineReader, "_closing_column", lambda _: 0)
    for text, found in zip(texts, later, strict=True):
        assert found == [parts(item) for item in Sketch(text).items], text
