"""Words of a `Choice`: numbers from one place, and no way to forget one without a problem at its line."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from tests.harness.paths import NODES
from waves.engine.compiler.kernel_cache import NodeKernel, kernels_of
from waves.node import Choice, Node, choice_numbers, choice_words
from waves.node_types.library import library, signature
from waves.node_types.library.checks import choice_checks
from waves.problem import Problems
from waves.testing import RATE, Player, node

OSC = (NODES / "sources" / "osc.py").read_text("utf-8")
HELPERS = {file.stem: file.read_text("utf-8") for file in (NODES / "sources").glob("_*.py")}
HELPERS = {name: text for name, text in HELPERS.items() if "from .._" not in text}
WORDS = choice_words(node("osc").model_fields["type"].annotation)
LISTED = ", ".join(f'"{word}"' for word in WORDS)
PERLIN = "        elif type == Shape.perlin:\n"
BRANCH = f"        elif type == Shape.parabola:\n            parabola(out)\n{PERLIN}"
PARABOLA = """

def parabola(out):
    for i in count(out.size):
        p = out[i] - int(out[i]) - 0.5
        out[i] = 1.0 - 8.0 * p * p
"""
FREQ, FRAMES = 441.0, 1000
folders = itertools.count()


def load(folder: Path, text: str, name: str = "osc", **helpers: str) -> type[Node]:
    """The node type of a text in a folder of its own, beside helper files; raises Problems."""
    folder = folder / f"nodes{next(folders)}"
    folder.mkdir()
    for file, content in {name: text, **helpers}.items():
        (folder / f"{file}.py").write_text(content, "utf-8")
    return library.load_library(NODES, folder)[name]


def with_parabola(at: int) -> str:
    """The text of the oscillator with one more word."""
    assert OSC.count(f"Choice[{LISTED}]") == 1
    words = [*WORDS[:at], "parabola", *WORDS[at:]]
    return OSC.replace(LISTED, ", ".join(f'"{word}"' for word in words))


@pytest.mark.parametrize("at", range(len(WORDS) + 1))
def test_a_word_that_the_kernel_does_not_know_is_a_problem_at_its_line(tmp_path, at):
    with pytest.raises(Problems) as caught:
        load(tmp_path, with_parabola(at), **HELPERS)
    [problem] = caught.value.problems
    assert problem.sentence == "osc: its kernel names words of 'type', but not 'parabola': say what each does"
    assert "def render(" in problem.source


@pytest.mark.parametrize("at", [0, 4, len(WORDS)])
@pytest.mark.parametrize("compiled", [False, True], ids=["python", "compiled"])
def test_a_word_plays_wherever_it_stands(tmp_path, at, compiled):
    kind = load(tmp_path, with_parabola(at).replace(PERLIN, BRANCH) + PARABOLA, **HELPERS)
    phase = np.arange(FRAMES) * FREQ / RATE % 1.0
    out = Player(kind, FRAMES, compiled=compiled, type="parabola", freq=FREQ).render()
    np.testing.assert_allclose(out, 1.0 - 8.0 * (phase - 0.5) ** 2, atol=1e-9)
    for word in WORDS if compiled else ("cos", "ramp", "none"):
        given: dict[str, Any] = {"type": word, "freq": FREQ, "compiled": compiled, "seed": 3}
        same = Player(kind, FRAMES, **given).render(), Player(node("osc"), FRAMES, **given).render()
        assert np.array_equal(*same), word


def kernels_with_a_choice() -> list[type[Node]]:
    """All shipped types and those of the language whose kernel takes a Choice."""
    kinds = {
        kernel.kind: None
        for kernel in kernels_of(library.load_library(NODES).values())
        if isinstance(kernel, NodeKernel) and library.is_shipped(kernel.kind)
    }
    return [kind for kind in kinds if any(signature.words(kind, a.name) for a in choices(kind))]


def choices(kind: type[Node]) -> list[signature.Argument]:
    return [argument for argument in signature.arguments(kind) if argument.name in kind.model_fields]


PLACES = {"Formant", "Modal"}  # whose words are places on a line, between which it moves, or in a table


def test_every_kernel_names_the_words_that_it_takes():
    kinds = kernels_with_a_choice()
    assert {"Osc", "Filter", "Delay", "StepClock", "StepValues"} <= {kind.__name__ for kind in kinds}
    for kind in kinds:
        [tree] = ast.parse(textwrap.dedent(inspect.getsource(kind.render))).body
        assert isinstance(tree, ast.FunctionDef)
        assert list(choice_checks.mistakes(kind, kind.render, tree, list(ast.walk(tree)))) == [], kind
        numbers = {number for argument in choices(kind) for number in choice_numbers(argument_type(kind, argument))}
        named = bool(numbers & set(kind.render.__code__.co_names))
        assert named != (kind.__name__ in PLACES), f"{kind.__name__} compares with no word"


def argument_type(kind: type[Node], argument: signature.Argument) -> Any:
    return signature.annotation(kind, argument.name)


# ---- what a kernel must not do with a word


TEXT = """
from waves.node import Choice, Node, param

Kind = Choice["up", "down", "low pass", "raise"]
Other = Choice["up", "down"]
UP = 0


class Bend(Node):
    kind: Kind = param("up")

    @staticmethod
    def render(out, kind):
        for i in range(out.size):
            if kind in (Kind.up, Kind.down):
                out[i] = 0.5
            elif kind == Kind.low_pass or kind == Kind.raise_:
                out[i] = 0.25
            LINE
