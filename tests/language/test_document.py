"""A file as entries: the same whether it is read whole or entry by entry; unchanged entries keep their data."""

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.harness.documents import data, problems
from waves.language.text.document import (
    BrokenEntry,
    Document,
    DocumentProblems,
    Entry,
    _one_by_one,
    _parts,
    _whole,
    read_document,
)
from waves.language.text.file_lines import MAX_BYTES
from waves.language.text.yaml_values import YamlValue
from waves.problem import Mark, Problems

PIECE = """\
lead{n}:
  # warmer towards the end
  filter:
    cutoff: 800 + 200 * sin(t)
    peak: 0.3
    signal:
      osc: {{type: saw, freq: 220, amp: [0, 1, 0.5]}}
beat{n}:
  sequencer:
    interval: 0.125
    steps: [kick, ~, hat v.4, [kick, hat]]

"""


def places(entry: Entry) -> dict[tuple[Any, ...], tuple[Mark, Mark]]:
    """Marks of every value in the entry."""

    def paths(value: YamlValue, path: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        inside = value.content
        steps = list(inside) if isinstance(inside, dict) else range(len(inside) if isinstance(inside, list) else 0)
        return [path, *(below for step in steps for below in paths(inside[step], (*path, step)))]

    return {path: (entry.mark(path), entry.mark(path, key=True)) for path in paths(entry.value, ())}


def shown(document: Document) -> list[Any]:
    """All that a document says; `repr` tells 1 from 1.0 and True."""
    return [
        (name, repr(entry.data), entry.line, entry.text, places(entry), entry.source(entry.mark()))
        for name, entry in document.entries.items()
    ]


def test_data_is_plain() -> None:
    [(name, entry)] = read_document("a: {b: [1, {c: x}], d: ~}\n", "waves.yaml").entries.items()
    assert (name, entry.data) == ("a", {"b": [1, {"c": "x"}], "d": None})
    assert [type(part) for part in (entry.data, entry.data["b"], entry.data["b"][1]["c"])] == [
        dict,
        list,
        str,
    ]


def test_marks_count_from_one_and_point_to_what_is_written() -> None:
    entry = read_document("x: 1\nlead:\n  osc: {freq: 220,\n    amp: [0, 1]}\n", "waves.yaml").entries["lead"]
    assert entry.mark(key=True) == Mark("waves.yaml", 2, 1)
    assert entry.mark() == Mark("waves.yaml", 3, 3)
    assert entry.mark(("osc", "freq")) == Mark("waves.yaml", 3, 15)
    assert entry.mark(("osc", "amp"), key=True) == Mark("waves.yaml", 4, 5)
    assert entry.mark(("osc", "amp", 1)) == Mark("waves.yaml", 4, 14)
    assert entry.mark(("osc", "phase", 3)) == entry.mark(("osc",)), "nearest place around what is not there"
    assert entry.source(entry.mark(("osc", "amp"))) == "    amp: [0, 1]}"


def test_line_ends_and_byte_order_mark_change_nothing() -> None:
    text = PIECE.format(n=1)
    plain = read_document(text, "waves.yaml")
    for other in (text.replace("\n", "\r\n"), text.replace("\n", "\r"), "\ufeff" + text):
        assert shown(read_document(other, "waves.yaml")) == shown(plain)
    assert data("--- # a set\n" + text) == data(text)


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n"])
def test_a_file_without_entries(text: str) -> None:
    assert data(text) == {}


def test_unchanged_entries_keep_their_data_and_move() -> None:
    before = read_document("".join(PIECE.format(n=n) for n in range(3)), "waves.yaml")
    text = "".join(PIECE.format(n=n) for n in range(3)).replace("lead1:\n", "lead1:\n  # brighter\n\n")
    after = read_document(text, "waves.yaml", before)
    kept = [name for name in after.entries if after.entries[name].data is before.entries[name].data]
    assert kept == ["lead0", "beat0", "beat1", "lead2", "beat2"]
    assert shown(after) == shown(read_document(text, "waves.yaml"))
    assert shown(read_document(text, "waves.yaml", after)) == shown(after)


def test_a_changed_anchor_changes_the_entries_that_use_it() -> None:
    text = "_b: &b {type: saw}\none: {osc: *b}\ntwo: {osc: {}}\n"
    before = read_document(text, "waves.yaml")
    after = read_document(text.replace("saw", "sqr"), "waves.yaml", before)
    assert after.entries["one"].data == {"osc": {"type": "sqr"}}
    assert after.entries["two"].data is before.entries["two"].data


def test_what_nothing_is_wrong_with_can_be_used() -> None:
    text = "a: {b: 1, b: 2}\nc: {d: 'x}\ne: {f: 1}\n# g\nh: 1:30\ni: 1\ni: 2\nj: [k,\n  l]\n"
    with pytest.raises(DocumentProblems) as raised:
        read_document(text, "waves.yaml")
    document = raised.value.document
    assert [problem.mark.line for problem in raised.value.problems if problem.mark] == [2, 5]
    assert {name: entry.data for name, entry in document.entries.items()} == {
        "a": {"b": 2},
        "e": {"f": 1},
        "i": 2,
        "j": ["k", "l"],
    }
    assert list(document.broken) == ["c", "h"]
    assert document.entries["a"].doubled == {("b",): "'b' is written twice: the last one counts"}
    assert document.doubled == {"i": "'i' is written twice, also in line 6: this one counts"}


BROKEN = [
    ("a: {b: &x [1]}\nc: {d: *x}\ne: {f:1}", {"a": {"b": [1]}, "c": {"d": [1]}}, {"e"}),  # anchors and a slip
    ("a: {b: &x [1}\nc: {d: *x}\ne: {f: 1}", {"e": {"f": 1}}, {"a", "c"}),  # the anchor itself is lost
    ("a: {b: &x 1:30}\nc: {d: &y [*x]}\ne: *y\nf: 1", {"f": 1}, {"a", "c", "e"}),
    ("a: x\x00\nb: 1", {"b": 1}, {"a"}),
    ("a: x\udce9\nb: 1", {"b": 1}, {"a"}),
    ("# x\udce9\na: 1\n# \x00\nb: 1", {"a": 1, "b": 1}, set()),
    ("a: 1\n---\nb: 2", {"a": 1, "b": 2}, set()),
    ("a:\n  b: 1\n%  c: 2\n  d: 3\ne: 1", {"e": 1}, {"a", ""}),  # the line may belong to what stands above it
    ("a: " + "[" * 200 + "\nb: 1", {"b": 1}, {"a"}),
    ("a: 'x\nb: 1\na: 2", {"a": 2, "b": 1}, set()),
    ("a: 2\nb: 1\na: 'x", {"b": 1}, {"a"}),
    ("{a: 1, b: [}", {}, {""}),
    (
        "a: {b: &x 1, c: &y 2}\nd: {e: &z 3}\nf: {g: &w {h:1}}\ni: [*x, *y, *z, *w]",
        {"a": {"b": 1, "c": 2}, "d": {"e": 3}},
        {"f", "i"},
    ),
    ("t: &x 1\na: *x\nb: 1\na: {c:1}", {"t": 1, "b": 1}, {"a"}),  # beside what only the whole file shows
    ("t: &x 1\na: {c:1}\nb: *x\na: 2", {"t": 1, "b": 1, "a": 2}, set()),
]


@pytest.mark.parametrize(("text", "data", "broken"), BROKEN, ids=[text[:24] for text, _, _ in BROKEN])
def test_a_broken_entry_leaves_the_others_as_they_are(text: str, data: dict[str, Any], broken: set[str]) -> None:
    with pytest.raises(DocumentProblems) as raised:
        read_document(text, "waves.yaml")
    document = raised.value.document
    assert {name: entry.data for name, entry in document.entries.items()} == data
    assert set(document.broken) == broken
    assert all(entry.problems for entry in document.broken.values())
    again = read_again(text, document)
    assert {name: entry.data for name, entry in again.entries.items()} == data


def read_again(text: str, before: Document) -> Document:
    """The document of a text with a mistake, read after `before`."""
    with pytest.raises(DocumentProblems) as raised:
        read_document(text, "waves.yaml", before)
    return raised.value.document


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
        ("# x\n\n--- # a set\na: 1\n... # end\n\n# y\n", {"a": 1}),
        ("a:\n  freq:\t220\n  amp: 0.3\t# soft\n  b: [1,\t2]\t\n", {"a": {"freq": 220, "amp": 0.3, "b": [1, 2]}}),
        ("a:\t{b:\t'x\ty',\tc: \"\t\"}\n\t\n", {"a": {"b": "x\ty", "c": "\t"}}),
    ],
)
def test_what_yaml_allows_is_read(text: str, data: dict[str, Any]) -> None:
    assert {name: entry.data for name, entry in read_document(text, "waves.yaml").entries.items()} == data


