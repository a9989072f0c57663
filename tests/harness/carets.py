"""Texts with a caret `|` in them, and the surroundings of the shipped node types."""

from __future__ import annotations

import re
from functools import cache

from tests.harness.mistakes import cases
from tests.harness.paths import NODES, TOLD, TOP
from waves.assist.meaning.piece_names import Surroundings
from waves.node_types.library.library import load_library

DEMO = (TOP / "waves.yaml").read_text("utf-8")
KIT = """
kick: {osc: {freq: 55, duration: 0.2}}
# A hat, short and dry.
hat: {context: {v: 1, note: a3, signal: {osc: {type: noise, amp: 0.3 * v, duration: 0.05}}}}
vars: {root: c2, feel: 0.1}
"""


@cache
def surroundings() -> Surroundings:
    """The shipped node types, and two samples."""
    return Surroundings(load_library(NODES), files=("samples/break.flac", "samples/hits"))


def at_caret(text: str) -> tuple[str, int, int]:
    """A text without its first `|`, and line and column of that, from 1."""
    before, _, after = text.partition("|")
    return before + after, before.count("\n") + 1, len(before) - before.rfind("\n")


@cache
def many_texts() -> tuple[str, ...]:
    """The demo, the examples of the language page, and the texts of all cases with a mistake."""
    page = (TOP / "docs" / "language.md").read_text("utf-8")
    examples = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    broken = [case.text.decode("utf-8", "surrogateescape") for case in (*cases(), *cases(TOLD))]
    return DEMO, (TOP / "examples" / "kit" / "waves.yaml").read_text("utf-8"), *examples, *broken
