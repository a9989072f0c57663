"""The table of kernel arguments: every part that passes an argument covers every row, and a new row needs no other."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import Rig
from tests.harness.paths import NODES
from tests.house import argument_table
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compile_errors import explain
from waves.engine.compiler.compiler import request
from waves.engine.compiler.compiler_worker import compile_request
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.engine.compiler.python_run import run_as_python
from waves.engine.compiler.sandbox_worker import ENTRY, run_compiled
from waves.engine.compiler.single_row import SingleRow, outputs_by_name
from waves.engine.compiler.trial_inputs import RATE, Case, cases
from waves.engine.native import entry
from waves.engine.plan.row_assembly import ROW_SOURCES, EngineAddresses
from waves.engine.plan.row_forms import ALONE, PLACED
from waves.engine.plan.state_binding import Binding
from waves.engine.state.copies import BufferPlace, RingPlace
from waves.language.tree.tree_node import TreeNode
from waves.node import BLOCK, Node
from waves.node_types.library import kernel_arguments, library, machine_types, signature
from waves.node_types.library.kernel_arguments import KINDS, ArgumentKind
from waves.node_types.library.machine_types import (
    FLOAT,
    INPUT,
    INTEGER,
    SILENCE,
    MachineType,
    PythonCall,
)
from waves.node_types.library.preparation import fresh_memories
from waves.node_types.started_notes import StartedNotes
from waves.problem import Problems

# A number at an address: no machine type of the program.
POINTED = MachineType(
    "pointed",
    "number",
    ("address",),
    lambda number: (np.array([number]),),
    lambda name, number, call: float(number),
)
MADE_UP = (
    ArgumentKind(INPUT, ("engine.silence",), "a block of zeros", named="silence", trial=SILENCE),
    ArgumentKind(INTEGER, ("engine.live_channels",), "channels of the live input", named="listened", trial=2),
    ArgumentKind(POINTED, ("engine.silence",), "the first number of a block of zeros", named="pointed", trial=0.0),
)
TEXT = """
from waves.node import Node


class Madeup(Node):
    @staticmethod
    def render(out, silence, listened, pointed):
        for i in range(out.size):
            out[i] = silence[i] + listened + pointed + 0.25
"""


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three more kinds of arguments: what a developer would write for them, and nothing else."""
    monkeypatch.setattr(kernel_arguments, "KINDS", (*KINDS, *MADE_UP))
    monkeypatch.setitem(entry.EXPRESSIONS, POINTED.name, lambda words: f"get_float({words.word()})")


def load(folder: Path, text: str) -> type[Node]:
    """The node type of a text; raises Problems."""
    folder.mkdir(exist_ok=True)
    (folder / "madeup.py").write_text(text, "utf-8")
    return library.load_library(NODES, folder)["madeup"]


def compiled(kind: type[Node]) -> NodeKernel:
    """The kernel of a type, compiled in this process: no other knows the kinds that are made up here."""
    kernel = NodeKernel(kind)
    if kernel_cache.missing([kernel]):
        compile_request(request(kernel))
    return kernel


def test_a_made_up_kind_is_known_by_its_row_alone(made_up, tmp_path):
    kind = load(tmp_path / "nodes", TEXT)
    case = next(iter(cases(kind)))
    run_as_python(kind, case)
    kernel = compiled(kind)
    machine_code = ENTRY(kernel_cache.address(kernel))
    assert run_compiled(kind, machine_code, case, frozenset()) == ""
    out = np.zeros(64)
    row = SingleRow(kind, {"out": out}, {})
    assert machine_code(row.words().ctypes.data, 0, 64) == 0
    assert (out == 2.25).all(), "its trial values"
    rig = Rig(TreeNode("x", kind, {}, {}))
    assert rig.engine.addresses.live_channels != 2
    assert (rig.play(640) == rig.engine.addresses.live_channels + 0.25).all(), "those of the engine"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("silence[i] = 0.0", "'silence' is an input, and can only be read"),
        ("out[i] = silence", "'silence' is a whole block of frames; silence[i] is one of them"),
        ("out[i] = silence.mean()", "'silence' has no 'mean'; it has frames, silence[i], and silence.size"),
        ("out[i] = listened[i]", "'listened' is one number for the whole block: it is written without [ ]"),
        ("out[i] = pointed(1)", "'pointed' is a number, and cannot be called"),
    ],
)
def test_messages_about_a_made_up_kind_are_those_of_its_machine_type(made_up, tmp_path, line, sentence):
    kind = load(tmp_path / "nodes", TEXT.replace("out[i] = silence[i] + listened + pointed + 0.25", line))
    origin = library.origin(kind)
    assert origin
    assert explain(kind, "", origin.sources()).sentence == f"madeup cannot be compiled: {sentence}"


