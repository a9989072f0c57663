"""The live screen in a terminal: level, load, the last reload, present problems."""

from __future__ import annotations

import math
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import PurePath

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from waves.app.performance.monitors import Monitor
from waves.app.terminal.display import Status, clock, decibels, words
from waves.app.terminal.key_bindings import help_text, screen_lines
from waves.app.terminal.stray_lines import StrayLines
from waves.events.changes import Compiling, NotPlaying, Refused, Subject
from waves.events.event import Event
from waves.events.playing import KeysShown
from waves.events.trouble import Fault, Restarting
from waves.problem import INDENT, Problem, printable

FLOOR = -60.0  # dB at the left end of a meter
WIDTH = 40  # characters of a meter
NEAR, OVER = -6.0, -0.3  # dB from which a meter is yellow, red
GAP = 3  # columns between the parts of the first line
SHORTEST_TITLE = 12  # columns of the title that are kept where the state is long
NOTICES = 3  # shown at most
MONITORS, MONITOR_WIDTH, LONGEST_NAME = 6, 20, 30  # nodes with `monitor` that are shown; characters of one
TRACK_LINES = 3  # on tracks that are not simply heard
PROBLEMS = 3  # shown at most; the others are counted
PATIENCE = 1.0  # seconds for a drawing that does not end
REPAIR = 1.0  # seconds after which what is the same is drawn again, over what others may have written meanwhile
NO_WRAP, WRAP = "\x1b[?7l", "\x1b[?7h"  # what a terminal does with text behind its last column
CHANGES = ("started", "session_resumed", "reloaded", "checked", "refused", "mended", "not_playing")
"""Events that are shown until the next change."""
SUBJECTS: dict[str, Subject] = {
    **dict.fromkeys(("started", "reloaded", "checked", "not_playing"), "piece"),
    "nodes_loaded": "nodes",
    "settings": "settings",
}
"""Subjects that are in order again, by the kind of event that says so; other events name their subject."""


