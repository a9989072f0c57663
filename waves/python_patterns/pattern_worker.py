"""The process that runs pattern files: texts in, the forms of their patterns and the notes of cycles out.

`waves.python_patterns.pattern_process` is the other end. A file may import, and calculate; it may start no program and
no thread, and this process has limits of memory and time.
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from random import Random
from types import ModuleType
from typing import Any
from zlib import crc32

import waves.patterns
from waves.language.model.models import Origin, Place, WrittenParameter
from waves.language.model.patterned.chain_reader import ChainReader
from waves.language.model.scalar_validation import ScalarValidator
from waves.language.model.vocabulary import Vocabulary
from waves.language.patterns.chains import Chain
from waves.language.patterns.events import Event, draw_number
from waves.language.patterns.line import sounding
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import ALWAYS, Call, Pattern, PatternError, Stack
from waves.language.patterns.told.forms import FormReader, packed_notes, shown
from waves.language.patterns.told.told_notes import LONGEST_NOTE, ToldNote, ToldWord, What, told
from waves.node_types.library.python_errors import ForbiddenError, parse_fault
from waves.node_types.process.python_worker import RECURSION, Handler, Worker, taken_pipes
from waves.patterns import PatternFunction, as_pattern
from waves.python_patterns.pattern_guard import REPLACED, Originals, guard
from waves.python_patterns.pattern_prints import LONGEST_LINE, Prints
from waves.wire import Message

LONGEST_NAME = 100  # characters
LARGEST_FORM = 1_000_000  # characters of one pattern
DEEPEST_FORM = 200  # lists and mappings inside each other
OWN_NAMES = ("pattern", "PATTERN")
"""Names of a pattern that is called as its file."""
CALLED = "a call in a pattern of a function, as '{}': there `random` draws"


@dataclass(slots=True)
class Loaded:
    """A file that was run."""

    file: str
    patterns: dict[str, Any]
    """Patterns and functions by their names in the piece."""
    lines: dict[str, int]
    text: str


class PatternFiles:
    """The files that were run, by key."""

    def __init__(self, prints: Prints):
        self.prints = prints
        self.loaded: dict[str, Loaded] = {}
        self.originals = Originals()

    def shared(self, handler: Handler) -> Handler:
        """A handler after which all that files share is as it was before; what replaces a part of it is refused.

        Such an answer is "spoilt": the process must end, as it may have changed more.
        """

        def answered(request: Message, worker: Worker) -> Message:
            try:
                answer, error = handler(request, worker), None
            except BaseException as raised:  # with another `isinstance` anything may be
                answer, error = {}, raised
            name = self.originals.restored()
            if name:
                loaded = self.loaded.get(request["key"])
                text = request.get("text", loaded.text if loaded else "")
                line = _line_of_change(text, name.rpartition(".")[2])
                return {"sentence": REPLACED.format(name), "line": line, "column": 1, "spoilt": True}
            if error:
                raise error
            return answer

        return answered

    def load(self, request: Message, worker: Worker) -> Message:
        """Run a file: the patterns that it gives names, each with its line, and its form or that it is a function."""
        self.prints.begin()
        file, text = request["file"], request["text"]
        worker.files = {file: request["key"]}
        worker.begin(request["key"])
        try:
            tree = ast.parse(text, file)
            code = compile(tree, file, "exec", dont_inherit=True)
        except Exception as error:
            sentence, line, column = parse_fault(error, text)
            return {"sentence": sentence, "line": line, "column": column}
        module = ModuleType(f"pattern_file_{request['key']}")
        module.__file__ = file
        sys.modules[module.__name__] = module
        try:
            exec(code, module.__dict__)
            return self._named(module, tree, request)
        except BaseException as error:  # a file may raise SystemExit too
            return fault(error, file, 1)
        finally:
            del sys.modules[module.__name__]

    def _named(self, module: ModuleType, tree: ast.Module, request: Message) -> Message:
        """The patterns of a file that was run, by name."""
        lines, about = _lines(tree), _first_line(module.__doc__)
        given = {id(one) for one in vars(waves.patterns).values()}
        found: dict[str, Any] = {}
        described: dict[str, Message] = {}
        for written, value in vars(module).items():
            is_pattern = isinstance(value, waves.patterns.Pattern | PatternFunction)
            if not is_pattern or id(value) in given or written.startswith("_"):
                continue
            is_own = written in OWN_NAMES
            name = request["stem"] if is_own else value.name if isinstance(value, PatternFunction) else written
            if found.get(name) is value:
                continue
            line, sentence = lines.get(written, 1), ""
            if name in found:
                sentence = f"the pattern '{name}' is also in line {described[name]['line']}: give one another name"
            elif not name.isidentifier() or len(name) > LONGEST_NAME:
                other = "its file another name" if is_own else "it another one"
                sentence = f"{shown(name)} cannot be a word of a pattern: give {other}"
            elif isinstance(value, waves.patterns.Pattern):
                sentence = _unfit(value.form)
            if sentence:
                return {"sentence": sentence, "line": line, "column": 1}
            found[name], described[name] = value, {"line": line, "about": about if is_own else ""}
            if isinstance(value, PatternFunction):
                own = _first_line(value.function.__doc__)
                described[name] |= {"function": True, "about": own or described[name]["about"]}
            else:
                described[name]["form"] = value.form
        places = {name: one["line"] for name, one in described.items()}
        self.loaded[request["key"]] = Loaded(request["file"], found, places, request["text"])
        return {"patterns": described}

    def notes(self, request: Message, worker: Worker) -> Message:
        """The notes of cycles of a function, with the seconds of processor time and on the clock that they took."""
        self.prints.begin()
        loaded = self.loaded[request["key"]]
        function, name = loaded.patterns[request["name"]], request["name"]
        found: list[Any] = []
        processor = wall = 0.0
        for cycle in request["cycles"]:
            worker.files = {loaded.file: str(cycle)}
            worker.begin(str(cycle))
            began, began_at = time.process_time(), time.perf_counter()
            try:
                found.append(packed_notes(notes_of(function, name, request["seed"], cycle)))
            except BaseException as error:
                return {**fault(error, loaded.file, loaded.lines[name]), "cycle": cycle}
            processor += time.process_time() - began
            wall += time.perf_counter() - began_at
        return {"notes": found, "processor": processor, "wall": wall}


def notes_of(function: PatternFunction, name: str, seed: int, cycle: int) -> list[ToldNote]:
    """The notes that a function gives in a cycle. Raises what it raises, PatternError and PatternMistake."""
    pattern = as_pattern(function(cycle, Random(f"{seed} {name} {cycle}")))
    own_seed = crc32(f"{seed} {name}".encode())
    said: list[What] = []

    def words(what: What) -> Sequence[ToldWord]:
        said.append(what)
        return [ToldWord(f"\0{len(said) - 1}", 0)]

    def chain(transforms: Any) -> Chain:
        reader = ScalarValidator(Vocabulary({}, frozenset()), "")
        place = Place(Origin(name))
        chains = ChainReader(reader, None, name)
        found = chains.chain({key: WrittenParameter(one, place) for key, one in transforms.items()})
        for finding in reader.findings:
            raise PatternError(finding.sentence, 0)
        return found

    def stack(layers: list[Pattern]) -> Pattern:
        stacks.append(len(stacks) + 1000)
        return Stack(tuple(layers), stacks[-1])

    stacks: list[int] = []
    reader = FormReader(lambda text: read(text, fractions=True), chain, lambda notes: told(notes, words), stack)
    events = sounding(reader.tree(pattern.form), own_seed).begun(cycle)
    return [_note(event, cycle, said) for event in events if _plays(event, own_seed)]


def _plays(event: Event, seed: int) -> bool:
    return all(draw_number(seed, draw.number) < draw.probability * 2.0**32 for draw in event.draws)


def _note(event: Event, cycle: int, said: list[What]) -> ToldNote:
    assert event.word
    word, length = event.word, event.end - event.begin
    if isinstance(word, Call):
        raise PatternError(CALLED.format(word.before + word.name), 0)
    if event.when != ALWAYS:
        raise PatternError("'%fill' and '%first' stand outside of functions", 0)
    if length > LONGEST_NOTE:
        raise PatternError(f"a note is {LONGEST_NOTE} cycles long at most, not {length}", 0)
    what = said[int(word.text[1:])] if word.text.startswith("\0") else word.text
    return ToldNote(event.begin - cycle, length, what)


def _unfit(form: Any) -> str:
    """The reason for which a form of a pattern cannot be handed over; empty if it can."""
    level, size = [form], 0
    try:
        for _ in range(DEEPEST_FORM):
            inside = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
            level = [*islice(chain.from_iterable(inside), LARGEST_FORM)]
            size += len(level)
            if size >= LARGEST_FORM or not level:
                break
        else:
            return f"its parts are more than {DEEPEST_FORM} inside each other"
        if size < LARGEST_FORM and len(json.dumps(form)) <= LARGEST_FORM:
            return ""
    except (TypeError, ValueError):
        return "it is made of something else than texts, notes and transforms"
    return f"its texts and notes are more than {LARGEST_FORM:,} letters"


def fault(error: BaseException, file: str, line: int) -> Message:
    """An error as data: a sentence, and the innermost line of a file, or `line`."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename == file:
            line = frame.lineno or line
            break
    full = {"full": True} if isinstance(error, MemoryError) else {}
    try:
        sentence = _sentence(error)
    except BaseException:  # its text is made by the file too
        sentence = f"{type(error).__name__}, an error whose text cannot be made"
    return {"sentence": " ".join(sentence.split())[:500], "line": line, "column": 1, **full}


