"""`waves check`: mistakes in the sounds of all files, in the settings, in the samples."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from waves.app.exit_codes import Exit
from waves.app.json_documents import CheckDocument
from waves.app.terminal.messages import show_notices, show_problems
from waves.audio.sample_loader import list_folder, load_sample
from waves.events.event import ProblemRecord
from waves.language.build.sound_tree import check_sounds
from waves.language.model.models import Finding, NodeModel, in_order
from waves.language.model.piece import Piece
from waves.language.model.quantize import read_file_settings
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.live.workspace.workspace import safe_path
from waves.node import File
from waves.node_types.library import signature
from waves.problem import Problem, Problems


def check_folder(folder: Path, strict: bool, json: bool) -> int:
    """Print the problems, or a JSON document, and return the exit code. Raises Problems."""
    sounds, notices = 0, list[str]()
    try:
        opened = open_workspace(folder)
        notices = opened.notices
        show_notices(opened.notices)
        problems, sounds = problems_of(opened)
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
        print(f"{_count(sounds, 'sound')}, {_count(errors, 'error')}, {_count(warnings, 'warning')}")
    return Exit.GOOD if ok else Exit.PIECE


def problems_of(opened: Opened) -> tuple[list[Problem], int]:
    """All problems in the order of the files, and the number of sounds. Raises Problems."""
    composer, settings = opened.composer(), opened.settings
    piece, problems = composer.read()
    wrong = [finding.problem() for finding in read_file_settings(piece.settings)[1]]
    problems = [*problems, *wrong, *check_sounds(opened.library, composer.documents.values(), settings.BPM)]
    return in_order(dict.fromkeys([*problems, *_samples(opened, piece)])), len(piece.sounds)


def _samples(opened: Opened, piece: Piece) -> Iterator[Problem]:
    """Problems of the sample files that sounds use."""
    settings = opened.settings

    @cache
    def complaint(text: str) -> str:
        try:
            path = safe_path(opened.workspace, text, settings.SAMPLE_FOLDERS)
            for file in list_folder(path) if path.is_dir() else [path]:
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


def _count(count: int, word: str) -> str:
    return f"{count} {word}{'s' * (count != 1)}"
