"""The process in which a node is tried by its laws and measured: the Python of its file runs here.

`waves.testing.node_trial` is the other end.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from waves.engine.compiler import kernel_cache
from waves.engine.compiler.sandbox_worker import kind_of
from waves.node import Node
from waves.node_types.library import library
from waves.node_types.library.preparation import short_rings
from waves.node_types.process.python_worker import HANDLERS, Handler, Worker, serve
from waves.problem import Problems
from waves.testing.case import Case
from waves.testing.costs import costs_of
from waves.testing.laws import LAWS, MOVING, broken
from waves.testing.moving_case import moving_inputs
from waves.testing.node_files import read_cases
from waves.wire import Message


def list_cases(request: Message, worker: Worker) -> Message:
    """The names of the cases beside a node file."""
    try:
        return {"cases": list(read_cases(_file(_kind(request, worker))))}
    except Problems as found:
        return {"problems": [str(problem) for problem in found.problems]}


def try_laws(request: Message, worker: Worker) -> Message:
    """Tries all laws on one case: those that are broken, as sentences. A sign of life before each run.

    With `moving` those of `MOVING`, on the same case with moving inputs, whose names are in the answer.
    """
    kind = _kind(request, worker)
    given = _given(kind, request)
    tried, moved = LAWS, dict[str, Any]()
    if request.get("moving"):
        moved = moving_inputs(kind, given)
        given, tried = {**given, **moved}, {name: LAWS[name] for name in MOVING if moved}
    law = "the first run"
    case = Case(kind, given, lambda: worker.begin(law))
    try:
        case.player()
    except (TypeError, ValueError) as error:
        return {"broken": [f"it cannot be played: {error}"]}
    found: list[str] = []
    for number, (name, rule) in enumerate(tried.items(), 1):
        law = f"law {number} of {len(tried)}: {name}"  # it is told with each run too
        worker.begin(law)
        found += broken(rule, case)
    return {"broken": found, "moved": list(moved)}


def try_rings(request: Message, worker: Worker) -> Message:
    """Plays a case as Python; sentences on the rings that are too short for what the kernel reads."""
    kind = _kind(request, worker)
    try:
        player = Case(kind, _given(kind, request), lambda: worker.begin("its rings")).player(compiled=False)
        player.render()
    except Exception:  # a broken law
        return {"short": []}
    return {"short": short_rings(player.memories, sys.maxsize)}


def measure(request: Message, worker: Worker) -> Message:
    """Measures what a node costs in a case."""
    kind = _kind(request, worker)
    return costs_of(Case(kind, _given(kind, request)), worker.begin)


def _kind(request: Message, worker: Worker) -> type[Node]:
    """The node type of a request; the machine code of one that does not come with waves is the one that plays."""
    kind = kind_of(request, worker)
    if not library.is_shipped(kind):
        kernel_cache.mark_untrusted([kind], request["checked"])
    return kind


def _given(kind: type[Node], request: Message) -> dict[str, Any]:
    """The parameters and options of a case: as they are in the request, or by the name of a case beside the file."""
    return dict(request.get("given") or read_cases(_file(kind))[request["case"]])


def _file(kind: type[Node]) -> Path:
    origin = library.origin(kind)
    assert origin, "it was loaded from a file"
    return Path(origin.source.file)


TRIALS: dict[str, Handler] = {"cases": list_cases, "laws": try_laws, "rings": try_rings, "measure": measure}


def main() -> None:
    """Run the process."""
    serve({**HANDLERS, **TRIALS})


if __name__ == "__main__":
    main()
