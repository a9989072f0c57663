"""Rules for every file: arrows between rooms, size, units, examples, no stray output."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.harness.paths import TOP
from tests.house.rooms import map_of_rooms

PACKAGE = TOP / "waves"
LARGEST_ROOM = 12  # files
LONGEST_MODULE = 330  # lines
OF_THE_PAGE = {".html", ".css", ".js", ".svg"}
NODES = sorted(path for path in (TOP / "nodes").rglob("*.py") if not path.name.startswith("_"))


def python_files() -> list[Path]:
    """Every file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def source_files() -> list[Path]:
    """Every file of the package, and of the page that it serves."""
    page = [path for path in (PACKAGE / "page").rglob("*") if path.suffix in OF_THE_PAGE]
    return [*python_files(), *sorted(page)]


def rooms() -> list[Path]:
    """Every folder of the package that holds such files."""
    return sorted({file.parent for file in source_files()} - {PACKAGE})


def test_the_contracts_of_pyproject_are_kept():
    """Wings, rooms, circles and libraries; `lint-imports` says which line breaks which contract."""
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"Contracts: \d+ kept, 0 broken", result.stdout)


ON_THE_DISK = {"access", "exists", "existing_folder", "file_texts", "files", "folder", "glob", "has_history", "is_dir"}
ON_THE_DISK |= {"is_file", "is_lost", "is_symlink", "is_there", "iterdir", "listdir", "logs", "lstat", "mkdir", "names"}
ON_THE_DISK |= {"open", "read", "read_bytes", "read_text", "refresh", "resolve", "rglob", "scandir", "stat", "unlink"}
ON_THE_DISK |= {"write", "write_bytes", "write_text"}
"""Names of what opens files or looks at them."""


def test_imports_name_the_package():
    relative = [
        f"{file.relative_to(TOP)}:{statement.lineno}"
        for file in python_files()
        for statement in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(statement, ast.ImportFrom) and statement.level
    ]
    assert relative == []


def test_no_test_module_imports_another():
    """What two of them need is in tests/harness."""
    imported = re.compile(r"^ *(from|import) tests\b.*\b(test_\w+|conftest)\b", re.MULTILINE)
    files = [*(TOP / "tests").rglob("*.py")]
    assert files and [str(file.relative_to(TOP)) for file in files if imported.search(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.relative_to(TOP).as_posix())
def test_a_room_is_small(room):
    files = [file for file in source_files() if file.parent == room and file.name != "__init__.py"]
    assert len(files) <= LARGEST_ROOM, "the room holds too many files: split it"


def test_the_rules_see_the_page():
    assert {"page", "text", "sound"} <= {room.name for room in rooms()}
    assert {"index.html", "page.css", "page.js", "editor.js"} <= {file.name for file in source_files()}


def test_no_property_opens_files():
    """Whoever reads an attribute expects neither an error of the disk nor a wait for it."""
    found = []
    for file in source_files():
        if file.suffix == ".py" and {"live", "app"} & {*file.relative_to(TOP).parts[:2]}:
            for made in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(made, ast.FunctionDef) and any(map(is_property, made.decorator_list)):
                    called = {call.func for call in ast.walk(made) if isinstance(call, ast.Call)}
                    names = {getattr(one, "attr", getattr(one, "id", "")) for one in called} & ON_THE_DISK
                    found += [f"{file.relative_to(TOP)}:{made.lineno}: {made.name}: {name}" for name in names]
    assert found == []


def is_property(decorator: ast.expr) -> bool:
    return ast.unparse(decorator).endswith("property")


def test_a_module_is_short():
    lines = {file.relative_to(TOP).as_posix(): file.read_text("utf-8").count("\n") for file in source_files()}
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE} == {}


def test_the_map_has_every_room():
    """`python -m tests.house.rooms` writes the table."""
    text = (TOP / "docs" / "architecture.md").read_text("utf-8")
    assert map_of_rooms() in text


def test_only_the_screen_and_the_command_line_print():
    printing = [
        f"{path.relative_to(TOP)}:{call.lineno}"
        for path in [*PACKAGE.rglob("*.py"), *(TOP / "nodes").rglob("*.py")]
        if path.relative_to(TOP).parts[:2] not in {("waves", "cli"), ("waves", "app")}
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


def calls(text: str) -> Iterator[tuple[str, ast.Call]]:
    """The calls in a file, each with the last word of what it calls."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = node.func
            yield getattr(called, "attr", getattr(called, "id", "")), node


def test_every_thread_has_a_name_that_is_in_the_map():
    unnamed, names = [], set()
    for path in PACKAGE.rglob("*.py"):
        for called, call in calls(path.read_text("utf-8")):
            if called in {"Thread", "BuildThread", "_start", "listen"}:
                given = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
                names |= {one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            if called == "Thread" and "name" not in {keyword.arg for keyword in call.keywords}:
                unnamed.append(f"{path.name}:{call.lineno}")
    assert {"builder", "nodes", "guard", "archive", "actions", "recorder", "warnings"} <= names
    table = (TOP / "docs" / "architecture.md").read_text("utf-8").partition("## What runs where")[2].partition("##")[0]
    assert unnamed == [] and [name for name in sorted(names) if name not in table] == []


def test_no_docstring_begins_with_a_question_word():
    wrong = []
    for path in [*PACKAGE.rglob("*.py"), *(TOP / "nodes").rglob("*.py"), TOP / "config.py"]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            texts = [node.value] if isinstance(node, ast.Expr) else []  # docstrings of attributes too
            texts += [
                keyword.value for keyword in getattr(node, "keywords", ()) if keyword.arg in ("description", "help")
            ]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("data", "Argument", "count", "switch"):
                texts += node.args
            wrong += [
                f"{path.relative_to(TOP)}:{text.lineno}"
                for text in texts
                if isinstance(text, ast.Constant)
                and isinstance(text.value, str)
                and re.match(r"(What|Where|When|How|Which|Who|Why)\b", text.value)
            ]
    assert wrong == []


def test_what_is_said_of_an_error_of_the_system_is_its_reason():
    """`reason_of` gives it; an error in a text is `[Errno 28] ...`, with the path once more."""
    wrong = []
    for file in python_files():
        for handler in [
            one for one in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(one, ast.ExceptHandler)
        ]:
            caught = ast.unparse(handler.type) if handler.type else ""
            if "OSError" not in caught or handler.name is None:
                continue
            for part in ast.walk(handler):
                shown = isinstance(part, ast.FormattedValue) and ast.unparse(part.value)
                if shown in (handler.name, f"str({handler.name})", f"{handler.name}.strerror"):
                    wrong.append(f"{file.relative_to(TOP)}:{part.lineno}")
    assert wrong == []
