"""Client of the process that runs pattern files: a file in, its patterns out; a function and cycles in, notes out.

What comes back is plain data, and is checked here.
"""

from __future__ import annotations

import atexit
import os
import re
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from typing import IO, Any, NamedTuple

from waves.language.patterns.syntax import PatternError
from waves.language.patterns.told.forms import read_notes
from waves.language.patterns.told.told_notes import ToldNote
from waves.node_types.process.python_process import ProcessClosed, PythonProcess
from waves.problem import Mark, Problem
from waves.wire import Message, receive_plain

LOAD_LIMIT = 2.0  # seconds of processor time for the text of a file
CYCLE_LIMIT = 0.2  # seconds of processor time for a cycle
MOST_BYTES = 8_000_000  # of an answer
MOST_PATTERNS = 1_000  # of a file
MOST_STEPS = 100  # of a request
MOST_FILES = 200  # and versions of files in one process
TOO_MANY = f"a file has at most {MOST_PATTERNS:,} patterns"
LATE = "it takes more than {:g} s: is there a loop without an end?"
CRASHED = "it ends its process"
LINE_END = re.compile(r"\r\n|\r|\n")

Notes = tuple[ToldNote, ...]


class PatternFault(Exception):
    """A pattern file, or a function in it, that cannot be used: its problem."""

    def __init__(self, problem: Problem, is_late: bool = False):
        super().__init__(problem.sentence)
        self.problem, self.is_late = problem, is_late


