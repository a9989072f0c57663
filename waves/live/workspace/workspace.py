"""Paths of a workspace: the files of the piece, and the files that its text may name."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from waves.audio.sample_loader import SUFFIXES
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.trust import is_trusted
from waves.node import DataFile
from waves.problem import Problem, Problems, did_you_mean, reason_of

KEPT, VERSIONS = ".waves", "versions.jsonl"
"""Names of the folder of what is kept of a piece, and of the list of versions in its `history`."""
BACKSLASH = "\\"
LONGEST_PATH = 4096  # characters
OTHER_MAIN = re.compile(r"[^.].{0,200}\.ya?ml", re.IGNORECASE)
SOUNDS_FILE = re.compile(r"sounds/[^./\\][^/\\]{0,200}\.yaml")


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with a `waves.yaml`, or with `sounds/*.yaml` alone; `nodes` is None without that folder. Any thread.

    `trusted`: its Python may run, its files may be links to other places, and its settings may name other folders.
    """

    root: Path
    nodes: Path | None
    samples: Path
    trusted: bool = False
    only_sounds: bool = False
    """Whether there was no `waves.yaml` when it was opened: one may come later."""

    @property
    def config(self) -> Path:
        """The file of the settings, which need not exist."""
        return self.root / "config.py"

    @property
    def untrusted(self) -> Path | None:
        """The folder, where it is not trusted; else None."""
        return None if self.trusted else self.root

    def has_history(self) -> bool:
        """Whether versions of the piece are kept, so that a file that was deleted can be written again."""
        with suppress(OSError):  # what may not be looked at cannot be used
            return (self.root / KEPT / "history" / VERSIONS).is_file()
        return False

    def way_back(self) -> str:
        """The way back to the text of a file that was lost, as the end of a sentence; empty where none is kept."""
        if other := other_main_file(self.root):
            return f"; there is '{other}': if that is the piece, rename it to waves.yaml"
        way = "; `waves history` lists what was played, and `waves history restore NUMBER` writes it"
        return way if self.has_history() else ""

    def files(self) -> list[Path]:
        """Files of the piece at this moment: `waves.yaml`, then `sounds/*.yaml` by name, hidden ones left out.

        Whoever reads one asks `allowed` before. Where that refuses the folder `sounds`, or the system does, it stands
        for its files.
        """
        main, sounds = self.root / "waves.yaml", self.root / "sounds"
        first = [] if self.only_sounds and not _may_be_file(main) else [main]
        try:
            self.allowed(sounds)
            return [*first, *files_of_sounds(self.root)]
        except OSError:
            return [*first, sounds]

    def allowed(self, path: Path) -> Path:
        """A path of the piece, if it may be read: in a folder that is not trusted no link may lead outside.

        Raises OSError. A path that does not exist may be read.
        """
        try:
            target = path.resolve()
        except RuntimeError:  # links in a circle
            raise OSError(errno.ELOOP, "it is a link to itself", str(path)) from None
        if not self.trusted and not target.is_relative_to(self.root):
            sentence = f"it is a link that leads outside the folder, which is not trusted; `waves trust {self.root}`"
            raise OSError(errno.EPERM, f"{sentence} allows it", str(path))
        return path


class PathError(ValueError):
    """One sentence on why a path cannot be used."""


def find_workspace(folder: Path, trust: bool = False) -> Workspace:
    """The workspace in `folder`, trusted for good or with `trust`.

    Raises Problems where there is neither a `waves.yaml` nor any `sounds/*.yaml`, UsageProblem without the folder.
    """
    workspace = workspace_at(folder, trust)
    if not workspace.root.is_dir():
        raise UsageProblem(f"there is no folder '{folder}'; `waves new {folder}` makes one")
    if workspace.only_sounds and not workspace.files():
        way = f"`waves new {folder}` makes one"
        if workspace.has_history():
            where = "" if folder == Path() else f" --dir {folder}"
            way = f"`waves history{where}` lists what was played, and `waves history restore NUMBER{where}` writes it"
        there = (workspace.root / "waves.yaml").is_dir()
        what = f"'waves.yaml' in '{folder}' is a folder, and no file" if there else f"no waves.yaml in '{folder}'"
        way = "move it away" if there and not workspace.has_history() else f"move it away: {way}" if there else way
        if not there and other_main_file(workspace.root):
            way = workspace.way_back().removeprefix("; ")
        raise Problems(Problem(f"{what}; {way}"))
    return workspace


