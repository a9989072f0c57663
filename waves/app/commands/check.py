"""`waves check`: mistakes in the sounds of all files, in the settings, in the samples."""

from __future__ import annotations

from pathlib import Path

from waves.app.exit_codes import Exit
from waves.app.json_documents import CheckDocument
from waves.app.terminal.messages import show_notices, show_problems
from waves.events.event import ProblemRecord, counted
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece
from waves.problem import Problems


def check_folder(folder: Path, strict: bool, json: bool) -> int:
    """Print the problems, or a JSON document, and return the exit code. Raises Problems."""
    sounds, notices = 0, list[str]()
    try:
        opened = open_workspace(folder)
        notices = opened.left_out
        show_notices(notices)
        problems, sounds = check_piece(opened)
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