class LiveScreen:
    """Draws the screen again after each event and status that changes it. Text from files is never markup.

    One thread only, but for `notify`, `suspend` and `resume`.
    """

    has_status = True

    def __init__(self, console: Console | None = None):
        self._console = console or Console(markup=False, emoji=False, highlight=False)
        self._status: Status | None = None
        self._change: Event | None = None  # the last one; at first what plays, and what to edit
        self._notices: list[Event] = []  # the last ones that are still true, one of a kind, the newest at the end
        self._problems: dict[Subject, tuple[Problem, ...]] = {}  # present ones
        self._faults: tuple[Problem, ...] = ()  # of the last fault, until the next change
        self._refused = {""}  # names of the files with which a piece was refused last
        self._closed = self._suspended = False
        self._end = "stopped"  # the state in the last picture
        self._drawing = threading.RLock()
        self._drawn: list[RenderableType] = []  # the lines on the screen
        self._drawn_at = 0.0  # seconds of `time.monotonic`
        own = console is None and sys.stderr.isatty()
        self._strays = StrayLines() if own else None
        self._live, self._size = self._begun(), self._console.size

    def event(self, event: Event) -> None:
        """Show an event until the next of its kind, until three newer ones, or until it is no longer true."""
        self._notices = [one for one in self._notices if event.kind not in one.over_with]
        if isinstance(event, Restarting):
            self._end = "starting again"
        subject = SUBJECTS.get(event.kind) or getattr(event, "subject", None)
        mends = isinstance(self._change, Refused) and self._change.subject == subject
        if event.kind in CHANGES or mends:
            if event.kind not in ("started", "session_resumed"):  # those of the moment are older than the change
                self._notices = [one for one in self._notices if one.over_with]
            self._change, self._faults = event, ()
        elif not (isinstance(event, Compiling) and event.over):
            self._notice(event)
        if subject:
            self._problems[subject] = event.problems
            if isinstance(event, Refused) and subject == "piece":
                self._refused = {*event.file.split(", ")}
            elif subject == "nodes" and self._refused <= {*str(getattr(event, "file", "")).split(", ")}:
                self._problems["piece"] = ()  # of the text of a node file before
        elif event.problems:
            self._faults = event.problems
        self._draw()

    def status(self, status: Status) -> None:
        """Show the status, and what libraries have written meanwhile."""
        self._status = status
        while self._strays and (line := self._strays.take()):
            self._notice(Fault(message=line))
        self._draw()

    def _notice(self, event: Event) -> None:
        again = event.text if isinstance(event, Fault) else None  # other faults are no newer version of the first
        others = [
            one
            for one in self._notices
            if not isinstance(one, KeysShown) and (one.kind != event.kind or again not in (None, one.text))
        ]
        self._notices = [*others, event]
        while len(self._notices) > NOTICES:  # those of the moment go before what still is so
            self._notices.remove(next((one for one in self._notices[:-1] if not one.over_with), self._notices[0]))

    def notify(self, sequence: str) -> None:
        """Between two drawings. Any thread."""
        with self._drawing:
            self._write(sequence)

    def _write(self, sequence: str) -> None:
        """A control sequence, as it is."""
        self._console.file.write(sequence)
        self._console.file.flush()

    def close(self) -> None:
        """Leave a last screen without keys, show the cursor again, and what nobody has seen of others' lines."""
        self._closed = True
        with self._drawing:
            self._draw()
            self._live.stop()
        if self._strays:
            self._strays.close()
            with suppress(OSError):  # the terminal is gone
                while line := self._strays.take():
                    print(line, file=sys.stderr, flush=True)

    def suspend(self) -> None:
        """Stop drawing, and show the cursor again. Any thread."""
        if self._drawing.acquire(timeout=PATIENCE):  # else the terminal takes nothing
            self._suspended = True
            self._live.stop()
            self._drawing.release()

    def resume(self) -> None:
        """Draw again, below what others have written meanwhile. Any thread."""
        with self._drawing:
            if self._suspended and not self._closed:
                self._suspended, self._live, self._drawn = False, self._begun(), []
                self._draw()

    def _begun(self) -> Live:
        live = Live(console=self._console, auto_refresh=False)
        live.start()
        return live

    def _draw(self) -> None:
        with self._drawing:
            if self._suspended:
                return
            if (size := self._console.size) != self._size:  # what was drawn has other line breaks, or stands elsewhere
                self._live.stop()
                self._console.clear()
                self._live, self._size = self._begun(), size
                self._drawn = []
            group, now = self.render(), time.monotonic()
            if group.renderables != self._drawn or now - self._drawn_at >= REPAIR:
                self._drawn, self._drawn_at = group.renderables, now
                self._write(NO_WRAP)  # a character that is wider there than here would take one more row
                self._live.update(group, refresh=True)
                self._write(WRAP)

    def render(self) -> Group:
        """All lines of the screen."""
        lines: list[Text] = []
        if status := self._status:
            lines.append(header(status, self._console.width, self._end if self._closed else ""))
            channels = names(len(status.peaks))
            lines += [meter(peak, name) for peak, name in zip(status.peaks, channels, strict=True)]
            figures = (
                f"load {status.load:.0%}   underflows {status.underflows}   "
                f"volume {decibels(status.gain)}   {printable(status.device)}"
            )
            lines.append(Text(figures))
            if status.section:
                lines.append(Text(printable(status.section)))
            lines += monitors(status.monitors)
            lines += map(Text, levels(status, self._console.width))
        for line in lines:
            line.no_wrap, line.overflow = True, "ellipsis"
        if self._change:
            wrong = isinstance(self._change, Refused | NotPlaying)
            lines.append(Text(self._change.line, style="red" if wrong else "green"))
        if not self._closed and any(isinstance(one, KeysShown) for one in self._notices):
            return Group(*lines, *self._help(self._rows(lines)))
        problems = [problem for found in self._problems.values() for problem in found]
        playing = dict.fromkeys([*(status.problems if status else ()), *self._faults])
        problems += [one for one in playing if one not in problems]
        for problem in problems[:PROBLEMS]:
            lines += problem_lines(problem, self._console.width)
        if len(problems) > PROBLEMS:
            lines.append(Text(f"and {len(problems) - PROBLEMS} more"))
        shown = [one for one in self._notices if not isinstance(one, KeysShown)]
        lines += [Text(one.line, style="dim") for one in shown]
        keys = [] if self._closed or isinstance(self._change, NotPlaying) else screen_lines(self._console.width)
        return Group(*lines, *(Text(line, style="dim", no_wrap=True, overflow="ellipsis") for line in keys))

    def _help(self, used: int) -> list[Text]:
        """Lines on all keys, in short where the whole does not fit below the rows that are `used`."""
        texts = [Text(help_text(brief), style="dim") for brief in (False, True)]
        whole, short = ([*text.split()] for text in texts)
        return whole if used + self._rows(whole) <= self._console.height else short

    def _rows(self, lines: list[Text]) -> int:
        """Rows of the terminal that lines take."""
        return sum(1 if line.no_wrap else len(line.wrap(self._console, self._console.width)) for line in lines)


