"""Names of parameters that a player may choose: `fade` and `tail` give way, `gain`, `mute` and `solo` always do."""

from __future__ import annotations

import pytest

from tests.harness.session_harness import shipped
from tests.harness.small_nodes import build_sounds
from waves.language.text.document import read_document
from waves.language.tree.tree_node import TreeNode, reachable
from waves.node_types.library.parameters import GIVE_WAY, LEVELS, Common, free_names, names_values, parameters

NAMED = [name for name, kind in shipped().items() if free_names(kind)]
AS_THERE = {"duration", "id", "monitor"}  # no names of parts or values in pauloricca/waves either
TAKEN = "a: {osc: {freq: 3}}\n"


def build(text: str) -> tuple[TreeNode, list[str]]:
    """The tree of `my_sound`, and the warnings."""
    root, problems = build_sounds(["my_sound"], shipped(), [read_document(text, "waves.yaml")])
    return root, [str(problem) for problem in problems]


def test_every_common_parameter_is_one_of_the_grammar_or_gives_way() -> None:
    assert set(parameters(Common)) == AS_THERE | GIVE_WAY | LEVELS
    assert set(NAMED) == {"mix", "select", "context", "expression"}
    assert [name for name in NAMED if names_values(shipped()[name])] == ["context", "expression"]


@pytest.mark.parametrize("name", sorted(GIVE_WAY | LEVELS))
@pytest.mark.parametrize("value", ["{osc: {freq: 3}}", "a", "{a: {freq: 5}}"])
def test_a_node_is_a_part_of_a_mix(name: str, value: str) -> None:
    root, warnings = build(f"{TAKEN}my_sound: {{mix: {{{name}: {value}, b: {{osc: {{freq: 4}}}}}}}}")
    signals = root.inputs["signals"]
    assert isinstance(signals, dict) and list(signals) == [name, "b"]
    assert root.common == {}
    assert warnings == []


@pytest.mark.parametrize(("name", "value"), [("fade", "4"), ("tail", "true")])
def test_a_constant_is_the_parameter(name: str, value: str) -> None:
    for inner in ("mix: {x: a, NAME}", "context: {NAME, x: 1, signal: a}", "track: {signal: a, NAME}"):
        root, _ = build(f"{TAKEN}my_sound: {{mix: {{pad: {{{inner.replace('NAME', f'{name}: {value}')}}}}}}}")
        assert [node.common for node in reachable(root) if node.common] == [{name: 4.0 if name == "fade" else True}]


@pytest.mark.parametrize("name", sorted(LEVELS))
@pytest.mark.parametrize("value", ["0.5", "'0.1 * t'", "[0, 1]"])
def test_in_a_mix_stand_parts_only(name: str, value: str) -> None:
    root, warnings = build(f"{TAKEN}my_sound: {{mix: {{{name}: {value}, b: a}}, duration: 2}}")
    signals = root.inputs["signal"].inputs["signals"]  # type: ignore[union-attr]
    assert isinstance(signals, dict) and list(signals) == [name, "b"]
    assert len(warnings) == (value == "0.5")
    assert all(f"'{name}' is always 0.5, and no sound" in one for one in warnings)


@pytest.mark.parametrize("name", sorted(GIVE_WAY | LEVELS))
@pytest.mark.parametrize("value", ["2", "true", "0.5 * t", "{osc: {freq: 3}}", "-1"])
@pytest.mark.parametrize(
    "node", ["context: {NAME, signal: {osc: {freq: 220 * WORD}}}", "expression: {exp: 2 * WORD, NAME}"]
)
def test_a_name_that_is_read_is_a_value_and_nothing_else(name: str, value: str, node: str) -> None:
    inner = node.replace("NAME", f"{name}: {value}").replace("WORD", name)
    root, warnings = build(f"my_sound: {{mix: {{pad: {{{inner}}}}}}}")
    assert [node.common for node in reachable(root) if node.common] == []
    assert warnings == []


def test_a_step_and_a_use_give_the_name() -> None:
    text = "k: {context: {fade: 2, tail: 1, signal: {osc: {freq: 220 * fade, amp: tail, duration: 0.1}}}}\n"
    for use in ("{sequencer: {interval: 0.2, steps: [k fade3, k tail.5, k]}}", "{mix: {x: {k: {fade: 3, tail: 0.5}}}}"):
        root, warnings = build(f"{text}my_sound: {use}")
        assert warnings == []
        assert [node.common for node in reachable(root) if node.common] == []


def test_signals_is_a_name_in_a_context() -> None:
    _, warnings = build("my_sound: {context: {signals: 3, signal: {osc: {freq: 100 * signals}}}}")
    assert warnings == []
