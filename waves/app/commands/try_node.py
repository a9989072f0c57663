"""`waves try`: the example of a node type offline, its laws, its costs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waves.app.commands.example_cases import Heard, hear_example
from waves.app.exit_codes import Exit
from waves.app.terminal.compiling import compile_missing
from waves.app.terminal.display import decibels
from waves.app.terminal.messages import noticed, show_problems
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import Compiler
from waves.events.event import counted
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace.open_workspace import Opened, open_workspace
from waves.live.workspace.shipped_files import library_folder
from waves.live.workspace.workspace import workspace_at
from waves.node import Node, Shared
from waves.node_types.library import library
from waves.node_types.library.library import is_shipped, node_files
from waves.node_types.library.signature import parameter_names
from waves.problem import Problem, Problems, did_you_mean, printable
from waves.testing.costs import Costs
from waves.testing.node_trial import NodeTrial


def try_type(name: str, folder: Path, trust: bool) -> int:
    """Play the example of a node type, try its laws, print what they say and what it costs; the exit code.

    Raises Problems and UsageProblem.
    """
    opened = _opened(folder, trust)
    with noticed(opened.left_out, opened.problems):
        kind = _kind(opened, name)
    if is_shipped(kind):  # its example names samples of the demo
        opened = open_workspace(library_folder("demo"))
        kind = opened.library[name]
    origin = library.origin(kind)
    assert origin
    print(printable(f"{name}: {'shipped with waves' if is_shipped(kind) else origin.source.file}"))
    with Compiler() as compiler:
        heard = hear_example(opened, name, kind, compiler)
        _tell_example(heard)
        if not hasattr(kind, "render"):
            print(f"'{name}' has no kernel: other nodes take its place, and it has no laws of its own")
            return Exit.GOOD
        compile_missing(compiler, [*kernel_cache.variants(kind)])
    trial = NodeTrial()
    try:
        return _try(trial, kind, heard)
    finally:
        trial.close()


@contextmanager
def _told(trial: NodeTrial, what: str) -> Iterator[None]:
    """Shows what a trial does meanwhile."""
    from waves.app.terminal.progress import activity

    with activity() as say:
        trial.says = lambda step: say(f"{what}: {step}")
        say(what)
        yield


def _opened(folder: Path, trust: bool) -> Opened:
    """The workspace in a folder; the demo where there is none."""
    workspace = workspace_at(folder)
    has_piece = any(file.is_file() for file in workspace.files())
    return open_workspace(folder, trust) if has_piece else open_workspace(library_folder("demo"))


def _kind(opened: Opened, name: str) -> type[Node]:
    """The node type of that name. Raises UsageProblem, and the Problems of its file."""
    if name in opened.library:
        return opened.library[name]
    if broken := [problem for problem in opened.problems if problem.mark and problem.mark.file == f"{name}.py"]:
        raise Problems(broken)
    own = opened.workspace.nodes
    if own and not opened.trusted and name in node_files(own):
        how = f"`waves trust {opened.workspace.root}` lets it run, or for once `waves try {name} --trust`"
        raise Problems(Problem(f"'{name}' is in nodes/ of a folder that is not trusted: {how}"))
    raise UsageProblem(f"there is no node type '{name}'", did_you_mean(name, opened.library))


def _tell_example(heard: Heard) -> None:
    show_problems(heard.findings)
    for sound, (frames, peak, rate) in heard.sounds.items():
        level = f"peak {decibels(peak)}" if peak > 0.0 else "silent"
        print(printable(f"example '{sound}': {frames / rate:.3f} s, {level}"))


def _try(trial: NodeTrial, kind: type[Node], heard: Heard) -> int:
    """Try the laws on the example and on the cases beside the file, and measure; the exit code."""
    wrong = 0
    tried: list[dict[str, Any]] = []
    with _told(trial, "looking for cases"):
        titles = trial.cases(kind)
    tried += [{"given": given} for given in heard.cases.values()]
    tried += [{"case": title} for title in titles]
    cases = [*(f"the example {title}" for title in heard.cases), *(f"the case '{title}'" for title in titles)]
    for what, one in zip(cases, tried, strict=True):
        with _told(trial, f"trying {what}"):
            broken = trial.laws(kind, **one)
            short = trial.short_rings(kind, **one) if kind.rings or parameter_names(kind, Shared) else []
        wrong += _tell_laws(what, broken)
        for sentence in short:
            print(printable(f"  warning: it {sentence}"))
    if tried:
        with _told(trial, f"trying {cases[0]} with moving inputs"):
            moved, broken = trial.moving_laws(kind, **tried[0])
        if moved or broken:
            inputs = f" with moving {', '.join(moved)}" if moved else ""
            wrong += _tell_laws(f"{cases[0]}{inputs}", broken)
    if not tried:
        print("its example does not play it alone, and there are no cases beside its file: no law is tried")
        return Exit.GOOD
    with _told(trial, cases[0]):
        costs = trial.costs(kind, **tried[0])
    _tell_costs(costs)
    return Exit.PIECE if wrong else Exit.GOOD


def _tell_laws(what: str, broken: list[str]) -> int:
    print(printable(f"laws on {what}: {counted(len(broken), 'broken law') if broken else 'all hold'}"))
    for sentence in broken:
        print(printable(f"  {sentence}"))
    return len(broken)


def _tell_costs(costs: Costs) -> None:
    print(f"time: {costs.frame:.1f} ns a frame, {costs.checked:.1f} ns with checks; ", end="")
    print(f"the slowest block takes {costs.worst:.1f} times the mean")
    print(f"memory: state {costs.state:,} bytes, rings and buffers {costs.memory:,}, prepared arrays {costs.arrays:,}")
    compiled = (
        f"{seconds:.2f} s{f' for a constant {name}' if name else ''}" for name, seconds in costs.compiled.items()
    )
    print(f"compiled in {', '.join(compiled)}")
