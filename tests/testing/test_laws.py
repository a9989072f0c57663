"""The laws of `waves.testing`: each is broken by a node that breaks no other, and kept by the nodes of the guide."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.paths import TOP
from waves.node import Channels, Node, Signal, param
from waves.node_types.library import library
from waves.problem import Problems
from waves.testing import Player, laws, laws_of_life, node, node_files
from waves.testing.case import Case
from waves.testing.laws import blocks_do_not_matter, constants_are_the_same
from waves.testing.laws_of_life import new_code_goes_on
from waves.testing.moving_case import moving_inputs

TONE = 0.5 * np.sin(np.arange(1024) * 0.03)
PULSES = np.where(np.arange(1024) // 150 % 2 == 0, 1.0, 0.0)
HEADER = """
import random

import numpy as np

from waves.dsp.maths import finite, clip
from waves.node import BLOCK, Floats, Node, Signal, State, param

LEVEL = random.random()
"""
BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "blocks": (
        """
        class Blocks(Node):
            signal: Signal = param(unit="value")

            @staticmethod
            def render(out, signal):
                for i in range(out.size):
                    out[i] = 0.5 * signal[i] + (0.001 if out.size < 16 else 0.0)
        """,
        {"signal": TONE},
        "in blocks of 1 frames it plays otherwise",
    ),
    "wrapped": (
        """
        class Wrapped(Node):
            @staticmethod
            def render(out, clock):
                for i in range(out.size):
                    out[i] = (((clock + i) * 6364136223846793005 + 1442695040888963407) % 1000) / 1000.0
        """,
        {},
        "as machine code it plays otherwise than as Python",
    ),
    "poisoned": (
        """
        class Poisoned(Node):
            signal: Signal = param(unit="value")

            class state(State):
                level: float = 0.0

            @staticmethod
            def render(out, signal, state):
                for i in range(out.size):
                    state.level += 0.1 * (signal[i] - state.level)
                    out[i] = state.level
        """,
        {"signal": TONE},
        "frames after 'signal' was nan its sound is not finite",
    ),
    "latched": (
        """
        class Latched(Node):
            level: Signal = param(0.5, unit="value", description="Read once, as the note begins.")

            class state(State):
                level: float = 0.0
                begun: bool = False

            @staticmethod
            def render(out, level, state):
                if not state.begun:
                    state.level, state.begun = level[0], True
                for i in range(out.size):
                    out[i] = state.level
        """,
        {"level": 0.5},
        "28 frames after 'level' was nan as it began its sound is not finite",
    ),
    "struck": (
        """
        class Struck(Node):
            level: Signal = param(0.5, unit="value", description="Read where the trigger rises.")
            trigger: Signal = param(0.0, unit="gate")

            class state(State):
                level: float = 0.0
                before: float = 0.0

            @staticmethod
            def render(out, level, trigger, state):
                for i in range(out.size):
                    if trigger[i] > 0.5 and not state.before > 0.5:
                        state.level = level[i]
                    state.before = finite(trigger[i], 0.0)
                    state.level *= 0.99
                    out[i] = state.level
        """,
        {"level": TONE, "trigger": 0.0},
        "28 frames after 'level' was nan at an edge of a gate its sound is not finite",
    ),
    "seldom": (
        """
        class Seldom(Node):
            level: Signal = param(0.5, unit="value", description="Read once in a tenth of a second.")

            class state(State):
                total: float = 0.0
                left: int = 3000

            @staticmethod
            def render(out, level, state):
                for i in range(out.size):
                    state.left -= 1
                    if state.left == 0:
                        state.total = 0.5 * (state.total + level[i])
                        state.left = 4410
                    out[i] = state.total
        """,
        {"level": TONE},
        "28 frames after 'level' was nan for a second its sound is not finite",
    ),
    "stale": (
        """
        class Stale(Node):
            signal: Signal = param(unit="value")
            gain: float = param(0.5, unit="factor")

            class state(State):
                held: float = 0.0
                left: int = 0

            @staticmethod
            def render(out, signal, gain, state):
                for i in range(out.size):
                    if state.left == 0:
                        state.held = gain
                        state.left = 600
                    state.left -= 1
                    out[i] = state.held * signal[i]
        """,
        {"signal": TONE},
        "an edit of 'gain' from 0.5 to 0.625 while it plays makes a click",
    ),
    "risen": (
        """
        class Risen(Node):
            class state(State):
                count: int = 0

            @staticmethod
            def render(out, state):
                for i in range(out.size):
                    out[i] = 0.1 if state.count < 450 else 0.0
                    state.count += 1
                return 450 <= state.count < 520
        """,
        {},
        "it has ended, and then it goes on",
    ),
    "chanced": (
        """
        class Chanced(Node):
            arrays = {"level": "f8"}

            @staticmethod
            def prepare(constants, rate):
                return {"level": np.full(4, LEVEL)}

            @staticmethod
            def render(out, level):
                for i in range(out.size):
                    out[i] = level[0]
        """,
        {},
        "each time its file is loaded it is another node",
    ),
    "ringing": (
        """
        class Ringing(Node):
            signal: Signal = param(unit="value")

            class state(State):
                past: Floats[512]
                at: int = 0

            @staticmethod
            def render(out, signal, state):
                for i in range(out.size):
                    out[i] = state.past[state.at]
                    state.past[state.at] = clip(0.99 * out[i] + finite(signal[i], 0.0), -9.0, 9.0)
                    state.at = (state.at + 1) % 512
        """,
        {"signal": TONE},
        "hush does not end it",
    ),
    "placed": (
        """
        class Placed(Node):
            @staticmethod
            def render(out, start):
                for i in range(out.size):
                    out[i] = (start + i) / BLOCK
        """,
        {},
        "a note that begins at frame 37 of a block is not the same",
    ),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of nodes that break a law each."""
    nodes = tmp_path_factory.mktemp("broken") / "nodes"
    nodes.mkdir()
    for name, (text, _, _) in BROKEN.items():
        example = f'"""Breaks a law.\n\n    out: {{{name}: {{}}}}\n"""\n'
        (nodes / f"{name}.py").write_text(example + HEADER + textwrap.dedent(text), "utf-8")
    return nodes


