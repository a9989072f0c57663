"""Problems as they are shown."""

from __future__ import annotations

import pytest

from waves.problem import Mark, Problem, defect, did_you_mean, printable, reason_of


def test_a_problem_is_one_line_with_place_path_and_suggestion():
    problem = Problem("unknown name 'frq'", Mark("waves.yaml", 3, 7), "a.osc", "warning", "'freq'")
    assert str(problem) == "waves.yaml:3:7: warning: a.osc: unknown name 'frq'; did you mean 'freq'?"
    assert str(Problem("a\nb\x1b[31m")) == "a\\nb\\x1b[31m"
    assert len(str(Problem("x" * 10_000, path="y" * 10_000))) < 1100


def test_the_caret_stands_under_the_column():
    problem = Problem("wrong", Mark("waves.yaml", 1, 5), source="a:\tfreq: 3")
    assert problem.show().split("\n") == ["waves.yaml:1:5: wrong", "    a:\\tfreq: 3", "         ^"]
    assert Problem("wrong").show() == "wrong"


def test_only_the_part_of_a_long_line_around_its_column_is_shown():
    line = "x" * 1000 + "?" + "y" * 1000
    _, shown, caret = Problem("wrong", Mark("waves.yaml", 1, 1001), source=line).show().split("\n")
    assert shown[caret.index("^")] == "?" and len(shown) < 210


def test_text_of_a_file_is_safe_on_a_terminal():
    assert printable("größe\t\x00\u202e\ud800") == "größe\\t\\x00\\u202e\\ud800"


@pytest.mark.parametrize(("word", "meant"), [("frq", "'freq'"), ("FREQ", "'freq'"), ("amplitude", ""), ("", "")])
def test_did_you_mean(word, meant):
    assert did_you_mean(word, ["freq", "phase"]) == meant


def test_a_defect_names_its_place_in_the_code():
    try:
        int("one")
    except ValueError as error:
        problem = defect(error)
    assert str(problem).startswith(
        "this is a defect of waves: ValueError: invalid literal for int() with base 10: 'one' (test_problem.py:"
    )


def test_a_line_is_cut_to_a_width_on_both_sides_of_its_column():
    line = "a" * 30 + "?" + "b" * 30
    for column, parts in ((31, "… …"), (1, "a …"), (61, "… b")):
        _, shown, caret = Problem("wrong", Mark("waves.yaml", 1, column), source=line).show(20).split("\n")
        first, last = parts.split(" ")
        assert (len(shown), shown[4], shown[-1]) == (24, first, last)
        assert shown[caret.index("^")] == line[column - 1]
    assert Problem("wrong", Mark("waves.yaml", 1, 3), source="short").show(5).split("\n")[1] == "    short"


def test_the_caret_behind_the_end_of_a_line_is_within_its_width():
    for length in (19, 20, 21, 60):
        _, shown, caret = Problem("wrong", Mark("w", 1, length + 1), source="a" * length).show(20).split("\n")
        assert len(shown.rstrip()) == min(length, 19) + 4 and len(caret) == len(shown) + 1 <= 24


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device", "/home/x/a.wav"), "No space left on device"),
        (OSError("the disk is full"), "the disk is full"),
        (ValueError("embedded null byte"), "embedded null byte"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_the_reason_of_an_error_has_no_number_and_no_path(error, words):
    assert reason_of(error) == words


def test_there_is_no_caret_where_the_whole_line_is_meant():
    shown = Problem("wrong", Mark("grit.py", 3, 1), source="    held: float = 0.0").show().split("\n")
    assert shown == ["grit.py:3:1: wrong", "        held: float = 0.0"]
    assert Problem("wrong", Mark("grit.py", 3, 1), source="held = 0").show().endswith("    ^")
