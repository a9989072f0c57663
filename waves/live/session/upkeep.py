"""Upkeep of the version that plays, independent of the files: inserts moved parameters, removes finished fades."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from waves.engine.plan.plan import MissingKernels
from waves.events.event import Notify
from waves.events.trouble import Fault
from waves.live.session.background_compile import BackgroundCompiler
from waves.live.session.commit import LOOK, Committer, OutdatedPlan
from waves.live.session.parameter_moves import ParameterMoves, TrackSwitches
from waves.live.session.planner import Planner
from waves.live.workspace.composition import Composition
from waves.problem import Problem, Problems, defect


class Upkeep:
    """Small changes of the present version. `wake()` makes the build thread call `run`."""

    def __init__(
        self,
        planner: Planner,
        committer: Committer,
        background: BackgroundCompiler,
        notify: Notify,
        wake: Callable[[], None],
    ):
        self.planner, self.committer, self.background = planner, committer, background
        self.notify, self.wake = notify, wake
        self.moves = ParameterMoves(planner.engine, planner.composer, self._insert)
        self.switches = TrackSwitches(planner.composer, self._insert)
        self.fades_stay = False
        """Whether removing finished fades has failed: they stay, silent, until the next change."""
        self._values_wait = threading.Event()  # a parameter was moved that the present build does not insert
        self._reads_soon = False  # a save, whose files can be read
        self._inserting = False  # the plan that is committed inserts parameters
        self._postponed: Callable[[], None] | None = None  # what goes on when its kernels are compiled

    @property
    def values_wait(self) -> bool:
        """Whether parameters were moved that the next `run` inserts. Any thread."""
        return self._values_wait.is_set()

    @property
    def waiting(self) -> str:
        """The things that wait for machine code, in words; empty if nothing does any more. Any thread."""
        postponed = self._postponed
        if postponed == self._insert:
            names = self.moves.names_uninserted
            return f"the moved {' and '.join(names)} {'is' if len(names) == 1 else 'are'} heard" if names else ""
        return "parts that have faded out are removed" if postponed else ""

    def look(self) -> None:
        """Wake the build thread if a slow fade is over, or the next save can be made ready for.

        To be called a few times a second, on any thread.
        """
        playing = self.planner.engine.playing
        if playing and playing.graph.readers is None and not self.planner.engine.ended:
            self.wake()
        if self.fades_stay or self._postponed or self.planner.engine.fading:
            return
        if self.planner.composer.has_finished_fades(self.planner.is_over):
            self.wake()

    def read_soon(self) -> None:
        """Read the files of the piece on the build thread: a save of them is about to be reported. Any thread."""
        self._reads_soon = True
        self.wake()

    def run(self) -> None:
        """Insert moved parameters, read files that are being saved, or remove finished fades. Build thread only.

        Else what reads each row is looked for, which the trial of a save asks.
        """
        if self._values_wait.is_set():
            self._insert_values()
        elif self._reads_soon:
            self._reads_soon = False
            with suppress(Exception):  # the build of the save tells of it
                self.planner.composer.read(early=True)
        elif (playing := self.planner.engine.playing) and not self.planner.engine.ended:
            self._remove_finished_fades()
            playing.graph.all_readers()

    def committed(self, composition: Composition) -> None:
        """Note that a composition plays, with what was moved and switched."""
        self.moves.committed(composition)
        self.switches.committed(composition)

    def wait_for_insertion(self, patience: float) -> None:
        """Wait until the next frames play all parameters that were moved, at most `patience` seconds.

        For the thread that renders, where no device does. It does not wait while another plan waits for frames. The
        time in which their kernels are compiled does not count.
        """
        deadline = time.monotonic() + patience
        while (self.moves.uninserted or self._is_withdrawn) and time.monotonic() < deadline:
            if self._postponed:
                deadline = time.monotonic() + patience
            if self.committer.waits and not (self._inserting and self._values_wait.is_set()):
                break
            time.sleep(LOOK)
        with self.planner.engine.plan_lock:  # whoever offered the plan has let go of it: the next block finds it free
            pass

    def kernels_are_ready(self) -> None:
        """Go on with what waited for kernels. Compile thread."""
        postponed, self._postponed = self._postponed, None
        if postponed:
            postponed()

    def kernels_failed(self, problems: list[Problem]) -> None:
        """Give up what waited for kernels. Compile thread."""
        postponed, self._postponed = self._postponed, None
        if postponed == self._insert:
            self._insertion_failed(problems)
        elif postponed:
            self._removal_failed(problems)

    def _postpone(self, found: MissingKernels, rest: Callable[[], None]) -> None:
        self._postponed = rest
        self.background.compile(found.kernels)

    def _insert(self) -> None:
        self._values_wait.set()
        self.wake()

    def _insert_values(self) -> None:
        """Commit the present version with the parameters that are moved now."""
        self._values_wait.clear()
        try:
            if self.planner.archive:
                self.planner.archive.unpark_state()
            composition = self.planner.composer.with_moved(self.planner.is_over)
            if composition is None:
                return
            plan, composition = self.planner.plan_of_playing(composition)
            self._inserting = True
            if self.committer.commit(plan, composition, gives_way=self._is_overtaken):
                self.committed(composition)
        except OutdatedPlan:
            self._insert()
        except MissingKernels as found:
            self._postpone(found, self._insert)
        except Exception as error:  # the loop must survive it
            self._insertion_failed(error.problems if isinstance(error, Problems) else [defect(error)])
        finally:
            self._inserting = False

    @property
    def _is_withdrawn(self) -> bool:
        """Whether the first plan gave way to one with moved parameters that is not offered yet."""
        return self.planner.engine.playing is None and not self.planner.engine.waiting

    def _is_overtaken(self) -> bool:
        """Whether another parameter was moved meanwhile: one plan inserts all, unless the stream has just begun."""
        engine = self.planner.engine
        return self._values_wait.is_set() and (engine.playing is not None or not engine.frames_rendered)

    def _remove_finished_fades(self) -> None:
        """Commit the present version without the parts that have faded out."""
        try:
            if self.planner.archive:
                self.planner.archive.unpark_state()
            if composition := self.planner.composer.without_finished_fades(self.planner.is_over):
                self.committer.commit(*self.planner.plan_of_playing(composition))
        except OutdatedPlan:  # the next look finds them again
            pass
        except MissingKernels as found:
            self._postpone(found, self.wake)
        except Problems:  # of files that are gone
            self.fades_stay = True
        except Exception as error:  # the loop must survive it
            self._removal_failed([defect(error)])

    def _insertion_failed(self, problems: list[Problem]) -> None:
        if self.moves.uninserted and self._is_withdrawn:
            self._insert()  # the piece begins without them
        self.moves.insertion_failed()
        self._fault("a parameter cannot be moved", problems)

    def _removal_failed(self, problems: list[Problem]) -> None:
        self.fades_stay = True
        self._fault("parts that have faded out cannot be removed", problems)

    def _fault(self, message: str, problems: list[Problem]) -> None:
        self.notify(Fault(message=message, problems=tuple(problems)))
