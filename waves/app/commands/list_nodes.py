"""`waves nodes`: the node types and their parameters."""

from __future__ import annotations

from pathlib import Path

from waves.app.json_documents import NodeItem, NodesDocument
from waves.app.terminal.messages import show_notices
from waves.app.terminal.tables import table, wrapped
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.open_workspace import library_of
from waves.live.workspace.shipped_files import library_folder
from waves.node import Node
from waves.node_types.library.catalogue import describe, facts
from waves.node_types.library.library import is_shipped, node_files
from waves.node_types.library.node_facts import node_facts
from waves.problem import did_you_mean


def show_nodes(name: str | None, folder: Path, json: bool) -> None:
    """Print all node types as a table, or all about one; or a JSON document. Raises UsageProblem."""
    items = types_of(folder, name)
    if json:
        print(NodesDocument(nodes=items).model_dump_json(indent=2))
    else:
        print(one(items[0]) if name else overview(items))


def types_of(folder: Path, name: str | None) -> list[NodeItem]:
    """All node types, or one, with those of a trusted workspace in `folder`. Raises UsageProblem."""
    library, notices = library_of(folder)
    show_notices(notices)
    if name is not None and name not in library:
        raise UsageProblem(f"there is no node type '{name}'", did_you_mean(name, library))
    if name is not None:
        kind = library[name]
        return [NodeItem(**describe(kind, name), facts=node_facts(kind) | {"from": origin(kind, name)})]
    return [NodeItem(**describe(library[key], key), facts={}) for key in sorted(library)]


def origin(kind: type[Node], name: str) -> str:
    """The folder that a node type comes from, in words."""
    if is_shipped(kind):
        return "the library"
    instead = name in node_files(library_folder("nodes"))
    return "the workspace, in place of the shipped one" if instead else "the workspace"


def overview(items: list[NodeItem]) -> str:
    """All types with their summaries, by family; those without one come first."""
    rows, family = [], ""
    for item in sorted(items, key=lambda item: (item.family, item.name)):
        rows.append([item.family if item.family != family else "", item.name, item.summary])
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
    parts.append("Every node also takes `duration` and `id`; as a part of a mix `fade` and `tail`.")
    return "\n\n".join(part for part in parts if part)


def reflowed(text: str) -> str:
    """A description with its paragraphs as wide as the terminal; examples, which are indented, stay."""
    parts = text.split("\n\n")
    return "\n\n".join(part if part.startswith(" ") else wrapped(" ".join(part.split())) for part in parts)
