"""State follows a node that is moved, wrapped, renamed or shifted; a tie is not a match, no node is matched twice."""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.harness.engine_harness import Rig, lowered, mix, node
from waves.engine.graph.matching import match_nodes
from waves.engine.plan.renaming import rename_nodes


def osc(id, freq, **more):
    return node(id, "osc", freq=freq, amp=0.1, **more)


def test_a_renamed_node_is_found():
    old = lowered(mix(a=osc("r.a.Osc", 100.0), b=osc("r.b.Osc", 200.0)))
    new = lowered(mix(c=osc("r.c.Osc", 100.0), b=osc("r.b.Osc", 200.0)))
    assert match_nodes(old, new) == {"r.c.Osc": "r.a.Osc"}


def test_a_wrapped_node_is_found():
    old = lowered(mix(a=osc("r.a.Osc", 100.0)))
    inner = osc("r.a.Filter.signal.Osc", 100.0)
    new = lowered(mix(a=node("r.a.Filter", "filter", cutoff=500.0, signal=inner)))
    assert match_nodes(old, new) == {"r.a.Filter.signal.Osc": "r.a.Osc"}


def test_another_sound_begins_but_for_nodes_with_the_same_explicit_id():
    def piece(sound, freq):
        return mix(own=osc(f"{sound}.root.Mix.own.Osc", 100.0), shared=osc(f"{sound}/drone", freq))

    old, new = lowered(piece("day", 200.0)), lowered(piece("night", 250.0))
    assert match_nodes(old, new) == {"night/drone": "day/drone"}


def test_a_list_that_shifts_keeps_each_node():
    def piece(*freqs):
        return mix(**{str(k): osc(f"r.signals.{k}.Osc", f) for k, f in enumerate(freqs)})

    found = match_nodes(lowered(piece(100.0, 200.0, 300.0)), lowered(piece(50.0, 100.0, 200.0, 300.0)))
    assert found == {f"r.signals.{k + 1}.Osc": f"r.signals.{k}.Osc" for k in range(3)}
    assert match_nodes(lowered(piece(100.0, 200.0)), lowered(piece(100.0, 250.0))) == {}


def test_entries_of_one_type_in_a_list_stay_the_same_nodes_when_one_is_inserted_before_them():
    """As the language names them: `osc`, `osc~2`."""

    def piece(*freqs):
        names = [f"osc~{k}" if k > 1 else "osc" for k in range(1, len(freqs) + 1)]
        return mix(**{name: osc(f"r.signals.{name}.Osc", f) for name, f in zip(names, freqs, strict=True)})

    inserted = {"r.signals.osc~2.Osc": "r.signals.osc.Osc", "r.signals.osc~3.Osc": "r.signals.osc~2.Osc"}
    assert match_nodes(lowered(piece(100.0, 200.0)), lowered(piece(50.0, 100.0, 200.0))) == inserted
    assert match_nodes(lowered(piece(100.0, 200.0)), lowered(piece(200.0))) == {
        "r.signals.osc.Osc": "r.signals.osc~2.Osc"
    }
    assert match_nodes(lowered(piece(100.0, 200.0)), lowered(piece(100.0, 250.0))) == {}
    assert match_nodes(lowered(piece(100.0, 100.0)), lowered(piece(100.0, 100.0))) == {}


def test_a_changed_and_renamed_node_is_found_by_similarity():
    old = lowered(mix(a=node("r.a.Osc", "osc", type="saw", freq=100.0, amp=0.1), b=osc("r.b.Osc", 200.0)))
    new = lowered(mix(c=node("r.c.Osc", "osc", type="saw", freq=110.0, amp=0.1), b=osc("r.b.Osc", 200.0)))
    assert match_nodes(old, new) == {"r.c.Osc": "r.a.Osc"}


def test_a_tie_is_not_a_match():
    old = lowered(mix(a=osc("r.a.Osc", 100.0), b=osc("r.b.Osc", 100.0)))
    new = lowered(mix(c=osc("r.c.Osc", 100.0)))
    assert match_nodes(old, new) == {}
    assert match_nodes(new, old) == {}


def test_never_two_to_one():
    old = lowered(mix(a=osc("r.a.Osc", 100.0)))
    new = lowered(mix(c=osc("r.c.Osc", 100.0), d=osc("r.d.Osc", 101.0)))
    found = match_nodes(old, new)
    assert len(set(found.values())) == len(found) == 1 and found == {"r.c.Osc": "r.a.Osc"}


def test_nodes_below_a_moved_node_move_with_it():
    def piece(name, cutoff):
        lfo = node(f"r.{name}.Filter.cutoff.Osc", "osc", freq=cutoff)
        saw = osc(f"r.{name}.Filter.signal.Osc", 110.0)
        return mix(**{name: node(f"r.{name}.Filter", "filter", cutoff=lfo, signal=saw)})

    found = match_nodes(lowered(piece("a", 0.5)), lowered(piece("b", 0.5)))
    assert found == {f"r.b.{end}": f"r.a.{end}" for end in ("Filter", "Filter.cutoff.Osc", "Filter.signal.Osc")}


def test_renaming_moves_states_rings_and_channels():
    def piece(name):
        osc_ = osc(f"r.{name}.Osc", 100.0)
        wide = node(f"r.{name}.Track", "track", signal=osc_, pan=0.5)
        return mix(**{name: node(f"r.{name}.Echo", "echo", signal=wide)})

    old, new = lowered(piece("a")), lowered(piece("b"))
    moved, keys = rename_nodes(old, match_nodes(old, new))
    assert moved.rows.keys() == new.rows.keys()
    assert keys["r.a.Echo#1"] == "r.b.Echo#1"


@pytest.mark.parametrize("edit", ["renamed", "wrapped", "shifted"])
def test_the_sound_goes_on_through_a_move(edit):
    """A tone whose name, place or surroundings change keeps its phase: with a filter that does nothing, every bit."""

    def piece(moved):
        if edit == "renamed":
            return mix(**{"b" if moved else "a": osc("r.b.Osc" if moved else "r.a.Osc", 100.0)})
        if edit == "shifted":
            rest = {"0": node("r.0.Split", "split")} if moved else {}
            return mix(**rest, **{"1" if moved else "0": osc(f"r.{int(moved)}.Osc", 100.0)})
        tone = osc("r.a.Split.a.Osc" if moved else "r.a.Osc", 100.0)
        return mix(a=node("r.a.Split", "split", a=tone) if moved else tone)

    rig = Rig(piece(False))
    before = rig.play(5056)
    plan = rig.offer(piece(True))
    after = rig.play(10_000)
    assert len(plan.transition.previous_ids) == 1
    expected = Rig(piece(False)).play(15_056)
    out = np.vstack([before, after])
    if edit == "wrapped":
        assert np.abs(out[:, 0] - expected[:, 0]).max() < 1e-7
    else:
        assert np.array_equal(out, expected)


@pytest.mark.timing
def test_a_thousand_nodes_take_little_time():
    def piece(first):
        return mix(**{f"t{k}": osc(f"r.t{k}.Osc", 100.0 + k) for k in range(first, first + 1000)})

    old, new = lowered(piece(0)), lowered(piece(500))
    match_nodes(old, new)
    started = time.process_time()
    found = match_nodes(old, new)
    spent = time.process_time() - started
    print(f"1,000 nodes, half of them other names: {spent * 1e3:.1f} ms")
    assert found == {} and spent < 0.1
