"""A file's text becomes plain data with a place for every value, the same whether read whole or by entry."""

import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from waves.language.text.document import (
    MAX_BYTES,
    Document,
    DocumentProblems,
    Entry,
    _one_by_one,
    _whole,
    read_document,
)
from waves.language.text.yaml_reader import MAX_VALUES, YamlValue
from waves.problem import Mark, Problem, Problems

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


def data(text: str) -> dict[str, Any]:
    return {name: entry.data for name, entry in read_document(text, "waves.yaml").entries.items()}


def problems(text: str) -> list[Problem]:
    with pytest.raises(Problems) as raised:
        read_document(text, "waves.yaml")
    return raised.value.problems


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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("012", 12), ("1_000", 1000), ("-3", -3), ("+4", 4), ("0x1F", 31), ("0o17", 15), ("1_0.5", 10.5)),
        *(
            ("1e3", 1000.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-.5e-1", -0.05),
            (".inf", float("inf")),
            ("9" * 5000, 1e999),
        ),
        *(("true", True), ("False", False), ("~", None), ("null", None), ("", None)),
        *(
            ("yes", "yes"),
            ("on", "on"),
            ("1:3", "1:3"),
            ("'1'", "1"),
            ('"~"', "~"),
            ("bd:3", "bd:3"),
        ),
        *(("rand(1, 2)", "rand(1, 2)"), ("c#4", "c#4"), ("$a + 1", "$a + 1"), ("inf", "inf"), ("1 # one", 1)),
    ],
)
def test_scalars(written: str, meant: object) -> None:
    read = data(f"a:\n  b: {written}")["a"]["b"]
    assert (read, type(read)) == (meant, type(meant))


def test_keys_are_text_as_written() -> None:
    assert list(data("a: {1: x, 1.0: y, true: z, ~: u, 012: v, 'q r': w}")["a"]) == [
        *("1", "1.0", "true", "~", "012", "q r"),
    ]
    assert list(data("808: kick\n")) == ["808"]


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


def test_anchors_aliases_and_merge() -> None:
    text = "_b: &b {type: saw, amp: [1]}\none: {osc: *b}\ntwo: {osc: {freq: 2, <<: [{amp: 3}, *b]}}\n"
    document = read_document(text, "waves.yaml")
    one, two = document.entries["one"], document.entries["two"]
    assert one.data == {"osc": {"type": "saw", "amp": [1]}}
    assert two.data == {"osc": {"amp": 3, "type": "saw", "freq": 2}}
    assert one.data["osc"]["amp"] is not document.entries["_b"].data["amp"], "each use is data of its own"
    assert one.mark(("osc",)) == Mark("waves.yaml", 2, 12)
    assert one.mark(("osc", "type")) == Mark("waves.yaml", 1, 15)
    assert one.source(one.mark(("osc", "type"))) == "_b: &b {type: saw, amp: [1]}"


def test_a_changed_anchor_changes_the_entries_that_use_it() -> None:
    text = "_b: &b {type: saw}\none: {osc: *b}\ntwo: {osc: {}}\n"
    before = read_document(text, "waves.yaml")
    after = read_document(text.replace("saw", "sqr"), "waves.yaml", before)
    assert after.entries["one"].data == {"osc": {"type": "sqr"}}
    assert after.entries["two"].data is before.entries["two"].data


