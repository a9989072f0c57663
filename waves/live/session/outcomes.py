"""Outcomes of the builds of a session: counts, the present problems, the last report, and their events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from waves.engine.plan.plan import Plan
from waves.events.changes import Checked, Refused, Reloaded
from waves.events.event import Notify
from waves.events.trouble import ActionRefused, Fault
from waves.live.session.build_requests import BuildRequest, Change
from waves.live.session.reload_report import Differences, Stages
from waves.live.workspace.composition import Composition
from waves.problem import Problem, Problems, defect


class Outcomes:
    """The result of each build, counted and reported on the build or compile thread. Any thread may read it."""

    def __init__(self, notify: Notify):
        self.good = self.refused = 0
        self.problems: tuple[Problem, ...] = ()
        """Problems of the last change, and those of the files while another version plays."""
        self._of_files: tuple[Problem, ...] = ()  # that the files had when they were built last
        self._refused_files = ""  # names of the files that were refused last
        self._acceptable: BuildRequest | None = None  # that its trial refused
        self.last: Reloaded | None = None
        """Report of the change that took effect last."""
        self._differences = Differences()  # of the change that was compared last
        self._notify = notify

    def compare(self, plan: Plan, before: Composition | None, after: Composition) -> None:
        """Compare a change that will play with what plays, and look at what does not play, before `took_effect`.

        A defect in this is told: the change plays without its report.
        """
        self._differences = Differences()
        try:
            after.check_unplayed()
            self._differences = Differences.of(plan, before, after)
        except Exception as error:
            self._notify(Fault(message="what is different cannot be told", problems=(defect(error),)))

    def took_effect(
        self,
        request: BuildRequest,
        composition: Composition,
        stages: Stages,
        frame: int,
        place: str,
        of_files: bool,
    ) -> None:
        """A change plays since `frame`, which is `place` in bars and beats.

        `compare` was called for it. `of_files`: whether it has the text of the files.
        """
        differences = self._differences
        self.good += 1
        if request.texts is None or request.accepted:
            self._acceptable = None
        self._good(composition, of_files)
        self.last = Reloaded(
            file=request.change.name,
            sounds=tuple(name for name, _ in composition.sounds),
            nodes=differences.nodes,
            glided=differences.glided,
            parameters=differences.parameters,
            levels={**differences.levels},
            milliseconds=stages.total,
            stages=stages.milliseconds,
            frame=frame,
            place=place,
            good=self.good,
            refused=self.refused,
            edited=request.sounds is None and not request.restart,
            stepped_over=request.search.text if request.search else "",
            states=differences.states,
            problems=self.problems,
        )
        self._notify(self.last)

    def was_checked(self, request: BuildRequest, composition: Composition, of_files: bool) -> None:
        """A change is in order, and waits until saves are no longer held; `of_files` as in `took_effect`."""
        self._good(composition, of_files)
        self._notify(Checked(file=request.change.name, problems=self.problems))

    def _good(self, composition: Composition, of_files: bool) -> None:
        if of_files:
            self._of_files = ()
        self.problems = (*composition.findings, *self._of_files)

    def was_refused(
        self,
        request: BuildRequest,
        problems: Iterable[Problem],
        by_trial: bool,
        of_files: bool,
        older: str,
        ended: bool,
    ) -> None:
        """A change does not play, because of problems with their places; `of_files` as in `took_effect`.

        `older`: the version that plays on, where it is older than the files; `ended`: it has come to its end. When undo
        or redo finds no version that can play, what plays stays, and so do its problems.
        """
        if request.search and request.search.direction and not of_files:
            side = "earlier" if request.search.direction < 0 else "later"
            search = request.search.over(fails=True)
            self._notify(ActionRefused(action=search.action, reason=f"no {side} version plays instead: {search.text}"))
            return
        self.refused += 1
        if by_trial or request.texts is None:
            self._acceptable = request if by_trial else None
        errors_first = sorted(problems, key=lambda problem: problem.level != "error")
        self.problems, self._refused_files = tuple(errors_first), request.change.name
        if of_files:
            self._of_files = self.problems
        self._notify(
            Refused(
                file=request.change.name,
                by_trial=by_trial,
                place=older,
                ended=ended,
                good=self.good,
                refused=self.refused,
                problems=self.problems,
            )
        )

    def forget(self, files: Collection[str]) -> None:
        """Node files were refused for their piece, and have another text now: those problems are over."""
        if set(self._refused_files.split(", ")) <= set(files):
            self.problems = self._of_files = ()

    def accepted(self, unfinished: str = "") -> BuildRequest:
        """The last change that its trial refused, to be made without one. Raises Problems if there is none.

        `unfinished`: names of newer changes that are still built. A save stays acceptable while other sounds of the
        version before it are chosen.
        """
        if self._acceptable is None:
            mistake = any(problem.level == "error" for problem in self.problems)
            why = f": {unfinished} is being built" if unfinished else ""
            why = why or (": the mistake in the files is mended in them" if mistake else "")
            raise Problems(Problem(f"no change was refused by its trial{why}"))
        return replace(self._acceptable, change=Change.now(self._acceptable.change.name), accepted=True)