@pytest.mark.parametrize("text", ["%YAML 1.2\na: 1", "%TAG ! x\n---\na: 1", "a: 1\n...\nb: 1", "a: 1\n---"])
def test_other_marks_of_yaml_are_explained(text: str) -> None:
    assert len(problems(text)) == 1


def test_a_file_that_is_no_yaml_at_all() -> None:
    assert len(problems("What a day.\n" * 1000)) == 1
    assert len(problems("".join(f"{n}: so: it: goes\n" for n in range(1000)))) == 100


def test_size_is_limited() -> None:
    assert data("# " + "x" * (MAX_BYTES - 2)) == {}
    [problem] = problems("# " + "é" * (MAX_BYTES // 2))
    assert problem.sentence == f"the file has more than {MAX_BYTES} bytes"


LINES = [
    *(
        "a:",
        "b: 1",
        "c: [x, 2]",
        "'d': {e: 1}",
        "f: |",
        "g: >+",
        "h: &x {i: 1}",
        "j: *x",
        "<<: *x",
        "k: &x [1]",
    ),
    *(
        "  l: 1",
        "  - m",
        "    n: {o: 1,",
        "  p: 2}",
        "q: [",
        "]",
        "- r",
        "  s: 't",
        "u'",
        "  <<: *x",
        "  y: [*x, *x]",
    ),
    *(
        "",
        "  ",
        "# v",
        "  # w",
        "{z: 1}",
        "? aa",
        ": bb",
        "text",
        "  more text",
        "  cc: 1:30",
        "dd: 'ee",
    ),
]


def wrong(found: list[tuple[int, Any]]) -> list[str]:
    """The problems of broken entries."""
    return [str(problem) for _, entry in found if isinstance(entry, BrokenEntry) for problem in entry.problems]


def entries(found: list[tuple[int, Any]]) -> Document:
    return Document("", {entry.name: entry for _, entry in found})


@settings(max_examples=400)
@given(st.lists(st.sampled_from(LINES), max_size=8))
@example(["f: |", "  more text", "", "# v", "b: 1"])
@example(["{z: 1}", "{z: 1}"])
@example(["? aa", ": bb"])
def test_read_by_entry_and_read_whole_are_the_same(lines: list[str]) -> None:
    found, fits = _one_by_one("waves.yaml", lines, _parts(lines), {})
    if fits:
        whole = _whole("waves.yaml", lines, {})
        assert whole.is_complete
        assert sorted(wrong(found)) == sorted([*wrong(whole.found), *map(str, whole.outside)])
        if not wrong(found) and len({entry.name for _, entry in found}) == len(found):
            assert shown(entries(found)) == shown(entries(whole.found))


def outcome(text: str, previous: Document | None) -> tuple[Document | None, list[Any]]:
    try:
        document = read_document(text, "waves.yaml", previous)
    except Problems as raised:
        return None, raised.problems
    return document, shown(document)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(LINES), max_size=8), st.lists(st.sampled_from(LINES), max_size=8))
