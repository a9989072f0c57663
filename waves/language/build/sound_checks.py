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
        for name, sound in piece.sounds.items():
            if name in but:
                continue
            if len(problems) >= MOST_PROBLEMS:
                break
            known = self._checked.get(name)
            if not (known and all(piece.sounds.get(used) is one for used, one in known.used.items())):
                tree = tree_builder(piece, bpm, step_length)
                findings, stopped = tree.findings, list[Problem]()
                try:
                    with problems_of_types(piece.vocabulary.types):
                        tie_references(tree, sound_root(tree, name, name, {}, in_note=True))
                except BuildStopped as error:
                    findings = [error.finding]
                except Problems as error:
                    findings, stopped = [], error.problems
                used = {name: sound} | {one: piece.sounds[one] for one in tree.used}
                known = self._checked[name] = _Checked(used, findings, stopped)
            told = problems_of(one for one in known.findings if warnings or one.level == "error")
            problems |= dict.fromkeys([*known.stopped, *told])
            if known.stopped or any(one.level == "error" for one in known.findings):
                wrong.append(name)
        self.wrong = tuple(wrong)
        return in_order(problems)