def _sentence(error: BaseException) -> str:
    text = str(error)
    match error:
        case PatternError():
            return error.sentence
        case waves.patterns.PatternMistake() | ForbiddenError():
            return text
        case SystemExit() | KeyboardInterrupt():
            return "it ends the program"
        case RecursionError():
            return "something in it calls itself without end"
        case MemoryError():
            return "it needs more memory than it may have, which is 512 MB"
        case ModuleNotFoundError(name=str(name)):
            return f"there is no module '{name}'"
        case ZeroDivisionError() | ImportError() | NameError() | AttributeError() if text:
            return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _lines(tree: ast.Module) -> dict[str, int]:
    """The lines at which names get a value at the top level of a file."""
    found: dict[str, int] = {}
    for statement in tree.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                found[node.name] = node.lineno
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found[node.id] = node.lineno
    return found


def _line_of_change(text: str, name: str) -> int:
    """The first line that seems to give an attribute a value."""
    change = re.compile(rf"\.{name}\s*(?::[^=]*)?=(?!=)|\b{name}['\"]")
    return next((k for k, line in enumerate(text.splitlines(), 1) if change.search(line)), 1)


def _first_line(text: object) -> str:
    lines = text.splitlines() if isinstance(text, str) else ()
    return next((line.strip() for line in lines if line.strip()), "")[:LONGEST_LINE]


def main() -> None:
    """Run the process."""
    requests, answers = taken_pipes()
    prints = Prints(os.dup(2))
    sys.stdout = sys.stderr = prints
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.setrecursionlimit(RECURSION)
    files = PatternFiles(prints)
    handlers = {"load": files.shared(files.load), "notes": files.shared(files.notes)}
    Worker(requests, answers, handlers).run(guard)


if __name__ == "__main__":
    main()