@pytest.mark.parametrize(
    ("text", "line", "column", "path", "words"),
    [
        (
            "a: {osc: {freq: rand(200, 400)}}",
            1,
            17,
            "a.osc.freq",
            "quote the expression: a comma ends a value inside { }",
        ),
        ("a: [rand([1, 2]), 3]", 1, 5, "a.0", "quote the expression: a comma ends a value inside { }"),
        ("a: [1, chord[0]]", 1, 13, "a", "quote the expression: '['"),
        ("x: 1\na: {b: 1", 2, 4, "a", "this '{' is never closed"),
        ("a: {b: 1}}", 1, 10, "a", "no bracket is open for this '}'"),
        ("a: {b: 1\n  c: 2}", 2, 3, "a", "expected ',' or '}' before 'c'"),
        ("a: [c #4, d]", 1, 7, "a", "' #' is a comment"),
        ("a:\n  b: c #4", 2, 8, "a.b", "' #' is a comment"),
        ("a:\n  b: rand(1, #2)", 2, 14, "a.b", "' #' is a comment"),
        *((f"a: {letter}5", 1, 4, "a", f"'{letter}' cannot begin a value") for letter in "%@`"),
        ("a: & 1", 1, 4, "a", "'&' at the beginning"),
        ("a: &b", 1, 4, "a", "nothing follows the anchor '&b'"),
        ("a: *2", 1, 4, "a", "no anchor '&2'"),
        ("a: {b: &x [*x]}", 1, 12, "a.b.0", "no anchor '&x'"),
        ("a: > 0.5", 1, 4, "a", "'>' at the beginning"),
        ("a: | x", 1, 4, "a", "'|' at the beginning"),
        ("a: !x", 1, 4, "a", "'!x' is a tag"),
        ("a: !!python/object:os.system x", 1, 4, "a", "'!!python/object:os.system' is a tag"),
        ("a:\n\tb: 1", 2, 1, "a", "a tab stands here"),
        ("a: {b: 1:30}", 1, 8, "a.b", "write seconds, not minutes: 90"),
        ("a: {b: 2020-01-02}", 1, 8, "a.b", "is a date"),
        ("a: {b: .nan}", 1, 8, "a.b", "is not a number"),
        ("a: {b: 1,\n  b: 2}", 2, 3, "a", "'b' is written twice, here and in line 1"),
        ("a: 1\nb: 2\na: 3", 3, 1, "", "'a' is written twice, here and in line 1"),
        ("a: 1\n---\nb: 2", 2, 1, "", "'---' begins another document"),
        ("a: 1\n...\nb: 2", 2, 1, "", "'...' begins another document"),
        ("- a\n- b", 1, 1, "", "the file is a list"),
        ("hello", 1, 1, "", "expected a sound"),
        ("a:1", 1, 2, "", "write a space after ':'"),
        ("a: {b:1}", 1, 6, "a", "write a space after ':'"),
        ("a: {: 1}", 1, 6, "a", "a name is missing before ':'"),
        ("[a]: b", 1, 1, "", "only plain text stands before ':'"),
        ("a: {<<: 3}", 1, 9, "a", "'<<' adds parameters"),
        ("b: &b {}\n<<: *b", 2, 1, "", "'<<' stands inside a sound"),
        ("a: 'x\nb: 1", 1, 4, "a", "the quote that begins here is never closed"),
        ('a: "\\q"', 1, 5, "a", "this '\\' means nothing"),
        ("a: b: c", 1, 5, "a", "quote a text with ': ' in it"),
        ("a:\n  b: 1\n   c: 2", 3, 4, "a", "indented deeper"),
        ("a:\n  b: 1\n c: 2", 3, 2, "a", "indentation of this line fits no line above"),
        ("a: 'x' y", 1, 8, "a", "nothing may follow a closing quote"),
        ("a: - b", 1, 4, "a", "a list with '- '"),
        ("a: [x,,y]", 1, 7, "a", "a value is missing before this ','"),
        ("a: [x, # y", 1, 11, "a", "a value is missing here"),
        ("a: }", 1, 4, "a", "a value is missing before this '}'"),
        ("a: x\x00y", 1, 5, "", "U+0000"),
        ("a: b\udce9", 1, 5, "", "not UTF-8"),
    ],
)
def test_problems(text: str, line: int, column: int, path: str, words: str) -> None:
    [problem] = problems(text)
    assert problem.mark == Mark("waves.yaml", line, column)
    assert problem.path == path
    assert words in problem.sentence
    assert problem.source == text.split("\n")[line - 1]
    assert "\n" not in problem.sentence


def test_quoting_is_suggested_in_full() -> None:
    first, second = problems("a: {freq: clip(t, 0, 1), amp: rand([1, 2], 3)}")
    assert first.suggestion == '"clip(t, 0, 1)"'
    assert second.suggestion == '"rand([1, 2], 3)"'


def test_quoted_text_may_hold_anything() -> None:
    assert data("a: {'rand(1': \"c #4, (\", \"b:1\": ~, 'x:1': }") == {
        "a": {"rand(1": "c #4, (", "b:1": None, "x:1": None}
    }


def test_all_problems_of_a_file_at_once() -> None:
    found = problems("a: [x\nb: {y: 1, y: 2, z: 1:30}\nc: 'z\nd:\n\te: 1\n\tf: 2\nok: *b\n")
    assert [(problem.mark.line, problem.sentence[:12]) for problem in found if problem.mark] == [
        *((1, "this '[' is "), (2, "'y' is writt"), (2, "write second"), (3, "the quote th")),
        *((5, "a tab stands"), (6, "a tab stands")),
    ]


