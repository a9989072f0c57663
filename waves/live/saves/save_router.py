"""Routes saves while a piece plays: each kind of file to the part that reloads it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from waves.audio.device_supervisor import DeviceSupervisor
from waves.audio.sample_loader import SUFFIXES
from waves.engine.compiler.compiler import Compiler
from waves.engine.plan.plan import node_types
from waves.events.changes import RestartNeeded
from waves.events.event import Event, Notify
from waves.events.trouble import Fault
from waves.language.model.harmony.tunings import SCALA
from waves.live.saves.file_watch import folders_in
from waves.live.saves.live_settings import LiveSettings, Rebuild
from waves.live.saves.node_check import types_that_stay
from waves.live.saves.node_reload import NodeReloader
from waves.live.saves.package_versions import PackageVersions
from waves.live.session.build_requests import change_of_files
from waves.live.session.session import Session
from waves.live.workspace.open_workspace import Opened
from waves.live.workspace.samples.maps import SUFFIX as SAMPLE_MAP
from waves.live.workspace.settings import Settings
from waves.live.workspace.shipped_files import PACKAGE, library_folder
from waves.live.workspace.workspace import reachable_folders
from waves.node import DataFile, Node
from waves.node_types.library import library
from waves.problem import Problem, defect
from waves.python_patterns.pattern_reader import FOLDER as PATTERNS


class SaveRouter:
    """Sorts saved files: the piece, node files, samples, settings, and files that need a new start.

    Any thread may call its methods, one at a time.
    """

    def __init__(
        self,
        opened: Opened,
        session: Session,
        compiler: Compiler,
        notify: Notify,
        supervisor: DeviceSupervisor | None = None,
        rebuild: Rebuild | None = None,
    ):
        """`rebuild` goes on with another engine for other settings; None: such settings wait for the next start."""
        self.opened, self.session, self.notify = opened, session, notify
        self.live = LiveSettings(opened, session, notify, supervisor, rebuild)
        self.root = opened.workspace.root
        self.shipped = library_folder("nodes")
        self.in_checkout = not self.shipped.is_relative_to(PACKAGE)
        self.package = list(folders_in(PACKAGE)) if self.root == PACKAGE.parent else []
        self.nodes: NodeReloader | None = None
        self._told: set[str] = set()
        self.packages = PackageVersions(notify)
        if self.settings.HOT_RELOAD:
            packages = library.open_folders(self.shipped, *opened.node_folders)
            checked = self.settings.CHECKED_NODES
            self.nodes = NodeReloader(opened.library, packages, compiler, notify, self._accept, checked=checked)
            self.nodes.problems = opened.problems
            self.nodes.types_that_stay = lambda: types_that_stay(self.session.composer)
            self.nodes.take_back = self._take_back
        self.follow(session, supervisor)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.live.values

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems of the files as they are now: of the piece, its node files and its settings."""
        return (*self.session.outcomes.problems, *self._node_problems(), *self.live.problems)

    @property
    def paths(self) -> list[Path]:
        """The files and folders to be watched."""
        return [
            *self._piece(),
            *self._patterns(),
            *self._nodes(),
            *self._samples(),
            self.root / "config.py",
            *self._needing_restart(),
        ]

    def rehearsed(self) -> list[type[Node]]:
        """The node types in use that come from the workspace: somebody may be editing them."""
        folders = [folder.resolve() for folder in self.opened.node_folders]
        playing = self.session.engine.playing
        if not (playing and self.nodes):
            return []
        files = {kind: Path(one.source.file) for kind in node_types(playing.graph) if (one := library.origin(kind))}
        return [kind for kind, file in files.items() if any(map(file.is_relative_to, folders))]

    def follow(self, session: Session, supervisor: DeviceSupervisor | None) -> None:
        """Route saves to another session from now on."""
        self.session = session
        self.session.composer.node_problems = self._problems_of_missed_types
        self.live.follow(session, supervisor)

    def start(self) -> None:
        """Start the threads that reload node files and look at packages."""
        self.packages.start()
        if self.nodes:
            self.nodes.start()

    def stop(self) -> None:
        """Stop after the present reload."""
        self.live.stop()
        self.packages.stop()
        if self.nodes:
            self.nodes.stop()

    def reload(self) -> None:
        """Reload as if every file had been saved."""
        if self.nodes:
            self.nodes.changed()
        self.live.configure()
        if self.session.archive:
            self.session.archive.choose_files()
        self.session.reload()

    def coming(self, files: Iterable[Path]) -> None:
        """Files are about to be reported as saved: those of the piece are read already. Thread of the watcher."""
        if any(file.suffix == ".yaml" and file.parent in (self.root, self.root / "sounds") for file in files):
            self.session.upkeep.read_soon()

    def changed(self, files: Iterable[Path]) -> None:
        """Reload these files, which were saved."""
        try:
            self._route(sorted(files))
        except Exception as error:  # the loop that calls this must survive it
            self.notify(Fault(message="a save cannot be routed", problems=(defect(error),)))

    def _route(self, saved: list[Path]) -> None:
        """Hand each file to the part that reloads its kind."""
        paths = self._piece()
        piece = [file for file in saved if _within(file, paths) and file.suffix in (".yaml", SCALA)]
        others = [file for file in saved if file not in piece]
        piece += [file for file in others if self._is_pattern_file(file)]
        nodes = [file for file in others if self._is_node_file(file)]
        samples = [file for file in others if _within(file, self._samples())]
        if self.root / "config.py" in saved:
            self.live.configure()
        if nodes and self.nodes:
            self.nodes.changed(change_of_files(nodes).saved, nodes)
        heard = [file for file in samples if self._is_heard(file)]
        archive = self.session.archive
        texts = [file for file in piece if file.suffix != ".py"]
        if archive and any(_saved_after(archive.chosen_at, file) for file in texts):
            archive.choose_files()
        if piece or heard:
            self.session.changed([*piece, *heard])
        for file in others:
            if file not in nodes and _within(file, self._needing_restart()) and file.suffix in (".py", ".toml"):
                self._once("waves", RestartNeeded(file=file.name))

    def _accept(self, types: library.Types, files: list[Path], since: float) -> None:
        self.session.composer.offer(types)
        if self.session.archive:
            self.session.archive.node_files_changed(files)
        self.session.changed(files, since)

    def _take_back(self, types: library.Types, files: list[str]) -> None:
        self.session.composer.offer(types)
        self.session.outcomes.forget(files)

    def _node_problems(self) -> tuple[Problem, ...]:
        return self.nodes.problems if self.nodes else self.opened.problems

    def _problems_of_missed_types(self) -> tuple[Problem, ...]:
        return (*self._node_problems(), *(self.nodes.gone.values() if self.nodes else ()))

    def _once(self, what: str, event: Event) -> None:
        if what not in self._told:
            self._told.add(what)
            self.notify(event)

    def _piece(self) -> list[Path]:
        tunings = [*self.root.glob(f"*{SCALA}"), self.root / "tunings"]
        return [self.root / "waves.yaml", self.root / "sounds", *tunings]

    def _patterns(self) -> list[Path]:
        """The folders of patterns in Python, where they may run."""
        return [*folders_in(self.root / PATTERNS)] if self.opened.trusted else []

    def _is_pattern_file(self, file: Path) -> bool:
        """Whether a file is, or was, one of patterns; its folder may be gone with it."""
        return self.opened.trusted and file.suffix == ".py" and file.is_relative_to(self.root / PATTERNS)

    def _nodes(self) -> list[Path]:
        if not self.nodes:
            return []
        folders = [*self.opened.node_folders, *([self.shipped] if self.in_checkout else [])]
        shared = library.SHARED.values() if self.in_checkout else []
        return [*(family for folder in folders for family in library.families(folder)), *shared]

    def _is_node_file(self, file: Path) -> bool:
        """Whether a file is, or was, a node file or a helper; its family may be gone with it."""
        inside = _within(file, self._nodes()) or file.parent.parent in self.opened.node_folders
        return bool(self.nodes) and file.suffix == ".py" and inside

    def _is_heard(self, file: Path) -> bool:
        """Whether a file that was saved may change the sound: it or its folder is in use, or it was missing."""
        used = {*self.session.composer.arrays.sample_files()}
        missed = any(problem.level == "error" for problem in self.session.outcomes.problems)
        is_sound = file.suffix.lower() in SUFFIXES
        is_map = file.suffix.lower() == SAMPLE_MAP and file != self.root / file.name
        is_file = is_sound or file.suffix.lower() in DataFile.suffixes or file.is_dir()
        beside = is_sound and file.parent in {one.parent for one in used}
        return file in used or beside or is_map or (missed and is_file)

    def _samples(self) -> list[Path]:
        folders = reachable_folders(self.root, ["samples", *self.settings.SAMPLE_FOLDERS])
        used = {path.parent for path in self.session.composer.arrays.sample_files()}
        return list(dict.fromkeys([*(one for folder in folders for one in folders_in(folder)), *sorted(used)]))

    def _needing_restart(self) -> list[Path]:
        """Files that take effect with the next start: of the project, and of waves in its own checkout."""
        return [self.root / "pyproject.toml", *self.package]


def _saved_after(moment: float, file: Path) -> bool:
    """Whether a file was saved after a moment in seconds since 1970."""
    try:
        return file.stat().st_mtime > moment
    except OSError:  # it is gone
        return True


def _within(file: Path, paths: Iterable[Path]) -> bool:
    return any(path in (file, file.parent) for path in paths)
