"""Names and formats of sound files that are to be written: format by suffix, limits of formats, names of stems."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import soundfile

from waves.language.model.sound_arguments import UsageProblem

MOST_CHANNELS = {"FLAC": 8, "OGG": 255}  # of a format; beyond it libsndfile fails late, or crashes
HIGHEST_RATE = {"VORBIS": 200_000}  # Hz, of a subtype
RATES = {"OPUS": (8000, 12_000, 16_000, 24_000, 48_000)}  # Hz, all that a subtype has
SUBTYPES = {".wav": "FLOAT", ".flac": "PCM_24", ".ogg": "VORBIS"}


def format_of(path: Path, subtype: str | None, channels: int = 1, rate: float = 48_000) -> tuple[str, str]:
    """Format and subtype of a file, by its suffix and by what is asked for.

    Raises UsageProblem, also where the format has no room for that many channels or frames in a second.
    """
    suffix = path.suffix.lower()
    if suffix not in SUBTYPES:
        raise UsageProblem(f"cannot write '{path.name}': its name must end in .wav, .flac or .ogg")
    chosen, format_ = (subtype or SUBTYPES[suffix]).upper(), suffix[1:].upper()
    if not soundfile.check_format(format_, chosen):
        known = ", ".join(soundfile.available_subtypes(format_))
        raise UsageProblem(f"{suffix} files have no subtype '{chosen}', but {known}")
    if channels > (most := MOST_CHANNELS.get(format_, channels)):
        raise UsageProblem(f"a {suffix} file has at most {most} channels, not {channels}: a .wav file has room")
    if rate > HIGHEST_RATE.get(chosen, rate) or rate not in RATES.get(chosen, (rate,)):
        allowed = f"at most {HIGHEST_RATE[chosen]}" if chosen in HIGHEST_RATE else " or ".join(map(str, RATES[chosen]))
        sentence = f"a {suffix} file of subtype {chosen} has {allowed} frames in a second, not {rate:g}"
        raise UsageProblem(f"{sentence}: a .wav file has room")
    return format_, chosen


def require_free(paths: Iterable[Path], force: bool, ways: str = "--force replaces it, -o gives another name") -> None:
    """Check that no file would be replaced, unless `force` allows it; `ways` out. Raises UsageProblem."""
    taken = [path for path in paths if path.exists()]
    if taken and not force:
        raise UsageProblem(f"'{taken[0]}' exists already: {ways}")


def require_folder(path: Path) -> None:
    """Check that the folder of a file that is to be written exists. Raises UsageProblem."""
    if not path.parent.is_dir():
        raise UsageProblem(f"there is no folder '{path.parent}'")


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
