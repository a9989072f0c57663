"""The files that some sounds need: text, samples, node files, patterns, tunings, settings, licences."""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import suppress
from itertools import count, pairwise
from pathlib import Path, PurePosixPath
from typing import Any

from waves.audio.sample_loader import list_folder
from waves.language.build.sound_tree import build_tree
from waves.language.model.harmony.tunings import SCALA
from waves.language.model.models import models_inside, nodes_inside
from waves.language.text.document import Document
from waves.live.bundle.bundle_file import MOST_BYTES, is_licence
from waves.live.workspace.composer import HOLD_RATE
from waves.live.workspace.composition import Composition
from waves.live.workspace.node_arrays import files_of
from waves.live.workspace.samples.names import Samples, named_in, sample_names
from waves.live.workspace.settings import Settings
from waves.live.workspace.workspace import Workspace, places_of_files, safe_path
from waves.node_types.library.library import is_shipped, origin
from waves.node_types.library.module_loader import SourceFile
from waves.problem import Problem, Problems, reason_of

OF_THE_SOUND = ("SAMPLE_RATE", "CHANNELS", "FADE", "AT", "BPM", "SEED", "RAND_HOLD", "STEP_LENGTH", "LIMITER")
"""Settings that decide how a piece sounds: a bundle has them all, so that those of whoever opens it do not count."""
NO_SOUNDS = ("vars", "patterns", "settings")
SAMPLE_MAP = "samples/samples.json"
"""The map with the names of samples that a map gives."""
LARGEST_LICENCE = 1_000_000  # bytes


def contents_of(workspace: Workspace, composition: Composition, whole: bool = False) -> dict[str, bytes]:
    """The files that a composition of a workspace needs, by name.

    With `whole` they are all that the texts of the piece name, also in sounds that do not play. Raises Problems.
    """
    used = {*composition.piece.sounds} if whole and composition.piece else _used(composition)
    texts = dict(composition.texts)
    if not whole:
        texts = {document.name: _cut(document, used) for document in composition.documents.values()}
    made = _Contents(workspace, composition.settings)
    for name, text in texts.items():
        if text:
            made.add(name, text.encode("utf-8", "surrogateescape"))
    made.add("config.py", settings_text(composition.settings).encode())
    for text in [*composition.files, *(_named_files(composition, used) if whole else ())]:
        made.read_named(text, must_be_there=text in composition.files)
    made.read_mapped()
    for source in _node_sources(composition, used):
        made.add(f"nodes/{source.name.partition('.')[2].replace('.', '/')}.py", source.text.encode())
    written = "\n".join(texts.values())
    tunings = [path for folder in ("", "tunings") for path in sorted((workspace.root / folder).glob(f"*{SCALA}"))]
    patterns = sorted((workspace.root / "patterns").rglob("*.py"))
    for path in [*(one for one in tunings if one.stem in written), *patterns]:
        made.read_own(path)
    for folder in ("", "nodes", "patterns"):
        made.read_licences(workspace.root / folder, PurePosixPath(folder))
    return made.files


def settings_text(settings: Settings) -> str:
    """A `config.py` with the settings that decide how a piece sounds."""
    lines = [f"{name} = {getattr(settings, name)!r}" for name in OF_THE_SOUND]
    return "\n".join(['"""Settings that the sound depends on, as they were when the bundle was made."""', *lines, ""])


