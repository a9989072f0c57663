"""Sentences about kernels that cannot be compiled, as they are made from the text alone."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import save
from waves.engine.compiler.compile_errors import MEMBERS, explain
from waves.engine.compiler.numba_target.cut_fractions import FIELD, ITEM, no_fraction_is_cut
from waves.engine.compiler.numba_target.target import for_machine_code
from waves.engine.native.entry import entry
from waves.node_types.library import library
from waves.node_types.library.machine_types import PreparedArray, PythonBuffer, Ring
from waves.node_types.started_notes import StartedNotes
from waves.problem import Problems

NODE = '''"""A node with something of everything."""

from waves.node import Node, Signal, param


class Full(Node):
    signal: Signal = param(0.0, unit="value")

    rings = {"past": 1}
    buffers = {"loop": "f8"}
    arrays = {"table": "f8"}

    @staticmethod
    def lengths(constants, rate):
        return {"past": 1.0, "loop": 100.0}

    @staticmethod
    def prepare(constants, rate):
        return {"table": [1.0, 2.0]}

    @staticmethod
    def render(out, signal, past, loop, table):
        for i in range(out.size):
            LINE
'''
SLICE = "numbers are taken one by one: {0}[k], not as a slice; {0}.part(first, count) is one"
RING = "'past' is a ring of past frames: past.at(age) reads, past.put(age, x) writes"

WHOLE = "'signal[0]' is a whole block of frames; signal[0][i] is one of them, in a loop, for i in range(signal[0].size)"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("out[i] = past[3]", RING),
        ("past[3] = 1.0", RING),
        ("out[i] = past.read(3)", "'past' has no 'read'; it has push, at, between, cubic, put, size"),
        ("out[i] = past.between(2.5) + missing", "the name 'missing' is not known here"),
        ("loop[1:3] = 1.0", SLICE.format("loop")),
        (
            "out[i] = table[1:][0]",
            "numbers are taken one by one: table[k], not as a slice; table.part(first, count) is one",
        ),
        ("loop.fill(0.0)", "'loop' has no 'fill'; it has size, part, edit"),
        ("out[i] = table.mean()", "'table' has no 'mean'; it has size, part"),
        ("out[i] = loop.edit(0, 9)[0] + table.part(0, 9)[0] + missing", "the name 'missing' is not known here"),
        ("table[0] = 1.0", "'table' is a prepared array, and can only be read: what changes is in the state"),
        (
            "out[i] = signal[i] * fs",
            "the name 'fs' is not known here; 'rate' is an argument of the kernel: render(…, rate)",
        ),
        ("out[i] = signal[i] * rate", "'rate' is an argument of the kernel: render(…, rate)"),
        ("out[i] = signal[i + len(signal) - 64]", "the number of frames is signal.size"),
        ("out[...] = signal[i]", "take frames one by one: out[i], not a slice"),
    ],
)
def test_what_is_said_of_a_line(tmp_path, line, sentence):
    save(tmp_path, NODE.replace("LINE", line), "full.py")
    kind = library.load_library(tmp_path)["full"]
    origin = library.origin(kind)
    assert origin
    problem = explain(kind, "", origin.sources())
    assert problem.sentence == f"full cannot be compiled: {sentence}"
    assert problem.source.strip() == line


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("out[0][i] = signal[0, i]", "one after another: signal[0][i]"),
        ("out[0, i] = signal[0][i]", "one after another: out[0][i]"),
        ("out[0][i] = past[0, 5 + i]", "one ring first: past[0].at(5 + i)"),
        ("out[0][i] = past.at(3)", "'past' is several rings: past[k].at"),
        ("out[0][i] = sum(signal)", "a sum is a loop: for k in range(signal.size): total += signal[k]"),
        ("out[0][0] = max(signal[0])", WHOLE),
        ("out[0][0] = 2.0 * signal[0]", WHOLE),
        ("out[0][0] = len(signal[0])", "the number of frames is signal[0].size"),
        ("out[0][0] = signal[0].sum()", "'signal[0]' has no 'sum'; it has frames, signal[0][i], and signal[0].size"),
        ("out[0][0] = sum(signal[0])", "a sum is a loop: for k in range(signal[0].size): total += signal[0][k]"),
        ("left = signal[0]; out[0][0] = left[0] + signal[0].size + missing", "the name 'missing' is not known here"),
    ],
)
def test_what_is_said_of_several_blocks_and_rings(tmp_path, line, sentence):
    text = NODE.replace("LINE", line).replace("signal: Signal", "signal: Channels").replace("Signal,", "Channels,")
    text = text.replace('"past": 1}', '"past": 2}').replace("    rings =", '    channels = "signal"\n    rings =')
    save(tmp_path, text.replace("(out.size)", "(out[0].size)"), "full.py")
    kind = library.load_library(tmp_path)["full"]
    origin = library.origin(kind)
    assert origin
    problem = explain(kind, "", origin.sources())
    assert (problem.sentence, problem.source.strip()) == (f"full cannot be compiled: {sentence}", line)


GIVES = "return 0.5 * depth, depth"
SLOW = '''"""A node with slow values."""

from waves.node import Node, Signal, param


class Full(Node):
    signal: Signal = param(0.0, unit="value")
    depth: Signal = param(0.0, unit="value")
    slow = ("gain", "level")

    @staticmethod
    def slowly(depth):
        return 0.5 * depth, depth

    @staticmethod
    def render(out, signal, gain, level):
        for i in range(out.size):
            out[i] = gain[i] * level[i] * signal[i]
'''


@pytest.mark.parametrize(
    ("old", "line", "sentence"),
    [
        (GIVES, "return rate * depth, depth", "'rate' is an argument: slowly(…, rate)"),
        (GIVES, "return depht, 0.0", "the name 'depht' is not known here; did you mean 'depth'?"),
        (
            "out[i] = gain[i] * level[i] * signal[i]",
            "out[i] = depth[i] * signal[i]",
            "'depth' is slow here: `render` reads 'gain' and 'level', which `slowly` makes of it",
        ),
    ],
)
def test_what_is_said_of_slow_values(tmp_path, old, line, sentence):
    save(tmp_path, SLOW.replace(old, line), "full.py")
    kind = library.load_library(tmp_path)["full"]
    origin = library.origin(kind)
    assert origin
    problem = explain(kind, "NameError: name 'rate' is not defined", origin.sources())
    assert (problem.sentence, problem.source.strip()) == (f"full cannot be compiled: {sentence}", line)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("return depth, depth, depth", "`slow` names 2 values, `slowly` gives 3"),
        ("return depth", "`slow` names 2 values, `slowly` gives 1"),
        ("return 0.5 * depth", "`slow` names 2 values, `slowly` gives 1"),
        ("return", "`slow` names 2 values, `slowly` gives none"),
    ],
)
def test_slowly_gives_as_many_values_as_slow_names(tmp_path, line, sentence):
    save(tmp_path, SLOW.replace(GIVES, line), "full.py")
    with pytest.raises(Problems) as raised:
        library.load_library(tmp_path)
    [problem] = raised.value.problems
    assert (problem.sentence, problem.source.strip()) == (f"full: {sentence}", line)


def test_what_slowly_gives_by_a_call_is_counted_by_the_compiler(tmp_path):
    """Not by the text: a call may give several values."""
    save(tmp_path, SLOW.replace(GIVES, "return max(depth, 0.5)"), "full.py")
    kind = library.load_library(tmp_path)["full"]
    origin = library.origin(kind)
    assert origin
    with pytest.raises(ValueError, match="unpack") as raised, for_machine_code():
        entry(kind, frozenset(), "full")
    problem = explain(kind, str(raised.value), origin.sources())
    assert problem.sentence == "full: `slow` names 2 values, `slowly` gives 1"
    assert problem.source.strip() == "return max(depth, 0.5)"


CUTS = """from waves.node import Ints, Node, State


