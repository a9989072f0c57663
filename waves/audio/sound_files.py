"""Creates sound files: format by suffix, the same bytes for the same sound, names of stems.

Private parts of `soundfile` are used here and nowhere else: `_snd.sf_command` and `_file` send a command of libsndfile
to an open file, for which `soundfile` has no method; `_ffi.NULL` is its empty argument.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import soundfile

from waves.language.model.sound_arguments import UsageProblem
from waves.problem import Problem, Problems

SUBTYPES = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}
PEAK_CHUNK = 0x1050  # SFC_SET_ADD_PEAK_CHUNK: a chunk that holds the time of writing
UPDATE_HEADER = 0x1061  # SFC_SET_UPDATE_HEADER_AUTO: the header is right after every write


def format_of(path: Path, subtype: str | None) -> tuple[str, str]:
    """Format and subtype of a file, by its suffix and by what is asked for. Raises Problems."""
    suffix = path.suffix.lower()
    if suffix not in SUBTYPES:
        raise Problems(Problem(f"cannot write '{path.name}': its name must end in .wav, .flac or .ogg"))
    chosen, format_ = (subtype or SUBTYPES[suffix]).upper(), suffix[1:].upper()
    if not soundfile.check_format(format_, chosen):
        known = ", ".join(soundfile.available_subtypes(format_))
        raise Problems(Problem(f"{suffix} files have no subtype '{chosen}', but {known}"))
    return format_, chosen


def require_folder(path: Path) -> None:
    """Check that the folder of a file that is to be written exists. Raises UsageProblem."""
    if not path.parent.is_dir():
        raise UsageProblem(f"there is no folder '{path.parent}'")


def create(
    to: Path, rate: float, channels: int, form: tuple[str, str], *, recording: bool = False
) -> soundfile.SoundFile:
    """A sound file to write to, over whatever `to` holds; `form` is its format and subtype.

    `recording`: it must not exist yet, and can be played at any moment while it is written. Raises OSError or
    SoundFileError.
    """
    file = soundfile.SoundFile(to, "x" if recording else "w", int(rate), channels, form[1], format=form[0])
    command = soundfile._snd.sf_command
    command(file._file, PEAK_CHUNK, soundfile._ffi.NULL, 0)
    if recording:
        command(file._file, UPDATE_HEADER, soundfile._ffi.NULL, 1)
    return file


def stem_paths(path: Path, names: list[str]) -> list[Path]:
    """A path for each track beside that of the whole piece: `<piece>__<track>`, safe as file names, all different."""
    paths: list[Path] = []
    for name in names:
        safe = safe_name(name).strip("._") or "track"
        stem, count = path.with_name(f"{path.stem}__{safe}{path.suffix}"), 2
        while stem in paths:
            stem, count = path.with_name(f"{path.stem}__{safe}_{count}{path.suffix}"), count + 1
        paths.append(stem)
    return paths


def safe_name(text: str) -> str:
    """A text as part of a file name: what might mean something to a system or a shell becomes `_`."""
    return re.sub(r"[^\w.+-]+", "_", text)


def unused(path: Path) -> Path:
    """The path, or the first of `name_2`, `name_3` ... that does not exist, so that no file is overwritten.

    A link to nowhere exists: nothing is written through it.
    """
    unused_path, count = path, 2
    while os.path.lexists(unused_path):
        unused_path, count = path.with_name(f"{path.stem}_{count}{path.suffix}"), count + 1
    return unused_path