"""
HOW = "'kind' is compared with a word of its Choice: Kind.raise_"
NONE_NAMED = TEXT.replace("kind in (Kind.up, Kind.down)", "i > 0")
NONE_NAMED = NONE_NAMED.replace("kind == Kind.low_pass or kind == Kind.raise_", "i == 0")


@pytest.mark.parametrize(
    ("line", "column", "sentence"),
    [
        ("x = kind == 1", 25, HOW),
        ("x = kind == -1", 25, HOW),
        ("x = 1 != kind", 17, HOW),
        ("x = kind == UP", 25, HOW),
        ("x = kind in (Kind.up, 3)", 35, HOW),
        ("x = kind == 'up'", 25, HOW),
        ("x = kind == Other.up", 25, HOW),
        ("x = kind < Kind.down", 17, "the words of 'kind' have no order: compare it by ==, != or in"),
        ("x = kind == Kind.dwon", 25, "'Kind' has no word 'dwon'; did you mean 'down'?"),
        ("x = Kind.lo_pass", 17, "'Kind' has no word 'lo_pass'; did you mean 'low_pass'?"),
        ("x = out[i] == 'up'", 27, "a kernel knows no text, only numbers"),
    ],
)
def test_a_choice_is_compared_with_its_words_only(tmp_path, line, column, sentence):
    with pytest.raises(Problems) as caught:
        load(tmp_path, TEXT.replace("LINE", line), "bend")
    assert [problem.sentence for problem in caught.value.problems] == [f"bend: {sentence}"]
    [problem] = caught.value.problems
    assert problem.mark and problem.mark.column == column and problem.source.strip() == line


def test_a_case_of_match_is_a_word(tmp_path):
    cases = "match kind:\n                case {}:\n                    out[i] = 2.0"
    assert load(tmp_path, TEXT.replace("LINE", cases.format("Kind.up | Kind.down")), "bend")
    with pytest.raises(Problems, match=HOW):
        load(tmp_path, TEXT.replace("LINE", cases.format("0 | Kind.down")), "bend")


def test_an_unnamed_choice_is_given_a_name(tmp_path):
    text = TEXT.replace('kind: Kind = param("up")', 'kind: Choice["a", "b c"] = param("a")').replace("LINE", "x = 0.0")
    with pytest.raises(Problems) as caught:
        load(tmp_path, text, "bend")
    how = 'bend: \'kind\' is compared with a word of its Choice: Kind = Choice["a", "b c"], then Kind.b_c'
    assert {problem.sentence for problem in caught.value.problems} == {how}


@pytest.mark.parametrize(
    "line",
    ["x = (1.0, 2.0, 3.0, 4.0)[kind]", "k = kind; x = k == kind", "UP = i; x = kind == UP", "x = out[i] == 1"],
)
def test_other_uses_of_the_number_are_free(tmp_path, line):
    """An index into a table of the words, or values that only the kernel knows."""
    assert load(tmp_path, NONE_NAMED.replace("LINE", line), "bend")


def test_words_may_be_named_in_a_helper(tmp_path):
    """In a file beside it, where the Choice is."""
    helper = 'from waves.node import Choice\n\nKind = Choice["up", "down"]\n\n\n'
    helper += "def bent(kind, x):\n    if kind == Kind.up:\n        return x\n    return LAST\n"
    text = "from waves.node import Node, param\n\nfrom ._kinds import Kind, bent\n\n\nclass Bend(Node):\n"
    text += '    way: Kind = param("up")\n\n    @staticmethod\n    def render(out, way):\n'
    text += "        for i in range(out.size):\n            out[i] = bent(way, 1.0)\n"
    used = helper.replace("LAST", "-x if kind == Kind.down else 0.0")
    kind = load(tmp_path, text, "bend", _kinds=used)
    assert Player(kind, 8, compiled=True, way="down").render().tolist() == [-1.0] * 8
    with pytest.raises(Problems, match="names words of 'way', but not 'down'"):
        load(tmp_path, text, "bend", _kinds=helper.replace("LAST", "0.0"))


# ---- the type itself


def test_a_word_has_its_number_as_an_attribute():
    kind: Any = Choice["sin", "low pass", "raise", "2x"]
    assert (kind.sin, kind.low_pass, kind.raise_) == (0, 1, 2)
    assert choice_numbers(kind) == {"sin": 0, "low_pass": 1, "raise_": 2}
    assert choice_words(kind) == ("sin", "low pass", "raise", "2x") and choice_words(Choice) == choice_words(int) == ()
    assert repr(kind) == "Choice['sin', 'low pass', 'raise', '2x']"


def test_its_values_are_its_words():
    adapter: Any = TypeAdapter(Choice["sin", "saw"])
    assert adapter.validate_python("saw") == "saw"
    with pytest.raises(ValidationError):
        adapter.validate_python("tri")


@pytest.mark.parametrize("words", [("a", "a"), ("a", 1), 2])
def test_words_are_texts_each_once(words):
    with pytest.raises(TypeError, match="expected words in quotes, each once"):
        Choice[words]


def test_another_order_is_another_kernel(tmp_path):
    """The numbers are in the machine code."""
    first, second = (
        NodeKernel(load(tmp_path, text.replace("LINE", "x = 0.0"), "bend"))
        for text in (TEXT, TEXT.replace('"up", "down", "low', '"down", "up", "low'))
    )
    assert first.name != second.name
