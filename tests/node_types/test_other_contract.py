"""Node files written for another edition of the node contract: each thing that changed says what to write instead."""

from __future__ import annotations

import textwrap

import pytest

from waves.problem import Problems
from waves.testing import node

TEXT = """
from waves.node import Node, Shared, Signal, param
{imports}

class Own(Node):
    name: Shared = param("tape")
    signal: Signal = param(0.0, unit="value")

    {declared}

    @staticmethod
    def render({taken}):
        for i in range(left.size):
            left[i] = right[i] = signal[i]
"""
MEMORY = """@staticmethod
    def memory(constants):
        return 0.5"""
OF_MEMORY = "own: `memory(constants)` is `lengths(constants, rate)`: "
STARTS = (
    "a node that starts notes inherits `waves.notes.StepNode` and returns "
    '`build.start(build.notes("steps"), build.step_count("steps"))`'
)


@pytest.mark.parametrize(
    ("imports", "declared", "taken", "sentence"),
    [
        (
            "",
            'outputs = ("left", "right")',
            "left, right, signal",
            'own: `outputs` are signals of their own now: channels = ("left", "right")',
        ),
        ("", MEMORY, "out, signal, name", f'{OF_MEMORY}return {{"name": the seconds}}'),
        (
            "",
            MEMORY,
            "out, signal, memory, name",
            f'{OF_MEMORY}write rings = {{"memory": 1}}, and return {{"memory": the seconds, "name": the seconds}}',
        ),
        ("from waves.dsp.maths import edge", "", "out", "write `from waves.dsp.edges import edge`"),
        ("from waves.notes import sequence", "", "out", f"there is no 'sequence' in 'waves.notes': {STARTS}"),
        ("from waves.models import Token", "", "out", "there is no module 'waves.models': `build.notes("),
        ("from waves.names import note_frequency", "", "out", "`note.raised(semitones)` is a higher one"),
    ],
)
def test_what_to_write_is_said_at_the_line(tmp_path, imports, declared, taken, sentence):
    (tmp_path / "nodes").mkdir()
    file = tmp_path / "nodes" / "own.py"
    text = textwrap.dedent(TEXT).format(imports=imports, declared=declared, taken=taken)
    file.write_text(text, "utf-8")
    with pytest.raises(Problems) as caught:
        node(file)
    [problem] = caught.value.problems
    assert sentence in problem.sentence
    written = imports or next(line for line in declared.splitlines() if "@" not in line).strip()
    assert problem.mark
    assert (problem.mark.file, problem.source.strip()) == ("own.py", written)


def test_a_node_without_a_shared_ring_has_one_of_its_own(tmp_path):
    (tmp_path / "nodes").mkdir()
    text = TEXT.format(imports="", declared=MEMORY, taken="out, signal, memory").replace(
        "    name: Shared", "    # name"
    )
    (tmp_path / "nodes" / "own.py").write_text(text, "utf-8")
    with pytest.raises(Problems, match=r'write rings = {"memory": 1}, and return {"memory": the seconds}$'):
        node(tmp_path / "nodes" / "own.py")