def test_what_nothing_is_wrong_with_can_be_used() -> None:
    text = "a: {b: 1, b: 2}\nc: {d: 'x}\ne: {f: 1}\n# g\nh: 1:30\ni: 1\ni: 2\nj: [k,\n  l]\n"
    with pytest.raises(DocumentProblems) as raised:
        read_document(text, "waves.yaml")
    assert [problem.mark.line for problem in raised.value.problems if problem.mark] == [1, 2, 5, 7]
    assert {name: entry.data for name, entry in raised.value.document.entries.items()} == {
        "e": {"f": 1},
        "j": ["k", "l"],
    }


def test_a_file_that_is_no_yaml_at_all() -> None:
    assert len(problems("What a day.\n" * 1000)) == 1
    assert len(problems("".join(f"{n}: so: it: goes\n" for n in range(1000)))) == 100


@pytest.mark.parametrize(
    "text",
    [
        *("a: " + opening * 10_000 for opening in ("[", "{", "{a: ", "[\n", "{? ", "[[a]: ")),
        "a:\n" + "".join(" " * depth + "a:\n" for depth in range(1, 200)),
        "a:\n  " + "- " * 10_000 + "x",
        "a:\n  " + "? " * 10_000 + "x",
    ],
)
def test_depth_is_limited(text: str) -> None:
    started = time.perf_counter()
    *_, problem = problems(text)
    assert "more than 100 levels" in problem.sentence
    assert time.perf_counter() - started < 2, "one second on a free machine"


def test_depth_counts_through_aliases() -> None:
    chain = "".join(f"l{n}: &l{n} [[[[[[[[[[*l{n - 1}]]]]]]]]]]\n" for n in range(1, 11))
    [problem] = problems("l0: &l0 [1]\n" + chain)
    assert "more than 100 levels" in problem.sentence


def test_alias_bomb() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 30)]
    [problem] = problems("\n".join(lines))
    assert f"more than {MAX_VALUES} values" in problem.sentence
    [problem] = problems("a:\n  " + "\n  ".join(f"{line}" for line in lines))
    assert f"more than {MAX_VALUES} values" in problem.sentence


def test_size_is_limited() -> None:
    assert data("# " + "x" * (MAX_BYTES - 2)) == {}
    [problem] = problems("# " + "é" * (MAX_BYTES // 2))
    assert problem.sentence == f"the file has {MAX_BYTES + 2} bytes, more than {MAX_BYTES}"


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


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=8))
@example(["f: |", "  more text", "", "# v", "b: 1"])
@example(["{z: 1}", "{z: 1}"])
@example(["? aa", ": bb"])
def test_read_by_entry_and_read_whole_are_the_same(lines: list[str]) -> None:
    entries, by_entry, fits = _one_by_one("waves.yaml", lines, {})
    if fits:
        whole_entries, whole, complete = _whole("waves.yaml", lines, {})
        assert complete
        assert sorted(map(str, by_entry)) == sorted(map(str, whole))
        if not whole:
            assert shown(Document("", entries)) == shown(Document("", whole_entries))


def outcome(text: str, previous: Document | None) -> tuple[Document | None, list[Any]]:
    try:
        document = read_document(text, "waves.yaml", previous)
    except Problems as raised:
        return None, raised.problems
    return document, shown(document)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=8), st.lists(st.sampled_from(LINES), max_size=8))
def test_a_document_does_not_depend_on_the_one_before(old: list[str], new: list[str]) -> None:
    previous, _ = outcome("\n".join(old), None)
    for lines in (new, new + old, old + new):
        assert outcome("\n".join(lines), previous)[1] == outcome("\n".join(lines), None)[1]


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:-#&*!|>'\"%@`{}[],? \n\t()1.~<\\"), max_size=40))
def test_any_text_is_read_or_explained(text: str) -> None:
    try:
        read_document(text, "waves.yaml")
    except Problems as raised:
        for problem in raised.problems:
            assert problem.mark
            assert problem.source == text.split("\n")[problem.mark.line - 1]
            assert 1 <= problem.mark.column <= len(problem.source) + 1


def test_an_edit_is_read_faster_than_the_file() -> None:
    text = "".join(PIECE.format(n=n) for n in range(23))
    edited = text.replace("lead11:\n", "lead11:\n  # brighter\n")

    def shortest(text: str, previous: Document | None) -> float:
        times = []
        for _ in range(3):
            started = time.perf_counter()
            read_document(text, "waves.yaml", previous)
            times.append(time.perf_counter() - started)
        return min(times) * 1e3

    whole = shortest(text, None)
    entry = shortest(edited, read_document(text, "waves.yaml"))
    print(f"{text.count(chr(10))} lines: whole {whole:.1f} ms, one entry changed {entry:.1f} ms")
    assert entry < whole / 5
