"""Sounds, reserved names and files of a piece; unchanged entries keep their models."""

from __future__ import annotations

from tests.harness.small_nodes import TYPES, build_sounds
from waves.language.build.sound_checks import check_sounds
from waves.language.model.models import NodeModel, Use
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import read_document
from waves.problem import Mark


def test_reserved_names_and_underscores_are_no_sounds() -> None:
    text = "vars: {x: 1}\nsettings: {at: bar}\ntemplates: {b: 1}\npatterns: {p: a b}\n_c: 5\na: osc"
    piece = read_piece([read_document(text, "waves.yaml")], TYPES)
    assert list(piece.sounds) == ["a"]
    assert {name: given.data for name, given in piece.settings.items()} == {"at": "bar"}
    assert {name: given.data for name, given in piece.patterns.items()} == {"p": "a b"}
    assert piece.findings == []


def test_of_two_sounds_of_one_name_the_first_plays_and_both_places_are_named() -> None:
    first, second = read_document("a: osc", "a.yaml"), read_document("\na: osc", "b.yaml")
    assert [str(p) for p in check_sounds(TYPES, [first, second])] == [
        "b.yaml:2:1: a: the sound 'a' is also in a.yaml:1, and that one counts"
    ]
    assert build_sounds(["a"], TYPES, [first, second])[1] == []


def test_an_unchanged_entry_keeps_its_model_and_its_problems_move() -> None:
    cache = Cache()
    first = read_document("a: {osc: {frq: 1}}\nb: osc\n", "w.yaml")
    before = read_piece([first], TYPES, cache)
    second = read_document("b: {osc: {freq: 2}}\n\na: {osc: {frq: 1}}\n", "w.yaml", first)
    after = read_piece([second], TYPES, cache)
    assert after.sounds["a"] is before.sounds["a"]
    assert after.sounds["b"] is not before.sounds["b"]
    assert after.sounds["a"].findings[0].problem().mark == Mark("w.yaml", 3, 11)


def test_a_new_sound_may_change_what_a_name_means() -> None:
    cache = Cache()
    first = read_document("a: {mix: {x: {lag: {signal: 0}}}}\n", "w.yaml")
    assert isinstance(read_piece([first], TYPES, cache).sounds["a"].root, NodeModel)
    second = read_document("a: {mix: {x: {lag: {signal: 0}}}}\nlag: osc\n", "w.yaml", first)
    root = read_piece([second], TYPES, cache).sounds["a"].root
    assert isinstance(root, NodeModel) and isinstance(root.free["x"], Use)


def test_nodes_at_the_top_are_seen_through_sounds_and_contexts() -> None:
    text = "a: b\nb: {context: {x: 1, signal: c}}\nc: {filter: {cutoff: 1, signal: osc}}\nd: e\ne: d\n"
    piece = read_piece([read_document(text, "w.yaml")], TYPES)
    assert [node.name for node in piece.nodes_at_top(piece.sounds["a"].root)] == ["context", "filter"]
    assert [node.name for node in piece.nodes_at_top(piece.sounds["c"].root)] == ["filter"]
    assert list(piece.nodes_at_top(piece.sounds["d"].root)) == [], "a sound that stands for itself"
