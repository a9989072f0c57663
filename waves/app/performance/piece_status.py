"""Status of a piece that plays, for Python programs and for clients."""

from __future__ import annotations

from dataclasses import dataclass

from waves.app.performance.monitors import Monitor
from waves.app.performance.performance import Performance
from waves.language.tree.tree_node import PartState, track_states
from waves.live.form.form_calls import SectionNow, section_names, section_now
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
    """`bar 5, beat 2.50`; with a song `bar 5, beat 2.50, chorus 1/8`."""
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


def section_of(session: Session) -> SectionNow | None:
    """The section that plays; None without a song. Any thread."""
    plan = session.engine.playing
    return section_now(plan, session.committer.music_time, session.engine.place) if plan else None


def section_line(session: Session) -> str:
    """The section that plays, its bar, and all sections with their numbers; empty without a song. Any thread."""
    names = section_names(session.engine)
    now = section_of(session)
    place = f"{now.name} {now.bar}/{now.bars}" if now else "the song is over"
    return f"{place}   g: {'  '.join(f'{k} {name}' for k, name in enumerate(names, 1))}" if names else ""


def status_of(performance: Performance) -> PieceStatus:
    """Its status now. Any thread but the sound thread."""
    engine, session = performance.engine, performance.session
    music, now = session.committer.music_time, section_of(session)
    return PieceStatus(
        sounds=session.names,
        device=performance.stream.name if performance.supervisor else "none",
        rate=engine.rate,
        delay=engine.lookahead,
        seconds=engine.place / engine.rate,
        frame=engine.frames_rendered,
        place=music.place(engine.place) + (f", {now.name} {now.bar}/{now.bars}" if now else "") if music else "",
        gain=engine.gain,
        paused=engine.paused,
        held=session.held,
        hushed=session.hushed,
        load=performance.stream.cpu_load if performance.supervisor else 0.0,
        underflows=engine.underflows,
        good=session.outcomes.good,
        refused=session.outcomes.refused,
        problems=(*performance.saves.problems, *performance.piece_watch.problems),
        values=session.moves.values,
        levels=levels_of(session),
        monitors=performance.piece_watch.monitors,
    )