class Full(Node):
    class state(State):
        lap: int = 0
        laps: Ints[2]

    @staticmethod
    def render(out, state):
        for i in range(out.size):
            out[i] = state.lap
            LINE
"""


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("state.lap = state.lap + 0.5", FIELD.format("lap")),
        ("state.lap += out[i]", FIELD.format("lap")),
        ("state.laps[1] = 0.5", ITEM),
    ],
)
def test_a_fraction_is_not_cut_silently(tmp_path, line, sentence):
    save(tmp_path, CUTS.replace("LINE", line), "full.py")
    kind = library.load_library(tmp_path)["full"]
    origin = library.origin(kind)
    assert origin
    with pytest.raises(ValueError, match="state") as raised, for_machine_code(), no_fraction_is_cut():
        entry(kind, frozenset(), "full")
    problem = explain(kind, str(raised.value), origin.sources())
    assert (problem.sentence, problem.source.strip()) == (f"full cannot be compiled: {sentence}", line)


def test_every_member_that_a_kernel_may_use_is_known():
    """What is right must not be named as the mistake where something else is wrong."""
    own = {name for name, value in vars(Ring).items() if callable(value) and not name.startswith("_")}
    assert own | {"size"} == {*MEMBERS["ring"]}
    for category, class_ in (("buffer", PythonBuffer), ("array", PreparedArray), ("notes", StartedNotes)):
        assert all(name == "size" or hasattr(class_, name) for name in MEMBERS[category]), category
    assert MEMBERS["buffer"] == (*MEMBERS["array"], "edit")