@pytest.mark.parametrize("name", BROKEN)
def test_a_node_that_breaks_one_law_is_found_by_it_alone(folder, name):
    _, given, sentence = BROKEN[name]
    [found] = laws(node(folder / f"{name}.py"), **given)
    assert sentence in found


def test_a_named_output_that_goes_on_is_no_sound_that_hush_must_end():
    class Pump(Node):
        signal: Channels = param(unit="value")
        channels = "signal"
        outputs = ("gain",)
        waits = ("signal",)

        @staticmethod
        def render(out, gain, signal, clock):
            for i in range(gain.size):
                gain[i] = (clock + i) % 2
                for k in range(signal.size):
                    out[k][i] = signal[k][i]

    class AsPython(Case):
        def player(self, frames: int = 0, /, *, compiled: bool = True, **changed: Any) -> Any:
            return super().player(frames, compiled=False, **changed)

    assert list(laws_of_life.hush_ends_it(AsPython(Pump, {"signal": [TONE, TONE]}))) == []


def test_a_variant_for_constants_that_plays_otherwise_is_found():
    class Louder(Case):
        def player(self, frames: int = 0, /, *, compiled: bool = True, **changed: Any) -> Any:
            louder = {"amp": 0.6} if changed.get("constant") else {}
            return super().player(frames, compiled=compiled, **changed, **louder)

    found = list(constants_are_the_same(Louder(node("osc"), {"freq": 440.0, "amp": 0.5})))
    assert found and all(" plays otherwise: from frame " in sentence for sentence in found)
    assert list(constants_are_the_same(Case(node("osc"), {"freq": 440.0, "amp": 0.5}))) == []


def example(name: str) -> type[Node]:
    return node(TOP / "tests" / "example_nodes" / f"{name}.py")


def test_a_kernel_that_raises_breaks_the_law_in_which_it_does(folder):
    """As Python: an index outside of a block, which machine code would not notice."""
    text = """
    class Outside(Node):
        signal: Signal = param(unit="value")

        @staticmethod
        def render(out, signal):
            for i in range(out.size):
                out[i] = signal[i] + 0.0 * (1 // int(signal[i] != 7.0))
    """
    (folder / "outside.py").write_text('"""Raises.\n\n    out: {outside: {}}\n"""\n' + HEADER + textwrap.dedent(text))
    found = laws(node(folder / "outside.py"), signal=np.full(100, 7.0))
    assert any("it raises ZeroDivisionError" in sentence for sentence in found)


