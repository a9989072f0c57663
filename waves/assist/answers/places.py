"""Places of a name: where it is defined, and every use of it in the piece."""

from __future__ import annotations

from collections.abc import Iterator

from waves.assist.answers.desk import Desk, Range
from waves.assist.meaning.mark import Mark
from waves.assist.meaning.piece_names import Surroundings, Target
from waves.assist.sketch.entries import EntryText


def places(text: str, line: int, column: int, around: Surroundings) -> list[Range]:
    """The places of the name under a caret: its definition first, then its uses, in the order of the files.

    Sounds, ids, vars, patterns, names of a `context`, parts of a mix and anchors have places; all else has none. The
    ranges are those of the bare name, without the sign before it. Any text and place are taken.
    """
    desk = Desk(text, around)
    found = desk.mark_at(line, column)
    target = found[1].target if found else None
    return [place for _, place in located(desk, target)] if target else []


def located(desk: Desk, target: Target) -> list[tuple[Mark, Range]]:
    """The marks of a name with their places, the definition first."""
    marks = list(_mentions(desk, target))
    is_use = [not _defines(mark) for _, _, mark in marks]
    order = sorted(range(len(marks)), key=lambda k: is_use[k])
    return [(marks[k][2], _range(desk, *marks[k])) for k in order]


def _mentions(desk: Desk, target: Target) -> Iterator[tuple[str, EntryText, Mark]]:
    for one, lines in desk.names.mentioning(target.name):
        marks = [mark for mark in desk.marks.of_entry(one.file, one.entry, lines) if mark.target == target]
        for mark in sorted(marks, key=lambda mark: mark.word.place):
            if mark.word.text.removeprefix("$") == target.name:
                yield one.file, one.entry, mark


def _defines(mark: Mark) -> bool:
    """Whether a name begins to exist at a mark."""
    if mark.kind == "reference":
        return mark.role.form == "id"
    if mark.kind == "anchor":
        return mark.defines
    return mark.kind == "entry" or (mark.kind == "name" and mark.target is not None and _is_own_key(mark, mark.target))


def _is_own_key(mark: Mark, target: Target) -> bool:
    """Whether a key is the one that gives the name, and not one that gives it another value."""
    return target.kind in ("var", "pattern") or mark.word.place == (target.line, target.column)


def _range(desk: Desk, file: str, entry: EntryText, mark: Mark) -> Range:
    found = desk.range_of(file, entry, mark)
    dollar = mark.word.text.startswith("$")
    return Range(found.file, found.line, found.start + dollar, found.end)
