"""Keys, anchors, quotes, and the limits of what is read."""

import pytest

from tests.harness.documents import data, problems
from waves.language.text.document import read_document
from waves.language.text.yaml_reader import MAX_VALUES
from waves.problem import Mark


def test_keys_are_text_as_written() -> None:
    assert list(data("a: {1: x, 1.0: y, true: z, ~: u, 012: v, 'q r': w}")["a"]) == [
        *("1", "1.0", "true", "~", "012", "q r"),
    ]
    assert list(data("808: kick\n")) == ["808"]


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


def test_quoting_is_suggested_in_full() -> None:
    first, second = problems("a: {freq: clip(t, 0, 1), amp: rand([1, 2], 3)}")
    assert first.suggestion == '"clip(t, 0, 1)"'
    assert second.suggestion == '"rand([1, 2], 3)"'


def test_quoted_text_may_hold_anything() -> None:
    assert data("a: {'rand(1': \"c #4, (\", \"b:1\": ~, 'x:1': }") == {
        "a": {"rand(1": "c #4, (", "b:1": None, "x:1": None}
    }


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
    *_, problem = problems(text)
    assert "more than 100 levels" in problem.sentence


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


def test_a_name_in_braces_without_a_value_and_without_a_space_has_nothing():
    assert data("a: {osc:}\nb: {osc:, freq: 3}\nc: {'osc:': 1, 'x:': }") == {
        "a": {"osc": None},
        "b": {"osc": None, "freq": 3},
        "c": {"osc:": 1, "x:": None},
    }
