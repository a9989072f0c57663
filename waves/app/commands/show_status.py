"""`waves status`: the status of the player of a piece, from another terminal."""

from __future__ import annotations

from pathlib import Path

from waves.app.clients.status_document import StatusDocument
from waves.app.clients.status_file import FoundStatus, find_status, obstacle
from waves.app.exit_codes import Exit
from waves.app.terminal.messages import show_problems
from waves.events.event import ProblemRecord, counted, title
from waves.live.workspace.workspace import find_workspace
from waves.problem import Mark, Problem, printable

NOT_PLAYING = {
    "is stopped": "the player, process {process}, is stopped, as by Ctrl-Z: {last}\n"
    "`fg` in its terminal continues it, and so does `kill -CONT {process}`",
    "is gone": "the player is gone: {last}\n`waves play --resume` goes on where it was",
    "runs": "the player, process {process}, is there, but its status is not current{full}: {last}",
    "is silent": "the player is gone, was stopped, or cannot write its status{full}: {last}\n"
    "`fg` continues one that was stopped; `waves play --resume` goes on where one that is gone was",
}


def show_status(folder: Path, json: bool) -> int:
    """Print the status of each player as lines or as a JSON document; the exit code. Raises Problems."""
    root = find_workspace(folder).root
    found = find_status(root)
    if not found:
        reason = obstacle(root)
        unknown = f"whether something plays here is not known: a player cannot write its status, as {reason}"
        show_problems([Problem(unknown if reason else "nothing plays here: `waves play` starts it")])
        return Exit.PIECE
    for one in found:
        if json:
            print(one.status.model_dump_json(indent=2))
            continue
        if len(found) > 1:
            print(f"process {one.process}:")
        for line in lines_of(one):
            print(printable(line))
    return Exit.GOOD if any(one.does in ("plays", "runs") for one in found) else Exit.PIECE


def lines_of(found: FoundStatus) -> list[str]:
    """The status in words."""
    status = found.status
    if not found.plays:
        last = f"it is {found.age:.0f} s since it played {title(status.sounds)} at {status.place or 'its start'}"
        full = ", as the disk is full" if found.full else ""
        return NOT_PLAYING[found.does].format(process=found.process, last=last, full=full).split("\n")
    interrupted = " is interrupted" if status.recording_interrupted else ""
    return [
        f"{title(status.sounds)}  {_how(status)}  {status.place}",
        f"{status.device}  {status.rate:g} Hz  volume {status.volume:+.1f} dB  load {status.load:.0%}  "
        f"{counted(status.underflows, 'underflow')}",
        f"{counted(status.reload_count, 'change')} played, {status.refused_count} refused"
        + (f"  {counted(status.connections, 'client')}" if status.connections else ""),
        *([f"playing {status.file_version}"] if status.file_version else []),
        *([", ".join(f"{name} is {word}" for name, word in status.levels.items())] if status.levels else []),
        *([f"recording {status.recording}{interrupted}"] if status.recording else []),
        *map(str, map(problem_of, status.problems)),
    ]


def problem_of(record: ProblemRecord) -> Problem:
    """The problem that a record was made of, without the line of its file."""
    mark = Mark(record.file, record.line or 1, record.column or 1) if record.file else None
    return Problem(record.sentence, mark, record.path, record.level, record.suggestion)


def _how(status: StatusDocument) -> str:
    words = {
        "paused": status.paused,
        "silent": status.hushed,
        "ended": status.ended,
        "saves held": status.held,
    }
    return ", ".join(word for word, is_so in words.items() if is_so) or "plays"
