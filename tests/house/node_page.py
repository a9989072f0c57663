"""docs/nodes.md, made from the catalogue of node types; docs/names.md without what is there.

python -m tests.house.node_page
"""

from __future__ import annotations

import re
from typing import Any

from tests.harness.paths import TOP
from tests.harness.session_harness import shipped
from waves.node import Node
from waves.node_types.library.catalogue import default_text, describe, describe_parameter, example, range_text
from waves.node_types.library.library import family
from waves.node_types.library.node_facts import node_facts
from waves.node_types.library.parameters import Common, parameters

PAGE = TOP / "docs" / "nodes.md"
PLAN = TOP / "docs" / "names.md"
HEAD = """# Nodes

<!-- made by `python -m tests.house.node_page` -->

All node types that come with waves, by family. `waves nodes NAME` shows one with what it keeps in memory and what an
edit does to its sound, `waves nodes WORD` finds those that a word is about, also by the names that other programs have
for them. What is shown of each by tests, with bounds, sources and costs, is in [What is shown of each
node](node-facts.md). How nodes, expressions and steps are written is in [the language](language.md), how to write a
node of your own in [Writing a node](writing-a-node.md).
"""
FAMILIES = (
    "sources",
    "synthesis",
    "instruments",
    "filters",
    "effects",
    "dynamics",
    "repeats",
    "mixing",
    "control",
    "modulation",
    "tuning",
    "events",
)


def page() -> str:
    """The text of the page."""
    types = shipped()
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


def planned(text: str) -> str:
    """The text of docs/names.md without what is there: nodes, and parameters of nodes that have others planned."""
    common, head, tables = text.partition("\n## Nodes\n")
    lines = [left for line in tables.splitlines(keepends=True) if (left := _planned(line))]
    return common + head + "".join(lines)


def _planned(line: str) -> str:
    """A line of the tables of names without what is there, empty where nothing is left."""
    types = shipped()
    if not (match := re.fullmatch(r"\| (`[^|]*) \|([^|]*)\|([^|]*)\|([^|]*)\|\n", line)):
        return line
    names = re.findall(r"`(\w+)`", match[1])
    if not set(names) & types.keys():
        return line
    if len(names) > 1:  # a row of several nodes keeps the others
        left = [name for name in names if name not in types]
        return line.replace(match[1], ", ".join(f"`{name}`" for name in left)) if left else ""
    parts = re.findall(r"(?:\([^)]*\)|[^,;(])+", match[2])
    left = [part.strip() for part in parts if not _words(part) & parameters(types[names[0]]).keys()]
    left = [part for part in left if re.fullmatch(r"[a-z_]+( \(.*\))?", part)]
    return f"| `{names[0]}` | {', '.join(left)} | | |\n" if left else ""


def _words(text: str) -> set[str]:
    """The names of parameters in a text: words outside of brackets."""
    return set(re.findall(r"[a-z_]+", re.sub(r"\(.*?\)", "", text)))


def main() -> None:
    """Writes it, and takes what is there out of the names that are planned."""
    PAGE.write_text(page(), "utf-8")
    PLAN.write_text(planned(PLAN.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
