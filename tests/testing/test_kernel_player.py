"""The player of one kernel: memory, prepared arrays, live input, the place in a block, and going on elsewhere."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.harness.paths import TOP
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.node import Floats, Node, Signal, State, param
from waves.node_types.library.checks import kernel_checks
from waves.testing import RATE, Player, cases_of, costs, in_blocks, node
from waves.testing.case import Case

EXAMPLES = TOP / "tests" / "example_nodes"
RAMP = np.arange(1.0, 301.0)


def example(name):
    return node(EXAMPLES / f"{name}.py")


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_rings_have_the_length_that_the_node_says(compiled):
    """A parameter may be called as an option of the player."""
    player = Player(example("echo"), 300, compiled=compiled, signal=RAMP, frames=100, seconds=0.01)
    assert player.memories["line"].size == 512 and player.memory_bytes == 512 * 8
    sound = player.render()
    assert not sound[:100].any() and np.array_equal(sound[100:], RAMP[:200])


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_two_players_share_a_ring(compiled):
    scribe = example("scribe")
    writer = Player(scribe, 64, compiled=compiled, signal=RAMP[:64])
    reader = Player(scribe, 64, compiled=compiled, write=False, name=writer.memories["name"])
    writer.render()
    assert np.array_equal(reader.render(), RAMP[:64])


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_arrays_are_those_that_the_node_prepares_for_a_channel(compiled):
    player = Player(example("table"), 4, compiled=compiled, length=4, width=2, channel=1)
    assert player.render().tolist() == [7.0, 6.0, 5.0, 4.0]
    assert player.array_bytes == 4 * 4 + 4 * 8


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_live_input_and_the_place_in_a_block(compiled):
    ear = Player(example("ear"), 300, compiled=compiled, channel=1, live=[0.0, RAMP]).render()
    assert np.array_equal(ear, RAMP)
    assert not Player(example("ear"), 100, compiled=compiled).render().any()
    for sound in in_blocks(example("place"), 200, compiled=compiled):
        assert np.array_equal(sound, np.arange(200) % 64)


def test_a_node_that_starts_notes_by_chance_starts_so_many_on_average():
    """Within three standard deviations of 1,000 notes; the same ones in blocks of any size."""
    found = []
    for block in (64, 17):
        player = Player(example("geiger"), 100_000, compiled=True, density=500.0, rate=50_000, seed=3)
        player.render(block=block)
        found.append(player.notes)
    assert abs(len(found[0]) - 1000) < 3 * 1000**0.5 and found[0] == found[1]
    assert all(0.2 <= value <= 1.0 for _, _, (value,) in found[0])


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_the_notes_that_a_kernel_starts(compiled):
    player = Player(example("bounce"), 200, compiled=compiled, time=0.001, rebound=0.5, rate=50_000)
    player.render(block=7)
    assert player.notes == [(0, 2500, (1.0,)), (25, 2500, (0.5,)), (38, 2500, (0.25,)), *player.notes[3:]]
    assert len(player.notes) == 7 and player.notes[-1][2] == (0.5**6,)
    player.begin_note()
    assert player.notes == []


def test_a_word_that_there_is_not_is_said_with_those_that_there_are():
    with pytest.raises(ValueError, match="^'type' is one of half, full, not 'whole'$"):
        Player(example("rectify"), 8, signal=1.0, type="whole").render()


def test_a_player_goes_on_in_other_memory_and_lets_the_node_adopt_its_state():
    table = example("table")
    player = Player(table, 10, length=4)
    player.render(6)
    assert player.continued().render().tolist() == [1.0, 0.0, 3.0, 2.0]
    assert player.continued(length=5).render().tolist() == [4.0, 3.0, 2.0, 1.0]
    loop = {"signal": np.tile(RAMP, 4), "length": 0.01}
    looper = Player(example("looper"), 1200, compiled=True, **loop)
    whole = Player(example("looper"), 1200, compiled=True, **loop).render()
    looper.render(128)
    assert np.array_equal(looper.continued().render(), whole[128:]) and whole.any()


@pytest.mark.parametrize("name", ["looper", "strings"])
def test_a_note_begins_anew_in_the_same_memory(name):
    player = Player(example(name), 300, compiled=True, signal=RAMP)
    first = player.render().copy()
    player.begin_note()
    assert not player.outputs.any() and np.array_equal(player.render(), first)


class Named(Node):
    """A state whose fields are called as what any record of NumPy has."""

    class state(State):
        size: int = 3
        real: float = 0.5
        data: Floats[2]

    @staticmethod
    def render(out: Any, state: Any) -> None:
        for i in range(out.size):
            state.size += 2
            state.data[1] += state.real
            out[i] = state.size + state.data[1]


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_fields_of_a_state_may_have_any_name(compiled):
    player = Player(Named, 3, compiled=compiled)
    assert player.render().tolist() == [5.5, 8.0, 10.5]
    assert (player.state.size, player.state.real, player.state.data.tolist()) == (9, 0.5, [0.0, 1.5])
    with pytest.raises(AttributeError, match="the state has no 'shape'"):
        _ = player.state.shape


class Swings(Node):
    """The part of a turn in a frame, of a node whose own rate is that of a modulation."""

    rate: Signal = param(2.0, unit="Hz")

    slow = ("slower",)

    @staticmethod
    def slowly(rate: Any, sample_rate: Any) -> Any:
        return rate / sample_rate

    @staticmethod
    def render(out: Any, rate: Any, slower: Any, sample_rate: Any) -> None:
        for i in range(out.size):
            out[i] = rate[i] / sample_rate + slower[i]


@pytest.mark.parametrize("frames_per_s", [None, 48_000.0])
def test_a_node_with_a_rate_of_its_own_knows_the_frames_per_second(frames_per_s):
    player = Player(Swings, 20, rate=3.0, sample_rate=frames_per_s)
    assert player.rate == (frames_per_s or RATE)
    np.testing.assert_allclose(player.render(), 6.0 / player.rate)
    assert not list(kernel_checks.slow_mistakes(Swings))


@pytest.mark.parametrize("name", ["rectify", "place"], ids=["one row", "a row a block"])
def test_the_time_of_a_block_is_that_of_its_kernel(monkeypatch, name):
    """What the player has to make for a call is made before the clock is read."""
    seen: list[str] = []
    make_row, clock = Player._row, costs.time.perf_counter_ns
    monkeypatch.setattr(Player, "_row", lambda *given: (seen.append("row"), make_row(*given))[1])
    monkeypatch.setattr(costs.time, "perf_counter_ns", lambda: (seen.append("clock"), clock())[1])
    monkeypatch.setattr(costs, "RUNS", 1)
    kind = example(name)
    Player(kind, 64, compiled=True).render()
    seen.clear()
    code = SimpleNamespace(address=kernel_cache.address(NodeKernel(kind)))
    [blocks] = costs._blocks([(Case(kind, {}), code)], lambda doing: None)
    started = [k for k, what in enumerate(seen) if what == "clock"][::2]
    assert len(started) == blocks.size and all(seen[k + 1] == "clock" for k in started)


def test_cases_stand_beside_a_node_file(tmp_path):
    nodes = tmp_path / "nodes"
    (nodes / "_cases").mkdir(parents=True)
    (nodes / "half.py").write_text((EXAMPLES / "rectify.py").read_text("utf-8").replace("Rectify", "Half"), "utf-8")
    assert cases_of(nodes / "half.py") == {}
    (nodes / "_cases" / "half.py").write_text('CASES = {"full": {"type": "full", "signal": -1.0}}\n', "utf-8")
    [(title, given)] = cases_of(nodes / "half.py").items()
    assert title == "full"
    assert Player(node(nodes / "half.py"), 4, **given).render().tolist() == [1.0] * 4
