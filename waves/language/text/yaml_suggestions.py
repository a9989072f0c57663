"""Texts that YAML cannot read, as a player probably means them."""

from __future__ import annotations

import re
from typing import NamedTuple

from waves.problem import choice_meant

ITEM_WITHOUT_SPACE = re.compile(r"\s*(-)[^\W\d]")
ASSIGNED = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*[=;]\s*(?P<value>[^\s=#][^#]*?)\s*(?:#.*)?")
CHOICE = re.compile(r"(?:^|[:{,]\s)\s*([^?:,{}\[\]]+\?[^?:,{}\[\]]+:\s[^?:,{}\[\]#]+)")
TIMES = re.compile(r"\s*\*\s*(\d+)")
LIST = re.compile(r"\[([^\[\]{}]+)\]\s*$")
SOUND_WITH_BRACES = re.compile(r"(?:.*[\[,]|\s*-)\s*([^\W\d]\w*)\s*$")
IN_BRACES = re.compile(r"\{\s*(\w+):\s+(\d*\.?\d+|[a-gA-G][#b]?\d)\s*\}")
IN_BRACKETS = re.compile(r"\[\s*([a-gA-G][#b]?\d(?:\s*,\s*[a-gA-G][#b]?\d)*)\s*\]")
LIST_WITHOUT_BRACKET = re.compile(
    r".*?(?P<name>steps|chain|signals|range|values):\s+(?P<items>[^\[\]{}:\s][^\[\]{}:]*)"
)
KEY = re.compile(r"(?<![^\s{,])(\w+):\s+(?=[^\s\"'#])")
PATTERNS = frozenset("play steps values note midi chord rhythm struct v vel velocity".split())
"""Keys whose text is a pattern."""
BESIDE_A_KEY = re.compile(r"(?:.*[\s{,])?\w+:\s+(values:\s+)(?=[^\s\"'#])")
GROUP = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]|\{[^{}]*\}")
GROUPED = re.compile(r"(?:^|[\s<\[{])[<\[{]")
SEPARATORS = re.compile(r"[\s\[\]{}<>()*/!@?%|]+")
PLAIN_VALUE = re.compile(r"-?(?:\d+\.?\d*|\.\d+)|[a-gA-G][#sb]?\d{1,2}|~")
OPEN_RHYTHM = re.compile(r"[^(){},#\n]*\(\d+(?:\s*,\s*\d+){1,2}(?=\s*(?:[,}\]]|$))")
NODE_IN_A_LINE = re.compile(r"(?:.*[\s{,])?[\w-]+:\s+(?P<name>[^\W\d]\w*)")
NODE_AND_VALUE = re.compile(r"(?P<name>[^\W\d]\w*):\s+(?P<value>\S.*)")
QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'"
VALUES_BESIDE = rf"(?:,\s*[^\W\d]\w*:\s+(?:{QUOTED}|[^\s\"'{{}}\[\],:#][^\"'{{}}\[\],:#]*))*"
READ_IN_BRACES = re.compile(rf"(?:{QUOTED}|[^\"'{{}}\[\],:#<>*&!|%@`][^\"'{{}}\[\],:#]*){VALUES_BESIDE}")
SHARP_APART = re.compile(r".*?(?<![\w#])([a-gA-G])\s+$")
BRACKETS = {"[": "]", "{": "}", "(": ")", "<": ">"}
IN_BRACES_ONLY = "a node with its parameters stands in { }"
VALUES = "a pattern of values stands behind 'values', in quotes"
LONGEST_LINE = 500  # characters; nobody writes a longer one by hand
MOST_STEPS = 16  # that are written out


class Meant(NamedTuple):
    """A mistake: a sentence, its line and column from 0, and the suggestion in quotes."""

    sentence: str
    place: tuple[int, int]
    suggestion: str = ""


NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
NUMBERS = rf"\s*(?:{NUMBER}\s*(?:,\s*{NUMBER}\s*)*)?"
OSCILLATORS = {  # calls of other languages, each with the `type` of an `osc`, empty for the usual one
    **dict.fromkeys(("osc", "lfo", "sine", "sin"), ""),
    **{"noise": "noise", "saw": "saw", "tri": "tri", "square": "sqr"},
}
OSCILLATOR = re.compile(rf"(?P<name>(?i:{'|'.join(OSCILLATORS)}))\((?P<numbers>{NUMBERS})\)")


def oscillator_meant(text: str) -> str:
    """The `osc` that a call of an oscillator means, in quotes, or an empty string.

    lfo(0.5, 200, 900)    '{osc: {freq: 0.5, range: [200, 900]}}'
    noise(200, 900)       '{osc: {type: noise, range: [200, 900]}}'
    """
    match = OSCILLATOR.fullmatch(text.strip())
    if not match:
        return ""
    name, numbers = match["name"].lower(), [one.strip() for one in match["numbers"].split(",") if one.strip()]
    given = [f"type: {OSCILLATORS[name]}"] if OSCILLATORS[name] else []
    if len(numbers) in (1, 3) and name != "noise":
        given.append(f"freq: {numbers.pop(0)}")
    if len(numbers) == 2:
        given.append(f"range: [{', '.join(numbers)}]")
    elif numbers or not given or (name == "sin" and len(given) < 2):  # `sin(3)` is a number
        return ""
    return f"'{{osc: {{{', '.join(given)}}}}}'"


def meant_in(lines: list[str], since: tuple[int, int], at: tuple[int, int], message: str) -> Meant | None:
    """The mistake where the parser fails at `at`, in a part that it reads from `since`; None if unclear."""
    number, column = at
    line = lines[number]
    if max(len(line), len(lines[since[0]])) > LONGEST_LINE:
        return None
    before, behind = line[:column], line[column:]
    for row in dict.fromkeys((since[0], number)):
        if "expected ':'" in message and (item := ITEM_WITHOUT_SPACE.match(lines[row])):
            return Meant("write a space after '-'", (row, item.start(1)))
    if (choice := CHOICE.search(line)) and (meant := choice_meant(choice[1])):
        return Meant("a choice is written 'a if condition else b'", (number, choice.start(1)), meant)
    if behind[:1] == ":" and (node := _node_without_braces(line, at)):
        return node
    opening = lines[since[0]][: since[1]]
    if pattern := _pattern_meant(line, at):
        return pattern
    if (beside := BESIDE_A_KEY.match(line)) and beside.start(1) <= column <= beside.end(1):
        text = line[beside.end(1) : _end_of_value(line, beside.end(1))].rstrip()
        return Meant("'values' stands in { }", (number, beside.start(1)), f"'{{values: \"{text}\"}}'")
    if (times := TIMES.match(lines[since[0]], since[1])) and (steps := LIST.search(opening)):
        return _repeated(steps, int(times[1]), since[0])
    if behind[:1] in ("{", "[") and lines[since[0]][since[1] : since[1] + 1] == "[":
        return _sound_with_brackets(before, behind, number)
    if behind[:1] == "]" and (opened := LIST_WITHOUT_BRACKET.fullmatch(before)):
        place = (number, opened.start("items"))
        return Meant(f"a '[' is missing behind '{opened['name']}:'", place, f"'[{opened['items'].strip()}]'")
    return None


def node_in_braces(text: str) -> str:
    """The node that a text without braces means, in quotes, or an empty string.

    play: hat            '{play: hat}'
    play: hat*2, kick    '{play: "hat*2, kick"}'
    osc: {freq: 3}       '{osc: {freq: 3}}'
    """
    match = NODE_AND_VALUE.fullmatch(text)
    value = match["value"].rstrip() if match else ""
    if not match or len(text) > LONGEST_LINE:
        return ""
    if value[0] in "{[" and match["name"] not in PATTERNS and not _is_one_group(value):
        return ""
    if not (_is_one_group(value) or READ_IN_BRACES.fullmatch(value)):
        if re.search(r"[\"'\\#]|:\s", value):
            return ""
        value = f'"{value}"'
    return f"'{{{match['name']}: {value}}}'"


def _is_one_group(text: str) -> bool:
    """Whether a text is one list or mapping, and nothing behind it."""
    depth = 0
    for column, letter in enumerate(text):
        depth += (letter in "[{") - (letter in "]}")
        if not depth:
            return column == len(text) - 1 and letter in "]}"
    return False


def _node_without_braces(line: str, at: tuple[int, int]) -> Meant | None:
    """A node beside a name without its braces, `drums: play: "hat"`, in a line that cannot be read at its ':'."""
    number, column = at
    match = NODE_IN_A_LINE.fullmatch(line[:column])
    value = re.match(rf":\s+(?:({QUOTED})|\S)", line[column:])
    if not match or not value or not (value[0][-1] in "\"'{[" or match["name"] in PATTERNS):
        return None
    begin = match.start("name")
    end = column + value.end(1) if value[1] else 0
    text = line[begin : _end_of_value(line, end or begin)]
    if not (meant := node_in_braces(text.rstrip())):
        return None
    return Meant(f"{IN_BRACES_ONLY}, a text with ': ' in it in quotes", (number, begin), meant)


def _pattern_meant(line: str, at: tuple[int, int]) -> Meant | None:
    """A pattern that is not quoted where YAML reads its brackets, in a line that cannot be read at `at`."""
    number, column = at
    begins = [key for key in KEY.finditer(line) if key.end() <= column <= _end_of_value(line, key.end())]
    if not begins:
        return None
    key, start = begins[-1][1], begins[-1].end()
    text = line[start : _end_of_value(line, start)].rstrip(", ")
    group, letter = GROUP.match(text), text[:1]
    if not GROUPED.search(text) or re.search(r"[\"'&]|:\s", text) or (group and group[0] == text):
        return None
    if group and TIMES.fullmatch(text, group.end()) and ("," in group[0] or text[group.end()] == " "):
        return None  # a list that is multiplied
    if any(text.count(opening) != text.count(BRACKETS[opening]) for opening in "[{"):
        return None
    why = f"what begins with '{letter}' is a {'list' if letter == '[' else 'mapping'} in YAML, and goes on after it"
    if letter not in "[{":
        why = "'[' and '{' begin a value of their own inside { } and [ ]"
    if key in PATTERNS:
        return Meant(f"quote the pattern: {why}", (number, start), f"'\"{text}\"'")
    words = [word for word in SEPARATORS.split(text) if word]
    if len(words) < 2 or not all(map(PLAIN_VALUE.fullmatch, words)):
        return None
    return Meant(VALUES, (number, start), f"'{{values: \"{text}\"}}'")


def _end_of_value(line: str, start: int) -> int:
    """The column behind a value that begins at `start`: of a comma or bracket that is not its own, or of a comment."""
    opened: list[str] = []
    is_inside = line[:start].count("{") + line[:start].count("[") > line[:start].count("}") + line[:start].count("]")
    for column in range(start, len(line)):
        letter = line[column]
        if letter in BRACKETS:
            opened.append(BRACKETS[letter])
        elif opened and letter == opened[-1]:
            opened.pop()
        elif (letter in ",]}" and is_inside and not (opened and (letter == "," or letter in opened))) or (
            letter == "#" and line[column - 1].isspace()
        ):
            return column
    return len(line)


def assignment_meant(line: str) -> str:
    """The name and the value that `bpm = 120` or `bpm; 120` means, in quotes, or an empty string."""
    match = ASSIGNED.fullmatch(line)
    return f"'{match['name']}: {match['value']}'" if match and ": " not in match["value"] else ""


def sharp_meant(line: str, column: int) -> str:
    """The note whose `#` stands apart at a column, as in `c #4`, in quotes, or an empty string."""
    letter, octave = SHARP_APART.match(line[:column]), re.match(r"#(10|\d)\b", line[column:])
    return f"'{letter[1]}{octave[0]}'" if letter and octave else ""


def closed_rhythm(text: str) -> str:
    """The rhythm that a text begins with, its bracket closed: `x(5,8` before a `}` `x(5,8)`; empty for any other."""
    rhythm = OPEN_RHYTHM.match(text)
    return f"{rhythm[0]})" if rhythm else ""


def rhythm_meant(text: str) -> str:
    """The steps of a rhythm as other programs write it, `hat(3,8)`, in quotes, or an empty string.

    hat(3,8)    'hat, ~, ~, hat, ~, ~, hat, ~'
    """
    match = re.fullmatch(r"(\w+)\((\d{1,2}),\s*(\d{1,2})\)", text)
    if not match or not 0 < int(match[2]) <= int(match[3]) <= MOST_STEPS:
        return ""
    count, length = int(match[2]), int(match[3])
    starts = {-(-k * length // count) for k in range(count)}
    return f"'{', '.join(match[1] if k in starts else '~' for k in range(length))}'"


def _repeated(steps: re.Match[str], times: int, number: int) -> Meant:
    """A list that is multiplied."""
    items = [item.strip() for item in steps[1].split(",")] * times
    meant = f"'[{', '.join(items)}]'" if 0 < len(items) <= MOST_STEPS else ""
    return Meant("a list is not multiplied: its items are written out", (number, steps.start()), meant)


def _sound_with_brackets(before: str, behind: str, number: int) -> Meant | None:
    """A sound with its parameters in { }, or with notes in [ ], in a list of steps."""
    sound = SOUND_WITH_BRACES.fullmatch(before)
    if not sound:
        return None
    place, name, meant = (number, sound.start(1)), sound[1], ""
    if behind[0] == "{":
        if values := IN_BRACES.match(behind):
            meant = f"'{name} {values[1]}={values[2]}'"
        return Meant("the parameters of a sound in a step are words behind it, without { }", place, meant)
    notes = IN_BRACKETS.match(behind)
    if not notes:
        return None
    together = ", ".join(f"{name} {note.strip()}" for note in notes[1].split(","))
    meant = f'"{together}"'
    return Meant("a sound in a step has no list behind it: each note has its own sound", place, meant)
