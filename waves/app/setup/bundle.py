"""`waves bundle`: writes a sound and all that it needs into one file; and the folder that such a file is opened in."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from waves.app.terminal.messages import briefly_of_others, noticed, show_findings, show_notices
from waves.audio.sound_files import require_folder, require_free, safe_name
from waves.events.event import counted
from waves.language.model.sound_arguments import UsageProblem
from waves.live.bundle.bundle_file import ENDING, opened_file, write_bundle
from waves.live.bundle.contents import contents_of
from waves.live.bundle.opening import OpenedBundle, open_bundle
from waves.live.workspace.composition import Composition
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.problem import Problem, Problems, printable
from waves.version import SOUND, __version__
from waves.whole_file import whole_files

OTHERS = "what the bundle does not play"


def write_sounds(arguments: Sequence[str], output: Path | None, folder: Path, trust: bool, force: bool) -> None:
    """Write sounds into the bundle `output` (default: their names), and print what is in it. Raises Problems.

    It is opened, and its sounds composed as they are here, before the file is there. Only with `force` one is replaced.
    """
    opened = open_workspace(folder, trust)
    composer = opened.composer()
    with noticed(opened.left_out, opened.problems):
        sounds = composer.choose(arguments)
        path = output or Path(safe_name("+".join(name for name, _ in sounds)) + ENDING)
        if path.suffix != ENDING:
            raise UsageProblem(f"the name of a bundle ends in {ENDING}", f"'{path.with_suffix(ENDING)}'")
        require_folder(path)
        require_free([path], force)
        with briefly_of_others(OTHERS):
            composition = composer.compose(sounds)
    show_findings(composition, OTHERS)
    play = list(arguments) or [name for name, _ in sounds]
    try:
        with whole_files([path], replace=force) as [file]:
            if not _written(file, opened, composition, play, whole=False):
                _written(file, opened, composition, play, whole=True)
            with opened_file(file) as bundle:
                files, licences = bundle.about.files, bundle.about.licences
    except OSError as error:
        raise Problems(Problem(f"cannot write '{error.filename or path}': {error.strerror or error}")) from None
    size = f"{path.stat().st_size / 1e6:.2f} MB"
    print(printable(f"{path}: {counted(len(files), 'file')}, {size}; to play it: waves play {path}"))
    print(printable(f"licences: {', '.join(licences)}" if licences else "licences: no file of that name in the piece"))


def _written(file: Path, opened: Opened, composition: Composition, play: list[str], whole: bool) -> bool:
    """Write a bundle, and open it in a folder for a moment: whether the same plays there, without other messages.

    Raises Problems where it does not even with the `whole` piece.
    """
    contents = contents_of(opened.workspace, composition, whole)
    with file.open("wb") as stream:
        write_bundle(stream, contents, play)
    with tempfile.TemporaryDirectory(prefix="waves-bundle-") as folder:
        there = open_bundle(file, Path(folder) / "piece").folder
        try:
            composer = open_workspace(there, opened.trusted).composer()
            made = composer.compose(composer.choose(play))
        except Problems:
            if whole:
                raise
            return False
    same = list(made.graph.rows) == list(composition.graph.rows)
    if whole and not same:
        raise Problems(Problem("the sound would not be the same in a bundle; perhaps a file was saved meanwhile"))
    return same and len(made.findings) <= len(composition.findings)


def opened_for(arguments: Sequence[str], folder: Path, beside: bool) -> tuple[list[str], Path]:
    """The sounds and the folder that arguments mean, whose first one names a bundle, which is opened. Raises Problems.

    In `folder`, or `beside` the file. Without names of sounds those play that the bundle was made of.
    """
    path = Path(arguments[0])
    if not path.exists():
        raise UsageProblem(f"there is no file '{path}'")
    opened = open_bundle(path, None if beside else folder)
    show_notices(said_of(path, opened))
    return list(arguments[1:]) or opened.about.play, opened.folder


def said_of(path: Path, opened: OpenedBundle) -> list[str]:
    """Sentences about a bundle that was opened."""
    about, folder = opened.about, opened.folder
    said = [f"{path} is open in {folder}: there you can change it"]
    if opened.was_there:
        changed = f"; changed since: {', '.join(opened.changed)}" if opened.changed else ""
        said = [f"{path} was opened before in {folder}: that plays, as it is now{changed}"]
    elif about.licences:
        said.append(f"licences in it: {', '.join(about.licences)}")
    if about.sound != SOUND:
        said.append(
            f"it was made with sound {about.sound} ({about.program}), this is sound {SOUND} (waves {__version__}): "
            f"with `settings: {{sound: {about.sound}}}` in the file it sounds as it did"
        )
    return said
