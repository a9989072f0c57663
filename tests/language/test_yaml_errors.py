"""Sentences for what the YAML parser cannot read, each at its place."""

import pytest

from tests.harness.documents import problems
from waves.language.text.document import read_document
from waves.problem import Mark


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
        ("a:\n  b: {c: {d: 1}\n  e: f", 2, 16, "a", "a '}' is missing at the end of this line"),
        ("a:\n  b: {c: {d: 1}  # x\n\n  e: f", 2, 16, "a", "a '}' is missing at the end of this line"),
        ("a:\n  b: [c, {d: 1}\n  e: f", 2, 16, "a", "a ']' is missing at the end of this line"),
        ("a:\n  - {b: {c: 1}\n  - d", 2, 15, "a", "a '}' is missing at the end of this line"),
        ("a: {b: {c: 1}\n  d: 2}", 2, 3, "a", "expected ',' or '}' before this"),
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
        ('a: "\\U0010FFFF"\nb: "x\\U00110000"', 2, 6, "b", "there is no character '\\U00110000'"),
        ('a: "\\Uffffffff"', 1, 5, "a", "there is no character"),
        (f"{'b' * 1030}: 1", 1, 1, "", "a name before ':' has at most 1,024 letters"),
        (f"a:\n  {'b' * 1030}: 1", 2, 3, "a", "a name before ':' has at most 1,024 letters"),
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


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('a:\n  b: play: "c, d", fast: 2  # e', '{play: "c, d", fast: 2}'),
        ("a:\n  b: play: c*2, d", '{play: "c*2, d"}'),
        ('a: {b: play: "c, d", e: 3}', '{play: "c, d"}'),
        ("a: {b: osc: {freq: [3, 4]}}", "{osc: {freq: [3, 4]}}"),
        ("a: play: [b, c]", "{play: [b, c]}"),
        ("a: play: [b c]*2, [d]", '{play: "[b c]*2, [d]"}'),
        ("a: file: c.wav", ""),
    ],
)
def test_a_node_without_braces_is_shown_with_them(text: str, meant: str) -> None:
    [problem] = problems(text)
    assert problem.suggestion == (f"'{meant}'" if meant else "")
    assert read_document(f"a: {meant or 3}", "w.yaml").entries


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_one_sentence(encoding: str) -> None:
    [problem] = problems("a: {osc: {freq: 3}}\n".encode(encoding).decode("utf-8", "surrogateescape"))
    assert str(problem) == "waves.yaml:1:1: the file is UTF-16: save it as UTF-8"


def test_all_problems_of_a_file_at_once() -> None:
    found = problems("a: [x\nb: {y: 1, y: 2, z: 1:30}\nc: 'z\nd:\n\te: 1\n\tf: 2\nok: *b\n")
    assert [(problem.mark.line, problem.sentence[:12]) for problem in found if problem.mark] == [
        *((1, "this '[' is "), (2, "write second"), (3, "the quote th")),
        *((5, "a tab stands"), (6, "a tab stands"), (7, "'*b' is an a")),
    ]
