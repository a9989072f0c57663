"""An entry that was edited in one place: it means what the whole text means, and keeps the data around the edit."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waves.language.text.document import Document, DocumentProblems, read_document
from waves.language.text.yaml_reader import YamlReader
from waves.language.text.yaml_values import YamlValue
from waves.problem import Problem

PIECE = """\
# A piece.
my_sound:
  mix:
    # the low one
    low: {track: {volume: 0.5, signal: {osc: {freq: c2}}}}

    high:
      track:
        volume: 0.25  # softer
        "pan": -0.3
        signal:
          filter:
            cutoff: 400 + 50 * sin(t)
            signal:
              sequencer:
                interval: 2 * beat
                steps: [kick, ~,
                        hat v.4]
    list:
      mix:
        signals:
        - osc: {freq: 1}
          amp: 2
        - {osc: {}}
    braces: {
      mix: {
        a: {osc: {}},
        b: 1
      }
    }
  # the end
  volume: 0.5
kick: {osc: {freq: 50, duration: 0.1}}
"""


def read(text: str, before: Document | None = None) -> tuple[Document, list[Problem]]:
    """The document and its problems."""
    try:
        return read_document(text, "waves.yaml", before), []
    except DocumentProblems as error:
        return error.document, error.problems


def shown(document: Document) -> list[Any]:
    """All that is known of the entries, with the place of every value."""

    def values(entry: Any, value: YamlValue, path: tuple[Any, ...]) -> list[Any]:
        inside = value.content
        steps = list(inside) if isinstance(inside, dict) else range(len(inside) if isinstance(inside, list) else 0)
        own = (path, entry.mark(path), entry.mark(path, key=True), value.size, value.height)
        return [own, *(one for step in steps for one in values(entry, inside[step], (*path, step)))]  # type: ignore[index]

    return [
        (name, repr(entry.data), entry.line, entry.text, dict(entry.doubled), values(entry, entry.value, ()))
        for name, entry in document.entries.items()
    ] + [(name, one.text, one.problems) for name, one in document.broken.items()]


LINES = (
    "    more: {osc: {freq: 3}}",
    "        volume: 0.75",
    "          volume: 0.75",
    "    low: 1",
    "  - 3",
    "# a remark",
    "",
    "    text: |",
    "    other: 'open",
    "    }",
    "   x: 1",
    "    high: *a",
    "    low: &a 3",
    "? long",
)
edits = st.lists(st.integers(0, 10**6), min_size=1, max_size=6)


def edit(text: str, chance: random.Random) -> str:
    """The text with one line, one character or a few lines changed."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    kind = chance.choice(("number", "number", "line", "gone", "indent", "letter", "swap"))
    if kind == "number":
        digits = [k for k, letter in enumerate(text) if letter.isdigit()]
        place = chance.choice(digits or [0])
        return text[:place] + str(chance.randrange(10)) + text[place + 1 :]
    if kind == "line":
        lines.insert(at, chance.choice(LINES))
    elif kind == "gone":
        del lines[at : at + chance.choice((1, 1, 2, 5))]
    elif kind == "indent":
        lines[at] = chance.choice(("  " + lines[at], lines[at][2:]))
    elif kind == "letter":
        place = chance.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:place] + chance.choice("ab:{}[],'\"#-&*| 1") + lines[at][place:]
    else:
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=6))
def test_an_edited_text_means_the_same_as_one_that_is_read_for_the_first_time(seeds: list[int]) -> None:
    text, before = PIECE, read(PIECE)[0]
    for seed in seeds:
        text = edit(text, random.Random(seed))
        document, problems = read(text, before)
        fresh, expected = read(text)
        assert shown(document) == shown(fresh)
        assert problems == expected
        before = document


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("volume: 0.25", "volume: loud", 1),
        ("freq: c2", "freq: c3", 2),  # with the empty line below
        ("hat v.4]", "hat v.5]", 2),
        ("steps: [kick, ~,\n", "steps: [kick, ~, kick,\n                        ~,\n", 3),
        ("- {osc: {}}", "- {osc: {freq: 2}}", 4),
        ("b: 1\n", "b: x\n", 7),  # names in braces may share lines; with the remark below
        ("        volume: 0.25", "        fade: 1\n        volume: 0.25", 12),
    ],
)
def test_only_the_part_around_the_edit_is_read(old: str, new: str, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read_lines = read(PIECE)[0], list[int]()
    whole = YamlReader.read

    def counted(reader: YamlReader, first: int, last: int) -> Any:
        read_lines.append(last - first)
        return whole(reader, first, last)

    monkeypatch.setattr(YamlReader, "read", counted)
    text = PIECE.replace(old, new, 1)
    assert text != PIECE
    after, _ = read(text, before)
    assert read_lines == [lines]
    assert shown(after) == shown(read(text)[0])
    was, now = (one.entries["my_sound"].data["mix"] for one in (before, after))
    kept = [name for name in was if now[name] is was[name]]
    assert len(kept) == len(was) - 1, "what was not edited is the same object"


def test_of_what_is_read_again_the_same_stays_the_same_object() -> None:
    piece = "a:\n  b: {c: {d: 1, e: [2, {f: 3}]}, g: x}\n  h: 0.0\n"
    was = read(piece)[0]
    before, after = was.entries["a"].data, read(piece.replace("g: x", "g: y"), was)[0].entries["a"].data
    assert after["b"]["c"] is before["b"]["c"] and after["b"] is not before["b"]
    assert str(read(piece.replace("0.0", "-0.0"), was)[0].entries["a"].data["h"]) == "-0.0"
    one = read("# a line\na: {b: 1, b: 2}\n")[0]
    assert read("a: {b: 2}\n", one)[0].entries["a"].data is not one.entries["a"].data, "its warning is another one"


@pytest.mark.parametrize(
    ("old", "new", "is_alone"),
    [
        ("volume: 0.5, signal", "volume: 12.25, signal", True),
        ("- osc: {freq: 1}", "- osc: {freq: -1e3}", True),
        ("amp: 2\n", "amp: .5\n", True),
        ("400 + 50", "400 + 60", False),  # a text
        ("volume: 0.5, signal", "volume: 2:30, signal", False),
        ("volume: 0.5, signal", "volume: 1e400, signal", False),
        ("hat v.4", "hat v.5", False),
    ],
)
def test_a_number_is_read_alone(old: str, new: str, is_alone: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    before, read_lines = read(PIECE)[0], list[int]()
    whole = YamlReader.read
    monkeypatch.setattr(YamlReader, "read", lambda reader, *lines: (read_lines.append(1), whole(reader, *lines))[1])
    text = PIECE.replace(old, new, 1)
    assert text != PIECE
    after, problems = read(text, before)
    assert (not read_lines) is is_alone
    fresh, expected = read(text)
    assert shown(after) == shown(fresh) and problems == expected


def test_what_reaches_over_lines_is_read_whole() -> None:
    for text, old, new in (
        ("a:\n  b: &x {c: 1}\n  d: *x\n", "c: 1", "c: 2"),
        ("a:\n  b: {c: 1}\n  d: {<<: {e: 1}}\n", "c: 1", "c: 2"),
        ("a:\n  b: |\n    c: 1\n    d: 1\n  e: 2\n", "c: 1", "c: 2"),
        ("a:\n  b: 1\n  b: 2\n", "b: 1", "b: 3"),
        ("a:\n  b:\n    c: 1\n  d: 2\n", "    c: 1", "  c: 1"),
        ("a:\n  b: 'x\n    c: 1\n    '\n  d: 2\n", "c: 1", "c: 2"),
    ):
        edited = text.replace(old, new)
        assert edited != text
        assert shown(read(edited, read(text)[0])[0]) == shown(read(edited)[0])
