"""Targets of references: which node an id means."""

from __future__ import annotations

from tests.harness.small_nodes import expression_inputs, nodes, problem, problems, track, tree
from waves.language.tree.tree_node import Reference


def test_references_may_close_a_loop() -> None:
    found = nodes(
        tree(
            "fb: {mix: {a1: {osc: {freq: 200 + $b1 * 50, id: a1}}, b1: {osc: {freq: 90 + $a1 * 20, id: b1}}}}",
            "fb",
        )
    )
    a, b = found["fb/a1"], found["fb/b1"]
    (to_b,) = (one for one in expression_inputs(a.inputs["freq"]) if isinstance(one, Reference))
    (to_a,) = (one for one in expression_inputs(b.inputs["freq"]) if isinstance(one, Reference))
    assert (to_a.target, to_b.target) == (a, b)
    assert to_a.mark is not None and to_b.mark is not None and to_b.mark < to_a.mark


def test_the_reference_node_and_a_node_that_reads_itself() -> None:
    found = tree("a: {mix: {x: {osc: {id: tone, amp: $tone}}, y: {reference: {ref: tone}}}}")
    tone, again = track(found, "x"), track(found, "y")
    assert isinstance(again, Reference) and again.target is tone
    assert tone.inputs["amp"].target is tone


def test_a_reference_may_name_a_node_by_its_place() -> None:
    found = tree("a: {mix: {x: osc, y: {reference: {ref: a.root.Mix.x.Osc}}}}")
    assert track(found, "y").target is track(found, "x")


def test_an_id_is_looked_for_in_the_same_use_then_around_it() -> None:
    text = (
        "b: {mix: {x: {osc: {id: s}}, y: {osc: {freq: $s}}, z: {osc: {freq: $far}}}}\n"
        "a: {mix: {one: b, two: b, s: {osc: {id: s}}, far: {osc: {id: far}}}}"
    )
    found = nodes(tree(text))
    for use in ("one", "two"):
        mix = f"a.root.Mix.{use}.Mix"
        near, far = found[f"{mix}.y.Osc"].inputs["freq"], found[f"{mix}.z.Osc"].inputs["freq"]
        assert isinstance(near, Reference) and near.target is found[f"a.root.Mix.{use}/s"]
        assert isinstance(far, Reference) and far.target is found["a/far"]


def test_an_id_of_another_playing_sound() -> None:
    text = "a: {osc: {id: s}}\nb: {osc: {freq: $s}}"
    root = tree(text, "a", "b")
    found = nodes(root)
    assert root.id == "root.Mix" and root.inputs["signals"] == {
        "a": found["a.root.Mix"],
        "b": found["b.root.Mix"],
    }
    edge = found["b.root.Mix.b.Osc"].inputs["freq"]
    assert isinstance(edge, Reference) and edge.target is found["a/s"]
    assert problem(text, "b") == "2:17: b.osc.freq: the id 's' is in 'a', which does not play here"


def test_an_id_of_several_uses_is_a_problem_from_outside() -> None:
    text = "k: {osc: {id: s}}\na: {mix: {x: k, y: k, z: {osc: {freq: $s}}}}"
    assert problem(text) == ("2:39: a.mix.z.osc.freq: several nodes have the id 's', in 'a.root.Mix.x', 'a.root.Mix.y'")
    one = nodes(tree("k: {osc: {id: s}}\na: {mix: {x: k, z: {osc: {freq: $s}}}}"))
    edge = one["a.root.Mix.z.Osc"].inputs["freq"]
    assert isinstance(edge, Reference) and edge.target is one["a.root.Mix.x/s"]


def test_a_reference_to_a_number_is_that_number() -> None:
    text = "a: {mix: {x: {expression: {exp: 2 + 1, id: n}}, y: {osc: {freq: $n, amp: 2 * $n}}}}"
    osc = nodes(tree(text))["a.root.Mix.y.Osc"]
    assert osc.inputs["freq"] == 3.0
    assert 3.0 in expression_inputs(osc.inputs["amp"])


def test_a_reference_to_a_reference_is_its_target_and_never_itself() -> None:
    found = tree("a: {mix: {x: osc, y: {reference: {ref: z}}, z: {expression: {exp: $t1, id: z}}, t: {osc: {id: t1}}}}")
    assert track(found, "y").target is track(found, "t")
    text = "a: {mix: {x: {reference: {ref: y, id: z}}, y: {reference: {ref: z, id: y}}}}"
    assert {p.sentence for p in problems(text)} == {
        "'y' refers only to itself",
        "'z' refers only to itself",
    }


def test_a_name_of_a_context_that_is_read_by_its_id_only() -> None:
    found = nodes(tree("a: {context: {lfo: {osc: {id: slow}}, signal: {osc: {freq: $slow}}}}"))
    assert "a/slow" in found
