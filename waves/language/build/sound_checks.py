"""Checks the sounds of a piece one by one, each as if notes played it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waves.language.build.references import tie_references
from waves.language.build.sound_tree import sound_root
from waves.language.build.tempo_names import tree_builder
from waves.language.model.models import BuildStopped, Finding, Sound, in_order, problems_of
from waves.language.model.piece import Piece, read_piece
from waves.language.model.vocabulary import NOTE_NAMES
from waves.language.text.document import Document
from waves.memo import Written
from waves.node import Node
from waves.node_types.library.library import problems_of_types
from waves.problem import Problem, Problems

MOST_PROBLEMS = 100  # sounds beyond are not checked


def check_sounds(
    library: Mapping[str, type[Node]],
    documents: Iterable[Document],
    bpm: float = 120.0,
    step_length: float = 1.0,
    samples: frozenset[str] = frozenset(),
) -> list[Problem]:
    """The errors and warnings of all sounds, in the order of the files; `samples` as for `read_piece`."""
    return SoundChecks().check(read_piece(documents, library, samples=samples), bpm, step_length)


@dataclass(slots=True, eq=False)
class _Checked:
    """The findings in one sound, and the sounds that it uses, itself among them; or what node types say of it."""

    used: dict[str, Sound]
    findings: list[Finding]
    stopped: list[Problem]
    takes_time: bool
    """Whether a list in it has the time of what is around: it may be good or not by what notes start it."""

    @property
    def has_errors(self) -> bool:
        """Whether it cannot play."""
        return bool(self.stopped) or any(one.level == "error" for one in self.findings)


def is_shadowed(piece: Piece) -> bool:
    """Whether names of `vars` mean something else inside of notes: a sound is good if it is good in one of both."""
    return any(name in piece.vars for name in NOTE_NAMES)


def _checked(piece: Piece, name: str, bpm: float, step_length: float, in_note: bool) -> _Checked:
    tree = tree_builder(piece, bpm, step_length)
    findings, stopped = tree.findings, list[Problem]()
    try:
        with problems_of_types(piece.vocabulary.types):
            tie_references(tree, sound_root(tree, name, name, {}, in_note=in_note))
    except BuildStopped as error:
        findings = [error.finding]
    except Problems as error:
        findings, stopped = [], error.problems
    used = {one: piece.sounds[one] for one in (name, *tree.used)}
    return _Checked(used, findings, stopped, tree.durations > 0)


@dataclass(slots=True, eq=False)
class SoundChecks:
    """Checks of the sounds of a piece: a sound is not checked again while it and all that it uses stay the same."""

    wrong: tuple[str, ...] = ()
    """Names of the sounds with errors, of those that were checked last."""
    _surroundings: Any = None
    _checked: dict[str, _Checked] = field(default_factory=dict)

    def check(
        self,
        piece: Piece,
        bpm: float = 120.0,
        step_length: float = 1.0,
        but: Collection[str] = (),
        warnings: bool = True,
    ) -> list[Problem]:
        """The errors of vars and sounds, and their `warnings`, in the order of the files; none of the sounds `but`.

        `step_length`: seconds of a note without an end.
        """
        tree = tree_builder(piece, bpm)
        tree.constants.check()
        problems = dict.fromkeys(problems_of([*piece.findings, *tree.findings]))
        surroundings = (
            (piece.vocabulary.types, piece.vocabulary.sounds, tree.ids, bpm, step_length),
            ({name: Written(parameter.data) for name, parameter in piece.vars.items()}, piece.lost),
        )
        if surroundings != self._surroundings:
            self._surroundings, self._checked = surroundings, {}
        wrong = []
        for name in piece.sounds:
            if name in but:
                continue
            if len(problems) >= MOST_PROBLEMS:
                break
            known = self._checked.get(name)
            if (
                known is None
                or known.takes_time
                or any(piece.sounds.get(k) is not one for k, one in known.used.items())
            ):
                known = _checked(piece, name, bpm, step_length, in_note=True)
                if known.has_errors and is_shadowed(piece):
                    alone = _checked(piece, name, bpm, step_length, in_note=False)
                    known = known if alone.has_errors else alone
                self._checked[name] = known
            told = problems_of(one for one in known.findings if warnings or one.level == "error")
            problems |= dict.fromkeys([*known.stopped, *told])
            if known.has_errors:
                wrong.append(name)
        self.wrong = tuple(wrong)
        return in_order(problems)
