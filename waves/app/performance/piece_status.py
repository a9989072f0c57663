"""Status of a piece that plays, for Python programs and for clients."""

from __future__ import annotations

from dataclasses import dataclass

from waves.app.performance.monitors import Monitor
from waves.app.performance.performance import Performance
from waves.language.tree.tree_node import PartState, track_states
from waves.live.session.session import Session
from waves.problem import Problem


@dataclass(frozen=True, slots=True)
class PieceStatus:
    """Status of a piece that plays."""

    sounds: tuple[str, ...]
    device: str
    rate: float
    """Frames per second."""
    delay: int
    """Frames by which the limiter delays the output."""
    seconds: float
    """Time of the piece, without pauses."""
    frame: int
    """The next frame of the stream to be calculated, pauses counted."""
    place: str
    """`bar 5, beat 2.50`."""
    gain: float
    """Volume as a factor."""
    paused: bool
    held: bool
    hushed: bool
    load: float
    """Part of the time that the sound thread has, 1 is all of it."""
    underflows: int
    good: int
    """Saves that took effect."""
    refused: int
    problems: tuple[Problem, ...]
    """Problems of the files as they are now, and warnings about what plays."""
    values: dict[str, float]
    """Parameters that were moved, by `<id>.<parameter>`."""
    levels: dict[str, str]
    """Tracks that are not simply heard: mute, solo or not heard, by name."""
    monitors: tuple[Monitor, ...]
    """Nodes with `monitor`, as they were 0.2 s ago or later."""


def levels_of(session: Session) -> dict[str, str]:
    """The tracks that are not simply heard, each with a word: mute, solo or not heard. Any thread."""
    playing = session.composer.playing
    states = track_states(playing.root) if playing else {}
    return {name: state.word for name, state in states.items() if state.word != PartState().word}


def status_of(performance: Performance) -> PieceStatus:
    """Its status now. Any thread but the sound thread."""
    engine, session = performance.engine, performance.session
    music = session.committer.music_time
    return PieceStatus(
        sounds=session.names,
        device=performance.stream.name if performance.supervisor else "none",
        rate=engine.rate,
        delay=engine.lookahead,
        seconds=engine.place / engine.rate,
        frame=engine.frames_rendered,
        place=music.place(engine.place) if music else "",
        gain=engine.gain,
        paused=engine.paused,
        held=session.held,
        hushed=session.hushed,
        load=performance.stream.cpu_load if performance.supervisor else 0.0,
        underflows=engine.underflows,
        good=session.outcomes.good,
        refused=session.outcomes.refused,
        problems=performance.saves.problems,
        values=session.moves.values,
        levels=levels_of(session),
        monitors=performance.piece_watch.monitors,
    )
