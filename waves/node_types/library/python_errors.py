"""Errors of Python in a node file, as it is parsed or run: a sentence, a line and a column."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from waves.node_types.contract.unimported import how_to_import, shared_module_of
from waves.problem import did_you_mean

Fault = tuple[str, int, int]
"""A sentence, the line and the column, both from 1; column 0: the first word of the line."""

PYTHON_NAMES = ("bool", "float", "int", "range", "staticmethod")  # that a misspelt name may have meant


class ForbiddenError(BaseException):
    """A node file does what it must not do while it is loaded; `except Exception` does not catch it."""


SEQUENCE = (
    "a node that starts notes inherits `waves.notes.StepNode` and returns "
    '`build.start(build.notes("steps"), build.step_count("steps"))`'
)
NOTES = (
    '`build.notes("steps")` are the notes of a node, and `note.raised(semitones)` is a higher one, without any import'
)
MOVED = {
    "waves.language.build.sequence_builder.sequence": SEQUENCE,
    "waves.notes.sequence": SEQUENCE,
    "waves.models": NOTES,
    "waves.names": NOTES,
    "build.model": NOTES,
}
"""Names and modules that a node file may know from another version, and what stands in their place."""


def parse_fault(error: Exception, text: str) -> Fault:
    """The fault of a text that cannot be parsed as Python."""
    zero = text.find("\0")
    match error:
        case _ if zero >= 0:
            return "is not Python: it has zero bytes", *_place(text, zero)
        case SyntaxError():
            return f"is not Python: {error.msg}", error.lineno or 1, error.offset or 1
        case UnicodeEncodeError():  # a byte that is not UTF-8 was read as a lone surrogate
            return "is not UTF-8 text", *_place(text, error.start)
        case RecursionError() | MemoryError():
            return "is not Python: it is nested too deeply", 1, 1
    return f"is not Python: {error}", 1, 1


def _place(text: str, at: int) -> tuple[int, int]:
    return text[:at].count("\n") + 1, at - text[:at].rfind("\n")


def run_fault(error: BaseException, file: str) -> Fault:
    """The fault of a text that raised an error while it was run, at the innermost line of its own."""
    line, frame = _innermost(error.__traceback__, file)
    if (named := VALIDATOR.search(str(error))) and frame:
        line = _line_of(frame.f_code, named[1] or named[2]) or line
    return f"cannot be loaded: {_sentence(error, frame, file)}", line, 0


def frames_of_thread(ident: int | None) -> Iterator[FrameType]:
    """The frames that a thread is in, innermost first; none when it has ended.

    The only place that uses `sys._current_frames`, a private name of Python with documented behaviour.
    """
    if frame := sys._current_frames().get(ident or 0):
        yield from (one for one, _ in traceback.walk_stack(frame))


def _innermost(trace: TracebackType | None, file: str) -> tuple[int, FrameType | None]:
    """The innermost line of a file, and its frame."""
    line, frame = 1, None
    while trace:
        if trace.tb_frame.f_code.co_filename == file:
            line, frame = trace.tb_lineno, trace.tb_frame
        trace = trace.tb_next
    return line, frame


def _sentence(error: BaseException, frame: FrameType | None, file: str) -> str:
    text = " ".join(str(error).split())
    if sentence := _of_validators(error, text):
        return sentence
    match error:
        case SystemExit() | KeyboardInterrupt():
            return "it ends the program when it is loaded"
        case RecursionError():
            return "something in it calls itself without end"
        case MemoryError():
            return "it needs more memory than there is"
        case ForbiddenError():
            return text
        case NameError(name=str(name)):
            if sentence := how_to_import(name):
                return sentence
            known = [*frame.f_locals, *frame.f_globals] if frame else []
            return _near(f"the name '{name}' is not known here", name, [*known, *PYTHON_NAMES])
        case ModuleNotFoundError(name=str(name)):
            for dots, folder, place in ((".", Path(file).parent, "beside it"), ("..", Path(file).parents[1], "above")):
                if (folder / f"{name}.py").exists():
                    return f"there is no module '{name}'; for the file {place} write `from {dots}{name} import …`"
            return f"there is no module '{name}'" + (f": {MOVED[name]}" if name in MOVED else "")
        case ImportError() if found := re.match(r"cannot import name '(\w+)' from '([\w.@]+)'", text):
            module = found[2].partition("@")[0]
            sentence = f"there is no '{found[1]}' in '{module}'"
            if module.startswith("waves.dsp") and (elsewhere := shared_module_of(found[1])):
                return f"{sentence}; write `from {elsewhere} import {found[1]}`"
            if instead := MOVED.get(f"{module}.{found[1]}"):
                return f"there is no '{found[1]}' in '{module}': {instead}"
            inside = [name for name in dir(sys.modules.get(module)) if not name.startswith("_")]
            return _near(sentence, found[1], inside)
        case ImportError():
            return text
        case AssertionError() if not text:
            return "an assertion does not hold"
        case TypeError() if found := re.match(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", text):
            function = frame.f_globals.get(found[1]) if frame else None
            code = getattr(function, "__code__", None)
            return _near(f"`{found[1]}` takes no '{found[2]}'", found[2], code.co_varnames if code else ())
    if isinstance(error, ValueError) and re.match(r"(Floats|Ints)\[", text):  # worded by `waves.node`
        return text
    if found := re.match(r"Field '(\w+)' requires a type annotation", text):
        return f"the parameter '{found[1]}' has no type: {found[1]}: float = param(…)"
    return f"{type(error).__name__}: {text}" if text else f"it raises {type(error).__name__}"


VALIDATORS = {
    "decorator-missing-field": "the validator {0} is of a parameter that there is not",
    "decorator-missing-arguments": '`@field_validator` names its parameters: @field_validator("level")',
    "decorator-invalid-fields": '`@field_validator` names its parameters: @field_validator("level")',
    "validator-signature": 'a validator takes (cls, value) with @field_validator("level"), or (self) with '
    '@model_validator(mode="after")',
    "validator-instance-method": 'a `@field_validator("level")` takes (cls, value)',
    "root-validator-pre-skip": '`@root_validator` is @model_validator(mode="after"), which takes (self)',
}
"""Mistakes in the validators of a class by their code in pydantic, and what is said of each."""


VALIDATOR = re.compile(r"\.(\w+) \(use check_fields|function signature for <function [\w.]*?\.?(\w+) at ")


def _line_of(code: CodeType, name: str) -> int:
    """The line of a function inside some code, its decorators included; 0 without one."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and (
            line := inner.co_firstlineno if inner.co_name == name else _line_of(inner, name)
        ):
            return line
    return 0


def _of_validators(error: BaseException, text: str) -> str:
    """The sentence for a mistake in the validators of a class; empty for another one."""
    function = VALIDATOR.search(text)
    code = str(getattr(error, "code", ""))
    if text.startswith("invalid mode:") or "model_validator() takes 0 positional" in text:
        return '`@model_validator` has a mode: @model_validator(mode="after")'
    return VALIDATORS.get(code, "").format(f"'{function[1]}'" if function else "")


def _near(sentence: str, word: str, known: Iterable[str]) -> str:
    near = did_you_mean(word, known)
    return f"{sentence}; did you mean {near}?" if near else sentence
