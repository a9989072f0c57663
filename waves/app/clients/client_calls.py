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
from waves.app.clients.piece.piece_texts import Conflict, FileMissing, PieceTexts
from waves.app.clients.piece.served_piece import NOTHING, ServedPiece
from waves.app.clients.server_link import ServerLink
from waves.app.performance.performance import Performance
from waves.audio.sample_loader import SUFFIXES
from waves.events.event import ProblemRecord
from waves.language.build.moving.moved_parameters import find_parameter
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.live.workspace.piece_check import check_texts
from waves.live.workspace.samples.names import SAMPLES, sample_names
from waves.node import DataFile
from waves.problem import Problem, Problems, defect
from waves.server.rpc import BAD_PARAMS, CONFLICT, GONE, NO_FILE, REFUSED
from waves.wire import Message

MOST_WAITING = 200  # calls
NAMED = (*SUFFIXES, *DataFile.suffixes)
MOST_SAMPLES = 2000  # names that are offered


class ClientCalls:
    """Takes the calls of all clients, and gives the answers to the link. Any thread but the sound thread."""

    def __init__(self, piece: ServedPiece, access: Mapping[str, Access], read_only: bool):
        """`access`: the class of every method; `read_only`: whether clients can write no files, whatever it says."""
        self.piece, self.read_only = piece, read_only
        self.texts = PieceTexts(piece.opened.workspace)
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
                future = self._acted(action, given)
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

    def _acted(self, action: str, given: Mapping[str, Any]) -> Future[Any]:
        """An action that waits for its turn. Raises Problems for wrong arguments."""
        if self.piece.started is None:
            future: Future[Any] = Future()
            future.set_exception(Problems(Problem(NOTHING)))
            return future
        return self.performance.actions.submit(action, given, OF_CLIENTS)

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
                self._refuse(number, found, NO_FILE if isinstance(found, FileMissing) else REFUSED)
            case Conflict() as conflict:
                self.link.refuse(number, CONFLICT, str(conflict), asdict(conflict.now))
            case error:
                self._refuse(number, Problems(defect(error)) if isinstance(error, Exception) else Problems([]), REFUSED)

    def _refuse(self, number: int, found: Problems, code: int) -> None:
        assert self.link
        records = [asdict(ProblemRecord.of(problem)) for problem in found.problems]
        self.link.refuse(number, code, "; ".join(map(str, found.problems)), {"problems": records})

    @property
    def performance(self) -> Performance:
        """The performance. Raises Problems while nothing plays."""
        return self.piece.performance

    @property
    def playing(self) -> Composition:
        """The composition that plays. Raises Problems."""
        if playing := self.performance.session.composer.playing:
            return playing
        raise Problems(Problem(NOTHING))

    def sample_names(self) -> tuple[str, ...]:
        """The sample files, files of numbers, folders and names of samples as a piece writes them."""
        root, samples = self.piece.opened.workspace.root, self.piece.opened.workspace.samples
        found: list[str] = []
        for folder, folders, files in os.walk(samples):
            place = Path(folder).relative_to(root)
            folders.sort()
            found += [(place / name).as_posix() for name in folders]
            found += [(place / name).as_posix() for name in sorted(files) if Path(name).suffix.lower() in NAMED]
            if len(found) > MOST_SAMPLES:
                break
        named = sample_names(self.piece.opened.workspace, self.piece.opened.settings.SAMPLE_FOLDERS).words
        return tuple(dict.fromkeys([*found[:MOST_SAMPLES], *(f"{SAMPLES}{name}" for name in sorted(named))]))

    def movable(self, name: str) -> str:
        """The `<id>.<parameter>` of a parameter that plays and can be moved, by its way in the file; else empty."""
        try:
            node, parameter, _ = find_parameter(self.playing.root, name)
        except Problems:
            return ""
        return f"{node.id}.{parameter}"

    def check(self, texts: dict[str, str]) -> list[Problem]:
        """The mistakes and warnings in texts that were not saved."""
        opened, present = self.piece.opened, self.piece.composer()
        if self._checker is None or self._checker.library is not present.library:
            self._checker = Composer(opened.workspace, present.library, present.settings, present.rate)
            self._checker.node_problems = present.node_problems
        return check_texts(self._checker, texts)


@cache
def _adapter(asked: Method) -> TypeAdapter[Any]:
    return TypeAdapter(asked.returns)
