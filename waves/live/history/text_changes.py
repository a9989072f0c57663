"""Differences between two versions of a piece, in the words of the piece: `lead: freq 220 → 330; hat: new`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from waves.language.model.form.ramps import FROM, IN, TO, is_ramp
from waves.language.model.patterned.transform_table import FORMS
from waves.language.model.vocabulary import order_of
from waves.language.text.document import ANCHOR, NAME, DocumentProblems, read_document
from waves.language.text.file_lines import BEGINS_ENTRY
from waves.problem import Problems

MOST = 4  # differences that are told; the others are counted
NAMED = 3  # differences of one part that are told where all parts are; the others are counted
LISTED = 8  # of these those whose names are told
LONGEST = 24  # characters of a value
LARGEST = 20_000  # characters of an entry: of a larger one only its lines are counted
ONLY_LAYOUT = "only comments, order or layout"

Texts = Mapping[str, str]
"""The files of a piece by name."""
Path = tuple[str | int, ...]
"""The name of an entry, then keys of mappings and indices of lists."""
Part = tuple[str, ...]
"""An entry, and a part of a mix in it, if it is one."""


class _Missing:
    """In place of a value that is not there."""


class _Difference(NamedTuple):
    """Two values at one place, `_Missing` where there is none."""

    path: Path
    before: Any
    after: Any


def changes_in_words(before: Texts, after: Texts) -> str:
    """Differences between the texts of two versions: by the parts that have changed, at most four of them.

    A part is what has a name in a mix, or an entry. Values are as the text has them. Never raises: of what cannot be
    read, and of entries of more than 20,000 characters, the lines are counted.

        my_sound: {mix: {lead: {osc: {freq: 220}}}}
        my_sound: {mix: {lead: {osc: {freq: 330}}, hat: noise}}     # lead: freq 220 → 330; hat: new
    """
    old, new = _entries(before), _entries(after)
    gone = [name for name in old if name not in new]
    told: list[tuple[Part, str]] = []
    for name in new:
        if name not in old:
            was = next((one for one in gone if _without_name(old[one]) == _without_name(new[name])), None)
            if was is None:
                told.append(((name,), "new" if name else _lines("", new[name])))
            else:
                gone.remove(was)
                told.append(((name,), f"was {was}"))
    told += [((name,), "removed" if name else _lines(old[name], "")) for name in gone]
    for name in new:
        if name in old and old[name] != new[name]:
            told += _of_entry(name, old, new)
    if not told:
        return ONLY_LAYOUT if before != after else "no difference"
    return _joined(told)


def _entries(texts: Texts) -> dict[str, str]:
    """The text of each entry by its name; lines that are no entry are one without a name."""
    found: dict[str, str] = {}
    for text in texts.values():
        name = ""
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            if BEGINS_ENTRY.match(line):
                match = NAME.match(line)
                name = match[2] if match else "" if line[0] == "{" else line.partition(":")[0].strip(" \"'")
            if line.strip() or name:
                found[name] = f"{found[name]}\n{line}" if name in found else line
    return {name: text.rstrip() for name, text in found.items() if name or not _is_comment(text)}


def _is_comment(text: str) -> bool:
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.split("\n"))


def _without_name(text: str) -> str:
    return text.partition(":")[2]


def _of_entry(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[tuple[Part, str]]:
    """The differences of an entry in two pieces, each with its part."""
    old, new = _data(name, before), _data(name, after)
    if old is _Missing or new is _Missing:
        yield (name,), _lines(before[name], after[name])
        return
    ways = [*_ways(old, (name,)), *_ways(new, (name,))]
    for number, difference in enumerate(_differences((name,), old, new)):
        yield _part_and_words(difference, ways) if number < MOST else ((name,), "")


def _data(name: str, texts: Mapping[str, str]) -> Any:
    """The value of an entry among others, whose anchors it may use; `_Missing` if it cannot be read."""
    own = texts[name]
    shared = [text for key, text in texts.items() if key != name and ANCHOR.search(text)] if "*" in own else []
    text = "\n".join([*shared, own])
    if not name or len(text) > LARGEST:
        return _Missing
    try:
        entries = read_document(text, name).entries
    except DocumentProblems as problems:
        entries = problems.document.entries
    except Problems:
        return _Missing
    return entries[name].data if name in entries else _Missing


def _lines(before: str, after: str) -> str:
    """The count of lines that differ."""
    old, new = before.splitlines(), after.splitlines()
    kept = sum(block.size for block in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks())
    return f"+{len(new) - kept} -{len(old) - kept} lines"


def _differences(path: Path, before: Any, after: Any) -> Iterator[_Difference]:
    """The places at which two values differ, as far inside them as both have the same form."""
    if isinstance(before, dict) and isinstance(after, dict):
        if len(before) == len(after) == 1 and before.keys() != after.keys():  # another node
            yield _Difference(path, *before, *after)
            return
        for key in dict.fromkeys([*before, *after]):
            old, new = before.get(key, _Missing), after.get(key, _Missing)
            if repr(old) != repr(new):
                yield from _differences((*path, str(key)), old, new)
        first, second = order_of(before), order_of(after)
        if first != second and before.keys() == after.keys():
            yield _Difference((*path, "order"), first, second)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _of_lists(path, before, after)
    elif not _is_same_number(before, after):
        yield _Difference(path, before, after)


def _of_lists(path: Path, before: list[Any], after: list[Any]) -> Iterator[_Difference]:
    """The differences of two lists: items in the place of others, and those that came or went."""
    old, new = list(map(repr, before)), list(map(repr, after))
    for kind, i, j, k, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        both = min(j - i, last - k)
        for offset in range(both):
            yield from _differences((*path, k + offset), before[i + offset], after[k + offset])
        for index in range(i + both, j):
            yield _Difference((*path, index), before[index], _Missing)
        for index in range(k + both, last):
            yield _Difference((*path, index), _Missing, after[index])


def _is_same_number(before: Any, after: Any) -> bool:
    """Whether two values are one number, written in two ways."""
    kinds = {type(before), type(after)}
    return kinds <= {int, float} and bool(before == after)


def _part_and_words(difference: _Difference, ways: Sequence[Path]) -> tuple[Part, str]:
    """The part in which a difference is, and its words. `ways`: to all values of the entry."""
    part, rest = _part_of(difference.path)
    place = _place(difference.path, ways)
    before, after = difference.before, difference.after
    is_item = bool(rest) and isinstance(rest[-1], int)
    if after is _Missing:
        return part, f"{place} {value_in_words(before)} removed" if is_item else f"{place} removed".lstrip()
    name = str(difference.path[-1])
    if before is _Missing:
        return part, f"{place} {value_in_words(after, name)} added" if place else "new"
    was, now = value_in_words(before, name), value_in_words(after, name)
    told = ("…" in was + now and words_that_differ(before, after)) or f"{was} → {now}"
    return part, f"{place} {told}".lstrip()


def _part_of(path: Path) -> tuple[Part, Path]:
    """The part of a path that a player has named, in the innermost mix, else the entry; and the path inside it."""
    mixes = [at for at, step in enumerate(path[:-1]) if at and step == "mix"]
    if not mixes:
        return (str(path[0]),), path[1:]
    part = path[mixes[-1] + 1]
    return (str(path[0]), str(part + 1) if isinstance(part, int) else part), path[mixes[-1] + 2 :]


def _place(path: Path, ways: Sequence[Path]) -> str:
    """The shortest end of a path that no other one in its part has, `freq` or `osc.freq`; of an item `steps 3:`."""
    part, rest = _part_of(path)
    names = _names_in(rest)
    others = (_part_of(way) for way in ways if way[-1:] == names[-1:])
    ends = (_names_in(inside) for other, inside in others if other == part)
    place = ".".join(map(_cut, shortest_end(names, ends)))
    items = [str(step + 1) for step in rest[len(names) :] if isinstance(step, int)]
    return f"{place} {' '.join(items)}:".lstrip() if items else place


def _names_in(path: Path) -> Part:
    return tuple(step for step in path if isinstance(step, str))


def shortest_end(names: Part, others: Iterable[Part]) -> Part:
    """The shortest end of a way that no other one has: `cutoff`, or `osc.freq`."""
    others = [other for other in others if other != names]
    length = next((n for n in range(1, len(names)) if all(one[-n:] != names[-n:] for one in others)), len(names))
    return names[-length:] if length else names


def _ways(value: Any, path: Path) -> Iterator[Path]:
    """The paths of the values in a value that have a name, those in lists left out."""
    yield path
    if isinstance(value, dict):
        for key, inside in value.items():
            yield from _ways(inside, (*path, str(key)))


def words_that_differ(before: Any, after: Any) -> str:
    """The words that differ between two texts, `…c5… → …d5…`; empty where they are too long, or no texts."""
    if not (isinstance(before, str) and isinstance(after, str)):
        return ""
    was, now = _without_common(before, after)
    return f"{was} → {now}" if was != now and max(len(was), len(now)) <= LONGEST else ""


def _without_common(before: str, after: str) -> tuple[str, str]:
    """Two texts without the words at which they begin and end alike."""
    old, new = before.split(), after.split()
    most = min(len(old), len(new))
    begin = next((k for k in range(most) if old[k] != new[k]), most)
    rest = next((k for k in range(most - begin) if old[-1 - k] != new[-1 - k]), most - begin)
    if begin + rest == most:  # words came or went: with the one beside them
        begin, rest = max(begin - 1, 0), rest if begin else max(rest - 1, 0)
    left, right = "…" if begin else "", "…" if rest else ""
    was, now = (" ".join(words[begin : len(words) - rest]) for words in (old, new))
    return f"{left}{was}{right}", f"{left}{now}{right}"


def value_in_words(value: Any, name: str = "") -> str:
    """A value as it could be written, as far as it is short; of a transform `name` without one that which it takes."""
    match value:
        case None if (form := FORMS.get(name)) and form.default is not None:
            return f"{float(form.default):g}"
        case None:
            return "~"
        case bool():
            return str(value).lower()
        case dict() if is_ramp(value):
            begin, end, length = (value_in_words(value.get(key)) for key in (FROM, TO, IN))
            return f"ramp {begin} to {end} in {length}"
        case {"values": str() | list() as pattern} if len(value) == 1:
            return f"values {value_in_words(pattern)}"
        case dict():
            return f"{{{_cut(str(next(iter(value))))}: …}}" if value else "{}"
        case list():
            items = [f'"{item}"' if isinstance(item, str) and "," in item else value_in_words(item) for item in value]
            return _cut(f"[{', '.join(items)}]", "…]")
        case float():
            return repr(value).removesuffix(".0")
    return _cut(str(value))


def in_full(value: Any, name: str = "") -> str:
    """The value of a parameter as it could be written, a short mapping with all that is in it: `{4: rev}`."""
    if not isinstance(value, dict) or is_ramp(value):
        return value_in_words(value, name)
    inside = (f"{key}: {in_full(one)}" if one is not None else str(key) for key, one in value.items())
    whole = f"{{{', '.join(inside)}}}"
    return whole if len(whole) <= LONGEST else value_in_words(value)


def _cut(text: str, end: str = "…") -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - len(end)].rstrip() + end


def _joined(told: Sequence[tuple[Part, str]]) -> str:
    """All that is told, the parts each with its differences: `lead: freq 220 → 330, amp 0.2 → 0.3; hat: new`."""
    by_part: dict[Part, list[str]] = {}
    for part, words in told[:MOST]:
        by_part.setdefault(part, []).append(words)
    sentences = [f"{label_of(part, by_part)}: {', '.join(words)}" for part, words in by_part.items()]
    more = [f"and {len(told) - MOST} more"] if len(told) > MOST else []
    return "; ".join([*sentences, *more])


def label_of(part: Part, parts: Collection[Part]) -> str:
    """The name of a part; behind its entry if another one has the same, or it has only a number."""
    name = part[-1]
    is_clear = not name.isdigit() and [one[-1] for one in parts].count(name) == 1
    return (_cut(name) if is_clear else ".".join(map(_cut, dict.fromkeys((part[0], name))))) or "the file"


def labelled(found: Mapping[Part, list[str]]) -> dict[str, str]:
    """The differences of each part by the name of the part: the first ones, and how many there are more."""
    labels: dict[str, list[str]] = {}
    for part, sentences in found.items():
        labels.setdefault(label_of(part, found), []).extend(sentences)
    return {label: ", ".join(said[:NAMED]) + _more(said[NAMED:]) for label, said in labels.items()}


def _more(names: Sequence[str]) -> str:
    """Further differences: their count, and the names that some of them have: ` and 4 more: fill, low`."""
    listed = [name for name in names if name]
    shown = f": {', '.join(listed[:LISTED])}{' …' if len(listed) > LISTED else ''}" if listed else ""
    return f" and {len(names)} more{shown}" if names else ""
