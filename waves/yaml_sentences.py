"""Says in the terms of waves.yaml what YAML's own errors mean."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from waves.problem import Mark, Problem

QUOTE = "quote a text that begins with it"
BEGINNINGS = {  # what YAML does with a letter at the beginning of a value
    "*": f"'*' at the beginning of a value is an alias in YAML: {QUOTE}",
    "&": f"'&' at the beginning of a value is an anchor in YAML: {QUOTE}",
    "!": f"'!' at the beginning of a value is a tag in YAML: {QUOTE}",
    "|": f"'|' at the beginning of a value is a block of text in YAML: {QUOTE}",
    ">": f"'>' at the beginning of a value is a block of text in YAML: {QUOTE}",
    "?": f"'?' at the beginning of a value is a key in YAML: {QUOTE}",
} | {letter: f"'{letter}' cannot begin a value in YAML: {QUOTE}" for letter in "%@`"}
BRACKETS = {"{": "}", "[": "]", "}": "{", "]": "["}

Place = tuple[int, int]  # line and column, from 0


def explained(
    error: MarkedYAMLError, file: str, lines: list[str], first: int, last: int, entry: str
) -> list[Problem]:
    """The problems behind `error` in the lines from `first` to before `last`, counted from 0.

    `entry` is the name that was being read.
    """
    end, begin = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    text_end = (last - 1, len(lines[last - 1]))
    at = min((first + end.line, end.column), text_end)
    since = min((first + begin.line, begin.column), text_end)
    found = str(error.problem or "")
    if _letter(lines, at) == "\t" and "cannot start any token" in found:
        indented = [number for number in range(first, last) if re.match(r" *\t\s*[^\s#]", lines[number])]
        places = sorted({at, *((number, lines[number].index("\t")) for number in indented)})
        faults = [("a tab stands here; indent with spaces", place) for place in places]
    else:
        faults = [_sentence(found, lines, since, at)]
    return [
        Problem(sentence, Mark(file, line + 1, column + 1), entry, source=lines[line])
        for sentence, (line, column) in faults
    ]


def _sentence(found: str, lines: list[str], since: Place, at: Place) -> tuple[str, Place]:
    """What `found` means, and where: reading that part began at `since` and failed at `at`."""
    letter, beginning = _letter(lines, at), _letter(lines, since)
    if found.startswith("expected ',' or"):
        return _unclosed(letter, beginning, lines, since, at)
    if "end of stream" in found or "document separator" in found:
        return "the quote that begins here is never closed", since
    if "escape" in found:
        return "this '\\' means nothing inside \" \": write '\\\\', or use ' '", (at[0], max(at[1] - 1, 0))
    if "expected <block end>" in found or "<document start>" in found:
        if letter in BRACKETS:
            return f"no bracket is open for this '{letter}'", at
        if lines[at[0]][: at[1]].strip():
            return "nothing may follow a closing quote or bracket", at
        return "the indentation of this line fits no line above", at
    if beginning in BEGINNINGS:
        return BEGINNINGS[beginning], since
    if "expected ':'" in found:
        return "expected ':' after this", since
    if "mapping values" in found:
        line = lines[at[0]]
        if re.search(r":\s", line[: at[1]]):
            return "quote a text with ': ' in it", at
        return "this line is indented deeper than its neighbours", (at[0], len(line) - len(line.lstrip()))
    if "sequence entries" in found:
        return "a list with '- ' begins on a line of its own; use [ ] beside a name", at
    if "node content" in found:
        return (
            f"a value is missing before this '{letter}'" if letter.strip() else "a value is missing here",
            at,
        )
    return f"YAML cannot read this: {found}", at


def _unclosed(letter: str, beginning: str, lines: list[str], since: Place, at: Place) -> tuple[str, Place]:
    """A collection in { } or [ ] that goes on where it should not."""
    if letter and letter in "[{":
        return f"quote the expression: '{letter}' begins a collection inside {{ }} and [ ]", at
    closing = BRACKETS[beginning]
    for number in range(since[0], at[0] + 1):
        column = lines[number].find(" #", since[1] if number == since[0] else 0)
        if column >= 0 and closing in lines[number][column:]:
            return f"what follows ' #' is a comment, the '{closing}' too; quote a text with '#' in it", (
                number,
                column + 1,
            )
    if not lines[at[0]][at[1] :].strip():
        return f"this '{beginning}' is never closed", since
    return f"expected ',' or '{closing}' before this", at


def _letter(lines: list[str], place: tuple[int, int]) -> str:
    """The character at a place; a line break at the end of a line, nothing after the end of the file."""
    line, column = place
    return (lines[line] + "\n")[column : column + 1] if line < len(lines) else ""