GUIDE: dict[str, dict[str, Any]] = {
    "rectify": {"signal": TONE, "type": "full"},
    "ear": {"live": [TONE, 0.5 * TONE], "channel": 1},
    "pluck": {"trigger": PULSES, "keep": 0.9},
    "pluck, to its end": {"trigger": PULSES, "strikes": 2},
    "echo": {"signal": TONE, "frames": 50.0, "seconds": 0.01},
    "strings": {"signal": PULSES, "freq": 441.0},
    "scribe": {"name": "tape", "signal": TONE, "frames": 30},
    "table": {"length": 8, "width": 2, "channel": 1},
    "drawn": {"points": [0.0, 1.0, 0.5, -1.0], "freq": 441.0},
    "tuning": {"file": [[1.25, 1.5, 2.0]], "step": 9.0 * TONE, "root": 0.1},
    "split": {"a": TONE, "b": 0.3},
    "orbit": {"signal": TONE, "speed": 5.0},
    "send": {"to": "hall", "signal": [TONE, 0.5], "amount": 0.3},
    "sides": {"signal": [TONE, 0.2]},
    "squeeze": {"signal": [TONE, -TONE], "key": [PULSES], "threshold": -30.0},
    "swell": {"signal": TONE, "open": 3.0, "time": 0.01},
    "looper": {"signal": TONE, "length": 0.01, "keep": 0.5},
    "looper, cut": {"signal": TONE, "record": PULSES, "length": 0.013},
}


@pytest.mark.parametrize("name", GUIDE)
def test_a_node_of_the_guide_keeps_every_law(name):
    assert laws(example(name.partition(",")[0]), **GUIDE[name]) == []


def test_a_file_that_plays_otherwise_after_a_save_is_found(monkeypatch):
    """With a new field in its state, as without one."""
    kind = example("swell")
    text = library.origin(kind).source.text
    assert list(new_code_goes_on(Case(kind, GUIDE["swell"]))) == []
    monkeypatch.setattr(node_files, "_with_field", lambda *_: text.replace("out[i] = last", "out[i] = 0.9 * last"))
    saved_again = node_files.saved_again.__wrapped__
    monkeypatch.setattr(laws_of_life, "saved_again", saved_again)
    [found] = new_code_goes_on(Case(kind, GUIDE["swell"]))
    assert "with one more field, 'another_field', in its state, it plays otherwise: from frame 0 on" in found


def test_a_field_is_added_to_a_state_however_it_is_written():
    for state in ("class state(State):\n        count: int = 0", "class state(State): count: int = 0; more: int = 1"):
        text = node_files._with_field(f"class Own(Node):\n    {state}\n", "Own", "added")
        assert "added: float = 0.0; count: int = 0" in text
    assert node_files._with_field("class Own(Node):\n    tail = False\n", "Own", "added") == ""


def test_what_cannot_be_played_is_said_and_not_a_broken_law():
    with pytest.raises(TypeError, match="Osc has no parameter freqq"):
        laws(node("osc"), freqq=440.0)
    with pytest.raises(ValueError, match="a signal has one number or 64"):
        Player(node("filter"), 64, signal=np.zeros(64), cutoff=np.zeros(63))


def test_a_node_type_that_is_missing_has_a_suggestion():
    with pytest.raises(Problems, match="there is no node type 'oscc'; did you mean 'osc'"):
        node("oscc")
    assert issubclass(node("osc"), Node)


class FirstOnly(Node):
    """Reads the first frame of each block only."""

    keep: Signal = param(0.5, unit="factor", minimum=0.0, maximum=0.6)
    gate: Signal = param(1.0, unit="gate")

    @staticmethod
    def render(out: Any, keep: Any) -> None:
        for i in range(out.size):
            out[i] = keep[0]


def test_what_is_read_once_in_a_block_is_found_where_it_moves():
    moved = moving_inputs(FirstOnly, {"keep": 0.6})
    assert list(moved) == ["keep"] and moved["keep"].max() == 0.6 and moved["keep"].min() < 0.5
    assert moving_inputs(FirstOnly, moved) == {}, "it moves already"
    found = next(blocks_do_not_matter(Case(FirstOnly, moved)))
    assert found.startswith("in blocks of 1 frames it plays otherwise than in blocks of 64, as Python")
