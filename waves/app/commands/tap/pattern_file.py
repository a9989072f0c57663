"""A pattern into `patterns` of waves.yaml: one line comes or changes, and everything else stays as it is."""

from __future__ import annotations

import re

from waves.app.clients.piece.piece_texts import Conflict, PieceTexts
from waves.language.model.sound_arguments import UsageProblem
from waves.language.text.document import Document, read_document
from waves.problem import Problem, Problems

PATTERNS = "patterns"
NAME = re.compile(r"[A-Za-z]\w{0,99}")
SCALAR = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'\[\]{},#&*!|>%@`][^,\[\]{}#]*?(?=\s*(?:[,}]|\s#|$))""")
ATTEMPTS = 5  # at a file that others save meanwhile


def write_pattern(texts: PieceTexts, name: str, pattern: str, force: bool) -> str:
    """Write a pattern under a name; the name of the file. A save of others meanwhile stays, and is read again.

    Raises Problems where the text cannot take it, and UsageProblem for a name that is taken, unless `force`.
    """
    for _ in range(ATTEMPTS):
        now = texts.read()
        written = with_pattern(now.text, now.file, name, pattern, force)
        try:
            texts.save(now.file, written, now.version)
        except Conflict:
            continue
        return now.file
    raise Problems(Problem("the file is saved again and again by another program: nothing was written"))


def with_pattern(text: str, file: str, name: str, pattern: str, force: bool = False) -> str:
    """The text of a file with a pattern under a name. Raises as `write_pattern`."""
    if not NAME.fullmatch(name):
        raise UsageProblem(f"'{name}' can be no name of a pattern: letters, digits and `_`")
    before = _read(text, file)
    if name in before.entries:
        raise UsageProblem(f"'{name}' is a sound of the piece, which comes before a pattern of its name")
    known = before.entries[PATTERNS].data if PATTERNS in before.entries else None
    known = {} if known is None else known
    if isinstance(known, dict) and name in known:
        if known[name] == pattern:
            return text
        if not force:
            raise UsageProblem(f"there is a pattern '{name}' already: `--force` replaces it")
    made = _edited(text, before, name, pattern)
    if "\ufffd" in text or made is None or not _is_right(made, file, before, name, pattern):
        line = f'{name}: "{pattern}"'
        raise Problems(Problem(f"'{file}' is written in a way that is not changed here: put {line} into '{PATTERNS}'"))
    return made


def _read(text: str, file: str) -> Document:
    """A file without mistakes in its YAML. Raises Problems."""
    try:
        return read_document(text, file)
    except Problems:
        raise Problems(Problem(f"'{file}' has mistakes, see `waves check`: nothing was written")) from None


def _edited(text: str, before: Document, name: str, pattern: str) -> str | None:
    """The text with one line more, or with another value in it; None where it is not seen how."""
    end = "\r\n" if "\r\n" in text else "\n"
    value = f'{name}: "{pattern}"'
    if PATTERNS not in before.entries:
        return f"{text.rstrip()}{end}{end}{PATTERNS}:{end}  {value}{end}"
    entry = before.entries[PATTERNS]
    lines = text.split(end)
    if isinstance(entry.data, dict) and name in entry.data:
        mark = entry.mark((name,))
        line = lines[mark.line - 1]
        match = SCALAR.match(line, mark.column - 1)
        if not match:
            return None
        lines[mark.line - 1] = f'{line[: match.start()]}"{pattern}"{line[match.end() :]}'
        return end.join(lines)
    keys = list(entry.data or ())
    first = entry.mark((keys[0],), key=True) if keys else None
    if first and first.line == entry.line:
        line = lines[first.line - 1]
        lines[first.line - 1] = f"{line[: first.column - 1]}{value}, {line[first.column - 1 :]}"
    else:
        lines.insert(entry.line, " " * (first.column - 1 if first else 2) + value)
    return end.join(lines)


def _is_right(text: str, file: str, before: Document, name: str, pattern: str) -> bool:
    """Whether the text says what it said before, and the pattern."""
    try:
        after = read_document(text, file)
    except Problems:
        return False
    expected = {key: entry.data for key, entry in before.entries.items()}
    expected[PATTERNS] = {**(expected.get(PATTERNS) or {}), name: pattern}
    return {key: entry.data for key, entry in after.entries.items()} == expected
