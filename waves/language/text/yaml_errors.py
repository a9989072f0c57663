"""Errors of the YAML parser as problems in the terms of the file."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from waves.language.text.comments import COMMENT_SIGN, comment_elsewhere
from waves.language.text.yaml_suggestions import assignment_meant, meant_in, sharp_meant
from waves.problem import Mark, Problem

QUOTE = "quote a text that begins with it"
FIRST_LETTERS = {  # what a letter at the beginning of a value means in YAML
    "*": f"'*' at the beginning of a value is an alias in YAML: {QUOTE}",
    "&": f"'&' at the beginning of a value is an anchor in YAML: {QUOTE}",
    "!": f"'!' at the beginning of a value is a tag in YAML: {QUOTE}",
    "|": f"'|' at the beginning of a value is a block of text in YAML: {QUOTE}",
    ">": f"'>' at the beginning of a value is a block of text in YAML: {QUOTE}",
    "?": f"'?' at the beginning of a value is a key in YAML: {QUOTE}",
} | {letter: f"'{letter}' cannot begin a value in YAML: {QUOTE}" for letter in "%@`"}
BRACKETS = {"{": "}", "[": "]", "}": "{", "]": "["}

LONGEST_NAME = 1_024  # letters before a ':', by YAML
NO_CHARACTER = re.compile(r"\\U(?!000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})[0-9a-fA-F]{8}")
COMMENT = "what follows ' #' is a comment; quote a text with '#' in it"
COMMA_MISSING = "a ',' is missing at the end of this line"
UNCLOSED_QUOTE = "the quote that begins here is never closed"
COLON_MISSING = "a ':' is missing after this name"
ROUND_BRACKETS = "a node and its parameters stand in { }, not in ( )"
IN_ROUND_BRACKETS = re.compile(r":\s+(\()[\w-]+$")
SPACE_MISSING = re.compile(r"[\w-]+:[^\s:]")
NAME_AND_BRACKET = re.compile(r"\s*([\w-]+)\s+[{\[]")
METHOD = re.compile(r"\.([a-z_]+)\(([^()]{0,40})\)")
NAME_IN_BRACES = re.compile(r".*[{,]\s*([\w-]+)\s+")

Place = tuple[int, int]  # line and column, from 0


def explained(error: MarkedYAMLError, file: str, lines: list[str], first: int, last: int, entry: str) -> list[Problem]:
    """The problems behind an error of the parser, in the lines from `first` to before `last`, counted from 0.

    `entry` is the name of the entry that was being read.
    """
    end, begin = error.problem_mark or error.context_mark, error.context_mark or error.problem_mark
    text_end = (last - 1, len(lines[last - 1]))
    at = min((first + end.line, end.column), text_end)
    since = min((first + begin.line, begin.column), text_end)
    message = str(error.problem or "")
    if place := comment_elsewhere(lines, first, last):
        faults = [(COMMENT_SIGN, place)]
    elif _letter(lines, at) == "\t" and "cannot start any token" in message:
        indented = [number for number in range(first, last) if re.match(r" *\t\s*[^\s#]", lines[number])]
        places = sorted({at, *((number, lines[number].index("\t")) for number in indented)})
        faults = [("a tab stands here; indent with spaces", place) for place in places]
    elif meant := meant_in(lines, since, at, message):
        sentence, (line, column), suggestion = meant
        return [Problem(sentence, Mark(file, line + 1, column + 1), entry, "error", suggestion, lines[line])]
    else:
        faults = [_sentence(message, lines[:last], since, at)]
    return [
        Problem(
            sentence,
            Mark(file, line + 1, column + 1),
            entry,
            suggestion=_suggestion(sentence, lines[line], column),
            source=lines[line],
        )
        for sentence, (line, column) in faults
    ]


def _suggestion(sentence: str, line: str, column: int) -> str:
    """The text that may stand in place of a mistake with the sentence, in quotes, or an empty string."""
    if sentence == COLON_MISSING:
        return assignment_meant(line)
    return sharp_meant(line, column) if sentence == COMMENT else ""


def _sentence(message: str, lines: list[str], since: Place, at: Place) -> tuple[str, Place]:
    """The sentence for a message of the parser, and its place: a part was read from `since`, and failed at `at`."""
    letter, beginning = _letter(lines, at), _letter(lines, since)
    if quote := _unclosed_quote(lines, at):
        return UNCLOSED_QUOTE, quote
    if message.startswith("expected ',' or"):
        return _unclosed(letter, beginning, lines, since, at)
    if "end of stream" in message or "document separator" in message:
        return UNCLOSED_QUOTE, since
    if "escape" in message:
        return "this '\\' means nothing inside \" \": write '\\\\', or use ' '", (at[0], max(at[1] - 1, 0))
    if "expected <block end>" in message or "<document start>" in message:
        if letter in BRACKETS:
            if match := NAME_AND_BRACKET.match(lines[at[0]]):
                return COLON_MISSING, (at[0], match.end(1))
            return f"no bracket is open for this '{letter}'", at
        if lines[at[0]][: at[1]].strip():
            return _after_the_end(lines, at), at
        above = _line_above(lines, at[0])
        if above is not None and _indent(lines[above]) < at[1] and not re.search(r":(\s|$)", _code(lines[above])):
            return _missing_colon(lines[above], above)
        return "the indentation of this line fits no line above", at
    if beginning in FIRST_LETTERS:
        before = lines[since[0]][: since[1]].rstrip()
        if before.endswith(("'", '"', "}", "]")):
            return _after_the_end(lines, since), since
        return FIRST_LETTERS[beginning], since
    if "expected ':'" in message:
        if match := SPACE_MISSING.match(lines[since[0]], since[1]):
            return "write a space after ':'", (since[0], match.end() - 2)
        return "expected ':' after this", since
    if "mapping values" in message:
        return _second_colon(lines, at)
    if "sequence entries" in message:
        return "a list with '- ' begins on a line of its own; use [ ] beside a name", at
    if "node content" in message:
        comment = lines[at[0]].find(" #")
        if comment >= 0 and re.search(r"[}\]]", lines[at[0]][comment:]):
            return COMMENT, (at[0], comment + 1)
        return (
            f"a value is missing before this '{letter}'" if letter.strip() else "a value is missing here",
            at,
        )
    return f"YAML cannot read this: {message}", at


def no_character(lines: list[str], first: int, last: int) -> tuple[Place, str] | None:
    r"""The place of a number for a character that there is not, as `\U00110000`, and its text."""
    found = ((number, NO_CHARACTER.search(lines[number])) for number in range(first, last))
    return next((((number, match.start()), match[0]) for number, match in found if match), None)


def _after_the_end(lines: list[str], at: Place) -> str:
    """The sentence for text behind the quote or bracket that closes a value."""
    if lines[at[0]].startswith("//", at[1]):
        return COMMENT_SIGN
    if lines[at[0]][at[1] - 1] == "'" and _letter(lines, at).isalpha():
        return 'a "\'" in a text in \' \' is written twice; or put the text in " "'
    if lines[at[0]][: at[1]].rstrip().endswith(("]", "}")):
        return "nothing may follow a closing bracket"
    return "nothing may follow a closing quote; quote the whole"


def _second_colon(lines: list[str], at: Place) -> tuple[str, Place]:
    """The sentence for a ':' where a value has begun already, in this line or in a line above."""
    line = lines[at[0]]
    if at[1] - _indent(line) > LONGEST_NAME:
        return f"a name before ':' has at most {LONGEST_NAME:,} letters", (at[0], _indent(line))
    if match := IN_ROUND_BRACKETS.search(line[: at[1]]):
        return ROUND_BRACKETS, (at[0], match.start(1))
    if re.search(r":\s", line[: at[1]]):
        return "quote a text with ': ' in it", at
    above = _line_above(lines, at[0])
    assert above is not None
    end = len(_code(lines[above]))
    if not re.search(r":(\s|$)", lines[above]):
        return _missing_colon(lines[above], above)
    if _indent(line) > _indent(lines[above]):
        return "this line is indented deeper than its neighbours", (at[0], _indent(line))
    return "the text continues in the next line: quote it", (above, end)


def _line_above(lines: list[str], number: int) -> int | None:
    """The number of the next line above one that is not empty and no comment, None if there is none."""
    return next((above for above in range(number - 1, -1, -1) if re.match(r"\s*[^\s#]", lines[above])), None)


def _code(line: str) -> str:
    """A line without the comment at its end."""
    return line.split(" #")[0].rstrip()


def _missing_colon(line: str, number: int) -> tuple[str, Place]:
    """The sentence for a line without a ':' before a space, which another line goes on with, and its place."""
    if match := SPACE_MISSING.match(line.strip()):
        return "write a space after ':'", (number, _indent(line) + match.end() - 2)
    word = line.split()[0]
    return COLON_MISSING, (number, _indent(line) + len(word))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _unclosed_quote(lines: list[str], at: Place) -> Place | None:
    """The place of a quote that was closed by one that seems to begin a text, right before a place: `["a, "b"]`."""
    before = "\n".join([*lines[: at[0]], lines[at[0]][: at[1]]])
    if not re.search(r"[\[{,:\s][\"']$", before):
        return None
    begin = before.rfind(before[-1], 0, -1)
    number = before.count("\n", 0, begin)
    return (number, begin - before.rfind("\n", 0, begin) - 1) if begin >= 0 else None


def _is_closed(lines: list[str], since: Place) -> bool:
    """Whether as many brackets are closed as are open behind the one at a place."""
    text = "\n".join([lines[since[0]][since[1] :], *lines[since[0] + 1 :]])
    depth = 0
    for bracket in re.findall(r"[\[\]{}]", re.sub(r"\"[^\"]*\"|'[^']*'|\s#.*", "", text)):
        depth += 1 if bracket in "[{" else -1
        if depth == 0:
            return True
    return False


def _unclosed(letter: str, beginning: str, lines: list[str], since: Place, at: Place) -> tuple[str, Place]:
    """The sentence for a { } or [ ] that is not closed where it should be."""
    if letter and letter in "[{":
        if re.search(r"[\w-]:$", lines[at[0]][: at[1]]):
            return "write a space after ':'", (at[0], at[1] - 1)
        if beginning == "{" and (match := NAME_IN_BRACES.fullmatch(lines[at[0]][: at[1]])):
            return COLON_MISSING, (at[0], match.end(1))
        above = _line_above(lines, at[0])
        if above is not None and at[1] == _indent(lines[at[0]]) and _code(lines[above]).endswith(("]", "}")):
            return COMMA_MISSING, (above, len(_code(lines[above])))
        return f"quote the expression: '{letter}' begins a value of its own inside {{ }} and [ ]", at
    closing = BRACKETS[beginning]
    for number in range(since[0], at[0] + 1):
        column = lines[number].find(" #", since[1] if number == since[0] else 0)
        if column >= 0 and closing in lines[number][column:]:
            return COMMENT, (number, column + 1)
    rest = lines[at[0]][at[1] :]
    if not rest.strip():
        return f"this '{beginning}' is never closed", since
    is_closed = at[0] == since[0] or _is_closed(lines, since)
    if not is_closed and not _code(lines[since[0]])[since[1] + 1 :].strip():
        return f"this '{beginning}' is never closed", since
    if at[0] > since[0] and (_is_entry(lines[at[0]], closing) or _is_neighbour(lines, since, at)):
        above = next(number for number in range(at[0] - 1, -1, -1) if re.match(r"\s*[^\s#]", lines[number]))
        end = len(_code(lines[above]))
        return COMMA_MISSING if is_closed else f"a '{closing}' is missing at the end of this line", (above, end)
    if letter == ":":
        if at[0] > since[0] and closing not in rest:
            return f"this '{beginning}' is never closed", since
        if match := IN_ROUND_BRACKETS.search(lines[at[0]][: at[1]]):
            return ROUND_BRACKETS, (at[0], match.start(1))
        words = re.split(r"[\s,:{}\[\]]+", lines[at[0]][max(0, at[1] - 60) : at[1]].rstrip())
        if words[-1]:
            column = lines[at[0]].rindex(words[-1], 0, at[1])
            return f"expected ',' or '{closing}' before '{words[-1]}'", (at[0], column)
    if not is_closed:
        return f"this '{beginning}' is never closed", since
    if letter in "]}":
        return f"'{beginning}' is closed by '{letter}'", at
    if (method := METHOD.match(rest)) and lines[at[0]][: at[1]].rstrip().endswith(('"', "'")):
        return f"behind a text nothing is called: '{method[1]}' is a key beside it, '{method[1]}: {method[2]}'", at
    return f"expected ',' or '{closing}' before this", at


def _is_entry(line: str, closing: str) -> bool:
    """Whether a line is a name with a bracket that is closed in it: it does not go on with the line above."""
    match = re.match(r"\s*[\w-]+:\s+(?=[{\[])", line)
    rest = line[match.end() :].split(" #")[0].rstrip() if match else ""
    balanced = all(rest.count(opening) == rest.count(BRACKETS[opening]) for opening in "{[")
    return closing in rest and rest.endswith(("}", "]")) and balanced


def _is_neighbour(lines: list[str], since: Place, at: Place) -> bool:
    """Whether an entry or an item begins at a place, not deeper than the line in which the bracket was opened."""
    line = lines[at[0]]
    begins = re.match(r"[\w-]+:(\s|$)|- ", line[at[1] :])
    return bool(begins) and at[1] == _indent(line) <= _indent(lines[since[0]])


def _letter(lines: list[str], place: Place) -> str:
    """The character at a place; a line break at the end of a line, nothing after the end of the file."""
    line, column = place
    return (lines[line] + "\n")[column : column + 1] if line < len(lines) else ""
