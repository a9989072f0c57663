"""A parameter whose value comes from outside: what identifies it, and the node that stands for its number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from waves.language.model.models import Place
from waves.language.tree.tree_node import Source, TreeNode, target_of
from waves.node_types.builtin.moved_value import MovedValue, ValueCell


@dataclass(frozen=True, slots=True)
class MovedParameter:
    """An input of a node whose value comes from outside, until the text changes what is written there. Immutable."""

    node: str
    """ID of the node."""
    name: str
    """Name of the parameter."""
    cell: ValueCell
    """Memory of the value, shared with the sound thread."""
    written: str
    """Digest of the source that the text gives this input, see `digest_of`."""

    @property
    def key(self) -> str:
        """`<id>.<parameter>`."""
        return f"{self.node}.{self.name}"

    def value_node(self, place: Place | None, path: str) -> TreeNode:
        """The node that takes the place of the written source: it belongs to no voice, so all notes share its value.

        `place` and `path` are those of the node that reads it.
        """
        path = f"{path}.{self.name}"
        return TreeNode(f"{self.key}.MovedValue", MovedValue, {"cell": self.cell}, place=place, path=path)


def digest_of(source: Source) -> str:
    """A short text that is equal for sources that are written alike: a number, or the nodes behind an input."""
    if isinstance(source, float):
        return repr(source)
    return hashlib.sha256("\n".join(_lines(source, set())).encode()).hexdigest()[:16]


def _lines(source: Source, seen: set[str]) -> Iterator[str]:
    if isinstance(source, float):
        yield repr(source)
        return
    target = target_of(source)
    yield f"{target.kind.__name__} {target.id if target.id in seen else ''}"
    if target.id in seen:
        return
    seen.add(target.id)
    settings = {name: value for name, value in target.settings.items() if not isinstance(value, ValueCell)}
    yield repr(sorted(settings.items(), key=lambda item: item[0]))
    for name, value in target.inputs.items():
        for key, entry in value.items() if isinstance(value, dict) else [("", value)]:
            yield f"{name} {key}"
            yield from _lines(entry, seen)