def test_a_document_does_not_depend_on_the_one_before(old: list[str], new: list[str]) -> None:
    previous, _ = outcome("\n".join(old), None)
    for lines in (new, new + old, old + new):
        assert outcome("\n".join(lines), previous)[1] == outcome("\n".join(lines), None)[1]


@settings(max_examples=300)
@given(st.text(st.sampled_from("ab:-#&*!|>'\"%@`{}[],? \n\t()1.~<\\"), max_size=40))
def test_any_text_is_read_or_explained(text: str) -> None:
    try:
        read_document(text, "waves.yaml")
    except Problems as raised:
        for problem in raised.problems:
            assert problem.mark
            assert problem.source == text.split("\n")[problem.mark.line - 1]
            assert 1 <= problem.mark.column <= len(problem.source) + 1


@pytest.mark.timing
def test_an_edit_is_read_faster_than_the_file() -> None:
    text = "".join(PIECE.format(n=n) for n in range(23))
    edited = text.replace("lead11:\n", "lead11:\n  # brighter\n")

    def shortest(text: str, previous: Document | None) -> float:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            read_document(text, "waves.yaml", previous)
            times.append(time.perf_counter() - started)
        return min(times)

    whole = shortest(text, None)
    entry = shortest(edited, read_document(text, "waves.yaml"))
    assert entry < whole / 5


@pytest.mark.parametrize(
    "text", ["\x1fvars: {a: 2}\nmy_sound: osc\n", "\x1fmy_sound: osc\n", "# \x00\n\x1f\nmy_sound: osc"]
)
def test_a_line_before_all_entries_that_cannot_be_read_is_one_problem(text: str) -> None:
    with pytest.raises(DocumentProblems, match="a character that no editor shows"):
        read_document(text, "waves.yaml")
