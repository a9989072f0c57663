"""Loads Python modules from texts, each with the modules that it imports; a broken one leaves the old ones in place.

A module keeps the versions of the modules that it imported, so that code never changes while it plays. A load runs
only the texts that were saved and those that import them, in the order of their imports.
"""

from __future__ import annotations

import ast
import builtins
import graphlib
import importlib
import importlib.util
import itertools
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from waves.collector import paused
from waves.node_types.library import python_errors
from waves.problem import EndedBySignal, Mark, Problem

LARGEST = 1_000_000  # characters
HOLDS_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
UNPARSABLE = (SyntaxError, ValueError, RecursionError, MemoryError)  # raised for a text that is not Python
Elsewhere = Callable[[], Any]
"""Makes the class of a module that another process has run; None for one without a class."""

_versions = itertools.count(2)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as it was read: the full name of its module, its path, its text."""

    name: str
    file: str
    text: str
    stands_in: bool = False
    """Whether the text is an earlier one, in place of the one in the file, with which a node did not come to an end."""

    @property
    def package(self) -> str:
        """The name of the package that relative imports start from."""
        return self.name.rpartition(".")[0]

    def mark(self, line: int, column: int = 1) -> Mark:
        """A place in the file, by the file's name without its folder."""
        return Mark(self.file.replace("\\", "/").rpartition("/")[2], max(line, 1), max(column, 1))

    def line(self, number: int) -> str:
        """The text of a line, counted from 1."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""

    def place(self, node: Any) -> tuple[int, int]:
        """Line and column, in characters, of a node of its syntax tree."""
        before = self.line(node.lineno).encode()[: node.col_offset]
        return node.lineno, len(before.decode(errors="ignore")) + 1

    def problem(self, sentence: str, line: int = 1, column: int = 0) -> Problem:
        """A problem at a place in the file, with the text of its line; without a column at the first word there."""
        text = self.line(line)
        return Problem(sentence, self.mark(line, column or len(text) - len(text.lstrip()) + 1), source=text)


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A module, its text, and the modules that it imported.

    `module` is None where the text runs in another process; `kind` is then the class made from its description.
    `imported` are the names that its imports may mean, as `imported_names` gives them.
    """

    source: SourceFile
    module: ModuleType | None
    imported: frozenset[str]
    uses: tuple[Loaded, ...] = ()
    kind: Any = None

    def sources(self) -> list[SourceFile]:
        """All texts that the module consists of, each after those that it imports."""
        imported: dict[str, SourceFile] = {}
        for loaded in self.uses:
            imported |= {source.name: source for source in loaded.sources()}
        return [*imported.values(), self.source]


@dataclass(frozen=True, slots=True)
class Tried:
    """Modules that another process has run: what is wrong with some, and how the classes of the others are made."""

    problems: Mapping[str, Problem] = field(default_factory=dict)
    """Modules that cannot be run, by name."""
    classes: Mapping[str, Elsewhere] = field(default_factory=dict)
    """The class of each module that is not run in this process, by name."""
    mistakes: Mapping[str, list[Problem]] = field(default_factory=dict)
    """Mistakes in classes, by module."""


def load(
    sources: Mapping[str, SourceFile],
    before: Mapping[str, Loaded],
    wrong: Mapping[str, Problem] | None = None,
    elsewhere: Mapping[str, Elsewhere] | None = None,
    begin: Callable[[str], None] = lambda name: None,
) -> tuple[dict[str, Loaded], dict[str, Problem]]:
    """Loads these texts: the modules by name, and the problems by module.

    `wrong` are problems already found; these modules are not run. A module in `before` stays where neither its text
    nor anything that it imports has changed, and where the new text, or one that it imports, has a problem.
    Modules in `elsewhere` are not run either: another process has run them, and gives their class. `begin` is called
    with the name of each module that is run.

    Example: `grit` and `crush` import `_steps`, `osc` imports nothing, and `_steps` was saved:

        before  _steps, grit, crush, osc
        after   _steps, then grit and crush, which are run again with it; osc is the same module as before
        after a mistake in _steps: all four as before, and one problem, of _steps
    """
    problems, elsewhere = dict(wrong or {}), elsewhere or {}
    failed = set(problems)
    imported: dict[str, frozenset[str]] = {}
    needs: dict[str, set[str]] = {name: set() for name in failed}
    for name, source in sources.items():
        if name in failed:
            continue
        if len(source.text) > LARGEST:
            problems[name] = source.problem(f"has more than {LARGEST:,} characters")
            failed.add(name)
            needs[name] = set()
            continue
        try:
            old = before.get(name)
            imported[name] = old.imported if old and old.source == source else imported_names(source)
            needs[name] = {*(imported[name] & sources.keys())} - {name}
        except UNPARSABLE as error:
            problems[name] = source.problem(*python_errors.parse_fault(error, source.text))
            failed.add(name)
            needs[name] = set()
    for circle in _circles(needs):
        sentence = f"imports itself: {' imports '.join(_short(n) for n in circle)}"
        problems[circle[0]] = sources[circle[0]].problem(sentence)
        for name in circle:
            failed.add(name)
            needs[name] = set()
    loaded: dict[str, Loaded] = {}
    for name in graphlib.TopologicalSorter(needs).static_order():
        source, old = sources[name], before.get(name)
        if name in failed or needs[name] & failed:
            failed.add(name)
        else:
            uses = tuple(loaded[one] for one in sorted(needs[name]))
            if old and old.source == source and old.uses == uses:
                loaded[name] = old
                continue
            if name in elsewhere:
                loaded[name] = Loaded(source, None, imported[name], uses, elsewhere[name]())
                continue
            begin(name)
            try:
                loaded[name] = Loaded(source, run(source, uses, again=old is not None), imported[name], uses)
                continue
            except EndedBySignal:
                raise  # the user ends the program
            except BaseException as error:  # a file may raise SystemExit too
                problems[name] = source.problem(*_fault(error, source))
                failed.add(name)
        if old:
            loaded[name] = old
    return loaded, problems


