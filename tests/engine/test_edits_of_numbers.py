"""Saves that change numbers: the same plan as if all rows were compared, and as little work as they change."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.harness.engine_harness import library
from waves.engine.graph import diff, lowered_parts, matching
from waves.engine.graph.diff import Transition, compare
from waves.engine.graph.graph import Graph
from waves.engine.plan import row_forms, state_binding, tail_counters
from waves.engine.runtime import trial
from waves.live.session import written_changes

PIECE = """\
my_sound:
  mix:
    low: {track: {volume: 0.5, pan: 0.1, signal: {filter: {cutoff: 500, signal: {osc: {freq: 110, amp: 0.2}}}}}}
    far: {delay: {time: 0.01, feedback: 0.5, mix: 0.5, signal: {osc: {freq: 330, amp: 0.1}}}}
    sum: {mix: {signals: [0.01, 0.02, {osc: {freq: 50, amp: 0.1}}, {osc: {freq: 60, amp: 0.1}}]}}
    played: {sequencer: {interval: 0.02, steps: [blip f440, blip f220 v.5, ~]}}
    back: {mix: {id: back, a: $back * 0.5, b: {osc: {freq: 77, amp: 0.1}}}}
blip: {context: {f: 100, v: 1, signal: {osc: {freq: f, amp: 0.1 * v, duration: 0.05}}}}
"""


def data(transition: Transition) -> list[Any]:
    """All that a transition says."""
    moving = transition.moving
    rows = [(key, row.settings, row.version, row.inputs, row.lists, row.state_key) for key, row in moving.rows.items()]
    facts = [transition.kept, transition.changed, transition.new, transition.dropped, transition.faded]
    counts = [transition.fades, transition.glided, transition.only_glides, transition.is_idle]
    graph = [moving.outputs, moving.meters, moving.sinks, moving.end, moving.transport]
    return [repr(rows), facts, counts, graph, {key: data(inner) for key, inner in transition.voices.items()}]


@pytest.mark.parametrize(
    ("edits", "of_numbers"),
    [
        ([("freq: 110", "freq: 115")], True),
        ([("cutoff: 500", "cutoff: 600"), ("pan: 0.1", "pan: -0.5"), ("freq: 330", "freq: 320")], True),
        ([("[0.01, 0.02", "[0.03, 0.02")], True),
        ([("freq: 77", "freq: 78")], True),
        ([("    low", "    # a line\n    low")], True),  # nothing
        ([("time: 0.01", "time: 0.02")], False),  # cannot fade
        ([("f: 100", "f: 200")], False),  # in a voice
        ([("freq: 110", "freq: {osc: {freq: 1, range: [100, 120]}}")], False),
        ([("amp: 0.2", "type: saw, amp: 0.2")], False),
        ([("    far", "    more: {osc: {amp: 0.1}}\n    far")], False),
    ],
)
def test_the_transition_is_that_of_all_rows_compared(stage, monkeypatch, edits, of_numbers) -> None:
    live = stage(PIECE, library=library())
    live.play(1000)
    text = PIECE
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    assert live.reload(text).kind == "reloaded"
    plan = live.engine.playing
    old, frames = plan.transition.old, 882
    found = compare(old, plan.graph, frames)
    assert found.is_of_numbers is of_numbers
    with monkeypatch.context() as patch:
        patch.setattr(diff, "other_numbers", lambda *given: None)
        assert data(found) == data(compare(old, plan.graph, frames))


def test_two_entries_of_a_list_that_change_places_are_followed(stage) -> None:
    """Both differ in their numbers only, and yet each is the other one."""
    live = stage(PIECE, library=library())
    live.play(1000)
    one, other = "{osc: {freq: 50, amp: 0.1}}", "{osc: {freq: 60, amp: 0.1}}"
    event = live.reload(PIECE.replace(f"{one}, {other}", f"{other}, {one}"))
    assert len(event.nodes.moved | event.nodes.renamed) == 2


def many(count: int, freq: float) -> str:
    parts = "".join(f"    t{k}: group\n" for k in range(count))
    group = "group:\n  mix:\n" + "".join(f"    n{k}: {{osc: {{freq: 110, amp: 0.001}}}}\n" for k in range(4))
    return (
        f"my_sound:\n  mix:\n{parts}    one: one\n{group}one: {{filter: {{cutoff: {freq}, signal: {{osc: {{}}}}}}}}\n"
    )


COUNTED = (
    (diff._Comparison, "with_fades"),
    (diff._Comparison, "can_fade"),
    (matching, "match_nodes"),
    (matching, "_signatures"),
    (state_binding.PlanBinding, "_state"),
    (state_binding.PlanBinding, "_goes_on"),
    (row_forms, "blank_row"),
    (tail_counters, "_has_counters"),
    (lowered_parts, "known_parameters"),
    (written_changes, "models_inside"),
    (trial, "_play"),
)


def work(live: Any, text: str, patch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each function is called for a save."""
    counts: Counter[str] = Counter()

    def counted(name: str, whole: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            counts[name] += 1
            return whole(*given, **named)

        return call

    for holder, name in COUNTED:
        patch.setattr(holder, name, counted(name, getattr(holder, name)))
    assert live.reload(text).kind == "reloaded"
    return counts


def test_a_number_costs_the_same_in_a_large_piece(stage, monkeypatch) -> None:
    found = []
    for count in (3, 30):
        live = stage(many(count, 500.0), library=library())
        live.play(1000)
        live.reload(many(count, 510.0))
        live.play(2000)
        with monkeypatch.context() as patch:
            found.append(work(live, many(count, 520.0), patch))
        rows: Graph = live.engine.playing.graph
        assert len(rows.rows) > 5 * count
    assert found[0] == found[1]
    assert found[0]["with_fades"] == 1
    assert max(found[0].values()) <= 5
    assert not found[0]["_play"] + found[0]["match_nodes"] + found[0]["can_fade"] + found[0]["_state"]


def test_numbers_of_nodes_under_other_ids_are_followed(stage) -> None:
    """Entries of a list change places, and each gets another number: the rows that play have other keys."""
    live = stage(PIECE, library=library())
    live.play(1000)
    one, other = "{osc: {freq: 50, amp: 0.1}}", "{osc: {freq: 60, amp: 0.1}}"
    live.reload(PIECE.replace(f"{one}, {other}", f"{other}, {one}"))
    live.play(2000)
    event = live.reload(PIECE.replace(f"{one}, {other}", f"{other}, {one}").replace("amp: 0.1", "amp: 0.11"))
    assert event.kind == "reloaded" and not live.engine.faults
