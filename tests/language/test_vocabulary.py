"""Meaning of a name where a node may stand."""

from __future__ import annotations

from tests.harness.small_nodes import TYPES, build_sounds, nodes, problems, single, tree
from waves.language.build.sound_checks import check_sounds
from waves.language.text.document import read_document


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
