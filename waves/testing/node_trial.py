"""Client of the process in which a node is tried by its laws and measured.

`waves.testing.trial_worker` is the other end; a process that does not answer in time is killed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from waves.engine.compiler import cache_folder
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.process.python_process import PythonProcess, packed_sources
from waves.problem import Problem, Problems
from waves.testing.costs import Costs
from waves.wire import Message

RUN_SECONDS = 25.0  # for one run of a kernel; as plain Python it is slow


class NodeTrial(PythonProcess):
    """A process for the laws of one node type after another. Any thread but the sound thread.

    The kernels of a type are compiled before it is tried. `given` are parameters and options of `Player`; in place of
    them `case` names one of the cases beside the file. A process that crashes is a broken law.
    """

    worker = "waves.testing.trial_worker"

    def __init__(self, says: Callable[[str], None] = lambda _: None) -> None:
        """`says` is told what is done now."""
        super().__init__(RUN_SECONDS)
        self.says = says

    def stepped(self, step: Message) -> None:
        """Tell what is done now."""
        if step.get("module"):
            self.says(step["module"])

    def environment(self) -> Mapping[str, str]:
        """The environment, with the cache of machine code of this process."""
        return cache_folder.environment()

    def cases(self, kind: type[Node]) -> list[str]:
        """The names of the cases beside the file of a type. Raises Problems for a file that cannot be used."""
        answer = self._ask(kind, "cases")
        if "cases" not in answer:
            raise Problems(Problem(sentence) for sentence in answer.get("problems") or self._lost(answer))
        return list(answer["cases"])

    def laws(self, kind: type[Node], given: Mapping[str, Any] | None = None, case: str = "") -> list[str]:
        """The laws that a type breaks in a case, a sentence each."""
        answer = self._ask(kind, "laws", given=given and dict(given), case=case)
        return list(answer["broken"] if "broken" in answer else self._lost(answer))

    def moving_laws(
        self, kind: type[Node], given: Mapping[str, Any] | None = None, case: str = ""
    ) -> tuple[list[str], list[str]]:
        """The inputs of a case that were one number and now move, and the laws that a type breaks then."""
        answer = self._ask(kind, "laws", given=given and dict(given), case=case, moving=True)
        broken = answer["broken"] if "broken" in answer else self._lost(answer)
        return list(answer.get("moved", ())), list(broken)

    def short_rings(self, kind: type[Node], given: Mapping[str, Any] | None = None, case: str = "") -> list[str]:
        """The rings that are too short for what a kernel reads in a case, a sentence each."""
        return list(self._ask(kind, "rings", given=given and dict(given), case=case).get("short", ()))

    def costs(self, kind: type[Node], given: Mapping[str, Any] | None = None, case: str = "") -> Costs:
        """The costs of a type in a case. Raises Problems where it cannot be measured."""
        answer = self._ask(kind, "measure", given=given and dict(given), case=case)
        if "frame" not in answer:
            raise Problems(Problem(sentence) for sentence in self._lost(answer))
        return Costs(**answer)

    def _ask(self, kind: type[Node], do: str, **more: Any) -> Message:
        origin = library.origin(kind)
        assert origin, "types of the language are not tried"
        about = {"module": origin.source.name, "sources": packed_sources(origin.sources())}
        return self.request({"do": do, **about, "checked": NodeKernel(kind).checked, **more})

    def _lost(self, answer: Message) -> list[str]:
        """Sentences on an answer without a result."""
        where = f" in line {answer['line']}" if answer.get("line") else ""
        if "late" in answer:
            return [f"it does not come to an end: a run takes more than {self.limit:g} s{where}"]
        if "crashed" in answer:
            return [f"it crashes, or ends its process ({answer.get('module', 'as it is loaded')})"]
        return [answer.get("sentence", "it cannot be tried")]