def workspace_at(folder: Path, trust: bool = False) -> Workspace:
    """The workspace that `folder` is, or would be with a `waves.yaml`; as `find_workspace`."""
    with opening(folder):
        root = folder.expanduser().resolve()
        nodes = root / "nodes"
        return Workspace(
            root=root,
            nodes=nodes if nodes.is_dir() else None,
            samples=root / "samples",
            only_sounds=not (root / "waves.yaml").is_file(),
            trusted=trust or is_trusted(root),
        )


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Raises Problems for a folder that cannot be reached: of another user, links in a circle, `~` of nobody."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        reason = reason_of(error)
        raise Problems(Problem(f"'{folder}' cannot be opened: {reason}")) from None


def is_piece_file(name: str) -> bool:
    """Whether a name, relative to the workspace, is one of those that `Workspace.files` gives."""
    return name == "waves.yaml" or (SOUNDS_FILE.fullmatch(name) is not None and name.isprintable())


def other_main_file(root: Path) -> str:
    """The name of the YAML file that is probably meant where there is no `waves.yaml`: one like it, or the only one.

    Empty if there is none.
    """
    if (root / "waves.yaml").exists():
        return ""
    names: list[str] = []
    with suppress(OSError), os.scandir(root) as entries:
        names = sorted(entry.name for entry in entries if OTHER_MAIN.fullmatch(entry.name) and entry.is_file())
    near = get_close_matches("waves.yaml", names, 1, 0.8) or (names if len(names) == 1 else [""])
    return near[0] if near[0].isprintable() else ""


def files_of_sounds(root: Path) -> list[Path]:
    """The files `sounds/*.yaml` of a folder by name, without hidden ones; copies like `x copy.yaml` after `x.yaml`.

    Raises OSError where there is a folder `sounds` that cannot be listed.
    """
    try:
        names = os.listdir(root / "sounds")
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = (root / "sounds" / name for name in names if name.endswith(".yaml") and not name.startswith("."))
    return sorted(filter(_may_be_file, found), key=lambda path: path.stem)


def _may_be_file(path: Path) -> bool:
    """Whether a path is a file, or one that may not be looked at: whoever reads it is told why."""
    try:
        return path.is_file()
    except OSError:
        return True


def reachable_folders(root: Path, names: Iterable[str]) -> list[Path]:
    """The folders that settings name, seen from the folder `root`, whether they are there or not yet.

    Those that cannot be reached are left out: `~` of an unknown user, links in a circle, a name that is too long.
    """
    folders: list[Path] = []
    for name in names:
        with suppress(OSError, RuntimeError, ValueError):
            folder = root / Path(name).expanduser()
            folder.resolve().is_dir()  # raises for what cannot be reached, and not for what is missing
            folders.append(folder)
    return folders


@dataclass(frozen=True, slots=True)
class FilePlaces:
    """The folders that files of a piece may be in, links followed, and all folders whose links were followed."""

    allowed: list[Path]
    followed: dict[Path, Path] = field(default_factory=dict)

    def resolved(self, path: Path) -> Path:
        """A path, links followed. Most files are in few folders: each is followed once. Raises OSError."""
        if sys.platform == "win32" or path.name in ("", ".."):  # where a folder may be a link of another kind
            return path.resolve(strict=True)
        folder = path.parent
        if folder not in self.followed:
            self.followed[folder] = folder.resolve(strict=True)
        file = self.followed[folder] / path.name
        return file.resolve(strict=True) if file.is_symlink() else file


