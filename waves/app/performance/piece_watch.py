"""Watches the piece: nodes that fail or have a meter, parameters that move, and its end, where it stops or repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from waves.app.performance.monitors import Monitor, read_monitors
from waves.engine.runtime.faults import fault_problems
from waves.engine.state.page_rings import late_pages
from waves.events.event import Notify, counted, title
from waves.events.playing import Ended, ParameterMoved, ParameterReleased
from waves.events.trouble import Fault
from waves.language.tree.moved_parameter import MovedParameter
from waves.language.tree.tree_node import reachable
from waves.live.session.session import Session
from waves.live.session.written_changes import name_in_text, written_text
from waves.node import BLOCK
from waves.problem import Problem
from waves.python_patterns.pattern_reader import pattern_faults

AtEnd = Literal["wait", "repeat", "stop"]
"""The choices for the end of the piece: the next save plays it, it starts again, or the program stops."""


class PieceWatch:
    """Looks after one session, on one thread; `look` is called a few times a second."""

    def __init__(self, session: Session, at_end: AtEnd, publish: Notify, stop: Callable[[], None]):
        """`stop` is called when the piece has ended and `at_end` says so."""
        self.session, self.at_end, self.publish, self.stop = session, at_end, publish, stop
        self.monitors: tuple[Monitor, ...] = ()
        """Nodes with `monitor`, as they were at the last look. May be read on any thread."""
        self.problems: tuple[Problem, ...] = ()
        """Those of nodes that are muted and of patterns that could not give a cycle, as they were at the last look."""
        self._ended = False
        self._failed: dict[str, tuple[Problem, ...]] = {}  # by node
        self._faults: tuple[Problem, ...] = ()  # of pattern files
        self._late: dict[str, int] = {}  # cycles without their page, by path, as it was said last
        self._moved: dict[str, tuple[MovedParameter, float]] = {}  # as it was said last, by key
        self._names: dict[str, str] = {}  # of these, in the words of the text

    def look(self) -> None:
        """Check for long builds, faults, moved parameters, the end of the piece, ended fades, and read the monitors."""
        self.session.planner.progress.look()
        self._look_at_end()
        self._look_at_faults()
        self._look_at_pages()
        self._look_at_pattern_files()
        self.problems = (*(one for found in self._failed.values() for one in found), *self._faults)
        self.look_at_moves()
        self.session.upkeep.look()
        self.monitors = read_monitors(self.session, self.monitors)

    def _look_at_end(self) -> None:
        ended, before = self.session.engine.ended, self._ended
        self._ended = ended
        if not ended or before:
            return
        names = self.session.names
        if self._over_at_once():
            self.session.restart(f"play {title(names)} from the start")
            return
        self.publish(Ended(sounds=names, then=self.at_end))
        if self.at_end == "stop":
            self.stop()
        elif self.at_end == "repeat":
            self.session.restart()

    def _over_at_once(self) -> bool:
        """Whether a chosen sound is over before it has faded in: it counts its steps from the start of the piece."""
        engine, last, playing = self.session.engine, self.session.outcomes.last, self.session.engine.playing
        if last is None or last.edited or playing is None or playing.restarts:
            return False
        return last.frame <= engine.ended_at <= last.frame + playing.fade + 2 * BLOCK

    def _look_at_faults(self) -> None:
        engine = self.session.engine
        faults = engine.faults
        failed = {node: found for node, found in self._failed.items() if node in faults}
        for node in faults.keys() - failed.keys():
            plan, failed[node] = engine.playing, ()
            if plan and node in plan.graph.rows:
                failed[node] = problems = tuple(fault_problems(plan, node))
                self.publish(Fault(message=f"{node} failed and is muted for now", node=node, problems=problems))
        self._failed = failed

    def _look_at_pages(self) -> None:
        """Report patterns of which cycles had no notes or no values, as these were not made in time."""
        plan = self.session.engine.playing
        found: dict[str, int] = {}
        of_notes: set[str] = set()
        for row, late in late_pages(plan.rings if plan else {}):
            path = row.node.path if row.node else row.key
            found[path] = max(late, found.get(path, 0))
            if row.voice:
                of_notes.add(path)
        for path, late in found.items():
            if late > self._late.get(path, 0):
                count = late - self._late.get(path, 0)
                kept = f"{counted(count, 'cycle')} kept the value before"
                missed = counted(count, "silent cycle") if path in of_notes else kept
                self.publish(Fault(message=f"pattern '{path}' came late: {missed}"))
        self._late = found

    def _look_at_pattern_files(self) -> None:
        """Report each function of a pattern file that could not give a cycle."""
        playing = self.session.composer.playing
        before = self._faults
        self._faults = tuple(pattern_faults(playing.piece.python)) if playing and playing.piece else ()
        for problem in self._faults:
            if problem not in before:
                name = problem.mark.file if problem.mark else "a pattern"
                self.publish(Fault(message=f"{name} cannot give a cycle", problems=(problem,)))

    def look_at_moves(self) -> None:
        """Report each parameter whose value from outside is another than at the last look, and those released."""
        before, moved = self._moved, self.session.composer.moved
        self._moved = {key: (parameter, parameter.cell.value) for key, parameter in moved.items()}
        cells = {parameter.cell for parameter in moved.values()}
        playing = self.session.composer.playing
        by_text = playing.released if playing else ()
        self._names = {key: self._names.get(key) or self._name_of(parameter) for key, parameter in moved.items()} | {
            key: self._names[key] for key in before
        }
        for key, (one, _) in before.items():
            if key not in moved and one.cell not in cells:  # else its node has another name now
                name, said = self._names[key], key in by_text
                self.publish(ParameterReleased(node=one.node, parameter=one.name, name=name, by_text=said))
        for key, (one, value) in self._moved.items():
            if key not in before or before[key][1] != value:
                name = self._names[key]
                self.publish(ParameterMoved(node=one.node, parameter=one.name, name=name, value=value))

    def _name_of(self, parameter: MovedParameter) -> str:
        """A parameter in the words of the text that plays."""
        playing = self.session.composer.playing
        tops = (playing.root, playing.root.transport) if playing else ()
        nodes = (node for top in tops if top for node in reachable(top))
        node = next((node for node in nodes if node.id == parameter.node), None)
        if not (playing and playing.piece and node and node.path):
            return parameter.key
        text = written_text(playing.piece, (name for name, _ in playing.sounds))
        return name_in_text(text, tuple(node.path.split(".")), parameter.name)
