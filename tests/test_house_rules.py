"""What holds for every file: the arrows of docs/architecture.md, units, examples, no stray output."""

from __future__ import annotations

import ast
import graphlib
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

TOP = Path(__file__).parent.parent
PACKAGE = TOP / "waves"
NODES = sorted(path for path in (TOP / "nodes").rglob("*.py") if not path.name.startswith("_"))

# Which module may import which; a folder counts as one. Text and engine never see each other.
BASIS = {"problem", "node", "memo"}
YAML_TEXT = {"problem", "yaml_scalars", "yaml_sentences", "yaml_reader"}
WORDS = BASIS | {"names", "tokens", "values", "program", "assembler"}
LANGUAGE = WORDS | {"expression", "parameters", "vocabulary", "models"}
MADE = {"values", "links", "life", "voices", "clock", "stepped", "transport"}  # nodes that the language makes by itself
MEANING = LANGUAGE | MADE | {"schema", "piece", "sources", "scope", "expansion"}
GRAPH = BASIS | MADE | {"layout", "sources", "tree"}
PLAN = BASIS | {"layout", "kernels", "registry", "graph", "transition", "pools", "binding", "assembly", "words"}
FILES = {"document", "samples", "workspace", "library", "settings", "watch"}
LOOP = {"builder", "compiler", "composer", "engine", "events", "plan", "recorder", "trial"}

MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "problem": set(),
    "node": set(),
    "memo": set(),
    "dsp": set(),
    # the text
    "yaml_scalars": set(),
    "yaml_sentences": YAML_TEXT,
    "yaml_reader": YAML_TEXT,
    "document": YAML_TEXT,
    "names": set(),
    "tokens": {"problem", "names"},
    "program": WORDS,
    "assembler": WORDS,
    "expression": WORDS,
    "parameters": BASIS,
    "catalogue": BASIS | {"parameters"},
    "vocabulary": BASIS,
    "models": LANGUAGE,
    "steps": LANGUAGE,
    "schema": LANGUAGE | {"steps"},
    "piece": MEANING,
    "sources": MEANING,
    "scope": MEANING,
    "expansion": MEANING | {"heard"},
    "heard": MEANING,
    "lasting": MEANING,
    "tempo": MEANING,
    "timing": MEANING | {"tempo"},
    "notes": MEANING | {"steps", "timing", "heard", "lasting"},
    "tree": MEANING | {"tempo", "heard", "lasting", "notes"},
    "passages": {"graph", "links", "sources", "voices"},
    "sounds": MEANING | {"tree", "lasting", "document", "settings"},
    "arguments": MEANING | {"document"},
    # nodes that the language makes by itself
    "values": {"node", "dsp"},
    "links": {"node", "dsp"},
    "life": {"node", "dsp"},
    "voices": {"node", "dsp"},
    "transport": {"node", "dsp"},
    "clock": {"node", "dsp", "voices"},
    "stepped": {"node", "dsp"},
    # files
    "faults": {"problem"},
    "modules": {"faults", "problem"},
    "contract": BASIS | {"layout", "modules", "parameters"},
    "library": BASIS | {"contract", "modules"},
    "samples": BASIS | {"workspace"},
    "settings": {"problem"},
    "workspace": BASIS | {"library"},
    "watch": set(),
    # what is rendered
    "layout": BASIS,
    "making": BASIS | {"layout"},
    "registry": BASIS | {"layout"},
    "meaning": BASIS | {"layout"},
    "kernels": BASIS | {"layout", "meaning"},
    "native": BASIS | {"dsp", "layout", "meaning", "voices"},  # of the last: how long a list of events is
    "refusals": BASIS | {"layout", "modules"},
    "cases": BASIS | {"layout", "making"},
    "loading": BASIS | {"faults", "library", "modules"},
    "plain": BASIS | {"cases", "layout", "library"},
    "proof": BASIS | {"cases", "kernels", "layout", "library", "loading", "modules", "plain"},
    "prover": BASIS | {"kernels", "library", "modules"},
    "compiler": BASIS | {"kernels", "library", "modules", "native", "prover", "refusals"},
    "graph": GRAPH,
    "loops": GRAPH,
    "lowering": GRAPH | {"graph", "loops", "making"},
    "transition": GRAPH | {"graph"},
    "likeness": GRAPH | {"graph"},
    "pools": PLAN,
    "binding": PLAN,
    "words": {"graph", "layout", "registry"},
    "assembly": PLAN | {"voices"},
    "endings": PLAN,
    "following": PLAN | {"likeness"},
    "plan": PLAN | {"endings", "following"},
    "engine": PLAN | {"dsp", "plan"},
    "trial": PLAN | {"plan", "engine", "voices"},
    "watchdog": PLAN | {"engine", "events", "library", "modules", "plan"},
    # what is heard
    "silent": set(),
    "cards": {"problem"},
    "device": {"cards", "silent"},
    "keeper": {"cards", "device", "silent"},
    "soundfiles": {"problem"},
    "offline": {"problem", "layout", "engine", "soundfiles"},
    "recorder": {"problem", "engine", "soundfiles"},
    # the live loop
    "events": {"problem"},
    "builder": set(),
    "entrance": LANGUAGE,
    "meter": PLAN | {"entrance", "plan"},
    "report": PLAN | {"links", "plan"},
    "composer": BASIS
    | FILES
    | {"entrance", "lasting", "lowering", "making", "__init__", "piece", "sources", "sounds", "graph", "layout"}
    | {"likeness", "passages"},
    "reloading": BASIS | FILES | LOOP | {"kernels", "layout", "meaning"},
    "linefile": set(),
    "snapshots": PLAN | {"engine", "following", "plan"},
    "snapshot_files": {"problem", "registry", "snapshots"},
    "history": {"problem", "linefile", "snapshot_files", "snapshots"},
    "journal": {"__init__", "composer", "engine", "layout", "library", "linefile", "modules", "node"}
    | {"plan", "snapshot_files", "snapshots", "soundfiles"},
    "standstill": {"composer", "engine", "problem", "snapshot_files", "snapshots"},
    "past": PLAN | LOOP | {"history", "journal", "snapshots", "standstill"},
    "aside": LOOP | {"kernels", "problem"},
    "commits": PLAN | LOOP | {"entrance", "meter", "past"},
    "session": PLAN | FILES | LOOP | {"aside", "commits", "entrance", "links", "past", "report", "snapshots"},
    "replay": PLAN | FILES | LOOP | {"journal", "linefile", "modules", "session", "snapshot_files"},
    "fallback": PLAN | {"composer", "library", "linefile", "modules", "replay"},
    "display": {"problem", "events"},
    "screen": {"problem", "events", "display"},
    "keys": set(),
    "doctor": {"__init__", "kernels", "cards", "device"},
    "__main__": {"cli"},
}
PROGRAM = "cli"  # puts everything together, and nothing imports it

