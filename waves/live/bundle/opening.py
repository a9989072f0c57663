"""Opens a bundle: the folder that it lives in from then on."""

from __future__ import annotations

import hashlib
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from waves.language.model.sound_arguments import UsageProblem
from waves.live.bundle.bundle_file import ENDING, LARGEST_LIST, LIST, BundleList, opened_file
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import opening
from waves.problem import Problem, Problems, reason_of
from waves.whole_file import unfinished_name

MOST_NAMES = 100


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """The folder of a bundle; whether it was there already; names of its files that are others since."""

    folder: Path
    about: BundleList
    was_there: bool = False
    changed: tuple[str, ...] = ()


def open_bundle(path: Path, folder: Path | None = None) -> OpenedBundle:
    """Unpack a bundle into a folder of its own: `night/` beside `night.waves`, or `folder`.

    A folder that the same bundle was opened in before is taken as it is now. Beside the bundle, the first name of
    `night`, `night-2` and so on counts that is free or that of such a folder. A folder that is trusted is never made
    anew, as Python in it would run. Nothing is overwritten, and all files are there or none. Raises Problems.
    """
    with opened_file(path) as bundle:
        with opening(path):
            targets = [folder.expanduser().absolute()] if folder else _names(path.absolute())
        for target in targets:
            if _is_opened(target, bundle.listed):
                return OpenedBundle(target, bundle.about, True, tuple(_changed(target, bundle.about)))
            if _is_free(target) and not is_trusted(target):
                break
        else:
            if folder:
                what = "is trusted" if _is_free(targets[0]) else "is already there, and not of this bundle"
                raise UsageProblem(f"'{folder}' {what}; nothing was changed: choose another folder with --dir")
            raise UsageProblem(f"there are {MOST_NAMES} folders like '{targets[0]}': choose another with --dir")
        with _unfinished(target) as made:
            bundle.unpack(made)
            with suppress(OSError):
                target.rmdir()  # only if it is empty
            try:
                made.rename(target)
            except OSError:  # another program may have been sooner
                if not _is_opened(target, bundle.listed):
                    raise
    return OpenedBundle(target, bundle.about)


def _names(path: Path) -> list[Path]:
    name = path.name.removesuffix(ENDING) or "bundle"
    return [path.with_name(name if count == 1 else f"{name}-{count}") for count in range(1, MOST_NAMES + 1)]


def _is_free(target: Path) -> bool:
    """Whether nothing is at a path, or an empty folder. Raises Problems where that cannot be told."""
    with opening(target):
        try:
            return stat.S_ISDIR(target.lstat().st_mode) and not any(target.iterdir())
        except FileNotFoundError:
            return True


def _is_opened(target: Path, listed: bytes) -> bool:
    """Whether a folder, which is no link, is one that the bundle with this list was opened in."""
    with suppress(OSError):
        if stat.S_ISDIR(target.lstat().st_mode) and stat.S_ISREG((target / LIST).lstat().st_mode):
            with (target / LIST).open("rb") as file:
                return file.read(LARGEST_LIST + 1) == listed
    return False


def _changed(folder: Path, about: BundleList) -> Iterator[str]:
    for name, record in about.files.items():
        try:
            with (folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != record.sha256:
                    yield name
        except OSError:
            yield name


@contextmanager
def _unfinished(target: Path) -> Iterator[Path]:
    """A new hidden folder beside `target`, which is gone after the block unless it was renamed. Raises Problems."""
    made = target.with_name(unfinished_name())
    try:
        made.mkdir(parents=True)
        yield made
    except OSError as error:
        sentence = f"'{target}' cannot be made: {reason_of(error)}; --dir chooses another folder"
        raise Problems(Problem(sentence)) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)
