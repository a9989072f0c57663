"""Waits at the start of `waves play`, while the files of the piece have mistakes, for the save that mends them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

from waves.app.exit_codes import Exit, ending_signals, received_signal
from waves.app.terminal.display import Display
from waves.app.terminal.key_bindings import QUIT
from waves.app.terminal.keys import Keys
from waves.app.terminal.suspension import CONTROL_Z, gives_terminal_back
from waves.audio.device_choice import DeviceProblem
from waves.events.changes import NotPlaying
from waves.language.model.sound_arguments import UsageProblem
from waves.live.saves.file_watch import folders_in, stamps, watch
from waves.live.workspace.settled_files import Stamp
from waves.live.workspace.trust import is_trusted, trust_file
from waves.live.workspace.workspace import Workspace
from waves.node_types.library.library import families
from waves.problem import Problem, Problems
from waves.python_patterns.pattern_reader import FOLDER as PATTERNS

LOOK = 0.1  # seconds between two looks at the keys

Result = TypeVar("Result")


class Ended(Exception):
    """It was ended while it waited; `code` is the exit code."""

    def __init__(self, code: int):
        self.code = code
        super().__init__(code)


def first_good(
    attempt: Callable[[], Result],
    workspace: Workspace,
    display: Callable[[], Display],
    refused: Callable[[list[Problem]], None] = lambda _: None,
    keys: Keys | None = None,
) -> Result:
    """The result of the first attempt that finds no mistake in the files; after others it waits for their next save.

    Mistakes are shown on a display of their own, after `refused` got them. Raises Ended, and what no save can mend:
    DeviceProblem, UsageProblem, and what `refused` raises. Main thread.
    """
    shown: Display | None = None
    with ExitStack() as stack:
        if keys is None:
            keys = stack.enter_context(closing(Keys()))
        while True:
            seen = stamps(watched(workspace))
            try:
                return attempt()
            except (DeviceProblem, UsageProblem):
                raise
            except Problems as found:
                refused(found.problems)
                not_playing = NotPlaying(problems=tuple(found.problems))
            if shown is None:
                shown = display()
                stack.callback(shown.close)
                stack.enter_context(gives_terminal_back((shown.suspend, shown.resume)))
            _wait_for_save(workspace, seen, shown, keys, not_playing)


def watched(workspace: Workspace) -> list[Path]:
    """Files and folders whose save may mend the piece; the list of trusted folders too."""
    root = workspace.root
    trusted = workspace.trusted or is_trusted(root)
    python = [*families(root / "nodes"), *folders_in(root / PATTERNS)] if trusted else []
    trust = [] if workspace.trusted else [trust_file()]
    return [root / "waves.yaml", root / "sounds", root / "samples", workspace.config, *python, *trust]


@contextmanager
def _signals(end: Callable[[int], None]) -> Iterator[None]:
    """Call `end` with the number of a signal that is to end the program."""
    before = {number: signal.signal(number, lambda number, _: end(number)) for number in ending_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_for_save(
    workspace: Workspace, seen: dict[Path, Stamp], shown: Display, keys: Keys, not_playing: NotPlaying
) -> None:
    """Say why nothing plays and wait until the files are others than those `seen`. Raises Ended for a key or signal."""
    ending, saved = threading.Event(), threading.Event()
    numbers = [number] if (number := received_signal()) else []

    def watching() -> None:
        for _ in watch(lambda: watched(workspace), ending, seen=seen):
            saved.set()

    threading.Thread(target=watching, name="watcher", daemon=True).start()
    try:
        terminal = gives_terminal_back((shown.suspend, shown.resume), (keys.suspend, keys.resume))
        with _signals(numbers.append), terminal as stop:
            keys.resume()
            shown.event(not_playing)  # whoever is told so can end the wait from here on
            while not saved.is_set():
                if numbers:
                    raise Ended(Exit.of_signal(numbers[0]))
                for key in keys.read(LOOK):
                    if key == QUIT:
                        raise Ended(Exit.PIECE)
                    if key == CONTROL_Z:
                        stop()
    finally:
        ending.set()