# Libraries that few modules know, so that each can be exchanged in one place.
KNOWN_TO: dict[str, set[str]] = {
    "numba": {"compiler", "native"},
    "llvmlite": {"kernels", "native"},
    "sounddevice": {"device"},
    "soundfile": {"samples", "soundfiles", "offline", "recorder"},
    "soxr": {"samples"},
    "ruamel": {"yaml_reader", "yaml_sentences"},
    "watchfiles": {"watch"},
    "typer": {"cli"},
    "rich": {"cli", "screen"},
}


def modules() -> dict[str, list[Path]]:
    """Files of the package by module."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        found.setdefault(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), []).append(path)
    return found


def imported(path: Path) -> Iterator[str]:
    """Full names of what a file imports, inside functions too, but not for types alone."""
    parsed = ast.parse(path.read_text("utf-8"))
    unseen = {
        id(inner)
        for branch in ast.walk(parsed)
        if isinstance(branch, ast.If) and ast.unparse(branch.test).endswith("TYPE_CHECKING")
        for statement in branch.body
        for inner in ast.walk(statement)
    }
    for statement in ast.walk(parsed):
        if id(statement) in unseen:
            continue
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            assert not statement.level, f"{path}:{statement.lineno}: write the import with `waves.`"
            yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def inner_imports(name: str) -> set[str]:
    """Modules of the package that a module imports."""
    known = {*modules(), PROGRAM}
    words = (word.split(".") for path in modules()[name] for word in imported(path))
    inner = {word[1] for word in words if word[0] == "waves"}
    return {word if word in known else "__init__" for word in inner} - {name}


@pytest.mark.parametrize("name", [name for name in modules() if name != PROGRAM])
def test_a_module_imports_only_what_its_place_in_the_map_allows(name):
    assert name in MAY_IMPORT, f"waves/{name} has no place: add it here and to docs/architecture.md"
    assert inner_imports(name) <= MAY_IMPORT[name]


def test_imports_go_one_way():
    graphlib.TopologicalSorter({name: inner_imports(name) for name in modules()}).prepare()


def test_every_module_is_in_the_map():
    text = (TOP / "docs" / "architecture.md").read_text("utf-8")
    named = set(re.findall(r"^\| `(\w+)/?` \|", text, flags=re.MULTILINE))
    assert set(modules()) - {"__init__", "__main__"} <= named


@pytest.mark.parametrize("library", KNOWN_TO)
def test_a_library_is_known_to_few(library):
    users = {
        name
        for name, paths in modules().items()
        if any(word.split(".")[0] == library for path in paths for word in imported(path))
    }
    assert users <= KNOWN_TO[library]


def test_only_the_screen_and_the_command_line_print():
    printing = [
        f"{path.relative_to(TOP)}:{call.lineno}"
        for path in [*PACKAGE.rglob("*.py"), *(TOP / "nodes").rglob("*.py")]
        if path.relative_to(TOP).parts[:2] not in {("waves", "cli"), ("waves", "screen.py")}
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "print"
        if "file" not in {keyword.arg for keyword in call.keywords}
    ]
    assert printing == []


def numbers_without_a_unit(source: str) -> list[str]:
    """Parameters of node types that are numbers, or have one as their default, and do not say of what."""
    missing = []
    for declared in ast.walk(ast.parse(source)):
        if not (isinstance(declared, ast.AnnAssign) and isinstance(declared.value, ast.Call)):
            continue
        call = declared.value
        if not (isinstance(call.func, ast.Name) and call.func.id == "param"):
            continue
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        default = call.args[0] if call.args else given.get("default")
        kinds = {name.id for name in ast.walk(declared.annotation) if isinstance(name, ast.Name)}
        if not kinds & {"float", "int"} and not _is_number(default):
            continue
        unit = given.get("unit")
        if not (isinstance(unit, ast.Constant) and unit.value):
            missing.append(ast.unparse(declared.target))
    return missing


def _is_number(default: ast.expr | None) -> bool:
    try:
        value = ast.literal_eval(default) if default is not None else None
    except ValueError:
        return False
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_the_rule_of_units_finds_a_number_without_one():
    source = """
        class Bad(Node):
            signal: Signal = param(description="What is heard.")
            kind: Choice["a", "b"] = param("a")
            loop: bool = param(False)
            time: Signal = param(0.2, unit="s")
            gain: Signal = param(-1.0)
            count: int | None = param(None)
            size: float = param(unit="")
    """
    assert numbers_without_a_unit(textwrap.dedent(source)) == ["gain", "count", "size"]


def test_every_number_of_a_node_has_a_unit():
    found = {path.name: numbers_without_a_unit(path.read_text("utf-8")) for path in NODES}
    assert {name: missing for name, missing in found.items() if missing} == {}


def test_there_are_nodes():
    assert {"osc", "mix", "track"} <= {path.stem for path in NODES}


@pytest.mark.parametrize("path", NODES, ids=lambda path: path.stem)
def test_a_node_file_begins_with_what_it_does_and_an_example(path):
    """The example is indented, YAML, and uses the node."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8")), clean=False) or ""
    assert docstring.partition("\n")[0].endswith((".", ":")), "the first line says what it does to the sound"
    blocks = re.findall(r"(?:^    .*\n?|^\n)+", docstring, flags=re.MULTILINE)
    example = textwrap.dedent("".join(blocks))
    assert re.search(rf"\b{path.stem}\b", example), "no example that uses the node"
    assert isinstance(YAML(typ="safe", pure=True).load(example), dict)
