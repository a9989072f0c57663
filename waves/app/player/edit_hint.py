"""A hint for the first edit: names a number of the sound that plays, and its line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from waves.language.model.vocabulary import CANONICAL_NAMES
from waves.language.text.document import Document
from waves.language.text.yaml_values import EntryPath
from waves.problem import printable


def what_to_edit(documents: Iterable[Document], sound: str, given: Collection[str] = ()) -> str:
    """A sentence that names a number of `sound`, or else of a sound that it uses; `given`: parameters set from outside.

    Numbers that a use of the sound may give come last: there, a change may not be heard.
    """
    entries = {name: entry for document in documents for name, entry in document.entries.items()}
    todo, seen, overruled = [sound], set[str](), ""
    while todo:
        name = todo.pop(0)
        if name not in entries or name in seen:
            continue
        seen.add(name)
        entry = entries[name]
        for path, value in leaves(entry.data):
            if isinstance(value, int | float) and not isinstance(value, bool):
                mark = entry.mark(path)
                key = next((step for step in reversed(path) if isinstance(step, str)), name)
                what = f"{key}: {value:g}" if isinstance(path[-1], str) else f"{value:g} in {key}"
                hint = printable(f"editing {mark.file}: change `{what}`, line {mark.line}, and save")
                if not may_be_given(path, given if name == sound else None):
                    return hint
                overruled = overruled or hint
        todo += names(entry.data)
    return overruled or printable(
        f"editing {entries[sound].file}: change '{sound}', line {entries[sound].line}, and save"
    )


def may_be_given(path: EntryPath, given: Collection[str] | None) -> bool:
    """Whether a use of a sound gives the value at a path in it; `given`: what the use gives, None for not known."""
    if len(path) != 2:
        return False
    node, key = path
    return key in given if given is not None else node == "context" or key in CANONICAL_NAMES


def leaves(data: Any, path: EntryPath = ()) -> Iterator[tuple[EntryPath, Any]]:
    """All values that are not containers, each with its path, in the order of the file."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    if not items and not isinstance(data, dict | list) and path:
        yield path, data
    for step, value in items:
        yield from leaves(value, (*path, step))


def names(data: Any) -> list[str]:
    """All words in the data that may be names of sounds."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, list):
        return [name for item in data for name in names(item)]
    if isinstance(data, dict):
        return [name for key, item in data.items() for name in (key, *names(item))]
    return []
