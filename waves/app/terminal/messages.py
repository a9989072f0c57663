"""Problems and notices as lines on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from waves.problem import INDENT, LONGEST_LINE, Problem, printable


def show_problems(problems: Iterable[Problem]) -> None:
    """Each problem with its line of the file and a caret."""
    for problem in problems:
        print(problem.show(_longest()), file=sys.stderr, flush=True)


def _longest() -> int:
    """Characters of a line of a file that fit into a line of the terminal."""
    return max(os.get_terminal_size(sys.stderr.fileno()).columns - INDENT, 1) if sys.stderr.isatty() else LONGEST_LINE


def show_notices(notices: Iterable[str]) -> None:
    """Each notice as one line, safe for a terminal."""
    for notice in notices:
        print(printable(notice), file=sys.stderr, flush=True)
