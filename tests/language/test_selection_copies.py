"""Trees of `select`, `multiply` and `hold`, lists by name, and every sentence about them."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import shipped
from waves.language.build.sound_tree import build_tree
from waves.language.model.piece import read_piece
from waves.language.text.document import read_document
from waves.language.tree.tree_node import TreeNode, reachable
from waves.node_types.builtin.mixing import Selected, Sum
from waves.node_types.builtin.step_values import TriggerRandom
from waves.problem import Problems


def tree(text: str) -> TreeNode:
    root, warnings = build_tree(read_piece([read_document(text, "w.yaml")], shipped()), ["a"], 120.0)
    assert warnings == []
    return root


def nodes(text: str) -> dict[str, TreeNode]:
    return {node.id: node for node in reachable(tree(text))}


def told(text: str) -> list[str]:
    piece = read_piece([read_document(text, "w.yaml")], shipped())
    try:
        _, found = build_tree(piece, ["a"], 120.0)
    except Problems as error:
        found = error.problems
    return [str(problem) for problem in found]


def value(text: str, name: str = "freq") -> object:
    """An input of the oscillator of a sound."""
    [osc] = [node for node in reachable(tree(text)) if node.kind is shipped()["osc"]]
    return osc.inputs[name]


def test_a_constant_test_is_its_path() -> None:
    paths = "1: 110, 2.5: 220, true: 330, loud: 440, 'false': 550"
    for test, freq in (("2.5", 220.0), ("0", 550.0), ("loud", 440.0), ("5 / 2", 220.0), ("7", 0.0)):
        text = f"a: {{osc: {{freq: {{select: {{test: {test}, {paths.replace('true: 330, ', '')}}}}}}}}}"
        assert value(text) == freq, test
    words = "vars: {section: loud}\na: {osc: {freq: {select: {test: section, calm: 3, loud: 4}}}}"
    assert value(words) == 4.0
    assert value(words.replace("section: loud", "section: outro")) == 0.0  # this part rests
    assert value("a: {osc: {freq: {select: {test: 1, signals: [5, 6]}}}}") == 6.0


def test_a_moving_test_is_a_node_that_jumps_only_where_nobody_hears_it() -> None:
    heard = "a: {select: {test: t > 1, 0: {osc: {}}, 1: {osc: {freq: 3}}}}"
    moves = "a: {osc: {freq: {select: {test: t > 1, 0: 5, 1: 6%s}}}}"
    for text, crossfade in ((heard, 0.005), (moves % "", 0.0), (moves % ", crossfade: 0.1", 0.1)):
        [node] = [node for node in nodes(text).values() if node.kind is Selected]
        assert node.settings == {"keys": (0.0, 1.0), "crossfade": crossfade}
    assert {"a.root.Mix.a.Select", "a.root.Mix.a.Select.0.Osc", "a.root.Mix.a.Select.1.Osc"} <= set(nodes(heard))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: {select: {test: t, 1: {osc: {}}, 1.0: 2}}", "'1.0' is the same as '1' of line 1"),
        ("a: {select: {test: t, 1: {osc: {}}, true: 2}}", "'true' is the same as '1' of line 1"),
        ("a: {select: {test: t, loud: {osc: {}}}}", "'loud' is never heard: 'test' moves, and is a number"),
        ("a: {select: {test: lout, loud: {osc: {}}}}", "no path is called 'lout'; did you mean 'loud'?"),
        ("vars: {s: lout}\na: {select: {test: s, loud: {osc: {}}}}", "no path is called 'lout'; did you mean 'loud'?"),
        ("a: {multiply: {signal: {osc: {}}}}", "'multiply' needs 'number' or 'items'"),
        ("a: {multiply: {number: 2, items: [1], signal: {osc: {}}}}", "'multiply' takes 'number' or 'items', not both"),
        ("a: {multiply: {items: [], signal: {osc: {}}}}", "expected at least one item"),
        ("a: {multiply: {number: t, signal: {osc: {}}}}", "'number' is a constant and cannot move"),
        ("a: {mix: {x: {multiply: {number: 2, signal: {osc: {id: w}}}}, y: $w}}", "several nodes have the id 'w'"),
        ("a: {osc: {freq: {interval: {scale: nothing}}}}", "unknown name 'nothing'"),
        ("a: {osc: {freq: {interval: {scale: octave}}}}", "'octave' is not a list"),
        ("a: {osc: {freq: {interval: {scale: []}}}}", "a scale has at least one note"),
        ("a: {osc: {freq: {snap: {signal: 3}}}}", "'snap' needs 'values', 'scale' or 'interval'"),
        ("a: {osc: {range: minor}}", "expected two values, the lowest and the highest, got 7"),
        ("a: {osc: {freq: {map: {signal: t, from: [1], to: [1, 2]}}}}", "expected two values"),
        ("a: {midi_in: {signal: {osc: {}}}}", "'midi_in' is not there yet: it comes with control by MIDI"),
        ("a: {osc: {freq: {midi_cc: {cc: 1}}}}", "'midi_cc' is not there yet: it comes with control by MIDI"),
    ],
)
def test_what_is_wrong_is_one_sentence(text: str, sentence: str) -> None:
    [found] = told(text)
    assert sentence in found and found.startswith("w.yaml:")


def test_copies_are_parts_with_numbers_and_ids_of_their_own() -> None:
    text = "a: {multiply: {number: %d.9, signal: {osc: {id: w, freq: 100 * i, phase: $w / n}}}}"
    found = nodes(text % 2)
    assert [node.kind for node in found.values() if node.id == "a.root.Mix.a.Multiply"] == [Sum]
    freqs = {id: node.inputs["freq"] for id, node in found.items() if id.endswith("/w")}
    assert freqs == {"a.root.Mix.a.Multiply.signal.1/w": 100.0, "a.root.Mix.a.Multiply.signal.2/w": 200.0}
    assert set(found) < set(nodes(text % 3))  # more copies keep those that are there


def test_items_are_values_of_any_kind_and_lists_by_name() -> None:
    for items, expected in (("[c4, 2 * 5, {osc: {freq: 7}}]", 3), ("minor_pentatonic", 5), ("mine", 2)):
        text = f"vars: {{mine: [3, 5]}}\na: {{multiply: {{items: {items}, signal: {{track: {{signal: item}}}}}}}}"
        [node] = [node for node in nodes(text).values() if node.kind is Sum]
        assert list(node.inputs["signals"]) == [str(k + 1) for k in range(expected)]


def test_a_list_may_be_written_as_its_name() -> None:
    def scale(text: str) -> object:
        return next(n for n in nodes(text).values() if n.kind is shipped()["interval"]).inputs["scale"]

    degree = "a: {context: {s: whole_tone, signal: {osc: {freq: {interval: {note: t, scale: %s}}}}}}"
    assert scale(degree % "minor_pentatonic") == {"0": 0.0, "1": 3.0, "2": 5.0, "3": 7.0, "4": 10.0}
    assert list(scale(degree % "s").values()) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]  # type: ignore[attr-defined]
    assert scale("vars: {m: [0, 3.5]}\n" + degree % "m") == {"0": 0.0, "1": 3.5}


def test_a_hold_with_a_trigger_draws_its_own_numbers() -> None:
    def kinds(text: str) -> set[type]:
        return {node.kind for node in nodes(text).values()}

    assert TriggerRandom in kinds("a: {osc: {freq: {hold: {trigger: beat_tick, signal: 'rand(1, 2)'}}}}")
    assert TriggerRandom not in kinds("a: {osc: {freq: {hold: {trigger: beat_tick, signal: t}}}}")
    assert TriggerRandom not in kinds("a: {osc: {freq: {hold: {signal: rand()}}}}")
