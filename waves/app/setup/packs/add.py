"""`waves pack add`: puts a pack of samples into `samples/` of a piece."""

from __future__ import annotations

import math
import os
import re
import shutil
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from waves.app.setup.packs.contents import PackedFile, files_of_archive, files_of_folder, outermost_folder
from waves.app.setup.packs.download import HTTPS, MB, downloaded, is_address
from waves.audio.sample_loader import SUFFIXES
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.samples.maps import SUFFIX, MapError, read_sample_map
from waves.live.workspace.samples.names import LICENCE
from waves.live.workspace.workspace import find_workspace
from waves.problem import Problem, Problems, printable, reason_of
from waves.whole_file import unfinished_name

MOST_MB, MOST_FILES = 1000, 10_000
TEXT = re.compile(r"readme\b.*", re.IGNORECASE)
LICENCE_LINES = 12  # that are shown
LARGEST_TEXT = 200_000  # bytes
PIECE = 1 << 18  # bytes at a time
NAME = re.compile(r"\w[\w.+-]{0,99}")


@dataclass(slots=True)
class Written:
    """Files of a pack that were written."""

    sounds: int = 0
    bytes: int = 0
    left_out: int = 0
    """Files that are neither sound nor a sample map nor a licence."""
    licence: str = ""
    """The name of the file of the licence, in the pack."""
    names: set[tuple[str, ...]] = field(default_factory=set)
    """Of the files, in lower case."""


def add_pack(
    folder: Path,
    source: str,
    name: str = "",
    most_mb: float = MOST_MB,
    most_files: int = MOST_FILES,
    force: bool = False,
    schemes: Sequence[str] = HTTPS,
    cache: Path | None = None,
) -> None:
    """Add a folder, a zip archive or the one at an address to a piece, and print what came.

    `schemes` and `cache`: as for `downloaded`. Raises Problems; nothing is changed then.
    """
    workspace = find_workspace(folder)
    samples = workspace.samples
    limits = int(most_mb * MB), most_files
    try:
        workspace.allowed(samples)
        if is_address(source):
            with downloaded(source, limits[0], _show_progress, cache, schemes) as path:
                _end_progress()
                with _archive(path, source) as archive:
                    called = name or outermost_folder(archive) or Path(unquote(urlsplit(source).path)).stem
                    _add(samples, called, files_of_archive(archive), limits, force)
            return
        path = Path(source).expanduser()
        if path.is_dir():
            if samples.resolve().is_relative_to(path.resolve()):
                raise UsageProblem(f"'{source}' has the samples of this piece in it")
            _add(samples, name or path.resolve().name, files_of_folder(path), limits, force)
        elif path.is_file():
            with _archive(path, source) as archive:
                _add(samples, name or outermost_folder(archive) or path.stem, files_of_archive(archive), limits, force)
        else:
            raise UsageProblem(f"there is no folder and no file '{source}'")
    except OSError as error:
        raise Problems(Problem(f"the pack cannot be added: {reason_of(error)}")) from None


@contextmanager
def _archive(path: Path, source: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive. Raises Problems for another file, and for one that is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Problems(Problem(f"'{source}' is no zip archive that can be read: {reason_of(error)}")) from None


def _add(samples: Path, name: str, files: Iterable[PackedFile], limits: tuple[int, int], force: bool) -> None:
    """Write the files to a folder beside the others, which then takes its name, and print what they are."""
    if not NAME.fullmatch(name):
        raise UsageProblem(f"'{name}' can be no name of a pack; `--name` gives it another one")
    target = samples / name
    if os.path.lexists(target) and not force:
        raise UsageProblem(f"there is a 'samples/{name}' already; --force replaces it, `--name` gives another name")
    samples.mkdir(exist_ok=True)
    part, old = samples / unfinished_name(), samples / unfinished_name()
    try:
        part.mkdir()
        written = _write(part, files, *limits)
        _remove_other_json(part)
        if not written.sounds:
            raise Problems(Problem("there is no sound file in this pack"))
        if hasattr(os, "sync"):
            os.sync()  # a pack is whole, or not there, after a power failure too
        if os.path.lexists(target):
            target.replace(old)
        part.replace(target)
    finally:
        for left in (part, old):
            if left.is_symlink() or left.is_file():
                left.unlink()
            shutil.rmtree(left, ignore_errors=True)
    _tell(target, written)


def _write(folder: Path, files: Iterable[PackedFile], most_bytes: int, most_files: int) -> Written:
    """Write the files that belong to samples, counted while they are written. Raises Problems and OSError."""
    written, count = Written(), 0
    for parts, opened in files:
        if not _belongs(parts[-1]):
            written.left_out += 1
            continue
        count += 1
        if count > most_files:
            raise Problems(Problem(f"the pack has more than {most_files:,} files; `--most-files` allows more"))
        lower = tuple(part.casefold() for part in parts)
        if lower in written.names:
            raise Problems(Problem(f"two files of the pack are called '{'/'.join(parts)}'"))
        written.names.add(lower)
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened() as source, path.open("xb") as target:
            while part := source.read(PIECE):
                written.bytes += len(part)
                if written.bytes > most_bytes:
                    raise Problems(Problem(f"the pack has more than {most_bytes / MB:g} MB; `--most-mb` allows more"))
                target.write(part)
        written.sounds += parts[-1].lower().endswith(SUFFIXES)
        is_better = bool(LICENCE.fullmatch(parts[-1])) and len(parts) == 1
        if is_better or (not written.licence and LICENCE.fullmatch(parts[-1])):
            written.licence = "/".join(parts)
    return written


def _belongs(name: str) -> bool:
    return name.lower().endswith((*SUFFIXES, SUFFIX)) or bool(LICENCE.fullmatch(name) or TEXT.fullmatch(name))


def _remove_other_json(folder: Path) -> None:
    """Delete JSON files that are no sample maps."""
    for path in folder.rglob("*"):
        if path.name.lower().endswith(SUFFIX) and path.is_file():
            with suppress(MapError):
                read_sample_map(path)
                continue
            path.unlink()


def _tell(folder: Path, written: Written) -> None:
    """Print what was added, and the licence."""
    files = f"{written.sounds:,} {'files' if written.sounds > 1 else 'file'} of sound"
    size = f"{written.bytes / MB:,.1f} MB" if written.bytes >= MB else f"{math.ceil(written.bytes / 1000)} kB"
    left = f"; {written.left_out:,} other files were left out" if written.left_out else ""
    print(printable(f"added samples/{folder.name}: {files}, {size}{left}; `waves list --samples` shows their names"))
    if not written.licence:
        print("no licence: there is no such file in the pack")
        return
    print(printable(f"licence, in samples/{folder.name}/{written.licence}:"))
    with (folder / written.licence).open("rb") as file:
        lines = [line for line in file.read(LARGEST_TEXT).decode("utf-8", "replace").splitlines() if line.strip()]
    for line in [*lines[:LICENCE_LINES], *(["…"] if len(lines) > LICENCE_LINES else [])]:
        print(printable(f"    {line.strip()[:160]}"))


def _show_progress(there: int, size: int) -> None:
    """Write how much of a download is there over the last such line, on a terminal."""
    if sys.stderr.isatty():
        of = f" of {size / MB:.1f}" if size else ""
        print(f"\r{there / MB:.1f}{of} MB", end="", file=sys.stderr, flush=True)


def _end_progress() -> None:
    if sys.stderr.isatty():
        print(file=sys.stderr)