class _Contents:
    """The files of a bundle by name, as they are collected. Its functions raise Problems."""

    def __init__(self, workspace: Workspace, settings: Settings):
        self._workspace, self._folders = workspace, settings.SAMPLE_FOLDERS
        self._places = places_of_files(workspace, self._folders)
        self._bytes = 0
        self._mapped: dict[str, Samples] = {}  # by the names of sample maps
        self.files: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> None:
        """Add a file."""
        if self.files.setdefault(name, data) != data:
            raise Problems(Problem(f"'{name}' stands for two files"))

    def read_own(self, path: Path) -> None:
        """Add a file in the folder of the piece, unless it is a link."""
        if stat.S_ISREG(path.lstat().st_mode):
            self._read(path.relative_to(self._workspace.root).as_posix(), path)

    def read_named(self, text: str, must_be_there: bool) -> None:
        """Add the file that a text of the piece names, or the files of a folder or a name, and their licences.

        What a name of a sample map stands for is added by `read_mapped`.
        """
        name = PurePosixPath(text)
        named = named_in(text, sample_names(self._workspace, self._folders))
        if named and named.files:
            self._mapped[named.name] = named
            return
        try:
            there = str(named.folder) if named else text
            path = safe_path(self._workspace, there, self._folders, self._places)
            found = {name / one.name: one for one in list_folder(path)} if path.is_dir() else {name: path}
        except ValueError as error:
            if must_be_there:
                raise Problems(Problem(str(error))) from None
            return
        if name.is_absolute() or ".." in name.parts:
            way = "name it by its path below the folder of the piece, or below one of SAMPLE_FOLDERS"
            raise Problems(Problem(f"'{text}' cannot be in a bundle, because its path leads out of it: {way}"))
        for one, file in found.items():
            self._read(str(one), file)
        if path.is_dir():
            self._read_licences_above(path, name)
        else:
            self._read_licences_above(path.parent, name.parent)

    def _read_licences_above(self, folder: Path, into: PurePosixPath) -> None:
        """Add the licences of a folder, which is called `into` in the bundle, and of those that it lies in."""
        for above in (folder, *folder.parents):
            if any(above.is_relative_to(place) for place in self._places.allowed):
                self.read_licences(above, into)
            into = into.parent

    def read_mapped(self) -> None:
        """Add the files of the names that sample maps give, and a map with these names; after all other samples.

        The map says where its files are, so each gets a path of its own, which differs from others in more than upper
        and lower case. What cannot be read is listed all the same: it is silent, and the others keep their numbers.
        """
        taken = {name.casefold() for name in self.files}
        folders = {str(one).casefold(): str(one) for name in self.files for one in PurePosixPath(name).parents}
        maps: dict[str, Any] = {}
        for named in sorted(self._mapped.values(), key=lambda one: one.name):
            ways = _numbered(f"samples/{named.name}")
            into = next(one for one in ways if folders.setdefault(one.casefold(), one) == one)
            listed: dict[str, float] = {}
            for path, pitch in named.paths.items():
                ways = _numbered(f"{into}/{Path(path).stem}", Path(path).suffix)
                target = next(one for one in ways if one.casefold() not in taken)
                taken.add(target.casefold())
                listed[target.removeprefix("samples/")] = pitch
                with suppress(ValueError):
                    self._read(target, safe_path(self._workspace, path, self._folders, self._places))
            notes = {pitch: [one for one in listed if listed[one] == pitch] for pitch in listed.values()}
            maps[named.name] = {_note(pitch): files for pitch, files in notes.items()} if any(notes) else [*listed]
            self._read_licences_above(named.folder, PurePosixPath(into))
        if maps:
            self.add(SAMPLE_MAP, json.dumps(maps, indent=1, sort_keys=True).encode())

    def read_licences(self, folder: Path, name: PurePosixPath) -> None:
        """Add the licences that lie in a folder, which has this name in the bundle."""
        try:
            with os.scandir(folder) as entries:
                files = [one for one in entries if is_licence(one.name) and one.is_file(follow_symlinks=False)]
                found = sorted(one.name for one in files if one.stat().st_size <= LARGEST_LICENCE)
            for one in found:
                data = (folder / one).read_bytes()
                ways = _numbered(str(name / PurePosixPath(one).stem), PurePosixPath(one).suffix)
                self.files[next(way for way in ways if self.files.get(way, data) == data)] = data
        except OSError:
            return

    def _read(self, name: str, path: Path) -> None:
        try:
            self._bytes += 0 if name in self.files else path.stat().st_size
            if self._bytes > MOST_BYTES:
                raise Problems(Problem(f"the files are larger than the {MOST_BYTES / 1e6:.0f} MB of a bundle"))
            self.add(name, path.read_bytes())
        except OSError as error:
            raise Problems(Problem(f"'{name}' cannot be read: {reason_of(error)}")) from None


def _numbered(path: str, ending: str = "") -> Iterator[str]:
    """A path, and others that are like it: `a.wav`, `a-2.wav`, `a-3.wav` ..."""
    yield path + ending
    yield from (f"{path}-{number}{ending}" for number in count(2))


def _note(pitch: float) -> str:
    """The name of a note that is written as one: `a4` for 440 Hz."""
    octave, number = divmod(round(69 + 12 * math.log2(pitch / 440)), 12)
    return f"{'c c# d d# e f f# g g# a a# b'.split()[number]}{octave - 1}"


def _used(composition: Composition) -> set[str]:
    """The sounds that a composition is made of."""
    used, own = set[str](), composition.settings
    if composition.piece:
        build_tree(
            composition.piece, composition.sounds, own.BPM, own.STEP_LENGTH, own.RAND_HOLD / HOLD_RATE, used=used
        )
    return used


def _cut(document: Document, used: Collection[str]) -> str:
    """The text of a file without the sounds that are not used; empty where nothing is left.

    The comment directly above an entry belongs to it. Where anchors lead from one entry to another, all stay.
    """
    entries = sorted(document.entries.values(), key=lambda one: one.line)
    if not entries:
        return ""
    lines, firsts = entries[0].lines, list[int]()
    for entry in entries:
        first = entry.line - 1
        while first and lines[first - 1].startswith("#"):
            first -= 1
        firsts.append(first)
    kept, wanted = lines[: firsts[0]], {*NO_SOUNDS, *used}
    is_whole = any(entry.shared for entry in entries)
    stay = [is_whole or entry.name in wanted or entry.name.startswith("_") for entry in entries]
    for stays, (first, last) in zip(stay, pairwise([*firsts, len(lines)]), strict=True):
        kept += lines[first:last] if stays else []
    return "\n".join(kept).rstrip() + "\n" if any(stay) else ""


def _named_files(composition: Composition, sounds: Collection[str]) -> Iterator[str]:
    """The texts that name files in some sounds."""
    for name in sorted(sounds):
        for model in nodes_inside(composition.piece.sounds[name].root) if composition.piece else ():
            for _, text, _ in files_of(model):
                yield text


def _node_sources(composition: Composition, sounds: Collection[str]) -> Iterator[SourceFile]:
    """The node files of the workspace that some sounds use, with the helpers that these import."""
    roots = [composition.piece.sounds[name].root for name in sounds] if composition.piece else []
    names = {model.name for root in roots for model in models_inside(root)}
    for name in sorted(names & composition.library.keys()):
        kind = composition.library[name]
        loaded = None if is_shipped(kind) else origin(kind)
        yield from (one for one in (loaded.sources() if loaded else ()) if not one.name.startswith("waves."))