@dataclass(frozen=True)
class PatternFile:
    """A file of patterns with its text."""

    name: str
    """The name below the piece, `patterns/riff.py`."""
    text: str

    @property
    def key(self) -> str:
        """A name of this text of it."""
        return sha256(f"{self.name}\0{self.text}".encode(errors="surrogateescape")).hexdigest()[:32]

    @property
    def stem(self) -> str:
        """The name of the pattern that is called as its file."""
        return self.name.rpartition("/")[2].removesuffix(".py")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, as Python counts them."""
        return LINE_END.split(self.text)

    def problem(self, sentence: str, line: Any = 1, column: Any = 1) -> Problem:
        """A problem at a line."""
        lines = self.lines
        line = line if type(line) is int and 1 <= line <= len(lines) else 1
        column = column if type(column) is int and 1 <= column <= len(lines[line - 1]) + 1 else 1
        return Problem(sentence, Mark(self.name, line, column), source=lines[line - 1])


class Spent(NamedTuple):
    """Seconds that cycles took."""

    processor: float
    wall: float
    """On the clock: with what they wait for."""


@dataclass(frozen=True, slots=True)
class Described:
    """A pattern that a file gives a name: its line, what it is, and its form, where it is no function."""

    name: str
    line: int
    about: str
    form: Any
    is_function: bool


class PatternProcess(PythonProcess):
    """The process. It is started when it is first needed, and again after it was ended.

    Any thread but the sound thread; requests of several threads wait for each other.
    """

    worker = "waves.python_patterns.pattern_worker"

    def __init__(self) -> None:
        super().__init__(CYCLE_LIMIT)
        self._keys: set[str] = set()
        self._requests = self._steps = self._served = 0

    def received(self, stream: IO[bytes]) -> Message | None:
        """The next message: plain data."""
        return receive_plain(stream, MOST_BYTES)

    def _end(self) -> None:
        self._keys.clear()
        self._served = 0
        if (process := self._process) and hasattr(os, "killpg"):
            with suppress(OSError):  # whatever it has started ends with it
                os.killpg(process.pid, signal.SIGKILL)
        super()._end()

    def stepped(self, step: Message) -> None:
        """The process has begun a step of a request; it cannot put off its end by steps without end."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            self._kill()

    def _answer_to(self, request: Message, limit: float) -> Message:
        """The answer to a request; a process that answers anything else is ended."""
        self._requests += 1
        self._steps = 0
        try:
            answer = self.request(request | {"id": self._requests}, limit=limit)
        except (ProcessClosed, RuntimeError):  # the player ends, or no process can be started
            return {"sentence": "its process cannot be used"}
        if answer.pop("id", None) != self._requests:
            self._end()
            return {key: one for key, one in answer.items() if key in ("late", "crashed", "module", "line")}
        self._served += 1
        if answer.get("spoilt") or answer.get("full"):
            self._end()
        return answer

    def _in_room(self, ask: Callable[[], Message]) -> Message:
        """An answer. If there was too little memory beside what ran before, it is asked for in a process of its own."""
        served = self._served
        answer = ask()
        return ask() if answer.get("full") and served else answer

    def patterns(self, file: PatternFile) -> list[Described]:
        """Run a file, and describe its patterns. Raises PatternFault."""
        with self._lock:
            if len(self._keys) >= MOST_FILES:  # it forgets none
                self._end()
            request = {"do": "load", "key": file.key, "file": file.name, "stem": file.stem, "text": file.text}
            answer = self._in_room(lambda: self._answer_to(request, LOAD_LIMIT))
            if not isinstance(found := answer.get("patterns"), dict):
                raise _fault(file, answer, LOAD_LIMIT)
            self._keys.add(file.key)
        if len(found) > MOST_PATTERNS:
            raise PatternFault(file.problem(TOO_MANY))
        try:
            return [_described(name, one) for name, one in found.items()]
        except (KeyError, TypeError, ValueError):
            self._end()
            raise PatternFault(file.problem("it gives what is no pattern")) from None

    def notes(
        self, file: PatternFile, name: str, line: int, seed: int, cycles: Sequence[int]
    ) -> tuple[list[Notes], Spent]:
        """The notes of cycles of a function, and the seconds that they took. Raises PatternFault.

        After a function that does not come to an end another process starts at once, for the next request.
        """
        with self._lock:
            if self._process and self._process.poll() is not None:
                self._end()
            request = {"do": "notes", "key": file.key, "name": name, "seed": seed, "cycles": [*cycles]}

            def ask() -> Message:
                if file.key not in self._keys:
                    self.patterns(file)
                return self._answer_to(request, CYCLE_LIMIT)

            answer = self._in_room(ask)
        try:
            notes, spent = answer["notes"], Spent(float(answer["processor"]), float(answer["wall"]))
            found = [read_notes(one) for one in notes]
            if len(found) != len(cycles):
                raise ValueError
            return found, spent
        except (KeyError, TypeError, ValueError):
            answer.setdefault("line", line)
            at = answer.get("cycle", str(answer.get("module", cycles[0]))[:20])
            if "late" in answer:
                threading.Thread(target=self._start_again, name="patterns", daemon=True).start()
            raise _fault(file, answer, CYCLE_LIMIT, name, at) from None
        except PatternError as error:
            raise PatternFault(file.problem(f"{name}({cycles[0]}): {error.sentence}", line)) from None

    def _start_again(self) -> None:
        with suppress(ProcessClosed, RuntimeError):  # whoever asks next is told
            self.start()


def _described(name: object, one: Any) -> Described:
    if not isinstance(name, str) or not name.isidentifier() or len(name) > 100:
        raise ValueError
    line, about = one["line"], one["about"]
    if type(line) is not int or line < 1 or not isinstance(about, str):
        raise ValueError
    return Described(name, line, about[:200], one.get("form"), one.get("function") is True)


def _fault(file: PatternFile, answer: Message, limit: float, name: str = "", cycle: object = 0) -> PatternFault:
    """The fault that an answer tells."""
    sentence, is_late = answer.get("sentence"), "late" in answer
    if not isinstance(sentence, str):
        sentence = LATE.format(limit) if is_late else CRASHED
    line, column = answer.get("line"), answer.get("column")
    if name:
        sentence = f"{name}({cycle}): {sentence}"
    return PatternFault(file.problem(sentence[:500], line, column), is_late)


@cache
def trying_process() -> PatternProcess:
    """The process of this player in which files are tried."""
    return _process()


@cache
def playing_process() -> PatternProcess:
    """The process of this player that is asked for the cycles of what plays."""
    return _process()


def _process() -> PatternProcess:
    process = PatternProcess()
    atexit.register(process.close)
    return process