def header(status: Status, width: int, state: str = "") -> Text:
    """Title, `state` or that of the status in words, and time, in one line of `width` columns.

    What is long is shortened until it fits: the path of a recording to its name, the title, and last the state.
    """
    title, time = Text(printable(status.title)), clock(status.seconds)
    said = Text(state or words(status))
    if title.cell_len + said.cell_len + len(time) + 2 * GAP > width and not state:
        said = Text(words(replace(status, recording=PurePath(status.recording).name)))
    said.truncate(max(width - len(time) - min(SHORTEST_TITLE, title.cell_len) - 2 * GAP, 1), overflow="ellipsis")
    title.truncate(max(width - len(time) - said.cell_len - 2 * GAP, 1), overflow="ellipsis")
    title.stylize("bold")
    return title.append(f"{' ' * GAP}{said.plain}{' ' * GAP}{time}", style="default")


def levels(status: Status, width: int) -> list[str]:
    """The tracks that are mute, solo or not heard, and the chosen one: `lead mute   [bass]`.

    In lines of `width` columns, broken between two tracks; of many lines those around the chosen track.
    """
    lines: list[str] = []
    shown = 0  # line of the chosen track
    for name in dict.fromkeys([*status.levels, *filter(None, [status.chosen])]):
        is_chosen = name == status.chosen
        track = printable(" ".join(filter(None, (f"[{name}]" if is_chosen else name, status.levels.get(name, "")))))
        if lines and cell_len(lines[-1]) + GAP + cell_len(track) <= width:
            lines[-1] += " " * GAP + track
        else:
            lines.append(track)
        shown = len(lines) - 1 if is_chosen else shown
    first = max(min(shown - TRACK_LINES // 2, len(lines) - TRACK_LINES), 0)
    hidden = len(lines) - TRACK_LINES
    more = [f"and {hidden} more lines: t chooses a track"] if hidden > 0 else []
    return [*lines[first : first + TRACK_LINES], *more]


def monitors(shown: Sequence[Monitor]) -> list[Text]:
    """A line for each node with `monitor`: name, value, meter and, of a level, the peak in dB."""
    wide = min(max((len(monitor.name) for monitor in shown), default=0), LONGEST_NAME)
    lines = []
    for monitor in shown[:MONITORS]:
        name = printable(monitor.name)
        name = name if len(name) <= wide else f"…{name[1 - wide :]}"
        text = Text(f"{name:<{wide}} {monitor.value:>10.4g} ").append_text(bar(monitor.part, MONITOR_WIDTH, "cyan"))
        lines.append(text.append(f" {decibels(monitor.peak):>8}" if monitor.type == "level" else ""))
    return [*lines, *([Text(f"and {len(shown) - MONITORS} more")] if len(shown) > MONITORS else [])]


def bar(part: float, width: int, colour: str) -> Text:
    """A bar that is filled in part, 0 to 1."""
    filled = round(width * part)
    return Text("█" * filled, style=colour).append("·" * (width - filled), style="dim")


def names(channels: int) -> list[str]:
    """Names of the channels: L and R, or numbers from 1."""
    return ["L", "R"] if channels == 2 else [str(c + 1) for c in range(channels)]


def meter(peak: float, name: str) -> Text:
    """A bar from -60 dB to full scale, and the level in dB."""
    level = 20 * math.log10(peak) if peak > 0 else -math.inf
    part = min(max(1.0 - level / FLOOR, 0.0), 1.0) if peak > 0 else 0.0
    colour = "red" if level >= OVER else "yellow" if level >= NEAR else "green"
    return Text(f"{name:>2} ").append_text(bar(part, WIDTH, colour)).append(f" {decibels(peak):>8}")


def problem_lines(problem: Problem, width: int) -> list[Text]:
    """A problem for `width` columns: its sentence wraps, of a long line of the file it has the part at the caret."""
    sentence, *rest = problem.show(max(width - INDENT, 1)).split("\n")
    colour = "red" if problem.level == "error" else "yellow"
    return [Text(sentence, style=colour), *(Text(line, no_wrap=True, overflow="crop") for line in rest)]