def test_a_made_up_kind_is_suggested_and_documented(made_up, tmp_path, monkeypatch):
    with pytest.raises(Problems, match="takes an unknown argument, 'listned'; did you mean 'listened'"):
        load(tmp_path / "nodes", TEXT.replace("listened", "listned"))
    monkeypatch.setattr(argument_table, "KINDS", kernel_arguments.KINDS)
    assert "| `silence` | a block of zeros |" in argument_table.guide_table()
    assert "- `silence`: a block of zeros\n" in argument_table.face_list()


def test_a_kind_of_another_machine_type_is_another_kernel(made_up, tmp_path, monkeypatch):
    names = [NodeKernel(load(tmp_path / "nodes", TEXT)).name]
    for machine_type in (FLOAT, INTEGER):
        other = ArgumentKind(machine_type, ("engine.live_channels",), named="listened", trial=2)
        monkeypatch.setattr(kernel_arguments, "KINDS", (*KINDS, MADE_UP[0], other, MADE_UP[2]))
        names.append(NodeKernel(load(tmp_path / machine_type.name, TEXT)).name)
    assert names[0] == names[2] != names[1]


def test_without_its_row_it_is_not_known(tmp_path):
    with pytest.raises(Problems, match="its kernel takes an unknown argument, 'silence'"):
        load(tmp_path / "nodes", TEXT)


# ---- every row


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.asked_by)
def test_a_plan_has_a_source_for_every_word(kind):
    owners: dict[str, set[str]] = {
        "row": {*ROW_SOURCES, *ALONE, *(name.removeprefix("row.") for name in PLACED), "input"},
        "engine": {field.name for field in fields(EngineAddresses)},
        "state": set(Binding._fields),
        "memory": {*RingPlace._fields, *BufferPlace._fields},
    }
    for source in kind.sources:
        owner, _, name = source.partition(".")
        assert name in owners[owner], source


def test_machine_code_is_made_for_every_machine_type():
    types = [one for one in vars(machine_types).values() if isinstance(one, MachineType)]
    assert {one.name for one in types} | {entry.CONSTANT} == set(entry.EXPRESSIONS)
    assert {kind.machine_type for kind in KINDS} == set(types)


TAKES_ALL = """
import numpy as np

from waves.node import Channels, Choice, Floats, Node, Shared, Signal, Signals, State, param

Word = Choice["a", "b"]


class Madeup(Node):
    signal: Signal = param(1.0, unit="value")
    signals: Signals = param([])
    stereo: Channels = param(1.0, unit="value")
    share: float = param(0.5, unit="factor")
    count: int = param(3, unit="number")
    flag: bool = param(True)
    word: Word = param("b")
    name: Shared = param("tape")

    channels = ("left", "right")
    note_values = ("freq", "number")

    @classmethod
    def expand(cls, build):
        return build.node()

    arrays = {"singles": "f4", "doubles": "f8", "integers": "i8"}
    rings = {"line": 1, "lines": 3, "each": "stereo"}
    buffers = {"table": "f8", "order": "i8"}
    slow = ("half",)
    scratch = 1

    class state(State):
        past: Floats[2]

    @staticmethod
    def slowly(signal, share, rate):
        return 0.5 * signal + share / rate

    @staticmethod
    def lengths(constants, rate):
        return {"line": 0.01, "lines": 0.02, "each": 10 / rate, "name": 0.01, "table": 600, "order": 4}

    @staticmethod
    def prepare(constants, rate):
        table = np.arange(1.0, 5.0)
        return {"singles": table, "doubles": table, "integers": table}

    @staticmethod
    def render(left, right, signal, signals, stereo, share, count, flag, word, name, singles, doubles, integers,
               state, line, lines, each, table, order, half, work, rate, clock, seed, live, start, early, fade,
               notes, paged):
        for i in range(left.size):
            name.push(signal[i])
            line.push(signal[i] + 0.1 * i)
            for k in range(lines.size):
                lines[k].push(k + signal[i])
            for c in range(stereo.size):
                each[c].push(stereo[c][i])
            lines[1].put(2, 0.5 + lines[1].at(2))
            table[i] = table[i] + signal[i]
            order[i] = order[0] + 1
        doubled = table.edit(510, 1000)
        for k in range(doubled.size):
            doubled[k] = 2.0 + k
        read = table.part(500, 20)
        for i in range(left.size):
            work[i] = singles[1] / 3.0 + doubles[2] * integers[3] + signals[1][i] + stereo[0][i] + live[0][i]
            state.past[1] += share * count + flag + word + seed
            left[i] = work[i] + state.past[1] + line.between(2.25) + line.cubic(3.5) + lines[1].at(2) + each[0].at(1)
            left[i] += half[i] + read[i % read.size] + order[2] + table[i]
            left[i] += singles.part(1, 2)[1] + integers.part(0, 1)[0]
            right[i] = rate + clock + start + early + fade + i + signals.size + name.size + notes.size
            notes.start(i, 100 * i, signal[i], i)
        if paged.of(clock).size:
            paged.miss()
"""


