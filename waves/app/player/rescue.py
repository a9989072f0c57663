"""After a node that hangs: saves a state from which a restart plays an earlier version."""

from __future__ import annotations

from collections.abc import Sequence

from waves.app.player.restart import Handover
from waves.engine.graph.graph import Row
from waves.events.event import Event
from waves.events.trouble import Fault, Restarting
from waves.live.history.resume_state import Rollback
from waves.live.history.rollback import PlayedTexts, choose_rollback, contains_rows, played_texts
from waves.live.session.session import Session
from waves.node_types.library.library import origin
from waves.problem import Problems

RESTARTS = 3  # in a row; then it stops
STEADY = 30.0  # seconds of play after which a restart is no longer one in a row


def rescue(session: Session, rows: Sequence[Row], handover: Handover) -> tuple[Handover | None, Event]:
    """The handover to the next process, None if there is none, and the event to publish. The session has stopped."""
    if handover.restarts > RESTARTS:
        return None, Fault(message=f"it hung again after {RESTARTS} restarts in a row: waves stops")
    if place := go_back(session, rows):
        return handover, Restarting(restarts=handover.restarts, place=place)
    return None, Fault(message="there is no earlier version to go back to: waves stops")


def go_back(session: Session, rows: Sequence[Row]) -> str:
    """Save the state of an earlier version; what it is called, empty if there is none."""
    archive = session.archive
    if archive is None or archive.log is None:
        return ""
    session.composer.fall_back()  # what is new and does not play yet did not hang
    try:
        earlier = [archive.kept.sessions.path / name for name in reversed(archive.kept.logs())]
    except OSError:
        earlier = []
    logs = [archive.log.path, *(file for file in earlier if file != archive.log.path)]
    versions = played_texts(logs)
    hung = next(versions, None)
    if hung is None:
        return ""
    marks = [*archive.state.hanging, hung.digest]
    good = choose_rollback(versions, marks, contains_rows(session.composer, rows))
    if good is None:
        return ""
    made = origin(rows[-1].kind) if rows else None
    try:
        others = instead(hung, good, archive.state.substitutes)
        file, text = (made.source.file, made.source.text) if made else ("", "")
        return archive.roll_back(Rollback(good.texts, good.sounds, others, marks, file, text))
    except (OSError, Problems):  # nothing can be written: it ends
        return ""


def instead(hung: PlayedTexts, good: PlayedTexts, before: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """By node file: the text that must not run, and the text in its place. `before`: those of earlier restarts."""
    found = dict(before)
    for name, source in good.sources.items():
        other = hung.sources.get(name)
        if other and other.text != source.text and not name.startswith("waves."):
            found[source.file] = (before.get(source.file, (other.text, ""))[0], source.text)
    return found
