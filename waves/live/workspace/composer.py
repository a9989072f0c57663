"""Composes the files of a workspace into the graph of the sounds that play."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from waves.engine.graph import lowering
from waves.engine.graph.graph import Graph
from waves.engine.graph.matching import match_nodes
from waves.engine.state.memory_limit import require_memory
from waves.language.build.moving import slow_fades
from waves.language.build.moving.moved_parameters import insert_moved, renamed_parameters
from waves.language.build.moving.slow_fades import FadingTree
from waves.language.build.sound_checks import SoundChecks, is_shadowed
from waves.language.build.sound_tree import build_tree
from waves.language.model.piece import Piece
from waves.language.model.quantize import read_file_settings, read_quantize
from waves.language.model.sound_arguments import read_sounds, refusal
from waves.language.text.document import Document
from waves.language.tree.channel_width import widen
from waves.language.tree.kept.kept_parts import KeptParts
from waves.language.tree.kept.lengths import numbers_of, write
from waves.language.tree.moved_parameter import MovedParameter
from waves.language.tree.tree_node import Switch, TreeNode, tracks
from waves.live.workspace.composition import Composition, Sounds, UnplayedCheck
from waves.live.workspace.node_arrays import NodeArrays, files_problems, silent_choices, warnings_without
from waves.live.workspace.piece_reader import PieceReader, no_sound
from waves.live.workspace.samples.kits import Kit
from waves.live.workspace.settings import Settings
from waves.live.workspace.settled_files import Stamp
from waves.live.workspace.workspace import Workspace, reachable_folders
from waves.node import Node
from waves.node_types.builtin.form.sections import call_cells
from waves.node_types.library.library import problems_of_types
from waves.node_types.library.missed_types import after_doubles, after_node_files
from waves.problem import Problem, Problems

HOLD_RATE = 44_100.0  # Hz, of the frames that `RAND_HOLD` counts
MOST_PROBLEMS = 100  # of one save
PATIENCE = 0.25  # seconds until a file that is empty or lacks the playing sound is taken as it is


class Composer:
    """Composes the files of a workspace for an engine of `rate` frames per second.

    What did not change since the last save is kept: documents, models and prepared arrays. New node types are offered
    and used from the next change on; where they do not fit the piece, `fall_back` returns to those that play.
    Threads: one at a time, the build thread while a piece plays. `offer`, `arrays.sample_files` and `file_texts` on
    any, and `moved` may be set on any.
    """

    def __init__(self, workspace: Workspace, library: Mapping[str, type[Node]], settings: Settings, rate: float):
        self.workspace, self.library, self.settings = workspace, library, settings
        self._played: tuple[Mapping[str, type[Node]], Mapping[str, str]] = (library, {})  # node types and texts
        self.playing: Composition | None = None
        """The composition that plays."""
        self._graph: Graph | None = None  # that was made last
        self._kept = KeptParts()  # of the last tree
        self._offered: Mapping[str, type[Node]] | None = None  # node types for the next change
        self._reader = PieceReader(workspace)
        self.pattern_files = self._reader.pattern_files
        self._checks = SoundChecks()
        self.arrays = NodeArrays(workspace, settings, rate, self._reader.problem_at)
        """Arrays of files that are read, and the files to play in place of those that are there."""
        self.rate, self.seed, self.quantize = rate, settings.SEED, read_quantize(settings.AT)
        self.stems: list[str] = []
        """Names of the tracks that are outputs of their own as well."""
        self.moved: Mapping[str, MovedParameter] = {}
        """Parameters that are moved from outside, by key; exchanged as a whole."""
        self.switches: Mapping[str, Switch] = {}
        """Tracks that are switched mute or solo, by the ID of the mix and their name; exchanged as a whole."""
        self.cells = call_cells()
        """Calls of sections and fills from outside, by name."""
        self.node_problems: Callable[[], Iterable[Problem]] = tuple
        """Gives the problems of node files: they are told with those of a piece that uses what a file does not give."""

    def take_over(self, other: Composer) -> None:
        """Compose with the stems, the moved parameters and the switches of another one."""
        self.stems, self.moved, self.switches, self.cells = other.stems, other.moved, other.switches, other.cells
        self.pattern_files.take_over(other.pattern_files)

    @property
    def documents(self) -> dict[Path, Document]:
        """The documents of the last read, by path."""
        return self._reader.documents

    @property
    def node_folders(self) -> list[Path]:
        """The folders of the workspace's own node files, whether they are there or not yet."""
        return reachable_folders(self.workspace.root, ["nodes", *self.settings.WATCH_DIRS])

    def configure(self, settings: Settings) -> None:
        """Compose with other settings from now on."""
        self.quantize, self.settings, self.seed = read_quantize(settings.AT), settings, settings.SEED
        self._graph = None
        self.arrays.configure(settings)

    def offer(self, library: Mapping[str, type[Node]]) -> None:
        """Compose with these node types from the next change on, as soon as they fit."""
        self._offered = library

    def take_offered_types(self) -> None:
        """Compose with the newest node types, also when they did not fit before."""
        if self._offered is not None:
            self.library, self._offered = self._offered, None

    def fall_back(self) -> bool:
        """Compose with the node types that play; whether the last texts differ from those that play with them."""
        library, texts = self._played
        if self.library is library:
            return False
        self._offered, self.library = self._offered or self.library, library
        return self._reader.texts != texts

    def committed(self, composition: Composition) -> None:
        """Note that a composition plays; arrays that it does not use are dropped."""
        self._played, self.playing = (composition.library, composition.texts), composition
        self._keep_time()
        self.arrays.keep_used()

    def _keep_time(self) -> None:
        """Give the nodes of what plays the lengths of its tempo, which another composition has changed."""
        write(self.playing.numbers if self.playing else [])

    @property
    def stamps(self) -> Mapping[Path, Stamp]:
        """The stamps of the files that were read last, from before they were read."""
        return self._reader.stamps

    def file_texts(self) -> dict[str, str]:
        """The texts of the files now, by name of the file. Raises OSError."""
        return self._reader.file_texts()

    def located(self, problem: Problem) -> Problem:
        """The problem with the line of the file that it marks."""
        return self._reader.located(problem)

    def read(self, given: Mapping[str, str] | None = None, early: bool = False) -> tuple[Piece, list[Problem]]:
        """The piece in the files, or in the texts `given` by name, and the problems: as `PieceReader.read`."""
        return self._reader.read(self.library, given, early, self.seed, self.arrays.words())

    def was_complete(self) -> bool:
        """Whether the files of the last composition were whole, as `PieceReader.was_complete` says."""
        return self._reader.was_complete()

    def tracks(self, sounds: Sounds, given: Mapping[str, str] | None = None) -> list[str]:
        """Names of the tracks of some sounds, in the files or in the texts `given`; raises Problems."""
        return tracks(build_tree(self.read(given)[0], sounds, self.settings.BPM)[0])

    def choose(self, arguments: Sequence[str]) -> Sounds:
        """The sounds that arguments name, as on the command line. Raises Problems: those of the files before others."""
        piece, problems = self.read()
        try:
            return read_sounds(arguments, piece)
        except Problems:
            if problems or not piece.sounds:
                raise Problems(problems or no_sound(self.workspace, self._reader.texts)) from None
            raise

    def compose(
        self,
        sounds: Sounds,
        waits: Callable[[float], object] = time.sleep,
        given: Mapping[str, str] | None = None,
        early: bool = False,
    ) -> Composition:
        """The graph of some sounds as the files are now, or as the texts `given` by name say; raises Problems.

        With `early` the files may not be whole yet, whatever comes of them: ask `was_complete` before it counts; what
        does not play is left to `check_unplayed` of the composition.
        A mistake in an entry that does not play is a finding; of several errors those of what plays come first. A
        file without the sounds may be half written: it is read again after `waits` for a quarter of a second.
        """
        piece, problems = self.read(given, early)
        used, switches = set[str](), self.switches
        for patience in (0.0, PATIENCE) if early else (PATIENCE,):
            if given is None and any(name not in piece.sounds for name, _ in sounds):
                waits(patience)
                piece, problems = self.read()
        try:
            written, wrong = read_file_settings(piece.settings, dict(piece.vocabulary.pitch.files))
            lost = piece.lost.get("settings", {}).get("settings", ())
            if lost or wrong:
                raise Problems([*lost, *(finding.problem() for finding in wrong)])
            own = self.settings
            with problems_of_types(self.library):
                build = partial(build_tree, piece, sounds, own.BPM, own.STEP_LENGTH, own.RAND_HOLD / HOLD_RATE)
                root, found = build(self.moved, used, kept=self._kept, switches=switches, cells=self.cells)
            moved, numbers = insert_moved(root, self.moved), numbers_of(self._kept.lengths)
            graph = self._lowered(root)
            if silent := [*silent_choices(piece, used, self.arrays.kits)]:
                raise Problems(silent)
        except Problems as error:
            unread = problems and any(name not in piece.sounds for name, _ in sounds)
            told_first = error.problems if piece.sounds else no_sound(self.workspace, self._reader.texts)
            first = [] if unread else told_first  # the sound may be in what cannot be read
            told = after_doubles([*first, *problems], elsewhere := self._elsewhere(piece, used, {}))
            told = after_node_files(told, self.node_problems(), self.node_folders, self.workspace.untrusted)
            refused = refusal([*self._reader.cut_off(self._played[1]), *told][:MOST_PROBLEMS], sounds)
            if first:
                others = {one.entry for one in (*problems, *elsewhere)} - {"", *used, *(one.entry for one in first)}
                refused.elsewhere = tuple(one for one in told if one.level == "error" and one.entry in others)
            raise refused from None
        finally:
            self._keep_time()  # until it plays
        found = list(dict.fromkeys([*found, *problems]))
        kits = self.arrays.kits
        unplayed = UnplayedCheck(lambda: (self._elsewhere(piece, used, kits), self._checks.wrong), len(found))
        before = self.playing
        missing = [one for one in moved.missing if before and one.key in before.moved]
        nodes = match_nodes(before.graph, graph) if before and missing else {}
        if renamed := renamed_parameters(missing, nodes):
            root, _ = build({**moved.inserted, **renamed}, switches=switches, cells=self.cells)
            moved = replace(insert_moved(root, {**moved.inserted, **renamed}), released=moved.released)
            graph = self._lowered(root)
        found = [*found, *graph.warnings, *self.arrays.warnings]
        made = Composition(graph, root, found, written, self._reader.texts, unplayed, piece=piece)
        made = replace(made, moved=moved.inserted, switches=switches, library=self.library, settings=own, sounds=sounds)
        made = replace(made, released=moved.released, documents=self._reader.documents, files=self.arrays.kits)
        made = replace(made, used=frozenset(used))
        made = made if renamed else replace(made, numbers=numbers)
        return made if early else made.check_unplayed()

    def graph_problems(self, piece: Piece, name: str) -> tuple[list[Problem], bool]:
        """Problems that only the graph of a sound shows, as if notes played it; warnings of its loops and files too.

        And whether there is a graph: none of a sound with mistakes in its text or its files.
        """
        own, used = self.settings, set[str]()
        try:
            tree = partial(build_tree, piece, [name], own.BPM, own.STEP_LENGTH, own.RAND_HOLD / HOLD_RATE)
            with problems_of_types(self.library):
                try:
                    root, _ = tree(used=used, in_note=True)
                except Problems:
                    if not is_shadowed(piece):
                        raise
                    root, _ = tree(used=used)
            graph = self._lowered(root)
        except Problems as error:
            return [self.located(problem) for problem in error.problems], False
        silent = [*silent_choices(piece, used, self.arrays.kits)]
        found = [*graph.warnings, *warnings_without(self.arrays.warnings, silent), *silent]
        try:
            require_memory(graph)
        except Problems as error:
            found += error.problems
        self.arrays.keep_used()
        return [self.located(problem) for problem in found], True

    def _elsewhere(self, piece: Piece, used: Collection[str], kits: Mapping[str, Kit]) -> list[Problem]:
        """Errors in what does not play, that is in all sounds but those `used`, in vars; and names given twice.

        `kits`: as of `files_problems`.
        """
        own = self.settings
        found = self._checks.check(piece, own.BPM, own.STEP_LENGTH, used, warnings=False)
        return [*found, *files_problems(self.workspace, own, piece, used, kits)]

    def with_moved(self, is_finished: Callable[[str], bool]) -> Composition | None:
        """The piece that plays, composed again with the parameters that are moved now; None when nothing plays.

        `is_finished`: as in `with_slow_fades`. Raises Problems.
        """
        playing, library = self.playing, self.library
        if not playing:
            return None
        self.library = playing.library
        try:
            composition = self.compose(playing.sounds, given=playing.texts)
            return replace(self.with_slow_fades(composition, is_finished), texts=playing.texts)
        finally:
            self.library = library

    def with_slow_fades(self, composition: Composition, is_finished: Callable[[str], bool]) -> Composition:
        """The composition with the slow fades from what plays to it; `is_finished` takes the ID of a `SlowFade`."""
        before = self.playing
        if not before or not (before.fading_parts or slow_fades.any_slow_fade(before.root, composition.root)):
            return composition
        followed = match_nodes(before.graph, composition.graph, but=before.graph.fading_out)
        playing = slow_fades.fading_tree(before.root, before.fading_parts, is_finished)
        write(composition.numbers)
        try:
            tree = slow_fades.add_slow_fades(playing, composition.root, followed, self.arrays.can_prepare)
            if tree.parts:
                self._kept = KeptParts()  # this tree is changed
            return self._with(composition, tree) if tree.parts else composition
        finally:
            self._keep_time()

    def has_finished_fades(self, is_finished: Callable[[str], bool]) -> bool:
        """Whether any slow fade of what plays is finished; `is_finished` takes the ID of a `SlowFade`."""
        parts = self.playing.fading_parts.values() if self.playing else ()
        return any(is_finished(part.fade.id) for part in parts)

    def without_finished_fades(self, is_finished: Callable[[str], bool]) -> Composition | None:
        """The composition that plays without the slow fades that are finished; None when none is."""
        playing = self.playing
        if not playing or not self.has_finished_fades(is_finished):
            return None
        tree = slow_fades.fading_tree(playing.root, playing.fading_parts, is_finished)
        return self._with(playing, slow_fades.without_finished(tree))

    def _with(self, composition: Composition, tree: FadingTree) -> Composition:
        graph = self._lowered(tree.root)
        graph.fading_out = slow_fades.fading_out(tree)
        return replace(composition, graph=graph, root=tree.root, fading_parts=tree.parts, files=self.arrays.kits)

    def _lowered(self, root: TreeNode) -> Graph:
        """The graph of a tree. Raises Problems."""
        self.arrays.begin_tree()
        with problems_of_types(self.library):
            widen(root, self.arrays.channels)
            lower = partial(lowering.lower, root, rate=self.rate, seed=self.seed, stems=self.stems, known=self._graph)
            self._graph = lower(channels=self.settings.CHANNELS, prepare=self.arrays.prepare)
        return self._graph
