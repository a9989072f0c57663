"""Calls about the player and its piece: status, parameters, tracks, states, files, versions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waves.app.clients.client_calls import ClientCalls
from waves.app.clients.methods import NoParams, OfFile, OfNode, OfTexts, ToSave, method
from waves.app.clients.piece.piece_map import ParameterPlace, parameter_places, track_places
from waves.app.clients.piece.piece_texts import PieceText
from waves.app.clients.piece.text_span import TextSpan
from waves.app.clients.status_document import StatusDocument
from waves.events.event import ProblemRecord
from waves.problem import Problem, Problems

MOST_NUMBERS = 64  # of one field of a state


@dataclass(frozen=True, slots=True)
class VersionItem:
    """A version of the history. `time`: of its first play, seconds since 1970; `playing`: whether it plays now."""

    number: int
    time: float
    change: str
    playing: bool
    failing: tuple[str, ...]
    """Names of its sounds that have errors, and cannot play."""
    remark: str
    """That in words, and whether it was only kept and has not played."""


@dataclass(frozen=True, slots=True)
class TrackItem:
    """A track, in the order of the meters."""

    name: str
    span: TextSpan | None
    mute: bool
    solo: bool
    heard: bool
    """Whether it is in what plays: not if it is mute, or others are solo."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was written."""

    version: str


@method("play", NoParams, "The status.")
def status(calls: ClientCalls, _: NoParams) -> StatusDocument:
    """The status of the player, as the notification `status` tells it."""
    return calls.piece.status(calls.link.clients if calls.link else 0)


@method("play", NoParams, "Parameters in the order of the tree.")
def parameters(calls: ClientCalls, _: NoParams) -> list[ParameterPlace]:
    """Everything that `setValue` can move: ID, value, unit, range, place in the text."""
    session = calls.performance.session
    return parameter_places(calls.playing, session.composer.moved)


@method("play", NoParams, "Tracks.")
def tracks(calls: ClientCalls, _: NoParams) -> list[TrackItem]:
    """The tracks of the outermost mix, in the order of the meters."""
    states = calls.performance.session.switches.states()
    places = track_places(calls.playing)
    return [TrackItem(name, places.get(name), *state[:3]) for name, state in states.items()]


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
    given = {name: calls.texts.read(name).text for name in calls.texts.names()}
    for name, text in texts.files.items():
        calls.texts.check_name(name)
        given[name] = text
    return [ProblemRecord.of(problem) for problem in calls.check(given)]


@method("play", OfFile, "The text and its version, and the text that plays.")
def text(calls: ClientCalls, file: OfFile) -> PieceText:
    """Read a file of the piece. Places that other methods give are places in the text that plays."""
    found, playing = calls.texts.read(file.file), calls.piece.composer().playing
    return replace(found, playing=playing.texts.get(found.file) if playing else None)


@method("file", ToSave, "The version that was written.")
def save(calls: ClientCalls, given: ToSave) -> Saved:
    """Write a file of the piece whole, as an editor does. A file that is newer than the text wins, as a conflict."""
    return Saved(calls.texts.save(given.file, given.text, given.based_on))


@method("play", NoParams, "Versions, the oldest first.")
def history(calls: ClientCalls, _: NoParams) -> list[VersionItem]:
    """The versions that played."""
    started = calls.piece.started
    archive = started.session.archive if started else None
    if archive is None:
        return []
    playing = archive.versions.playing  # before the list, which then has it, whatever begins meanwhile
    return [
        VersionItem(one.number, one.time, one.change, one.number == playing, one.failing, one.remark)
        for one in archive.versions.all()
    ]


def _plain(value: Any) -> Any:
    """A field of a state as data; of a long array the first numbers."""
    if isinstance(value, np.ndarray):
        return [_plain(one) for one in value.ravel()[:MOST_NUMBERS]]
    number = value.item()
    return str(number) if isinstance(number, float) and not math.isfinite(number) else number
