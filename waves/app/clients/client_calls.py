"""Carries out what clients ask: actions on the thread of the actions, everything else one at a time on its own."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from waves.app.actions.action import Access
from waves.app.actions.controls import OF_CLIENTS
from waves.app.clients.methods import ACTION_METHODS, METHODS, Method, checked
from waves.app.clients.piece_texts import Conflict, PieceTexts
from waves.app.clients.server_link import ServerLink
from waves.app.performance.performance import Performance
from waves.audio.sample_loader import SUFFIXES
from waves.events.event import ProblemRecord
from waves.language.build.moved_parameters import find_parameter
from waves.live.workspace.composer import Composer, Composition
from waves.live.workspace.piece_check import check_texts
from waves.problem import Problem, Problems, defect
from waves.server.rpc import BAD_PARAMS, CONFLICT, GONE, REFUSED
from waves.wire import Message

MOST_WAITING = 200  # calls
MOST_SAMPLES = 2000  # names that are offered


class ClientCalls:
    """Takes the calls of all clients, and gives the answers to the link. Any thread but the sound thread."""

    def __init__(self, performance: Performance, access: Mapping[str, Access], read_only: bool):
        """`access`: the class of every method; `read_only`: whether clients can write no files, whatever it says."""
        self.performance, self.read_only = performance, read_only
        self.texts = PieceTexts(performance.opened.workspace)
        self.link: ServerLink | None = None
        """The way of the answers."""
        self._checker: Composer | None = None
        self._access = access
        self._room = threading.BoundedSemaphore(MOST_WAITING)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clients")

    def close(self) -> None:
        """Carry out nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def take(self, message: Message) -> None:
        """Take a call as the server hands it over, and answer it later."""
        assert self.link
        number, name, given = message["number"], message["method"], message["params"]
        try:
            self._allow(name, message["rights"])
            if action := ACTION_METHODS.get(name):
                future = self.performance.actions.submit(action, given, OF_CLIENTS)
            elif not self._room.acquire(blocking=False):
                self.link.refuse(number, GONE, "the player is busy")
                return
            else:
                future = self._submitted(METHODS[name], given)
        except Problems as found:
            self._refuse(number, found, BAD_PARAMS)
            return
        except RuntimeError:  # at the end
            self.link.refuse(number, GONE, "the player has stopped")
            return
        future.add_done_callback(lambda done: self._answer(number, done))

    def _allow(self, name: str, rights: list[str]) -> None:
        access = self._access.get(name, "none")
        if access not in rights or (access == "file" and self.read_only):
            raise Problems(Problem(f"'{name}' is not for this client"))

    def _submitted(self, asked: Method, given: Mapping[str, Any]) -> Future[Any]:
        """A call that waits for its turn, and gives its room back when it is done. Raises Problems and RuntimeError."""
        try:
            future = self._thread.submit(self._run, asked, checked(asked, given))
        except (Problems, RuntimeError):
            self._room.release()
            raise
        future.add_done_callback(lambda _: self._room.release())
        return future

    def _run(self, asked: Method, params: Any) -> Any:
        return _adapter(asked).dump_python(asked.run(self, params), mode="json")

    def _answer(self, number: int, done: Future[Any]) -> None:
        assert self.link
        if done.cancelled():
            self.link.refuse(number, GONE, "the player has stopped")
            return
        match done.exception():
            case None:
                self.link.answer(number, done.result())
            case Problems() as found:
                self._refuse(number, found, REFUSED)
            case Conflict() as conflict:
                self.link.refuse(number, CONFLICT, str(conflict), asdict(conflict.now))
            case error:
                self._refuse(number, Problems(defect(error)) if isinstance(error, Exception) else Problems([]), REFUSED)

    def _refuse(self, number: int, found: Problems, code: int) -> None:
        assert self.link
        records = [asdict(ProblemRecord.of(problem)) for problem in found.problems]
        self.link.refuse(number, code, "; ".join(map(str, found.problems)), {"problems": records})

    @property
    def playing(self) -> Composition:
        """The composition that plays. Raises Problems."""
        if playing := self.performance.session.composer.playing:
            return playing
        raise Problems(Problem("nothing plays yet"))

    def sample_names(self) -> tuple[str, ...]:
        """The sample files and folders as a piece writes them."""
        root, samples = self.performance.opened.workspace.root, self.performance.opened.workspace.samples
        found: list[str] = []
        for folder, folders, files in os.walk(samples):
            place = Path(folder).relative_to(root)
            folders.sort()
            found += [(place / name).as_posix() for name in folders]
            found += [(place / name).as_posix() for name in sorted(files) if Path(name).suffix.lower() in SUFFIXES]
            if len(found) > MOST_SAMPLES:
                break
        return tuple(found[:MOST_SAMPLES])

    def movable(self, name: str) -> str:
        """The `<id>.<parameter>` of a parameter that plays and can be moved, by its way in the file; else empty."""
        try:
            node, parameter, _ = find_parameter(self.playing.root, name)
        except Problems:
            return ""
        return f"{node.id}.{parameter}"

    def check(self, texts: dict[str, str]) -> list[Problem]:
        """The mistakes and warnings in texts that were not saved."""
        opened, present = self.performance.opened, self.performance.session.composer
        if self._checker is None or self._checker.library is not present.library:
            self._checker = Composer(opened.workspace, present.library, present.settings, present.rate)
        return check_texts(self._checker, texts)


@cache
def _adapter(asked: Method) -> TypeAdapter[Any]:
    return TypeAdapter(asked.returns)
