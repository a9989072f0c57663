"""Where things are: the files of a workspace and of the library, what may be read and what may run."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_config_path

import waves
from waves.problem import Problem, Problems, did_you_mean
from waves.whole_file import FOR_OWNER, write_whole

LONGEST_PATH = 4096  # characters
PACKAGE = Path(waves.__file__).resolve().parent

STARTER = """\
# Play this with `waves play my_sound`, change a number, save. `~` is a rest, a comma plays together.

my_sound:
  tempo:
    bpm: 112
    signal:
      mix:
        beat: {sequencer: {interval: eighth, steps: [kick, hat, "snare, hat", hat, kick, kick, snare, hat]}}
        bass: {sequencer: {interval: beat, steps: [bass a1, ~, bass e2, bass d2 v.6]}}

kick: {osc: {freq: [180, 45, 40], amp: [0.4, 0.2, 0], duration: 0.25}}
snare: {osc: {type: noise, amp: [0.065, 0.02, 0], duration: 0.15}}
hat: {osc: {type: noise, amp: [0.03, 0], duration: 0.04}}

bass:
  context:
    note: a1
    v: 1
    signal:
      filter:
        cutoff: [1800, 300]
        signal: {osc: {type: saw, freq: note, amp: 0.16 * v, duration: 0.4, release: 0.05}}
        duration: 0.4
"""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The files of a folder with a `waves.yaml`; `config` and `nodes` are None where there are none."""

    root: Path
    config: Path | None
    nodes: Path | None
    samples: Path

    @property
    def files(self) -> list[Path]:
        """The files of the piece as they are now: `waves.yaml`, then `sounds/*.yaml` by name."""
        sounds = sorted(path for path in (self.root / "sounds").glob("*.yaml") if _is_shown_file(path))
        return [self.root / "waves.yaml", *sounds]


class PathError(ValueError):
    """One sentence on why a path cannot be used."""


def find_workspace(folder: Path) -> Workspace:
    """The workspace in `folder`; raises Problems where there is no `waves.yaml`."""
    root = folder.expanduser().resolve()
    if not (root / "waves.yaml").is_file():
        raise Problems(Problem(f"no waves.yaml in '{folder}'; `waves new {folder}` makes one"))
    config, nodes = root / "config.py", root / "nodes"
    return Workspace(
        root=root,
        config=config if config.is_file() else None,
        nodes=nodes if nodes.is_dir() else None,
        samples=root / "samples",
    )


def _is_shown_file(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".")


def library_folder(part: Literal["nodes", "demo"], package: Path = PACKAGE) -> Path:
    """The shipped node types or the demo: inside the installed package, or at the top of the checkout."""
    shipped = package / "_library" / part
    if shipped.is_dir():
        return shipped
    checkout = _checkout(package)
    if checkout is None:
        raise Problems(Problem("this installation of waves has no library; install it again"))
    return checkout / "nodes" if part == "nodes" else checkout


def _checkout(package: Path) -> Path | None:
    """The folder that the package was installed from, where it is used in place."""
    top = package.parent
    is_checkout = (top / "pyproject.toml").is_file() and (top / "nodes").is_dir()
    return top if is_checkout and not (package / "_library").is_dir() else None


def is_trusted(folder: Path, package: Path = PACKAGE) -> bool:
    """Whether the Python in a workspace may run: the user allowed it, or it is the checkout of waves."""
    root = folder.resolve()
    return root == _checkout(package) or str(root) in _trusted()


def trust(folder: Path) -> None:
    """Allow the Python in a workspace to run, from now on."""
    file = _trust_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folders = sorted({*_trusted(), str(folder.resolve())})
    write_whole(file, json.dumps(folders, indent=1).encode(), FOR_OWNER)


def _trust_file() -> Path:
    return user_config_path("waves-live", appauthor=False) / "trusted.json"


def _trusted() -> list[str]:
    file = _trust_file()
    try:
        if os.name == "posix" and file.stat().st_mode & 0o022:
            return []  # others could have written it
        folders = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [name for name in folders if isinstance(name, str)] if isinstance(folders, list) else []


def new_workspace(path: Path) -> Workspace:
    """A small workspace at `path`, trusted; raises Problems rather than touch a file that is there."""
    root = path.expanduser().resolve()
    settings = (library_folder("demo") / "config.py").read_text("utf-8")
    for name in ("waves.yaml", "config.py", "samples", "nodes"):  # `nodes` that is there might hold anything
        if os.path.lexists(root / name):
            raise Problems(Problem(f"'{root / name}' is already there; nothing was changed"))
    try:
        for folder in (root, root / "samples", root / "nodes"):
            folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("waves.yaml", STARTER), ("config.py", settings)):
            with (root / name).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise Problems(Problem(f"cannot write '{error.filename}': {error.strerror}")) from None
    trust(root)
    return find_workspace(root)


def safe_path(workspace: Workspace, text: str, sample_folders: Iterable[str] = ()) -> Path:
    """The file or folder that `text` names, links followed, inside the workspace or a sample folder.

    Raises PathError when there is none, when it lies outside, and when it is no plain file or folder.
    """
    if not text.strip():
        raise PathError("the name of the file is empty")
    if len(text) > LONGEST_PATH:
        raise PathError(f"there is no file '{text[:40]}…'")
    folders = [workspace.root, *(workspace.root / Path(folder).expanduser() for folder in sample_folders)]
    allowed = [folder.resolve() for folder in folders]
    outside = False
    for folder in allowed:
        try:
            path = (folder / text).resolve(strict=True)
            mode = path.stat().st_mode
        except (OSError, ValueError, RuntimeError):  # not there, not a path, links in a circle
            continue
        if not any(path.is_relative_to(place) for place in allowed):
            outside = True
        elif stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            return path
        else:
            raise PathError(f"'{text}' is not a file")
    if outside:
        raise PathError(f"'{text}' is outside the workspace; SAMPLE_FOLDERS in config.py allows further folders")
    raise PathError(f"there is no file '{text}'{_nearest(workspace.root, text)}")


def _nearest(root: Path, text: str) -> str:
    """A file of that name in `samples/`, else one with a similar name in the folder that was meant."""
    found: dict[str, str] = {}
    try:
        if (root / "samples" / text).resolve(strict=True).is_relative_to(root):
            return f"; did you mean 'samples/{text}'?"
    except (OSError, ValueError, RuntimeError):
        pass
    try:
        folder = (root / text).parent.resolve()
        if folder.is_relative_to(root):
            found = {Path(entry.name).stem: entry.name for entry in os.scandir(folder)}
    except (OSError, ValueError, RuntimeError):
        return ""
    near = did_you_mean(Path(text).stem, found).strip("'")
    return f"; did you mean '{Path(text).with_name(found[near]).as_posix()}'?" if near else ""
