"""Problems and notices as lines on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from waves.problem import Problem, printable


def show_problems(problems: Iterable[Problem]) -> None:
    """Each problem with its line of the file and a caret."""
    for problem in problems:
        print(problem.show(), file=sys.stderr, flush=True)


def show_notices(notices: Iterable[str]) -> None:
    """Each notice as one line, safe for a terminal."""
    for notice in notices:
        print(printable(notice), file=sys.stderr, flush=True)
