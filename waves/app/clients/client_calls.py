"""Carries out what clients ask: actions on the thread of the actions, everything else one at a time on its own."""

from __future__ import annotations

import math
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from waves.app.actions.controls import OF_CLIENTS
from waves.app.clients.methods import (
    ACTION_METHODS,
    METHODS,
    Method,
    NoParams,
    OfFile,
    OfNode,
    OfTexts,
    ToSave,
    access_by_method,
    checked,
    method,
)
from waves.app.clients.openrpc import document
from waves.app.clients.piece_map import ParameterPlace, TextSpan, parameter_places, track_places
from waves.app.clients.piece_texts import Conflict, PieceText, PieceTexts
from waves.app.clients.server_link import ServerLink
from waves.app.clients.status_document import StatusDocument, status_document
from waves.app.performance.performance import Performance
from waves.events.event import ProblemRecord
from waves.live.workspace.composer import Composer, Composition
from waves.live.workspace.piece_check import check_texts
from waves.problem import Problem, Problems, defect
from waves.wire import Message

BAD_PARAMS, REFUSED, NOT_ALLOWED, CONFLICT, GONE = -32602, -32000, -32002, -32003, -32004
MOST_WAITING = 200  # calls
MOST_NUMBERS = 64  # of one field of a state


@dataclass(frozen=True, slots=True)
class VersionItem:
    """A version of the history. `time`: of its first play, seconds since 1970; `playing`: whether it plays now."""

    number: int
    time: float
    change: str
    playing: bool


@dataclass(frozen=True, slots=True)
class TrackItem:
    """A track, in the order of the meters."""

    name: str
    span: TextSpan | None


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was written."""

    version: str


class ClientCalls:
    """Takes the calls of all clients, and gives the answers to the link. Any thread but the sound thread."""

    def __init__(self, performance: Performance, read_only: bool):
        """`read_only`: whether clients can write no files, whatever the server says of them."""
        self.performance, self.read_only = performance, read_only
        self.texts = PieceTexts(performance.opened.workspace)
        self.link: ServerLink | None = None
        """The way of the answers."""
        self._checker: Composer | None = None
        self._waiting = 0
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
            elif self._waiting >= MOST_WAITING:
                self.link.refuse(number, GONE, "the player is busy")
                return
            else:
                asked = METHODS[name]
                future = self._thread.submit(self._run, asked, checked(asked, given))
                self._waiting += 1
                future.add_done_callback(self._is_done)
        except Problems as found:
            self._refuse(number, found, BAD_PARAMS)
            return
        except RuntimeError:  # at the end
            self.link.refuse(number, GONE, "the player has stopped")
            return
        future.add_done_callback(lambda done: self._answer(number, done))

    def _allow(self, name: str, rights: list[str]) -> None:
        access = ACCESS.get(name, "none")
        if access not in rights or (access == "file" and self.read_only):
            raise Problems(Problem(f"'{name}' is not for this client"))

    def _is_done(self, _: Future[Any]) -> None:
        self._waiting -= 1

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

    def check(self, texts: dict[str, str]) -> list[Problem]:
        """The mistakes and warnings in texts that were not saved."""
        opened, present = self.performance.opened, self.performance.session.composer
        if self._checker is None or self._checker.library is not present.library:
            self._checker = Composer(opened.workspace, present.library, present.settings, present.rate)
        return check_texts(self._checker, texts)


@method("play", NoParams, "The status.")
def status(calls: ClientCalls, _: NoParams) -> StatusDocument:
    """The status of the player, as the notification `status` tells it."""
    return status_document(calls.performance, calls.link.clients if calls.link else 0)


@method("play", NoParams, "Parameters in the order of the tree.")
def parameters(calls: ClientCalls, _: NoParams) -> list[ParameterPlace]:
    """Everything that `setValue` can move: ID, value, unit, range, place in the text."""
    session = calls.performance.session
    return parameter_places(calls.playing, session.composer.documents, session.moves.values)


@method("play", NoParams, "Tracks.")
def tracks(calls: ClientCalls, _: NoParams) -> list[TrackItem]:
    """The tracks of the outermost mix, in the order of the meters."""
    documents = calls.performance.session.composer.documents
    return [TrackItem(name, span) for name, span in track_places(calls.playing, documents).items()]


@method("play", OfNode, "Values by the names of the fields.")
def state(calls: ClientCalls, node: OfNode) -> dict[str, Any]:
    """The state of a node that plays: phases, positions, counters."""
    record = calls.performance.session.node_state_registry.get_state(node.id)
    if record is None:
        raise Problems(Problem(f"no node that plays has the ID '{node.id:.100}' and a state"))
    names = record.values.dtype.names or ()
    return {name: _plain(record.values[name][0]) for name in names}


@method("play", OfTexts, "Mistakes and warnings, in the order of the files.")
def check(calls: ClientCalls, texts: OfTexts) -> list[ProblemRecord]:
    """Check texts without saving them; of files that are not given, what they hold now."""
    given = {name: calls.texts.read(name).text for name in calls.texts.names}
    for name, text in texts.files.items():
        calls.texts.check_name(name)
        given[name] = text
    return [ProblemRecord.of(problem) for problem in calls.check(given)]


@method("play", OfFile, "The text and its version.")
def text(calls: ClientCalls, file: OfFile) -> PieceText:
    """Read a file of the piece."""
    return calls.texts.read(file.file)


@method("file", ToSave, "The version that was written.")
def save(calls: ClientCalls, given: ToSave) -> Saved:
    """Write a file of the piece whole, as an editor does. A file that is newer than the text wins, as a conflict."""
    return Saved(calls.texts.save(given.file, given.text, given.based_on))


@method("play", NoParams, "Versions, the oldest first.")
def history(calls: ClientCalls, _: NoParams) -> list[VersionItem]:
    """The versions that played."""
    archive = calls.performance.session.archive
    if archive is None:
        return []
    versions = archive.versions
    return [VersionItem(one.number, one.time, one.change, one.number == versions.playing) for one in versions.all()]


@method("play", NoParams, "The document.")
def openrpc(_: ClientCalls, __: NoParams) -> dict[str, Any]:
    """This description of all methods and notifications."""
    return document()


ACCESS = access_by_method()


@cache
def _adapter(asked: Method) -> TypeAdapter[Any]:
    return TypeAdapter(asked.returns)


def _plain(value: Any) -> Any:
    """A field of a state as data; of a long array the first numbers."""
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.ravel()[:MOST_NUMBERS]]
    number = value.item()
    return str(number) if isinstance(number, float) and not math.isfinite(number) else number
