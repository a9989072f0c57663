"""Roots of the sounds that play, checks of all sounds, and the time that a save takes."""

from __future__ import annotations

import time

import pytest

from tests.harness.small_nodes import TYPES, Lag, build_sounds, ids, problem, problems, single, tree
from waves.language.build.sound_checks import check_sounds
from waves.language.model.piece import Cache
from waves.language.text.document import read_document
from waves.language.tree.tree_node import reachable
from waves.node import Node, Signal, param
from waves.node_types.library.catalogue import describe


def test_the_root_is_a_mix() -> None:
    assert ids("my_sound: {mix: {lead: {osc: {freq: {osc: }}}}}", "my_sound") == {
        "my_sound.root.Mix",
        "my_sound.root.Mix.lead.Osc",
        "my_sound.root.Mix.lead.Osc.freq.Osc",
    }


def test_a_sound_that_is_no_mix_is_a_track_of_its_name() -> None:
    assert ids("tone: osc", "tone") == {"tone.root.Mix", "tone.root.Mix.tone.Osc"}


def test_a_mix_is_seen_through_what_only_stands_around_it() -> None:
    assert ids("a: {context: {v: 1, signal: b}}\nb: {mix: {x: osc}}") == {
        "a.root.Context.signal.Mix",
        "a.root.Context.signal.Mix.x.Osc",
    }
    assert ids("a: {context: {v: 1, signal: {osc: }}}") == {"a.root.Mix", "a.root.Mix.a.Context.signal.Osc"}


def test_parameters_of_the_command_line() -> None:
    text = "hat: {context: {v: 1, signal: {osc: {amp: v}}}}"
    assert single(tree(text, ("hat", {"v": 0.4})), "hat").inputs["amp"] == 0.4
    assert single(tree(text, ("hat", {"v": "1 / 4"})), "hat").inputs["amp"] == 0.25
    assert problem(text, ("hat", {"w": 0.4})).startswith("hat.w: 'hat' has no parameter 'w'")


def test_unread_vars_are_left_to_check() -> None:
    text = "vars: {x: sin(t), y: word}\na: osc"
    tree(text)
    assert [str(p) for p in check_sounds(TYPES, [read_document(text, "w.yaml")])] == [
        "w.yaml:1:15: vars.x: a var is a constant, 't' moves"
    ]


def test_a_sound_that_is_not_there() -> None:
    assert problem("kick: osc", "kik") == "kik: there is no sound 'kik'; did you mean 'kick'?"


def test_an_error_counts_where_it_plays() -> None:
    text = "a: osc\nb: {osc: {frq: 1}}\nc: {mix: {x: b}}"
    tree(text)
    assert len(problems(text, "b")) == len(problems(text, "c")) == 1


def test_a_pitch_that_has_a_lowest_value_may_be_that_of_a_note() -> None:
    """Where no note gives it one, as in a check, it is 440 Hz."""
    pitch = {"__annotations__": {"freq": Signal}, "freq": param(220.0, unit="Hz", minimum=20.0)}
    types = {**TYPES, "harp": type("Harp", (Node,), pitch)}
    assert check_sounds(types, [read_document("a: {harp: {freq: f}}\nb: {harp: {freq: 2 * note}}", "w.yaml")]) == []


def test_check_finds_everything_and_knows_the_names_of_notes() -> None:
    text = "a: {osc: {freq: f, amp: v * 2}}\nb: {osc: {freq: nix}}\nc: {ocs: }\nd: {d: }"
    found = check_sounds(TYPES, [read_document(text, "w.yaml")])
    assert [p.mark.line for p in found if p.mark] == [2, 3, 4]


def piece(level: int) -> str:
    """150 nodes, 320 lines."""
    voice = (
        "v{n}:\n  track:\n    pan: sin(t * 0.{n})\n    signal:\n      filter:\n"
        "        cutoff: [200, [900, 0.5], 400]\n        duration: 20\n"
        + ("        signal: {{osc: {{type: saw, freq: base * {n}, amp: 0.3 * level}}}}\n")
    )
    tracks = "".join(f"    x{n}: v{n}\n" for n in range(32))
    return f"vars: {{base: a2, level: 0.{level}}}\na:\n  mix:\n{tracks}" + "".join(voice.format(n=n) for n in range(32))


@pytest.mark.timing
def test_a_save_is_built_in_less_time_than_the_first_although_it_changes_each_voice() -> None:
    """About 10 ms, where the first build takes 20."""

    def built(level: int, cache: Cache) -> float:
        nonlocal document
        document = read_document(piece(level), "w.yaml", document)
        started = time.process_time()
        root, _ = build_sounds(["a"], TYPES, [document], cache=cache)
        assert len(reachable(root)) > 150
        return 1000 * (time.process_time() - started)

    document, cache = None, Cache()
    first = min(built(level, Cache()) for level in range(4))
    again = min([built(level, cache) for level in range(10)][1:])
    print(f"the first build {first:.1f} ms, those of saves {again:.1f} ms")
    assert again < 0.75 * first


@pytest.mark.parametrize("name", ["context", "expression", "reference"])
def test_the_examples_of_the_files_play(name: str) -> None:
    text = describe(TYPES[name])["description"]
    examples = "\n".join(line.removeprefix("    ") for line in text.splitlines() if line.startswith("    "))
    document = read_document(examples, "w.yaml")
    for sound in document.entries:
        root, warnings = build_sounds([sound], {**TYPES, "delay": Lag}, [document])
        assert root.id == f"{sound}.root.Mix" and not warnings
    assert f"{name}:" in document.entries[sound].text or name == "context"