def places_of_files(workspace: Workspace, sample_folders: Iterable[str] = ()) -> FilePlaces:
    """The places of the files of a piece, for files that are looked for at once: the workspace, the sample folders."""
    return FilePlaces([folder.resolve() for folder in reachable_folders(workspace.root, ["", *sample_folders])])


def safe_path(
    workspace: Workspace, text: str, sample_folders: Iterable[str] = (), places: FilePlaces | None = None
) -> Path:
    """Path of the file or folder that `text` names, links followed, inside the workspace or one of the sample folders.

    `places`: `places_of_files`, where they are known. Raises PathError when it does not exist, lies outside, or is
    neither a file nor a folder.
    """
    if not text.strip():
        raise PathError("the name of the file is empty")
    if len(text) > LONGEST_PATH:
        raise PathError(f"there is no file '{text[:40]}…'")
    places = places or places_of_files(workspace, sample_folders)
    outside = False
    for folder in places.allowed:
        try:
            path = places.resolved(folder / text)
            mode = path.stat().st_mode
        except (OSError, ValueError, RuntimeError):  # missing, not a path, links in a circle
            continue
        if not any(path.is_relative_to(place) for place in places.allowed):
            outside = True
        elif stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return path
        else:
            raise PathError(f"'{text}' is not a file")
    if outside:
        raise PathError(f"'{text}' is outside the workspace; SAMPLE_FOLDERS in config.py allows further folders")
    if BACKSLASH in text:
        parts = text.split(BACKSLASH)
        tails = ["/".join(parts[first:]) for first in range(len(parts))]
        there = next((tail for tail in tails if tail and _is_inside(workspace.root, tail)), "")
        meant = f"; did you mean '{there}'?" if there else _nearest(workspace.root, tails[-1])
        raise PathError(f"there is no file '{text}': folders are parted by '/'{meant}")
    near = _nearest(workspace.root, text)
    raise PathError(f"there is no file '{text}'{near or ' in the folder of the piece or in SAMPLE_FOLDERS'}")


def _is_inside(root: Path, text: str) -> bool:
    """Whether a text is the path of a file or folder that is there, in the folder of the piece."""
    try:
        return (root / text).resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError):
        return False


def _can_be_meant(entry: os.DirEntry[str], root: Path, suffixes: tuple[str, ...], folders: bool = True) -> bool:
    """Whether an entry is such a file or a folder, and inside the folder of the piece, as seen through links."""
    if not ((folders and entry.is_dir()) or (entry.is_file() and entry.name.lower().endswith(suffixes))):
        return False
    return not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(root)


def _in_folders_of_samples(root: Path, name: str) -> str:
    """The path of a file of that name in a folder in `samples/`, the first in the order of their names, or nothing."""
    try:
        with os.scandir(root / "samples") as entries:
            folders = sorted(entry.name for entry in entries if entry.is_dir() and _can_be_meant(entry, root, ()))
        return next((f"samples/{one}/{name}" for one in folders if (root / "samples" / one / name).is_file()), "")
    except (OSError, ValueError):
        return ""


def _nearest(root: Path, text: str) -> str:
    """Suggestion: a file of that name in `samples/` or a folder there, else a similar one in the same folder."""
    names: dict[str, str] = {}
    suffixes = DataFile.suffixes if text.lower().endswith(DataFile.suffixes) else SUFFIXES
    if _is_inside(root, f"samples/{text}"):
        return f"; did you mean 'samples/{text}'?"
    if "/" not in text and (inside := _in_folders_of_samples(root, text)):
        return f"; did you mean '{inside}'?"
    try:
        folder = (root / text).parent.resolve()
        if folder.is_relative_to(root):
            with os.scandir(folder) as entries:
                is_file = text.lower().endswith((*SUFFIXES, *DataFile.suffixes))
                meant = [entry.name for entry in entries if _can_be_meant(entry, root, suffixes, not is_file)]
                names = {Path(name).stem: name for name in meant}
    except (OSError, ValueError, RuntimeError):
        return ""
    near = did_you_mean(Path(text).stem, names).strip("'")
    return f"; did you mean '{Path(text).with_name(names[near]).as_posix()}'?" if near else ""
