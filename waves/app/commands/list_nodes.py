"""`waves nodes`: the node types and their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from waves.app.json_documents import NodeItem, NodesDocument
from waves.app.terminal.messages import show_notices
from waves.app.terminal.tables import table, wrapped
from waves.language.model.sound_arguments import UsageProblem
from waves.language.model.vocabulary import Vocabulary
from waves.live.workspace.open_workspace import library_of
from waves.live.workspace.shipped_files import library_folder
from waves.node import Node
from waves.node_types.library.catalogue import describe, facts, found
from waves.node_types.library.library import is_shipped, node_files
from waves.node_types.library.node_facts import node_facts
from waves.problem import did_you_mean

EVERY = (
    "Every node also takes `duration`, `id`, `gain` and `mute`; as a part of a mix `solo`, `send`, `fade` and `tail`."
)


def show_nodes(words: Sequence[str], folder: Path, json: bool) -> None:
    """Print all node types by family, those that words are about, or all about one; or a JSON document.

    Raises UsageProblem where nothing is found.
    """
    items = types_of(folder, words)
    if json:
        print(NodesDocument(nodes=items).model_dump_json(indent=2))
    else:
        print(one(items[0]) if items[0].facts else overview(items, are_found=bool(words)))


def types_of(folder: Path, words: Sequence[str] = ()) -> list[NodeItem]:
    """All node types, the one of a name, or those that words are about, with those of a trusted workspace in `folder`.

    Only the one of a name has `facts`. Raises UsageProblem where nothing is found.
    """
    library, notices = library_of(folder)
    show_notices(notices)
    if len(words) == 1 and words[0] in library:
        name = words[0]
        kind = library[name]
        return [NodeItem(**describe(kind, name), facts=node_facts(kind) | {"from": origin(kind, name)})]
    names = found(library, words) if words else sorted(library)
    if not names:
        asked = " ".join(words)
        aliases = {alias: name for name, kind in library.items() for alias in kind.aliases}
        alike = did_you_mean(asked, aliases).strip("'")
        near = Vocabulary(library, frozenset()).near(asked) or (f"'{aliases[alike]}'" if alike else "")
        raise UsageProblem(f"there is no node type '{asked}'", near)
    return [NodeItem(**describe(library[name], name), facts={}) for name in names]


def origin(kind: type[Node], name: str) -> str:
    """The folder that a node type comes from, in words."""
    if is_shipped(kind):
        return "the library"
    instead = name in node_files(library_folder("nodes"))
    return "the workspace, in place of the shipped one" if instead else "the workspace"


def overview(items: list[NodeItem], are_found: bool = False) -> str:
    """Types with their summaries by family; those without one come first.

    Of those that were found the family of the first comes first, and their aliases are shown.
    """
    families = [item.family for item in items]
    families = list(dict.fromkeys(families)) if are_found else sorted(set(families))
    rows, family = [], None
    for item in sorted(items, key=lambda item: families.index(item.family)):
        aliases = f" ({', '.join(item.aliases)})" if are_found and item.aliases else ""
        rows.append([item.family if item.family != family else "", item.name, item.summary + aliases])
        family = item.family
    return table(rows)


def one(item: NodeItem) -> str:
    """Summary, example and parameters of one type, as wide as the terminal."""
    width = max(map(len, (p.name for p in item.parameters)), default=0) + 4
    lines = []
    for p in item.parameters:
        lines.append(wrapped(f"{facts(p.model_dump())}. {p.description}", f"  {p.name:<{width - 2}}", " " * width))
    parts = [item.summary, reflowed(item.description), "Parameters, each with its default:", "\n".join(lines)]
    if item.free_names:
        parts.append("Any other key is a signal of that name.")
    wide = max(map(len, item.facts), default=0) + 4
    told = [wrapped(text, f"  {fact:<{wide - 2}}", " " * wide) for fact, text in item.facts.items()]
    parts.append("\n".join(told))
    if item.aliases:
        parts.append(wrapped(f"Elsewhere it is called {', '.join(item.aliases)}."))
    parts.append(wrapped(EVERY))
    return "\n\n".join(part for part in parts if part)


def reflowed(text: str) -> str:
    """A description with its paragraphs as wide as the terminal; examples, which are indented, and tables stay."""
    parts = text.split("\n\n")
    return "\n\n".join(part if part.startswith((" ", "|")) else wrapped(" ".join(part.split())) for part in parts)
