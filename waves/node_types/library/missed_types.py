"""Node types that a piece misses because their files have mistakes, told once, in the file; or are not trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from waves.node_types.library.library import node_files
from waves.problem import Problem

TWICE = "is written twice"
MISSED = re.compile(r"(?:unknown node|there is no sound) '([^']*)'")  # of a name that nothing gives


def after_node_files(
    problems: Iterable[Problem], of_files: Iterable[Problem], folders: Sequence[Path], untrusted: Path | None
) -> list[Problem]:
    """Problems of a piece, where those of a file that gives no type take the place of the type that is missed.

    `of_files` are the problems of node files, `folders` those that they are in. One mistake in `nodes/bad.py`, and a
    piece with `bad: {}`: the mistake is told, first, and no unknown node. `untrusted`: the folder of the piece, if its
    Python is not read.
    """
    problems = [_if_trusted(problem, folders, untrusted) for problem in problems]
    causes = {problem: _causes(problem, of_files, folders) for problem in problems}
    first = dict.fromkeys(cause for found in causes.values() for cause in found)
    return [*first, *(problem for problem, found in causes.items() if not found)]


def after_doubles(problems: Iterable[Problem], others: Iterable[Problem]) -> list[Problem]:
    """Problems of a piece and the errors of its `others`; first that a sound is written twice, where one is missing.

    The second may have been renamed by mistake; then each sound that is missing is told once.
    """
    others = list(others)
    told = [*problems, *(one for one in others if one.level == "error")]
    doubles = [one for one in others if TWICE in one.sentence]
    if not doubles or not any(map(_missed, told)):
        return told
    once = {_missed(one) or str(number): one for number, one in reversed(list(enumerate(told)))}
    return [*doubles, *reversed(once.values())]


def until_mended(
    problems: Iterable[Problem], of_files: Iterable[Problem], folders: Sequence[Path], untrusted: Path | None
) -> list[Problem]:
    """Problems of a piece at their places, where a type that is missed names the file that is to be mended.

    `untrusted` as for `after_node_files`.
    """
    told = []
    for problem in (_if_trusted(problem, folders, untrusted) for problem in problems):
        if causes := _causes(problem, of_files, folders):
            sentence = f"'{_missed(problem)}' is not there until {_file(causes[0]).name} is mended"
            problem = replace(problem, sentence=sentence, suggestion="")
        told.append(problem)
    return told


def _if_trusted(problem: Problem, folders: Sequence[Path], root: Path | None) -> Problem:
    """The problem of a type whose file is in a folder that is not trusted names the file, and how to trust it."""
    if root is None or not (name := _missed(problem)):
        return problem
    file = next((files[name] for folder in folders if name in (files := node_files(folder))), None)
    if file is None:
        return problem
    shown = file.relative_to(root).as_posix() if file.is_relative_to(root) else str(file)
    way = f"`waves trust {root}` lets it run, or for once `--trust` with play, render or try"
    return replace(problem, sentence=f"'{name}' is in {shown}, which is not trusted: {way}", suggestion="")


def _causes(problem: Problem, of_files: Iterable[Problem], folders: Sequence[Path]) -> list[Problem]:
    """The problems of node files that make a name unknown; none where nothing but the name is wrong."""
    broken = [one for one in of_files if one.mark]
    if not broken or not (name := _missed(problem)):
        return []
    if own := [one for one in broken if _file(one).stem == name]:
        return own
    has_file = any(name in node_files(folder) for folder in folders)
    return [one for one in broken if has_file and _file(one).stem.startswith("_")]  # in a helper that it imports


def _missed(problem: Problem) -> str:
    """The name that nothing gives, of a problem that says so; else empty."""
    found = MISSED.match(problem.sentence)
    return found[1] if found else ""


def _file(problem: Problem) -> Path:
    return Path(problem.mark.file if problem.mark else "")
