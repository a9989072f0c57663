"""Checks of the names of node types: files with the name of another, aliases that another has."""

from __future__ import annotations

from collections.abc import Container, Mapping

from waves.node import Node
from waves.node_types.contract.aliases import alias_clashes
from waves.node_types.library.checks.class_checks import lines_of
from waves.node_types.library.module_loader import SourceFile
from waves.problem import Problem

Names = Mapping[str, tuple[str, str]]
"""By module of a node file the package of its folder, and its node type."""


def named_twice(names: Names, sources: Mapping[str, SourceFile], before: Container[str]) -> dict[str, Problem]:
    """Problems of node files that have the name of another in the same folder, by module; the one in `before` stays."""
    modules: dict[tuple[str, str], list[str]] = {}
    for module, name in names.items():
        modules.setdefault(name, []).append(module)
    problems: dict[str, Problem] = {}
    for (package, node), several in modules.items():
        first = next((module for module in several if module in before), several[0])
        path = f"{first.removeprefix(package + '.').replace('.', '/')}.py"
        sentence = f"there are two node types '{node}': '{path}' is the other; give one of the files another name"
        problems |= {module: sources[module].problem(sentence) for module in several if module != first}
    return problems


def alias_problems(
    names: Names, kinds: Mapping[str, type[Node]], sources: Mapping[str, SourceFile]
) -> dict[str, Problem]:
    """Problems of types, by module, with an alias that is their own name or an alias of another in the same folder.

    Of two with the same alias the one that comes later in `kinds` is wrong.
    """
    problems: dict[str, Problem] = {}
    for package in dict.fromkeys(names[module][0] for module in kinds):
        modules = {names[module][1]: module for module in kinds if names[module][0] == package}
        for node, sentence in alias_clashes({node: kinds[module] for node, module in modules.items()}).items():
            source = sources[modules[node]]
            problems[modules[node]] = source.problem(sentence, lines_of(kinds[modules[node]], source)["aliases"])
    return problems
