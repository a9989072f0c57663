"""Aliases of node types: names that other programs have for a node, by which it is found here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from waves.node import Node

WORDS = re.compile(r"[a-z][a-z0-9]*([ -][a-z0-9]+)*")


def plain(word: str) -> str:
    """A name in lower case, letters and digits alone: `Noise_Gate` and `noise gate` are one."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def node_called(word: str, types: Mapping[str, type[Node]]) -> str:
    """The node type that has a word as an alias, of several the last one; empty for none."""
    wanted = plain(word)
    found = [name for name, kind in types.items() if wanted and wanted in map(plain, kind.aliases)]
    return found[-1] if found else ""


def alias_mistakes(aliases: Sequence[str]) -> Iterator[str]:
    """Mistakes in the aliases of one type, a sentence each."""
    for alias in aliases:
        if not WORDS.fullmatch(alias):
            yield f"an alias is one or more words in lower case, not '{alias}'"
    names = [plain(alias) for alias in aliases]
    if twice := next((alias for alias, name in zip(aliases, names, strict=True) if names.count(name) > 1), ""):
        yield f"the alias '{twice}' is there twice"


def alias_clashes(types: Mapping[str, type[Node]]) -> dict[str, str]:
    """By node type a sentence on an alias that is its own name or an alias of another; of two the later one is wrong.

    An alias that is the name of another node is no mistake, so that nobody's new node spoils another: the word is that
    node, and the alias leads nowhere.
    """
    owners: dict[str, str] = {}
    clashes: dict[str, str] = {}
    for name, kind in types.items():
        for alias in kind.aliases:
            owner = owners.setdefault(plain(alias), name)
            if plain(alias) == plain(name):
                clashes.setdefault(name, f"{name}: the alias '{alias}' is the name of the node '{name}'")
            elif owner != name:
                clashes.setdefault(name, f"{name}: the alias '{alias}' is an alias of the node '{owner}'")
    return clashes
