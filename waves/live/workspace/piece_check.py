"""Checks a piece without playing it: sounds of all files, settings in them, sample files that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from waves.audio.sample_loader import SampleCache
from waves.language.build.sound_checks import SoundChecks
from waves.language.model.models import Finding, Sound, in_order, nodes_inside
from waves.language.model.piece import Piece
from waves.language.model.quantize import read_file_settings
from waves.live.workspace.composer import Composer
from waves.live.workspace.node_arrays import files_of, files_problems
from waves.live.workspace.open_workspace import Opened
from waves.live.workspace.piece_reader import no_sound
from waves.live.workspace.samples.kits import load_files
from waves.node_types.library.missed_types import after_node_files, until_mended
from waves.problem import Problem


def check_piece(opened: Opened) -> tuple[list[Problem], int]:
    """All problems, those of node files and then in the order of the files, and the number of sounds.

    Raises Problems.
    """
    composer = opened.composer()
    piece, problems = _of_texts(composer)
    problems += files_problems(opened.workspace, opened.settings, piece, piece.sounds, {})
    without_graph = list[Sound]()
    for name, sound in piece.sounds.items():
        found, has_graph = composer.graph_problems(piece, name)
        problems += found
        without_graph += [] if has_graph else [sound]
    problems += _samples(opened, without_graph)
    if not piece.sounds and not problems:
        problems += no_sound(opened.workspace, composer.file_texts())
    told = after_node_files(in_order(problems), opened.problems, composer.node_folders, opened.workspace.untrusted)
    return list(dict.fromkeys([*opened.problems, *told])), len(piece.sounds)


def check_texts(composer: Composer, texts: Mapping[str, str]) -> list[Problem]:
    """All problems of texts by name of the file, in their order; no graph is made, and no sample file looked at."""
    problems, workspace = in_order(_of_texts(composer, texts)[1]), composer.workspace
    return until_mended(problems, composer.node_problems(), composer.node_folders, workspace.untrusted)


def _of_texts(composer: Composer, texts: Mapping[str, str] | None = None) -> tuple[Piece, list[Problem]]:
    """The piece in some texts, or in the files, and the problems in the text itself."""
    piece, problems = composer.read(texts)
    wrong = [finding.problem() for finding in read_file_settings(piece.settings, dict(piece.vocabulary.pitch.files))[1]]
    sounds = SoundChecks().check(piece, composer.settings.BPM)
    return piece, [*problems, *wrong, *sounds]


def _samples(opened: Opened, sounds: Iterable[Sound]) -> Iterator[Problem]:
    """Problems of the files that sounds use."""
    settings = opened.settings

    @cache
    def complaints(text: str, data: bool) -> tuple[str, list[str]]:
        """The sentence of a mistake, and those of warnings."""
        try:
            cache = SampleCache(settings.SAMPLE_MB)
            return "", load_files(opened.workspace, settings, cache, settings.SAMPLE_RATE, text, data)[1]
        except ValueError as error:
            return str(error), []

    for sound in sounds:
        for model in nodes_inside(sound.root):
            for place, text, data in files_of(model):
                mistake, warnings = complaints(text, data)
                if mistake:
                    yield Finding(place, mistake).problem()
                for sentence in warnings:
                    yield Finding(place, sentence, level="warning").problem()
