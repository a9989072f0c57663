"""The status of a player as a document: for `waves status`, `GET /status`, and the notification of that name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from waves.app.json_documents import Document
from waves.app.performance.monitors import Monitor
from waves.app.performance.performance import Performance
from waves.app.performance.piece_status import section_of, status_of
from waves.events.event import ProblemRecord
from waves.live.form.form_calls import section_names
from waves.problem import Problem


class StatusDocument(Document):
    """A player now. Volume in dB, times in seconds, `rate` in frames per second, `tempo` in beats per minute."""

    enabled: bool
    """Whether saves of node files take effect while it plays."""
    running: bool
    """False once the player has stopped."""
    watch_dirs: list[str]
    """Folders of node files that are followed."""
    reload_count: int
    """Changes that took effect."""
    connections: int
    """Clients of the server."""
    sounds: list[str]
    """The sounds that play; none while nothing plays yet."""
    upcoming_sounds: list[str]
    """The sounds that were chosen last and do not play yet; none if all that was chosen plays."""
    device: str
    rate: float
    seconds: float
    """Time of the piece, without pauses."""
    frame: int
    """The next frame of the stream."""
    place: str
    """`bar 5, beat 2.50`; with a song `bar 5, beat 2.50, chorus 1/8`."""
    section: str
    """The section of the song that plays; empty without one."""
    section_bar: int | None
    """Its present bar, from 1."""
    section_bars: int | None
    sections: list[str]
    """All sections, in the order of the text."""
    bar: int | None
    beat: float | None
    tempo: float | None
    volume: float
    paused: bool
    held: bool
    hushed: bool
    ended: bool
    load: float
    """Part of the time that the sound thread has."""
    underflows: int
    recording: str
    """Name of the file that is written, empty if none is."""
    recording_seconds: float
    """Length so far, with what could not be written."""
    recording_interrupted: bool
    """Whether the disk takes no more of the recording, which goes on in another file when it does."""
    file_version: str
    """The version of the history that plays, empty if it is that of the files."""
    refused_count: int
    """Changes that were refused."""
    levels: dict[str, str]
    """Tracks that are mute, solo, or not heard because of a solo, by name."""
    chosen_track: str
    """The track that `mute` and `solo` mean without a name; empty: none was chosen yet."""
    monitors: list[Monitor]
    """Nodes with `monitor`, read five times a second."""
    problems: list[ProblemRecord]
    last_problem: ProblemRecord | None


def status_document(performance: Performance, connections: int = 0, running: bool = True) -> StatusDocument:
    """The status of a performance now. Any thread but the sound thread."""
    status, session = status_of(performance), performance.session
    engine, saves, recorder = session.engine, performance.saves, performance.recordings.running
    music, now = session.committer.music_time, section_of(session)
    bar, beat = music.bar_and_beat(music.beats_at(engine.place)) if music else (None, None)
    problems = [ProblemRecord.of(problem) for problem in status.problems]
    return StatusDocument(
        enabled=saves.nodes is not None,
        running=running,
        watch_dirs=[_shown(folder, saves.root) for folder in performance.opened.node_folders],
        reload_count=status.good,
        connections=connections,
        sounds=list(status.sounds),
        upcoming_sounds=[name for name, _ in session.upcoming if session.upcoming is not session.sounds],
        device=status.device,
        rate=status.rate,
        seconds=round(status.seconds, 3),
        frame=status.frame,
        place=status.place,
        section=now.name if now else "",
        section_bar=now.bar if now else None,
        section_bars=now.bars if now else None,
        sections=section_names(session.engine),
        bar=bar,
        beat=None if beat is None else round(beat, 3),
        tempo=music.bpm if music else None,
        volume=round(20.0 * math.log10(status.gain), 2),
        paused=status.paused,
        held=status.held,
        hushed=status.hushed,
        ended=engine.ended,
        load=round(status.load, 4),
        underflows=status.underflows,
        recording=recorder.path.name if recorder else "",
        recording_seconds=round(recorder.seconds, 1) if recorder else 0.0,
        recording_interrupted=recorder is not None and recorder.interrupted,
        file_version=session.archive.version_label if session.archive else "",
        refused_count=status.refused,
        levels=status.levels,
        chosen_track=session.switches.chosen,
        monitors=list(status.monitors),
        problems=problems,
        last_problem=problems[-1] if problems else None,
    )


def waiting_document(problems: Sequence[Problem], connections: int = 0, running: bool = True) -> StatusDocument:
    """The status of a player that plays nothing yet, because the files of the piece have mistakes."""
    records = [ProblemRecord.of(problem) for problem in problems]
    return StatusDocument(
        enabled=False,
        running=running,
        watch_dirs=[],
        reload_count=0,
        connections=connections,
        sounds=[],
        upcoming_sounds=[],
        device="",
        rate=0.0,
        seconds=0.0,
        frame=0,
        place="",
        section="",
        section_bar=None,
        section_bars=None,
        sections=[],
        bar=None,
        beat=None,
        tempo=None,
        volume=0.0,
        paused=False,
        held=False,
        hushed=False,
        ended=False,
        load=0.0,
        underflows=0,
        recording="",
        recording_seconds=0.0,
        recording_interrupted=False,
        file_version="",
        refused_count=0,
        levels={},
        chosen_track="",
        monitors=[],
        problems=records,
        last_problem=records[-1] if records else None,
    )


def _shown(folder: Path, root: Path) -> str:
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)
