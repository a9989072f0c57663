"""Sound files for writing: formats by suffix, the same bytes for the same sound, names of stems."""

from __future__ import annotations

import re
from pathlib import Path

import soundfile

from waves.problem import Problem, Problems

SUBTYPES = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}
PEAK_CHUNK = 0x1050  # libsndfile: a chunk that holds the time of writing
UPDATE_HEADER = 0x1061  # libsndfile: the header is right after every write


def format_of(path: Path, subtype: str | None) -> tuple[str, str]:
    """Format and subtype of a file by its suffix; raises Problems."""
    suffix = path.suffix.lower()
    if suffix not in SUBTYPES:
        raise Problems(Problem(f"cannot write '{path.name}': its name must end in .wav, .flac or .ogg"))
    chosen, format_ = (subtype or SUBTYPES[suffix]).upper(), suffix[1:].upper()
    if not soundfile.check_format(format_, chosen):
        known = ", ".join(soundfile.available_subtypes(format_))
        raise Problems(Problem(f"{suffix} files have no subtype '{chosen}', but {known}"))
    return format_, chosen


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
    """A file for each track beside that of the whole: `<piece>__<track>`, safe as a name, no two the same."""
    found: list[Path] = []
    for name in names:
        safe = re.sub(r"[^\w.+-]+", "_", name).strip("._") or "track"
        one, count = path.with_name(f"{path.stem}__{safe}{path.suffix}"), 2
        while one in found:
            one, count = path.with_name(f"{path.stem}__{safe}_{count}{path.suffix}"), count + 1
        found.append(one)
    return found


def unused(path: Path) -> Path:
    """The path, or the first of `name_2`, `name_3` ... that does not exist: nothing is ever written over."""
    found, count = path, 2
    while found.exists():
        found, count = path.with_name(f"{path.stem}_{count}{path.suffix}"), count + 1
    return found
