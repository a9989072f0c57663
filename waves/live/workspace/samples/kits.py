"""Files that a text names: one file, all of a folder, or those of a name in a sample map; with their pitches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from waves.audio.sample_loader import SILENCE, Sample, SampleCache, SampleError, list_folder, load_kit
from waves.live.workspace.samples.names import SampleNames, named_in, sample_names
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import FilePlaces, Workspace, safe_path

RecordedFiles = Mapping[str, Sequence[Sequence[str | None]]]
"""By the text that names a file or a folder: each file that it was, with its digest; None if it could not be used."""
Pitches = tuple[float, ...]
"""Of the files that a text names, in Hz; empty where none is known."""


class KitPaths(NamedTuple):
    """The files that a text names, their pitches; and whether a sample map lists them, which may say anything."""

    paths: list[Path]
    pitches: Pitches = ()
    mapped: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Kit:
    """The loaded files that a text names, and their pitches."""

    samples: list[Sample]
    pitches: Pitches = ()


def load_files(
    workspace: Workspace,
    settings: Settings,
    cache: SampleCache,
    rate: int,
    text: str,
    data: bool,
    places: FilePlaces | None = None,
    names: SampleNames | None = None,
) -> tuple[Kit, list[str]]:
    """The samples that a text names, or the one file of numbers; and a sentence for each that is not played whole.

    `places`: as for `safe_path`; `names`: as for `sample_paths`. Raises ValueError, one sentence.
    """
    if data:
        return Kit([cache.numbers(data_path(workspace, text, settings.SAMPLE_FOLDERS, places))]), []
    kit = sample_paths(workspace, text, settings.SAMPLE_FOLDERS, places, names)

    def load(file: Path) -> Sample:
        return cache.load(
            safe_path(workspace, str(file), settings.SAMPLE_FOLDERS, places) if kit.mapped else file, rate
        )

    samples, warnings = load_kit(kit.paths, load, text.rpartition("/")[2])
    return Kit(samples, kit.pitches), warnings


def load_recorded(
    workspace: Workspace,
    settings: Settings,
    cache: SampleCache,
    rate: int,
    files: Sequence[Sequence[str | None]],
    pitches: Sequence[float],
) -> Kit:
    """The samples of some recorded files, each with its number: silence for what could not be used, or cannot be."""

    def loaded(name: str, digest: str | None) -> Sample:
        try:
            if digest is not None:
                return cache.load(safe_path(workspace, name, settings.SAMPLE_FOLDERS), rate)
        except ValueError:  # which the replay has warned of
            pass
        return Sample(Path(name), SILENCE)

    return Kit([loaded(str(name), digest) for name, digest in files], tuple(pitches))


def data_path(workspace: Workspace, text: str, folders: Iterable[str], places: FilePlaces | None = None) -> Path:
    """The file of numbers that a text names. Raises ValueError, one sentence."""
    path = safe_path(workspace, text, folders, places)
    if path.is_dir():
        raise SampleError(f"'{text}' is a folder, not a file of numbers")
    return path


def sample_paths(
    workspace: Workspace,
    text: str,
    folders: Iterable[str],
    places: FilePlaces | None = None,
    names: SampleNames | None = None,
) -> KitPaths:
    """The sample files that a text names: one file, or all of a folder by name, or of a name in a sample map.

    `places`: as for `safe_path`; `names`: `sample_names`, where they are known. Raises ValueError, one sentence.
    """
    if named := named_in(text, names or sample_names(workspace, folders)):
        if not named.files:
            return KitPaths(list_folder(safe_path(workspace, str(named.folder), folders, places)))
        files = named.paths
        return KitPaths([Path(path) for path in files], tuple(files.values()) if any(files.values()) else (), True)
    path = safe_path(workspace, text, folders, places)
    return KitPaths(list_folder(path) if path.is_dir() else [path])