def parse_problem(source: SourceFile) -> Problem | None:
    """The problem of a text that is not Python, found without running it; None for any other."""
    try:
        ast.parse(source.text, source.file)
    except UNPARSABLE as error:
        return source.problem(*python_errors.parse_fault(error, source.text))
    return None


def imported_names(source: SourceFile) -> frozenset[str]:
    """The names that the imports of a text may mean, of modules and of what is in them: `a.b` for `from a import b`.

    Raises SyntaxError, and ValueError for what is not text.
    """
    names: set[str] = set()
    with paused():  # a syntax tree is many objects
        statements: list[ast.AST] = [ast.parse(source.text, source.file)]
        for statement in statements:  # without the expressions in them
            statements += [inside for inside in ast.iter_child_nodes(statement) if isinstance(inside, HOLDS_STATEMENTS)]
            if isinstance(statement, ast.Import):
                names |= {alias.name for alias in statement.names}
            elif isinstance(statement, ast.ImportFrom):
                module = f"{'.' * statement.level}{statement.module or ''}"
                try:
                    around = importlib.util.resolve_name(module, source.package) if statement.level else module
                except ImportError:  # too many dots: an error when it is run
                    continue
                names |= {around, *(f"{around}.{alias.name}" for alias in statement.names)}
    return frozenset(names)


def _fault(error: BaseException, source: SourceFile) -> python_errors.Fault:
    """The fault of a text that raised an error as it was compiled or run."""
    if isinstance(error, SyntaxError) and error.filename == source.file:
        return python_errors.parse_fault(error, source.text)
    return python_errors.run_fault(error, source.file)


def run(source: SourceFile, uses: Collection[Loaded], again: bool = False) -> ModuleType:
    """Runs a text as a module of its own, with the modules in `uses`; raises whatever the text raises.

    `again`: another version of it was run before, and the module gets a name that no other has.
    """
    name = f"{source.name}@{next(_versions)}" if again else source.name
    module = ModuleType(name)
    module.__file__, module.__package__ = source.file, source.package
    importer = _importer(source, {one.source.name: one.module for one in uses if one.module})
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": importer, "print": _print}
    sys.modules[name] = module  # annotations that are text are looked up there
    try:
        with warnings.catch_warnings(action="ignore"):
            exec(compile(source.text, source.file, "exec", dont_inherit=True), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    if again:  # it lives as long as somebody uses it
        del sys.modules[name]
    return module


def _print(*parts: Any, file: Any = None, **named: Any) -> None:
    """`print` of a node file: writes to the error output, as the output belongs to the program."""
    print(*parts, file=file or sys.stderr, **named)


def _importer(source: SourceFile, uses: Mapping[str, ModuleType]) -> Callable[..., Any]:
    """The `__import__` of a text: the modules in `uses` hide those of the same name elsewhere."""

    def find(
        name: str,
        globals_: Any = None,
        locals_: Any = None,
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        full = importlib.util.resolve_name(f"{'.' * level}{name}", source.package) if level else name
        wanted = fromlist or ()
        if wanted and full in uses:
            return uses[full]
        inside = {one: uses[f"{full}.{one}"] for one in wanted if f"{full}.{one}" in uses}
        if not inside and not level:
            return builtins.__import__(name, globals_, locals_, wanted, level)
        missing = [one for one in wanted if one not in inside]
        if level and (missing or not wanted):
            place = "beside it" if level == 1 else "in the folder above"
            raise ImportError(f"there is no '{name or missing[0]}.py' {place}, or it is broken")
        around = ModuleType(full)
        vars(around).update(inside, **{one: _attribute(full, one) for one in missing})
        return around

    return find


def _attribute(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except AttributeError:
        return importlib.import_module(f"{module}.{name}")


def _circles(needs: Mapping[str, set[str]]) -> Iterator[list[str]]:
    """Circles of modules that import one another, each once."""
    left = {name: set(others) for name, others in needs.items()}
    while True:
        try:
            graphlib.TopologicalSorter(left).prepare()
            return
        except graphlib.CycleError as error:
            circle = list(reversed(error.args[1]))
            yield circle
            for name in circle:
                left[name] = set()


def _short(name: str) -> str:
    return f"{name.rpartition('.')[2]}.py"
