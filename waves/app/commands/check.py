"""`waves check`: mistakes in the sounds of all files, in the settings, in the samples, in the workspace's own nodes."""

from __future__ import annotations

from pathlib import Path

from waves.app.exit_codes import Exit
from waves.app.json_documents import CheckDocument
from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.messages import show_notices, show_problems
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.engine.compiler.kernel_cache import Kernel
from waves.events.event import ProblemRecord, counted
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.node_types.library.library import is_shipped
from waves.problem import Problem, Problems


def check_folder(folder: Path, strict: bool, json: bool) -> int:
    """Print the problems, or a JSON document, and return the exit code. Raises Problems."""
    sounds, notices = 0, list[str]()
    try:
        opened = open_workspace(folder)
        notices = opened.left_out
        show_notices(notices)
        problems, sounds = check_piece(opened)
        problems = [*(one for one in _of_nodes(opened) if not _is_told(one, problems)), *problems]
    except Problems as found:
        if not json:
            raise
        problems = found.problems
    errors = sum(problem.level == "error" for problem in problems)
    ok = not (problems if strict else errors)
    if json:
        document = CheckDocument(
            ok=ok,
            sounds=sounds,
            problems=[ProblemRecord.of(problem) for problem in problems],
            notices=notices,
        )
        print(document.model_dump_json(indent=2))
    else:
        show_problems(problems)
        warnings = len(problems) - errors
        print(f"{counted(sounds, 'sound')}, {counted(errors, 'error')}, {counted(warnings, 'warning')}")
    return Exit.GOOD if ok else Exit.PIECE


def _of_nodes(opened: Opened) -> list[Problem]:
    """Problems of the node types of a workspace when they are compiled and tried, as before they first play.

    What has passed is kept by fingerprint: so a type whose file did not change costs nothing.
    """
    problems: list[Problem] = []
    wanted: list[Kernel] = []
    with Compiler() as compiler:
        for kind in opened.library.values():
            if is_shipped(kind):
                continue
            mark = kernel_cache.preparation_mark(kind)
            if not mark.exists():
                if found := compiler.sandbox.prepare(kind):
                    problems += found
                    continue
                mark.touch(mode=0o600)
            problems += compiler.sandbox.short_rings(kind)
            wanted += kernel_cache.variants(kind) if hasattr(kind, "render") else []
        try:
            compile_missing(compiler, wanted)
        except Problems as refused:
            problems += refused.problems
    return problems


def _is_told(problem: Problem, told: list[Problem]) -> bool:
    """Whether a mistake in a node file is told already: at its line, or as a ValueError at that of the node."""
    return any(one.mark == problem.mark or problem.sentence.endswith(f": {one.sentence}") for one in told)
