"""Problems and notices as lines on standard error."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from waves.problem import INDENT, LONGEST_LINE, Problem, Problems, printable

if TYPE_CHECKING:  # it is loaded late, and this is needed for `--help`
    from waves.live.workspace.composition import Composition

READING = "reading the piece ..."
MOST_NAMES = 4  # of places with mistakes, in one line
SLOW = 1.0  # s until somebody at a terminal is told what goes on


@contextmanager
def told_when_slow(what: str, after: float = SLOW) -> Iterator[None]:
    """Say what goes on at a terminal, in one line, if the block takes long."""
    timer = threading.Timer(after, show_notices, [[what]])
    timer.name, timer.daemon = "slow start", True
    if sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def show_problems(problems: Iterable[Problem]) -> None:
    """Each problem with its line of the file and a caret."""
    for problem in problems:
        print(problem.show(_longest()), file=sys.stderr, flush=True)


def show_findings(composition: Composition, others: str) -> None:
    """The findings on what plays; of all others one line. `others`: what they are in, in words."""
    elsewhere = composition.findings_elsewhere
    show_problems(one for one in composition.findings if one not in elsewhere)
    show_problems(_of_others(elsewhere, others))


@contextmanager
def briefly_of_others(others: str) -> Iterator[None]:
    """Raise the Problems of the block with one line for all that are in other sounds, as `show_findings` has it."""
    try:
        yield
    except Problems as found:
        if found.elsewhere:
            told = [one for one in found.problems if one not in found.elsewhere]
            raise Problems([*told, *_of_others(found.elsewhere, others)]) from None
        raise


def _of_others(problems: Iterable[Problem], others: str) -> list[Problem]:
    """One line for all problems in other sounds: the names of the first of them."""
    places = dict.fromkeys(one.entry or (one.mark.file if one.mark else "") for one in problems)
    if not places:
        return []
    names, more = list(places)[:MOST_NAMES], len(places) - MOST_NAMES
    listed = ", ".join(names) + (f" and {more} more" if more > 0 else "")
    return [Problem(f"{others} has mistakes: {listed}; `waves check` shows them", level="warning")]


def _longest() -> int:
    """Characters of a line of a file that fit into a line of the terminal."""
    return max(os.get_terminal_size(sys.stderr.fileno()).columns - INDENT, 1) if sys.stderr.isatty() else LONGEST_LINE


@contextmanager
def noticed(notices: Iterable[str], files: Sequence[Problem]) -> Iterator[None]:
    """Show the notices of a folder that was opened; the problems of its node `files` after what the block shows.

    Problems that the block raises are shown by whoever catches them: the same ones are left out here.
    """
    show_notices(notices)
    raised: Sequence[Problem] = ()
    try:
        yield
    except Problems as found:
        raised = found.problems
        raise
    finally:
        show_notices(str(problem) for problem in files if problem not in raised)


def show_notices(notices: Iterable[str]) -> None:
    """Each notice as one line, safe for a terminal."""
    for notice in notices:
        print(printable(notice), file=sys.stderr, flush=True)
