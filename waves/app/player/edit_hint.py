"""A hint for the first edit: names a number of the sound that plays, and its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from waves.language.text.document import Document
from waves.language.text.yaml_values import EntryPath
from waves.problem import printable


def what_to_edit(documents: Iterable[Document], sound: str) -> str:
    """A sentence that names a number of `sound`, or else of a sound that it uses."""
    entries = {name: entry for document in documents for name, entry in document.entries.items()}
    todo, seen = [sound], set[str]()
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
                return printable(f"editing {mark.file}: change `{what}`, line {mark.line}, and save")
        todo += names(entry.data)
    return printable(f"editing {entries[sound].file}: change '{sound}', line {entries[sound].line}, and save")


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
