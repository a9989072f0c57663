"""Suggestions for nodes, parameters and steps that are written in another way than the language has it."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from waves.language.expression.builtin_names import NOTE, note_frequency
from waves.language.model.models import Place, WrittenParameter
from waves.language.model.parameter_notation import ASSIGNED, number_word, read_number, read_numbered
from waves.language.model.vocabulary import RESERVED, SHORT, TRANSFORMS, Vocabulary
from waves.node import Node
from waves.node_types.contract.other_names import NO_LIKE, OTHER_ENTRIES, OTHER_NAMES
from waves.node_types.library.parameters import Common, Parameter, accepted, free_names, parameters, written
from waves.problem import did_you_mean

LIKE_AN_ASSIGNMENT = re.compile(r"(\w{1,40})(?:\s*[=:;]\s*|\s+)(\S.{0,40})")
CALLED = re.compile(r"(\w+)\((0|1|[01]?\.\d+)\)")
REPEATED = re.compile(r"(\w+)([*!])([2-8])")
SHORT_MEANT = frozenset(f"'{name}'" for name in SHORT)
LIKE_A_VALUE = re.compile(rf"{NOTE}|[-+]?\d*\.?\d+")


def parameter_meant(key: str, data: Any, known: Mapping[str, Parameter]) -> str:
    """The parameter that an unknown name may mean, with what stands behind it, in quotes, or an empty string.

    volume     'amp'
    freq=220   'freq: 220'
    frq        'freq'
    """
    if match := LIKE_AN_ASSIGNMENT.fullmatch(key):
        return f"'{match[1]}: {match[2]}'" if match[1] in known else ""
    if key.lower() in NO_LIKE:
        return ""
    other = next((name for name in OTHER_NAMES.get(key.lower(), ()) if name in known), "")
    is_number = isinstance(data, int | float)
    return f"'{other}'" if other else did_you_mean(key, (name for name in known if not (is_number and name == "send")))


def meant_parameters(
    given: Mapping[str, WrittenParameter], known: Mapping[str, Parameter]
) -> dict[str, WrittenParameter]:
    """The parameters that unknown names among those `given` mean, as if they were written rightly.

    {frq: 220}            {freq: 220}
    {freq=220: null}      {freq: {}}, which is no value
    """
    meant: dict[str, WrittenParameter] = {}
    for key, (data, place) in given.items():
        suggestion = "" if key in known else parameter_meant(key, data, known)
        name, colon, _ = suggestion.strip("'").partition(": ")
        if name and name not in given:
            meant.setdefault(name, WrittenParameter({} if colon else data, place))
    return meant


def parameters_meant(kind: type[Node], data: Any) -> str:
    """The parameters that a text in their place may mean, in quotes, or an empty string.

    osc: freq 220    'freq: 220'
    osc: saw         '{type: saw}'
    tempo: 92        '{bpm: 92}'
    mix: [a, b]      '{a: a, b: b}'
    """
    if isinstance(data, list) and free_names(kind) and 0 < len(data) <= 8:
        plain = all(isinstance(item, str) and item.isidentifier() for item in data) and len(set(data)) == len(data)
        return f"'{{{', '.join(f'{item}: {item}' for item in data)}}}'" if plain else ""
    known = accepted(kind)
    if type(data) in (int, float) and "bpm" in known:
        return f"'{{bpm: {data}}}'"
    if not isinstance(data, str):
        return ""
    if (file := known.get("file")) and file.form == "file" and "/" in data and " " not in data:
        return f"'{{file: {data}}}'"
    if (match := LIKE_AN_ASSIGNMENT.fullmatch(data)) and match[1] in known:
        return f"'{match[1]}: {match[2]}'"
    key = next((key for key, parameter in known.items() if data.lower() in parameter.words), "")
    return f"'{{{key}: {data}}}'" if key else ""


def no_parameters(name: str, kind: object, data: Any) -> tuple[str, str]:
    """The sentence and the suggestion for what stands in the place of the parameters of a node or sound."""
    sentence = f"expected the parameters of '{name}', got {written(data)}"
    if not (isinstance(kind, type) and issubclass(kind, Node)):
        return sentence, ""
    meant = parameters_meant(kind, data)
    if not meant and isinstance(data, list) and data and free_names(kind):
        sentence += f"; a list stands below 'signals', as '{name}: {{signals: [...]}}'"
    return sentence, meant


def rejoined(given: Mapping[str, WrittenParameter], known: Mapping[str, Parameter]) -> dict[str, WrittenParameter]:
    """The parameters with the parts of a list without brackets put together again, as one text.

    {steps: kick, hat, voices: 4} is read as {steps: kick, hat: null, voices: 4}    {steps: "kick, hat", voices: 4}
    """
    joined: dict[str, WrittenParameter] = {}
    listed = ""
    for key, (data, place) in given.items():
        if listed and data is None and key not in known and key not in (*TRANSFORMS, "choke"):
            before = joined[listed]
            inside = str(before.data).count("(") > str(before.data).count(")")
            joined[listed] = WrittenParameter(f"{before.data},{'' if inside else ' '}{key}", before.place)
            continue
        is_text = isinstance(data, str | int | float) and not isinstance(data, bool)
        is_cut = is_text and str(data).startswith("<") and str(data).count("<") > str(data).count(">")
        is_listed = key in known and known[key].form in (
            "steps",
            "values",
            "signals",
            "metre",
            *(["signal"] if is_cut else []),
        )
        listed = key if is_text and is_listed else ""
        joined[key] = WrittenParameter(data, place)
    return joined


def list_meant(data: Any) -> str:
    """The list that a text with commas may mean, in quotes, or an empty string."""
    return f"'[{data}]'" if isinstance(data, str) and re.fullmatch(r"[\w.#$ +*/-]+(, [\w.#$ +*/-]+)+", data) else ""


def commented_name(text: str, vocabulary: Vocabulary, inside: str) -> str:
    """The name of a node or sound with a comment that `kick // loud` may mean, in quotes, or an empty string."""
    name, slashes, comment = text.partition("//")
    meant = slashes and vocabulary.find(name.strip(), inside)
    return f"'{name.strip()} # {comment.strip()}'" if meant else ""


def part_meant(key: str, vocabulary: Vocabulary, inside: str) -> tuple[str, str]:
    """Advice for a name without a node, as in `{mix: {kick}}` or `{mix: {a kick}}`, and a suggestion in quotes."""
    name, *rest = key.split()
    meant = f"'{name}: {rest[0]}'" if len(rest) == 1 and vocabulary.find(rest[0], inside) else ""
    return f": write '{key}: {key}' to play the sound" if key in vocabulary.sounds else "", meant


def side_by_side(names: list[str], processors: Collection[str]) -> str:
    """The sentence for several nodes where one belongs; `processors` are those with a `signal`."""
    outer = next((name for name in names if name in processors), "")
    inner = [name for name in names if name != outer]
    hint = f"put '{inner[0]}' under 'signal'" if outer and len(inner) == 1 else "what sounds together stands in 'mix'"
    listed = ", ".join(f"'{name}'" for name in names[:-1]) + f" and '{names[-1]}'"
    count = "two" if len(names) == 2 else str(len(names))
    return f"{count} nodes side by side: {listed}; {hint}"


def step_meant(name: str, value: Any, vocabulary: Vocabulary, inside: str) -> str:
    """The step that `{"hat v": 0.4}` may mean, in quotes, or an empty string; `inside`: the sound being defined."""
    *before, last = name.split() or [""]
    if not (before and last.isidentifier() and vocabulary.find(before[0], inside)):
        return ""
    if isinstance(value, str) and note_frequency(value) is not None:
        return f"'{' '.join(before)} {last}={value}'"
    number = "" if isinstance(value, bool) or not isinstance(value, int | float) else f"{value:g}"
    return "" if read_number(number) is None else f"'{' '.join(before)} {number_word(last, number)}'"


def node_meant(
    data: Mapping[str, Any], place: Place, vocabulary: Vocabulary, inside: str, hint: str
) -> tuple[Place, str, str]:
    """Place, sentence and suggestion for a mapping without the name of a node, at the key that may mean one.

    `inside`: the sound being defined; `hint` is added when no key does, and only an entry has one.
    """
    if hint and (meant := reserved_meant(place.origin.name, data)):
        return Place(place.origin, (), True), f"there is no node in '{place.origin.name}'", meant
    common, names = parameters(Common), list(data)
    if len(data) == 1 and (step := step_meant(names[0], data[names[0]], vocabulary, inside)):
        sentence = "a sound with a parameter is one text in a step, without ':' and space"
        return place.below(*data).at_key(), sentence, step
    if isinstance(text := data.get("s", data.get("sound")), str):
        key = "s" if "s" in data else "sound"
        return place.below(key).at_key(), f"'{key}' is 'play' here", f"'play: \"{text}\"'"
    for key in data:
        if len(data) > 1 and key not in common and key not in TRANSFORMS and vocabulary.near(key) in SHORT_MEANT:
            return place.below(key).at_key(), *vocabulary.unknown(key)
    for key in data:
        like_a_node = len(data) == 1 or isinstance(data[key], dict | None)
        if like_a_node and key not in common and vocabulary.is_meant(key):
            return place.below(key).at_key(), *vocabulary.unknown(key)
    if len(data) == 1 and (not hint or isinstance(data[names[0]], dict | None)):
        return place.below(*data).at_key(), *vocabulary.unknown(names[0])
    return place, f"expected one node, got {written(data)}{hint}", ""


def number_meant(data: Any, parameter: Parameter | None) -> str:
    """The number that `gate: true`, `amp: false` or `repeat: true` may mean, in quotes, or an empty string."""
    if isinstance(data, bool) and parameter and parameter.default == math.inf:
        return "'inf'" if data else f"'{parameter.minimum:g}'"
    if not (isinstance(data, bool) and parameter and parameter.unit in ("gate", "factor")):
        return ""
    return "" if parameter.complaint(float(data)) else f"'{data:d}'"


def comma_meant(
    key: str, given: Mapping[str, WrittenParameter], known: Mapping[str, Parameter]
) -> tuple[str, str] | None:
    """The sentence and the suggestion for `key` as the part of a value behind a comma, or None where it is not one.

    amp: 0,1        'amp: 0.1'
    freq: c4, e4    'freq: [c4, e4]', which needs a duration
    """
    if key in known or given[key].data is not None:
        return None
    names = list(given)
    first = last = names.index(key)
    while first and given[names[first]].data is None and names[first] not in known:
        first -= 1
    before, whole = names[first], given[names[first]].data
    if isinstance(whole, bool) or not isinstance(whole, int | float | str) or before not in known:
        return None
    if key.isdigit() and isinstance(whole, int) and last == first + 1:
        return "a comma ends the value here; a fraction has a point", f"'{before}: {whole}.{key}'"
    parts = [str(whole), *names[first + 1 : last + 1]]
    if not (known[before].is_signal and before != "duration" and all(map(LIKE_A_VALUE.fullmatch, parts))):
        return None
    if last + 1 < len(names) and given[names[last + 1]].data is None and names[last + 1] not in known:
        return "", ""
    example = f"'{before}: [{', '.join(parts)}]'"
    if "duration" in given:
        return "a comma ends the value here; a list stands in [ ]", example
    return f"a comma ends the value here; a list stands in [ ] and moves over a 'duration': {example}", ""


def values_meant(data: list[Any]) -> str:
    """The list that values without commas may mean, in quotes, or an empty string.

    [180 45 40]    '[180, 45, 40]'
    """
    values = data[0].split() if len(data) == 1 and isinstance(data[0], str) else []
    return f"'[{', '.join(values)}]'" if len(values) > 1 and all(map(LIKE_A_VALUE.fullmatch, values)) else ""


def reserved_meant(name: str, data: Mapping[str, Any]) -> str:
    """The reserved name that the name of an entry with values and no node may mean, in quotes, or an empty string.

    setting: {at: bar}    'settings'
    """
    meant = OTHER_ENTRIES.get(name.lower()) or next(iter(get_close_matches(name.lower(), RESERVED, 1, 0.8)), "")
    return f"'{meant}'" if meant and not any(isinstance(value, dict) for value in data.values()) else ""


def tempo_meant(name: str, data: Any) -> str:
    """The advice for `bpm: 140` at the top of a file, or an empty string."""
    return f"; a tempo stands around a sound: 'tempo: {{bpm: {data}, signal: …}}'" if name in ("bpm", "tempo") else ""


def quoted(meant: str) -> str:
    """A suggestion in quotes; nothing if there is none."""
    return f"'{meant}'" if meant else ""


def lacks_commas(text: str) -> bool:
    """Whether a text of several words is neither several sounds with commas nor a sound with a note."""
    words = text.split()
    return len(words) > 1 and "," not in text and not any(map(note_frequency, words))


def word_meant(data: Mapping[str, Any], vocabulary: Vocabulary, inside: str) -> str:
    """The step that `{hat: v.5}` means, in quotes, or an empty string."""
    [(name, value), *others] = data.items()
    words = value.split() if isinstance(value, str) and not others else ()
    fit = words and all(note_frequency(word) or read_numbered(word) or ASSIGNED.fullmatch(word) for word in words)
    return f"'{name} {value}'" if fit and vocabulary.find(name, inside) else ""


def call_or_repeat_meant(word: str, sounds: Collection[str], place: Place) -> str:
    """The steps that a word at a place means, in quotes, or an empty string.

    hat(0.4)    'hat v.4'
    hat!2       'hat, hat', in a list in [ ]
    hat*2       '{sequencer: {interval: beat / 2, repeat: 1, steps: [hat, hat]}}' in a sequencer with a step each beat
    """
    if (match := CALLED.fullmatch(word)) and match[1] in sounds and float(match[2]) <= 1.0:
        return f"'{match[1]} {number_word('v', match[2])}'"
    if (match := REPEATED.fullmatch(word)) and match[1] in sounds and is_item_in_brackets(place, word):
        steps = ", ".join([match[1]] * int(match[3]))
        if match[2] == "!":
            return quoted(steps)
        interval = _beside(place, "interval")
        if isinstance(interval, int | float) or (isinstance(interval, str) and interval.isidentifier()):
            return f"'{{sequencer: {{interval: {interval} / {match[3]}, repeat: 1, steps: [{steps}]}}}}'"
    return ""


def _beside(place: Place, name: str) -> Any:
    """The value of a name beside the list that a place is in, as it is written; None where there is none."""
    entry = place.origin.entry
    data: Any = entry.data if entry else {}
    for step in place.path[:-2]:
        data = data[step]
    return data.get(name) if isinstance(data, dict) else None


def is_item_in_brackets(place: Place, text: str) -> bool:
    """Whether a text without quotes stands at a place as an item of a list in [ ], and nothing else in the item."""
    mark, entry = place.mark, place.origin.entry
    if not mark or not entry:
        return False
    line, column = entry.source(mark), mark.column - 1
    before, behind = line[:column].rstrip(), line[column:].removeprefix(text).lstrip()
    return line.startswith(text, column) and before.endswith(("[", ",")) and behind.startswith((",", "]"))