AS_WIDE = {  # the same as wide as an input, with one more output and a rate of its own
    'channels = ("left", "right")': 'channels = "stereo"\n    outputs = ("more",)',
    "render(left, right,": "render(out, more,",
    "right[i] = rate": "for c in range(1, out.size):\n                out[c][i] = out[0][i] + c\n"
    "            more[i] = sample_rate",
    "left.size": "more.size",
    "left[i]": "out[0][i]",
    'slow = ("half",)': 'slow = {"half": 2}',
    "    flag: bool": '    rate: float = param(2.0, unit="Hz")\n    flag: bool',
    "work, rate, clock": "work, sample_rate, clock",
    "slowly(signal, share, rate):": "slowly(signal, share, half, clock, rate, sample_rate):",
    "return 0.5 * signal + share / rate": "half[0] = 0.5 * signal + share * rate / sample_rate\n"
    "        half[1] = 1e-6 * clock",
    "half[i] +": "half[0][i] + half[1][i] * half.size +",
}
TAKES_CHANNELS = TAKES_ALL
for one, other in AS_WIDE.items():
    TAKES_CHANNELS = TAKES_CHANNELS.replace(one, other)


def test_two_kernels_take_every_kind(tmp_path):
    kinds = [load(tmp_path / str(k), text) for k, text in enumerate((TAKES_ALL, TAKES_CHANNELS))]
    assert {argument.kind for kind in kinds for argument in signature.arguments(kind)} == set(KINDS)


@pytest.mark.parametrize("text", [TAKES_ALL, TAKES_CHANNELS], ids=["channels", "as wide as an input"])
def test_a_kernel_that_takes_every_kind_does_the_same_as_python_and_as_machine_code(tmp_path, text):
    """But for the last bits, which the compiler may round in another order."""
    kind = load(tmp_path / "nodes", text)
    machine_code = ENTRY(kernel_cache.address(compiled(kind)))
    for case in cases(kind):
        assert run_compiled(kind, machine_code, case, frozenset()) == ""
        run_as_python(kind, case)
        if case.tame:
            np.testing.assert_allclose(rendered(kind, case, machine_code), rendered(kind, case, None), rtol=1e-12)


def rendered(kind: type[Node], case: Case, machine_code: Any) -> Any:
    """All outputs of three calls: 64 frames, 24 and 40."""
    out = np.zeros((case.outputs(kind), BLOCK))
    memory = {
        "record": signature.state_default(kind),
        "scratch": np.zeros(BLOCK),
        "frame number": np.array([1000]),
        "notes": StartedNotes(2),
    }
    row = SingleRow(
        kind, {**case.given, **fresh_memories(case.needs), **outputs_by_name(kind, out), "rate": RATE}, memory
    )
    words, result = row.words(), []
    for first, frames in ((0, 64), (0, 24), (24, 40)):
        if machine_code:
            assert machine_code(words.ctypes.data, first, frames) == 0
        else:
            kind.render(*row.python(PythonCall(first, frames)))  # type: ignore[attr-defined]
        started = np.array(memory["notes"].started)
        assert started.shape == (frames, 4)
        result += [out[:, first : first + frames].ravel(), np.nan_to_num(started).ravel()]
    return np.concatenate(result)


def test_the_lists_of_the_documentation_are_those_of_the_table():
    """`python -m tests.house.argument_table` writes them."""
    assert argument_table.guide_table() in argument_table.GUIDE.read_text("utf-8")
    assert argument_table.face_list() in argument_table.FACE.read_text("utf-8")
