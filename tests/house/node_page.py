"""docs/nodes.md, made from the catalogue of node types.

python -m tests.house.node_page
"""

from __future__ import annotations

from typing import Any

from tests.harness.paths import NODES, TOP
from waves.node import Node
from waves.node_types.library.catalogue import default_text, describe, describe_parameter, example, range_text
from waves.node_types.library.library import family, load_library
from waves.node_types.library.node_facts import node_facts
from waves.node_types.library.parameters import Common, parameters

PAGE = TOP / "docs" / "nodes.md"
HEAD = """# Nodes

<!-- made by `python -m tests.house.node_page` -->

All node types that come with waves, by family. `waves nodes NAME` shows one with what it keeps in memory and what an
edit does to its sound, `waves nodes WORD` finds those that a word is about, also by the names that other programs have
for them. How nodes, expressions and steps are written is in [the language](language.md), how to write a node of your
own in [Writing a node](writing-a-node.md).
"""
FAMILIES = ("sources", "filters", "effects", "dynamics", "mixing", "control", "events")


def page() -> str:
    """The text of the page."""
    types = load_library(NODES)
    families = sorted({family(kind) for kind in types.values()}, key=lambda name: (*FAMILIES, name).index(name))
    by_family = {one: [name for name in sorted(types) if family(types[name]) == one] for one in families}
    rows = [(one, " ".join(f"[`{name}`](#{name})" for name in names)) for one, names in by_family.items()]
    parts = [HEAD.strip(), table(("family", "nodes"), rows)]
    for one, names in by_family.items():
        parts += [f"## {one.capitalize()}", *(section(name, types[name]) for name in names)]
    common = [row(describe_parameter(p)) for p in parameters(Common).values()]
    parts += ["## Every node", "These parameters belong to each node.", table(COLUMNS, common)]
    return "\n\n".join(parts) + "\n"


COLUMNS = ("parameter", "unit", "range", "default", "meaning")


def section(name: str, kind: type[Node]) -> str:
    """The part of the page about a node type."""
    told, facts = describe(kind, name), node_facts(kind)
    texts = [part for part in told["description"].split("\n\n") if not part.startswith("    ")]
    parts = [f"### `{name}`", told["summary"], f"```yaml\n{example(kind)}\n```", *texts]
    if told["parameters"]:
        parts.append(table(COLUMNS, [row(one) for one in told["parameters"]]))
    if told["free_names"]:
        parts.append("Any other key is a signal of that name.")
    more = {"Outputs": facts.get("outputs", ""), "Elsewhere": ", ".join(told["aliases"])}
    parts.append("\\\n".join(f"{what}: {text}." for what, text in more.items() if text))
    return "\n\n".join(filter(None, parts))


def row(p: dict[str, Any]) -> tuple[str, ...]:
    """The row of a parameter, as `describe_parameter` gives it."""
    default = "" if p["required"] else default_text(p)
    meaning = f"required; {p['description'][:1].lower()}{p['description'][1:]}" if p["required"] else p["description"]
    return f"`{p['name']}`", p["unit"], range_text(p), default, meaning


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def main() -> None:
    """Writes it."""
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
