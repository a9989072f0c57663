"""Entries against their node types: what may be written, and the sentence for each mistake."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import model_validator

from tests.harness.small_nodes import TYPES, Osc, Sample, build_sounds, nodes, problem, problems, single, track, tree
from waves.language.build.sound_checks import check_sounds
from waves.language.model.models import NodeModel, Number, Origin, Text
from waves.language.model.piece import read_piece
from waves.language.model.validation import read_sound
from waves.language.model.vocabulary import Vocabulary
from waves.language.text.document import Document, read_document
from waves.language.tree.tree_node import TreeNode
from waves.node import Node, Steps, param
from waves.problem import Mark, Problem, Problems


def model(text: str) -> NodeModel:
    piece = read_piece([read_document(text, "waves.yaml")], TYPES)
    assert not piece.sounds["a"].findings
    root = piece.sounds["a"].root
    assert isinstance(root, NodeModel)
    return root


@pytest.mark.parametrize(
    "text",
    [
        "a: {osc: {freq: 10, pulse_width: 0.2}}",
        "a: {osc: {freq: 10}, pulse_width: 0.2}",
        "a: {pulse_width: 0.2, osc: {freq: 10}}",
        "a: {pulse_width: 0.2, freq: 10, osc: }",
    ],
)
def test_keys_beside_a_node_are_its_parameters(text: str) -> None:
    found = model(text)
    assert found.kind is Osc
    values = {name: value.value for name, value in found.signals.items() if isinstance(value, Number)}
    assert values == {"freq": 10.0, "pulse_width": 0.2}


def test_keys_beside_a_node_are_its_parameters_at_every_level() -> None:
    outer = model("a: {filter: {cutoff: {osc: {freq: 2}, range: [100, 200]}, signal: {osc: {type: saw}}}}")
    cutoff, signal = outer.signals["cutoff"], outer.signals["signal"]
    assert isinstance(cutoff, NodeModel) and isinstance(signal, NodeModel)
    assert [v.value for v in cutoff.lists["range"].values() if isinstance(v, Number)] == [100.0, 200.0]
    assert signal.settings["type"] == "saw"


@pytest.mark.parametrize("text", ["a: osc", "a: {osc: }", "a: {osc: null}", "a: {osc: {}}"])
def test_no_parameters(text: str) -> None:
    assert model(text).signals == {}


@pytest.mark.parametrize("word", ["SAW", "Saw", "saw", "' saw'"])
def test_enumerations_ignore_case(word: str) -> None:
    if word.startswith("'"):
        assert "expected one of sin, saw, noise" in problem(f"a: {{osc: {{type: {word}}}}}")
    else:
        assert model(f"a: {{osc: {{type: {word}}}}}").settings["type"] == "saw"


def test_enumerations_have_further_words() -> None:
    assert model("a: {osc: {type: Sine}}").settings["type"] == "sin"
    assert model("a: {filter: {type: LP, cutoff: 1, signal: 0}}").settings["type"] == "lowpass"


def test_settings_have_the_defaults_of_their_type() -> None:
    assert model("a: {osc: {seed: 3}}").settings == {"type": "sin", "scale": 1.0, "seed": 3, "naive": False}


@pytest.mark.parametrize(("written", "value"), [("true", True), ("false", False), ("yes", True), ("off", False)])
def test_flags(written: str, value: bool) -> None:
    assert model(f"a: {{osc: {{naive: {written}}}}}").settings["naive"] is value


def test_common_parameters_are_accepted_by_every_type() -> None:
    common = "id: x, duration: 2, fade: 0.1, tail: true, monitor: {type: bipolar, range: [-1, 1]}"
    shortest = {
        "filter": "cutoff: 1, signal: 0, ",
        "track": "signal: 0, ",
        "sample": "file: f, ",
        "lag": "signal: 0, ",
    }
    shortest |= {"context": "signal: 0, ", "expression": "exp: 1, ", "reference": "ref: y, "}
    for name in TYPES:
        found = model(f"a: {{{name}: {{{shortest.get(name, '')}{common}}}}}")
        assert found.id == "x"
        assert isinstance(found.signals["duration"], Number)
        assert (found.settings["fade"], found.settings["tail"]) == (0.1, True)
        assert found.settings["monitor"].type == "bipolar"


def test_a_null_where_null_is_the_default_is_as_if_not_written() -> None:
    assert "gate" not in single(tree("a: {sample: {file: f, gate: }}")).inputs


def test_constants_that_do_not_fold_to_a_number_are_texts() -> None:
    assert isinstance(model("a: {osc: {freq: 2 * x}}").signals["freq"], Text)


CASES = {
    "unknown node": ("a: {ocs: {}}", "1:5: a.ocs: unknown node 'ocs'; did you mean 'osc'?"),
    "unknown node, nothing near": (
        "a: {mix: {x: {zzz: {}}}}",
        "1:15: a.mix.x.zzz: unknown node 'zzz'; `waves nodes` lists them",
    ),
    "unknown parameter": (
        "a: {osc: {frq: 1}}",
        "1:11: a.osc.frq: 'osc' has no parameter 'frq'; did you mean 'freq'?",
    ),
    "missing parameter": ("a: {filter: {signal: {osc: }}}", "1:5: a.filter: 'filter' needs 'cutoff'"),
    "below": (
        "a: {filter: {cutoff: -3, signal: osc}}",
        "1:22: a.filter.cutoff: expected at least 0 Hz, got -3",
    ),
    "above": ("a: {osc: {pulse_width: 2}}", "1:24: a.osc.pulse_width: expected 0 to 1 cycles, got 2"),
    "bounds of what folds": (
        "a: {osc: {pulse_width: 1 + 1}}",
        "1:24: a.osc.pulse_width: expected 0 to 1 cycles, got 2",
    ),
    "infinite": ("a: {osc: {freq: .inf}}", "1:17: a.osc.freq: expected a finite number, got .inf"),
    "nothing": ("a: {osc: {freq: }}", "1:11: a.osc.freq: expected a number or one node, got nothing"),
    "empty mapping": ("a: {osc: {freq: {}}}", "1:17: a.osc.freq: expected a number or one node, got {}"),
    "no parameters but a number": (
        "a: {osc: 440}",
        "1:10: a.osc: expected the parameters of 'osc', got 440",
    ),
    "given twice": (
        "a: {osc: {freq: 1}, freq: 2}",
        "1:21: a.freq: 'freq' is given inside 'osc' and beside it",
    ),
    "flag": ("a: {osc: {naive: 3}}", "1:18: a.osc.naive: expected true or false, got 3"),
    "whole number": ("a: {osc: {seed: 1.5}}", "1:17: a.osc.seed: expected a whole number, got 1.5"),
    "number, not a flag": (
        "a: {osc: {scale: true}}",
        "1:18: a.osc.scale: expected a number or an expression, got true",
    ),
    "word": (
        "a: {osc: {type: sawe}}",
        "1:17: a.osc.type: expected one of sin, saw, noise, got 'sawe'; did you mean 'saw'?",
    ),
    "no list": ("a: {osc: {range: 3}}", "1:18: a.osc.range: expected a list, got 3"),
    "id": ("a: {osc: {id: 5}}", "1:15: a.osc.id: expected text, got 5"),
    "file": ("a: {sample: {file: 5}}", "1:20: a.sample.file: expected the name of a file, got 5"),
    "monitor": (
        "a: {osc: {monitor: 5}}",
        "1:20: a.osc.monitor: expected a meter: true, bipolar, or {type: level, value or bipolar, "
        "range: [low, high]}, got 5",
    ),
    "fade": ("a: {osc: {fade: -1}}", "1:17: a.osc.fade: expected 0 to 600 s, got -1"),
    "duration": (
        "a: {osc: {duration: {osc: {}}}}",
        "1:21: a.osc.duration: expected a number or an expression, got {osc: …}",
    ),
    "expression": ("a: {osc: {freq: 3 +* 4}}", "1:20: a.osc.freq: …"),
    "expression in quotes": ('a: {osc: {freq: "3 +* 4"}}', "1:21: a.osc.freq: …"),
    "list of lists": (
        "a: {osc: {freq: [1, [2, 3, 4], 5], duration: 1}}",
        "1:21: a.osc.freq.1: value 2 of the list: expected [value, position], got 3 entries",
    ),
    "list of nodes": (
        "a: {osc: {freq: [1, {osc: }, 5], duration: 1}}",
        "1:21: a.osc.freq.1: expected a number or an expression, got {osc: …}",
    ),
    "ignored": (
        "a: {envelope: {atack: 1}}",
        "1:16: warning: a.envelope.atack: 'envelope' has no parameter 'atack': it is ignored; did you mean 'attack'?",
    ),
    "same id twice": (
        "a: {mix: {x: {osc: {id: s}}, y: {osc: {id: s}}}}",
        "1:44: a.mix.y.osc.id: the id 's' of line 1 is given to a second node",
    ),
    "track without a node": (
        "a: {mix: {kick: }}\nkick: osc",
        "1:11: a.mix.kick: 'kick' needs a node: write 'kick: kick' to play the sound",
    ),
    "track with an empty node": (
        "a: {mix: {kick: {}}}\nkick: osc",
        "1:11: a.mix.kick: 'kick' needs a node: write 'kick: kick' to play the sound",
    ),
    "id with the name of a note's value": (
        "a: {osc: {freq: a, id: a}}",
        "1:24: warning: a.osc.id: inside a note 'a' is a value of the note, not this node",
    ),
    "processor beside its signal": (
        "a: {id: x, filter: {cutoff: 800}, osc: {type: saw}}",
        "1:35: a.osc: two nodes side by side: 'filter' and 'osc'; put 'osc' under 'signal'",
    ),
    "two sounds side by side": (
        "k: osc\nh: osc\na: {mix: {x: {k: {}, h: {}}}}",
        "3:22: a.mix.x.h: two nodes side by side: 'k' and 'h'; what sounds together stands in 'mix'",
    ),
    "sound beside a node": (
        "kick: osc\na: {kick: {v: 0.5}, osc: {freq: 2}, range: [0, 1]}",
        "2:5: a.kick: 'osc' has no parameter 'kick'",
    ),
    "anchor that is no sound": (
        "a: &b {type: saw, amp: 0.3, id: s}\none: {osc: *b}",
        "1:4: a: expected one node, got {type: …, amp: …, id: …}; "
        "a place for anchors is 'templates:', or a name like '_a'",
    ),
    "list as a sound": ("a: [kick, hat]", "1:4: a: a list is not a sound: put it under 'mix: {signals: [...]}' in 'a'"),
    "unknown name as a sound": ("a: kik\nkick: osc", "1:4: a: expected one node, got 'kik'; did you mean 'kick'?"),
    "unit behind a number": ("a: {osc: {amp: -6 dB}}", "1:16: a.osc.amp: … db(-6) …"),
}


@pytest.mark.parametrize(("text", "sentence"), CASES.values(), ids=CASES.keys())
def test_sentence(text: str, sentence: str) -> None:
    """An ellipsis stands for what `expression` says."""
    parts = [re.escape(part) for part in re.split(" ?…(?![,}]) ?", sentence)]
    assert re.fullmatch(".*".join(parts), problem(text))


def test_a_parameter_may_have_the_name_of_a_sound() -> None:
    text = "v: osc\nhat: {context: {v: 1, signal: {osc: {freq: v}}}}\na: {mix: {x: {hat: , v: 3}}}"
    assert nodes(tree(text))["a.root.Mix.x.Context.signal.Osc"].inputs["freq"] == 3.0


def test_all_problems_at_once_in_the_order_of_the_file() -> None:
    text = "a:\n  osc:\n    frq: 1\n    pulse_width: 3\n    amp: nix\n    type: sow\n"
    assert [p.mark.line for p in problems(text) if p.mark] == [3, 4, 5, 6]


def test_a_signal_beside_a_node_may_have_the_name_of_a_node() -> None:
    """`lag` is a type; as a number beside `expression` it is a free name."""
    assert track(tree("a: {expression: {exp: 2 * lag}, lag: 3}")) == 6.0


def test_a_validator_of_a_type_sees_constants() -> None:
    """A type judges constants itself, where several depend on each other."""
    from pydantic import field_validator

    class Picky(Sample):
        @field_validator("gate")
        @classmethod
        def positive(cls, value: float | None) -> float | None:
            if value is not None and value < 0:
                raise ValueError("the gate of this one is never negative")
            return value

    def sentences(gate: str) -> list[str]:
        document = read_document(f"a: {{picky: {{file: f, gate: {gate}}}}}", "w.yaml")
        return [str(p) for p in check_sounds({**TYPES, "picky": Picky}, [document])]

    assert sentences("-1") == ["w.yaml:1:28: a.picky.gate: the gate of this one is never negative"]
    assert sentences("sin(t)") == []


def test_settings_beside_steps_that_must_be_given_are_validated_too() -> None:
    """The steps are no part of what the type is given, and no reason to leave out the rest."""

    counts: list[Any] = []

    class Counted(Node):
        steps: Steps = param(description="The steps.")
        count: int = param(2, unit="number", description="A whole number.")

        @model_validator(mode="after")
        def _few(self) -> Any:
            if self.count > 9:
                raise ValueError("'count' is 9 at most")
            return self

        @classmethod
        def expand(cls, build: Any) -> Any:
            counts.append(build.settings["count"])
            return 0.1

    def sentences(count: int) -> list[str]:
        document = read_document(f"a: {{osc: {{amp: {{counted: {{count: {count}, steps: [a]}}}}}}}}", "w.yaml")
        return [one.sentence for one in check_sounds({**TYPES, "counted": Counted}, [document])]

    assert sentences(5) == [] and counts == [5] and isinstance(counts[0], int)
    assert sentences(10) == ["'count' is 9 at most"]


names = st.sampled_from(
    [*TYPES, "a", "b", "signal", "freq", "exp", "ref", "id", "duration", "signals", "type", "x", "monitor"]
)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**30),
    st.floats(),
    names,
    st.sampled_from(["$x", "t * a", "((", "sin(t)"]),
)


data = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=4)),
    max_leaves=20,
)


class LooseEntry:
    """An entry that no file has."""

    def __init__(self, name: str, value: object):
        self.name, self.data, self.text = name, value, ""
        self.doubled: dict[tuple[str | int, ...], str] = {}

    def mark(self, path: tuple[str | int, ...] = (), key: bool = False) -> Mark:
        return Mark("w.yaml", 1, 1)

    def source(self, mark: Mark) -> str:
        return ""


@settings(max_examples=300)
@given(data, data)
def test_any_data_gives_a_tree_or_problems(one: object, other: object) -> None:
    document = Document("w.yaml", {name: LooseEntry(name, value) for name, value in {"a": one, "b": other}.items()})  # type: ignore[misc]
    problems: list[Problem] = []
    found: dict[str, TreeNode] = {}
    try:
        found = nodes(build_sounds(["a"], TYPES, [document])[0])
    except Problems as wrong:
        problems = wrong.problems
    assert bool(found) != any(problem.level == "error" for problem in problems)
    for one in found.values():
        for source in one.inputs.values():
            several = source.values() if isinstance(source, dict) else [source]
            assert not any(isinstance(value, float) and math.isnan(value) for value in several)


def test_a_sound_that_is_wrong_has_no_model_but_its_findings() -> None:
    sound = read_sound(Origin("a"), 5, Vocabulary(TYPES, frozenset({"a"})))
    assert sound.root is None
    assert [finding.sentence for finding in sound.findings] == ["expected one node, got 5"]
