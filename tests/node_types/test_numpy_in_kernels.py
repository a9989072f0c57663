"""The part of NumPy that works in a kernel: each name that does, and each that is refused with the way to write it."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from tests.harness.session_harness import NODES, save
from waves.node_types.contract.numpy_in_kernels import CONSTANTS, INSTEAD, instead
from waves.node_types.library import library
from waves.problem import Problem, Problems
from waves.testing import Player

HEAD = '''"""A node as someone who knows NumPy writes it."""

import math

import numpy as np
from numpy import tanh
from numpy.random import default_rng

from waves.node import Floats, Ints, Node, Signal, State, param

N = 2
TABLE = np.sin(np.arange(8) / 8)
GRID = np.arange(6.0).reshape(2, 3)
STEP = np.float64(0.25)
NUMBERS = default_rng(1).random(4)
RNG = default_rng(1)
'''
NODE = """

class {name}(Node):
    signal: Signal = param(0.5, unit="value")

    class state(State):
        past: Floats[N * 4]
        filled: Floats[3] = 2.0
        count: Ints[2]

    @staticmethod
    def render(out, signal, state):
        for i in range(out.size):
            {line}
"""
WORKS = {  # what stands in a kernel, and its value in NumPy
    **{f"np.{name} * 1.0": getattr(np, name) for name in CONSTANTS if name != "nan"},
    "0.0 if np.nan == np.nan else 1.0": 1.0,
    "TABLE[3] + TABLE[-1]": np.sin(3 / 8) + np.sin(7 / 8),
    "GRID[1, 2] + GRID[0][1]": 6.0,
    "TABLE.size + len(TABLE) + GRID.shape[1]": 19.0,
    "STEP + NUMBERS[2]": 0.25 + np.random.default_rng(1).random(4)[2],
    "state.past.size + len(state.past) + state.filled[1]": 18.0,
    "0.5 ** 2 + abs(-0.5) + max(0.5, 1.0) + 5.0 % 3.0 + 5 // 2": 5.75,
}
REFUSED = {
    "np.sin(signal[i])": "'np.sin' is of NumPy, which works on whole arrays; "
    "`math.sin(x)` takes radians, `sine(x)` of `waves.dsp.maths` takes turns",
    "np.tanh(signal[i])": "'np.tanh' is of NumPy, which works on whole arrays; for one number write `math.tanh`",
    "tanh(signal[i])": "'tanh' is of NumPy, which works on whole arrays; for one number write `math.tanh`",
    "np.float32(signal[i])": "'np.float32' is of NumPy, which works on whole arrays; for one number write `float(x)`",
    "np.zeros(64)[0]": "'np.zeros' is of NumPy, which works on whole arrays; a kernel makes no array: "
    "`Floats[64]` in the state, `work`, or a buffer; a table comes from `prepare`",
    "np.mean(signal)": "'np.mean' is of NumPy, which works on whole arrays; frames are taken one by one: "
    "a variable, or a field of the state, in the loop over them",
    "np.roll(signal, 1)[i]": "'np.roll' is of NumPy, which works on whole arrays; "
    'a ring keeps past frames: `rings = {"past": 1}`, then `past.at(age)`',
    "np.random.rand()": "'np.random.rand' is of NumPy, which works on whole arrays; "
    "the n-th random number of a node is `uniform(seed, n)` or `gaussian(seed, n)`, from `waves.dsp.maths`",
    "default_rng(1).random()": "'default_rng' is of NumPy, which works on whole arrays; "
    "`prepare` can use it; a kernel takes numbers, `math` and `waves.dsp`",
    "np.fft.rfft(signal)[0]": "'np.fft.rfft' is of NumPy, which works on whole arrays; "
    "write `from waves.dsp.fft import fft`",
    "np.polyfit(signal, signal, 1)[0]": "'np.polyfit' is of NumPy, which works on whole arrays; "
    "`prepare` can use it; a kernel takes numbers, `math` and `waves.dsp`",
    "state.past.sum()": "a kernel reads an array by index, `state.past[k]`, and knows `state.past.size`; "
    "frames are taken one by one: a variable, or a field of the state, in the loop over them",
    "TABLE.mean()": "a kernel reads an array by index, `TABLE[k]`, and knows `TABLE.size`; "
    "frames are taken one by one: a variable, or a field of the state, in the loop over them",
    "state.past[2:6][0]": "numbers are taken one by one: `state.past[i]`, not as a slice",
    "state.past[0, 1]": "`state.past` has no such dimension: `state.past[k]`, as `state.past[row * size + column]`",
    "state.past * 2.0": "numbers are taken one by one: `state.past[i]`, not the whole array",
    "(-TABLE)[0]": "numbers are taken one by one: `TABLE[i]`, not the whole array",
    "1.0 if TABLE > 0.0 else 0.0": "numbers are taken one by one: `TABLE[i]`, not the whole array",
    "RNG.random()": "'RNG' is a Generator of NumPy, which no kernel knows; "
    "the n-th random number of a node is `uniform(seed, n)` or `gaussian(seed, n)`, from `waves.dsp.maths`",
    "TABLE[::2][0]": "numbers are taken one by one: `TABLE[i]`, not as a slice",
}


def text_of(name: str, lines: str) -> str:
    return HEAD + NODE.format(name=name, line=lines)


def problems(folder: Path, *texts: tuple[str, str]) -> list[Problem]:
    for name, text in texts:
        save(folder, text, name)
    with pytest.raises(Problems) as found:
        library.load_library(NODES, folder)
    return list(found.value.problems)


def test_what_works_is_equal_to_numpy_as_python_and_as_machine_code(tmp_path):
    lines = [f"if signal[i] == {k}.5:\n                out[i] = {each}" for k, each in enumerate(WORKS)]
    text = text_of("Knows", "\n            ".join(["out[i] = 0.0", *lines]))
    save(tmp_path, text, "knows.py")
    kind = library.load_library(tmp_path)["knows"]
    for compiled in (False, True):
        found = [Player(kind, 64, compiled=compiled, signal=k + 0.5).render()[5] for k, _ in enumerate(WORKS)]
        assert found == pytest.approx([*WORKS.values()], rel=1e-15)


@pytest.mark.parametrize(("line", "sentence"), REFUSED.items())
def test_what_does_not_work_is_refused_with_the_way_to_write_it(tmp_path, line, sentence):
    (problem,) = problems(tmp_path, ("knows.py", text_of("Knows", f"out[i] = {line}")))
    assert problem.sentence == f"knows: {sentence}"
    written = problem.source[problem.mark.column - 1 :]
    at = re.match(r"[\w.]+", line.replace("(-", "").replace("1.0 if ", ""))
    assert at and written.startswith(at[0].removesuffix(".random"))


def test_nobody_is_told_to_import_numpy_for_what_is_refused_then(tmp_path):
    text = text_of("Knows", "out[i] = numpy.tanh(signal[i])")
    (problem,) = problems(tmp_path, ("knows.py", text))
    assert "import numpy\n" not in text and "import math\n" in text
    sentence = f"knows: {REFUSED['np.tanh(signal[i])'].replace('np.', 'numpy.')}"
    assert problem.sentence == sentence
    (problem,) = problems(tmp_path, ("knows.py", text.replace("import math\n", "")))
    assert problem.sentence == f"{sentence}, and `import math` at the top of the file"


STATEMENTS = {
    "state.past += 1.0": "numbers are taken one by one: `state.past[i]`, not the whole array",
    "state.past = 0.0": "numbers are taken one by one: `state.past[i]`, not the whole array",
    "TABLE[0] = 1.0": "'TABLE' can only be read: what changes is in the state, or in a buffer",
    "TABLE[0] += 1.0": "'TABLE' can only be read: what changes is in the state, or in a buffer",
    "for v in TABLE: out[i] = v": "loop over the numbers of the places: `for k in range(TABLE.size)`",
}


@pytest.mark.parametrize(("line", "sentence"), STATEMENTS.items())
def test_a_statement_that_takes_a_whole_array_is_refused_with_the_way_to_write_it(tmp_path, line, sentence):
    (problem,) = problems(tmp_path, ("knows.py", text_of("Knows", line)))
    assert problem.sentence == f"knows: {sentence}"
    written = problem.source[problem.mark.column - 1 :]
    assert written.startswith(line.partition(" ")[0].partition("[")[0] if "for" not in line else "TABLE")


def test_every_name_of_the_list_is_refused_as_the_list_says(tmp_path):
    names = [name for name in INSTEAD if hasattr(np, name)]
    assert sorted(set(INSTEAD) - {*names}) == [] and len(names) > 90
    lines = "\n            ".join(f"out[i] = np.{name}(signal[i])" for name in names)
    found = problems(tmp_path, ("knows.py", text_of("Knows", lines)))
    assert [problem.sentence for problem in found] == [
        f"knows: 'np.{name}' is of NumPy, which works on whole arrays; {INSTEAD[name]}" for name in names
    ]


def test_what_is_written_instead_exists_and_is_equal_to_numpy():
    tried = 0
    for name, sentence in INSTEAD.items():
        if found := re.search(r"write `(math\.\w+)`$", sentence):
            function, numpys = eval(found[1], {"math": math}), getattr(np, name)
            values = (1.25,) if name == "arccosh" else (0.3,)
            given = (*values, 0.7) if numpys.nin == 2 else values
            assert float(function(*given)) == pytest.approx(float(numpys(*given)), rel=4e-16), name
            tried += 1
        elif found := re.search(r"from (waves\.dsp\.\w+) import (\w+)`$", sentence):
            assert callable(getattr(__import__(found[1], fromlist=["x"]), found[2])), name
            tried += 1
    assert tried > 35


def test_names_of_the_kernel_hide_those_of_the_module(tmp_path):
    """A variable called TABLE is no array."""
    save(tmp_path, text_of("Knows", "TABLE = (1.0, 2.0, 3.0)\n            out[i] = TABLE[1:][0]"), "knows.py")
    assert "knows" in library.load_library(tmp_path)


def test_a_helper_is_looked_at_too(tmp_path):
    """In the file of the node at its line, of another file at `render` with its place."""
    beside = text_of("Knows", "out[i] = shaped(signal[i])") + "\n\ndef shaped(x):\n    return np.tanh(x)\n"
    (problem,) = problems(tmp_path / "a", ("knows.py", beside))
    assert "np.tanh(x)" in problem.source and problem.sentence.endswith(instead("tanh"))
    helper = "import numpy as np\n\n\ndef shaped(x):\n    return np.tanh(x)\n"
    text = text_of("Knows", "out[i] = shaped(signal[i])").replace("\nN = 2", "\nfrom ._shapes import shaped\n\nN = 2")
    (problem,) = problems(tmp_path / "b", ("knows.py", text), ("_shapes.py", helper))
    assert problem.sentence.startswith("knows: _shapes.py:5:1: 'np.tanh' is of NumPy")
    assert "render" in problem.source or "staticmethod" in problem.source
