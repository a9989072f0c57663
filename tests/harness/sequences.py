"""A sequence of a few sounds, from the text of its steps to its pools, notes or problems."""

from __future__ import annotations

from typing import Any

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds, nodes
from waves.language.text.document import read_document
from waves.language.tree.tree_node import TreeNode
from waves.problem import Problem, Problems

SOUNDS = """
kick: {osc: {freq: 60, amp: 0.5, duration: 0.1}}
hat: {context: {v: 1, signal: {osc: {type: noise, amp: 0.3 * v, duration: 0.05}}}}
bass: {osc: {type: saw, freq: f * 0.5, duration: 0.2}}
pad: {osc: {freq: 110}}
lit: {context: {a: 3, signal: {osc: {freq: a * 100, duration: 0.1}}}}
"""


def text_of(steps: str, more: str = "interval: 0.5") -> str:
    """A piece whose sound `beat` is a sequence of these steps; `more` are its other parameters."""
    return f"{SOUNDS}beat: {{sequencer: {{{more}, steps: {steps}}}}}\n"


def tree(steps: str, more: str = "interval: 0.5", text: str = "") -> TreeNode:
    """The root of that piece, or of another text; fails when there are warnings."""
    root, warnings = build_sounds(["beat"], shipped(), [read_document(text or text_of(steps, more), "w.yaml")])
    assert warnings == []
    return root


def pools(root: TreeNode) -> dict[str, TreeNode]:
    """The pools of the one sequence, by name."""
    return {
        node.id.split(".Sequencer.")[1].removesuffix(".Pool"): node
        for node in nodes(root).values()
        if node.template and not node.voice
    }


def notes(steps: str, **given: Any) -> dict[str, Any]:
    """The notes of each pool, by step; -1 in place of NaN, so that equal notes are equal."""
    return {
        name: [[tuple(-1.0 if x != x else x for x in note) for note in step] for step in written(pool)]
        for name, pool in pools(tree(steps, **given)).items()
    }


def written(pool: TreeNode) -> tuple[tuple[tuple[float, ...], ...], ...]:
    """The notes of a pool: values by step and note."""
    steps: tuple[tuple[tuple[float, ...], ...], ...] = pool.settings["notes"]
    return steps


def problems(steps: str, more: str = "interval: 0.5") -> list[Problem]:
    """The problems of that piece, or its warnings; fails when there are none."""
    try:
        _, found = build_sounds(["beat"], shipped(), [read_document(text_of(steps, more), "w.yaml")])
    except Problems as error:
        found = error.problems
    assert found
    return found


def problem(steps: str, more: str = "interval: 0.5") -> str:
    """The one problem without its file and line."""
    (found,) = problems(steps, more)
    return str(found).split(": ", 1)[1].removeprefix("beat.sequencer.")


def column(steps: str) -> str:
    """The text from the caret on."""
    (found,) = problems(steps)
    assert found.mark
    return found.source[found.mark.column - 1 :]
