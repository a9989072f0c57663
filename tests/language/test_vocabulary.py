"""Meaning of a name where a node may stand."""

from __future__ import annotations

from tests.harness.small_nodes import TYPES, Lag, build_sounds, nodes, problems, single, tree
from waves.language.build.sound_checks import check_sounds
from waves.language.text.document import read_document
from waves.node import Signal, param


def test_a_type_of_the_grammar_wins_over_a_sound() -> None:
    text = "filter: {osc: {}}\na: {filter: {cutoff: 100, signal: {osc: {}}}}"
    assert single(tree(text)).id == "a.root.Mix.a.Filter"
    warning = str(check_sounds(TYPES, [read_document(text, "w.yaml")])[0])
    assert warning == "w.yaml:1:1: warning: filter: the node type 'filter' is meant wherever this name is used"


def test_a_sound_wins_over_a_later_type_but_in_its_own_definition() -> None:
    text = "lag: {lag: {signal: {osc: {}}}}\na: {mix: {x: lag}}"
    found = problems(text)
    assert [str(p) for p in found] == ["waves.yaml:1:1: warning: lag: this sound hides the node type 'lag'"]
    root, _ = build_sounds(["a"], TYPES, [read_document(text, "waves.yaml")])
    assert set(nodes(root)) == {"a.root.Mix", "a.root.Mix.x.Lag", "a.root.Mix.x.Lag.signal.Osc"}


def test_a_sound_in_place_of_a_node_that_plays_without_parameters_is_no_warning() -> None:
    kick = type("Kick", (Lag,), {"__annotations__": {"signal": Signal}, "signal": param(0.0, unit="value")})
    assert check_sounds({**TYPES, "kick": kick}, [read_document("kick: {kick: {}}", "w.yaml")]) == []


GATED = {**TYPES, "gate": type("Gate", (Lag,), {}), "drive": type("Drive", (Lag,), {})}


def played(text: str) -> list[str]:
    """The names of the types in a tree, with `gate` and `drive` among them; fails on any problem."""
    root, found = build_sounds(["a"], GATED, [read_document(text, "waves.yaml")])
    assert found == []
    return sorted(node.kind.__name__ for node in nodes(root).values())


def told(text: str) -> str:
    [found] = check_sounds(GATED, [read_document(text, "w.yaml")])
    return str(found)


def test_a_parameter_beside_a_node_may_have_the_name_of_a_type() -> None:
    assert played("a: {sample: {file: samples/kick.flac}, gate: {osc: {}}}") == ["Mix", "Osc", "Sample"]
    assert played("a: {lag: {signal: {osc: {}}}, time: {osc: {}}}") == ["Lag", "Mix", "Osc", "Osc"]
    hat = "hat: {context: {gate: 1, signal: {osc: {amp: gate}}}}\n"
    assert played(hat + "a: {hat: {}, gate: {osc: {}}}") == ["Mix", "Osc", "Osc"]
    assert played(hat + "a: {hat: {}, gate: 0.5}") == ["Mix", "Osc"]
    assert "two nodes side by side: 'osc' and 'drive'; put 'osc' under 'signal'" in told("a: {osc: {}, drive: {}}")


def test_a_value_of_a_name_comes_before_a_type_where_either_may_stand() -> None:
    """So no type of a later release takes the place of a name that a piece has already."""
    within = "a: {context: {drive: 0.5, twice: drive, signal: {mix: {x: drive, y: {osc: {amp: twice}}}}}}"
    assert played(within) == ["Mix", "Osc"]
    assert played("vars: {drive: 0}\na: {mix: {x: drive, y: osc}}") == ["Mix", "Osc"]
    assert played("a: {mix: {x: drive, y: {osc: {id: drive}}}}") == ["Mix", "Osc"]
    assert played("a: {mix: {x: osc}}") == ["Mix", "Osc"]


def test_a_bare_type_that_lacks_something_says_what() -> None:
    assert "w.yaml:1:11: a.mix.x: 'drive' needs 'signal'" in told("a: {mix: {x: drive}}")
    assert "no node has the id 'drive'" in told("a: {mix: {x: $drive}}")
