"""Checks a piece without playing it: sounds of all files, settings in them, sample files that they name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from waves.audio.sample_loader import load_sample
from waves.language.build.sound_tree import check_sounds
from waves.language.model.models import Finding, NodeModel, in_order
from waves.language.model.piece import Piece
from waves.language.model.quantize import read_file_settings
from waves.live.workspace.node_arrays import sample_paths
from waves.live.workspace.open_workspace import Opened
from waves.node import File
from waves.node_types.library import signature
from waves.problem import Problem


def check_piece(opened: Opened) -> tuple[list[Problem], int]:
    """All problems, those of node files and then in the order of the files, and the number of sounds.

    Raises Problems.
    """
    composer, settings = opened.composer(), opened.settings
    piece, problems = composer.read()
    wrong = [finding.problem() for finding in read_file_settings(piece.settings)[1]]
    problems = [*problems, *wrong, *check_sounds(opened.library, composer.documents.values(), settings.BPM)]
    found = in_order(dict.fromkeys([*problems, *_samples(opened, piece)]))
    return [*opened.problems, *found], len(piece.sounds)


def _samples(opened: Opened, piece: Piece) -> Iterator[Problem]:
    """Problems of the sample files that sounds use."""
    settings = opened.settings

    @cache
    def complaint(text: str) -> str:
        try:
            for file in sample_paths(opened.workspace, text, settings.SAMPLE_FOLDERS):
                load_sample(file, settings.SAMPLE_RATE, settings.SAMPLE_MB)
        except ValueError as error:
            return str(error)
        return ""

    for sound in piece.sounds.values():
        for model in _nodes(sound.root):
            for name in signature.parameter_names(model.kind, File):
                text = model.settings.get(name)
                if isinstance(text, str) and (sentence := complaint(text)):
                    yield Finding(model.place.below(name), sentence).problem()


def _nodes(model: object) -> Iterator[NodeModel]:
    """A node and all nodes written inside it."""
    if isinstance(model, NodeModel):
        yield model
        inside = [model.signals, model.free, *model.lists.values()]
        for values in inside:
            for value in values.values():
                yield from _nodes(value)
        for steps in model.steps.values():
            for notes in steps:
                for note in notes:
                    yield from _nodes(note.model)
