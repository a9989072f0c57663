"""Sends: a part of a mix feeds another, which reads `$sends`, in any order; a loop of sends is a mistake."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.harness.small_nodes import TYPES, build_sounds
from waves.language.text.document import read_document
from waves.language.tree.tree_node import TreeNode, reachable, track_states
from waves.problem import Problem, Problems

PARTS = {
    "lead": "{osc: {freq: 220, amp: 0.1}, send: {room: 0.25, echo: 0.5}}",
    "hat": "{osc: {freq: 3000, amp: 0.1}, send: {echo: -1}}",
    "echo": "{lag: {signal: $sends}, send: {room: t}}",
    "room": "{filter: {cutoff: 900, signal: $sends}}",
}


def build(text: str, *sounds: str) -> tuple[TreeNode, list[Problem]]:
    return build_sounds(sounds or ["my_sound"], TYPES, [read_document(text, "waves.yaml")])


def mix(**parts: str) -> str:
    return "my_sound:\n  mix:\n" + "".join(f"    {name}: {written}\n" for name, written in parts.items())


def problems(text: str) -> list[Problem]:
    with pytest.raises(Problems) as raised:
        build(text)
    return raised.value.problems


def sends(root: TreeNode) -> dict[str, dict[str, tuple[str, object]]]:
    """For each part that is fed the parts that feed it, each with the ID of its source and the amount."""
    return {
        node.id.removeprefix("my_sound.root.Mix."): {
            name: (send.inputs["signal"].id.removeprefix("my_sound.root.Mix."), send.inputs["amount"])
            for name, send in node.inputs["signals"].items()
        }
        for node in reachable(root)
        if node.id.endswith(".sends")
    }


@pytest.mark.parametrize("order", [*permutations(PARTS)][::5])
def test_sends_may_stand_in_any_order(order):
    root, warnings = build(mix(**{name: PARTS[name] for name in order}))
    assert warnings == [] and list(root.inputs["signals"]) == list(order)
    found = sends(root)
    assert found["echo.sends"] == {"lead": ("lead.Osc", 0.5), "hat": ("hat.Osc", -1.0)}
    assert {name: source for name, (source, _) in found["room.sends"].items()} == {
        "lead": "lead.Osc",
        "echo": "echo.Lag",
    }
    assert found["room.sends"]["echo"][1].id == "my_sound.root.Mix.echo.Lag.send.room.Expression"
    assert {node.id for node in reachable(root)} >= {"my_sound.root.Mix.lead.room.send"}


@pytest.mark.parametrize(
    ("parts", "sentence", "line", "column", "path"),
    [
        ({"a": "{lag: {signal: $sends}, send: {b: 1}}", "b": "{lag: {signal: $sends}, send: {a: 1}}"},
         "'b' and 'a' feed each other", 4, 39, "b.send.a"),
        ({"a": "{lag: {signal: $sends}, send: {a: 1}}"}, "'a' feeds itself", 3, 39, "a.send.a"),
        ({name: f"{{lag: {{signal: $sends}}, send: {{{to}: 1}}}}" for name, to in ("ab", "bc", "ca")},
         "'c' and 'a' feed each other: c → a → b → c", 5, 39, "c.send.a"),
    ],
)  # fmt: skip
def test_parts_that_feed_each_other_are_one_problem(parts, sentence, line, column, path):
    [problem] = problems(mix(**parts))
    assert problem.sentence == sentence and problem.mark and problem.path == f"my_sound.mix.{path}"
    assert (problem.mark.line, problem.mark.column) == (line, column)
    assert problem.suggestion == f"a 'delay' that reads '${path[0]}' by its id"


@pytest.mark.parametrize(
    ("written", "sentence", "suggestion"),
    [
        ("{rom: 0.3}", "no part of this mix is called 'rom'", "'room'"),
        ("{lead: 0.3}", "'lead' feeds itself", "a 'delay' that reads '$lead' by its id"),
        ("room", "expected parts of the mix, each with a factor, got 'room'", "'{room: 0.3}'"),
        ("[room, echo]", "expected parts of the mix, each with a factor, got a list of 2", "'{room: 0.3, echo: 0.3}'"),
        ("0.3", "expected parts of the mix, each with a factor, got 0.3", ""),
        ("{room: 11}", "expected -10 to 10, got 11", ""),
        ("{room: 5 * 3}", "expected -10 to 10, got 15", ""),
        ("{room: .inf}", "expected a finite number, got .inf", ""),
        ("{room: 1e999}", "'1e999' is too large", ""),
        ("{room: true}", "expected a number or one node, got true", "'1'"),
        ("{room: null}", "expected a number or one node, got nothing", ""),
        ("{room: rom}", "unknown name 'rom': write a number, as 'room: '", ""),
    ],
)
def test_what_is_no_send_is_one_problem(written, sentence, suggestion):
    [problem] = problems(
        mix(lead=f"{{osc: {{freq: 220}}, send: {written}}}", room="{lag: {signal: $sends}}", echo="{osc: {}}")
    )
    assert problem.sentence.startswith(sentence.partition(": write")[0]) and problem.suggestion == suggestion
    assert problem.mark and problem.mark.line == 3 and problem.path.startswith("my_sound.mix.lead.send")


def test_a_send_that_nothing_reads_is_a_warning():
    _, [warning] = build(mix(lead="{osc: {freq: 220}, send: {room: 1}}", room="{osc: {freq: 3}}"))
    assert (warning.level, warning.sentence) == ("warning", "'room' never reads '$sends'")


def test_a_part_that_nothing_feeds_reads_silence():
    root, warnings = build(mix(room="{lag: {signal: $sends}}"))
    assert warnings == [] and root.inputs["signals"]["room"].inputs["signal"] == 0.0


def test_a_sound_with_sends_plays_alone_too():
    text = mix(a="lead", b="{room: {}}") + "lead: {osc: {freq: 3}, send: {b: 0.5}}\nroom: {lag: {signal: $sends}}\n"
    root, warnings = build(text)
    assert warnings == [] and sends(root) == {"b.sends": {"a": ("a.Osc", 0.5)}}
    for sound in ("lead", "room"):
        assert build(text, sound)[1] == []


def test_the_sends_of_a_use_stand_beside_those_of_the_sound():
    text = mix(a="{lead: {send: {c: 2}}}", b="{room: {}}", c="{room: {}}")
    text += "lead: {context: {x: 1, signal: {osc: {freq: 3}, send: {b: 0.5}}}}\nroom: {lag: {signal: $sends}}\n"
    source = "a.Context.signal.Osc"
    root, warnings = build(text)
    assert warnings == [] and sends(root) == {"b.sends": {"a": (source, 0.5)}, "c.sends": {"a": (source, 2.0)}}


def test_a_bus_may_be_a_mix_and_its_names_are_those_of_the_player():
    text = mix(lead="{osc: {freq: 220}, send: {room: 1}}", room="{mix: {dry: $sends, wet: {lag: {signal: $sends}}}}")
    root, warnings = build("vars: {sends: 3}\n" + text + "    plain: {osc: {freq: sends}}\n")
    room, plain = root.inputs["signals"]["room"], root.inputs["signals"]["plain"]
    assert warnings == [] and plain.inputs["freq"] == 3.0
    assert room.inputs["signals"]["dry"] is room.inputs["signals"]["wet"].inputs["signal"]


def test_an_id_called_sends_comes_first():
    root, warnings = build(mix(a="{osc: {freq: 3, id: sends}, send: {b: 1}}", b="{lag: {signal: $sends}}"))
    assert root.inputs["signals"]["b"].inputs["signal"].target is root.inputs["signals"]["a"]
    assert [warning.sentence for warning in warnings] == ["'b' never reads '$sends'"]


def test_a_send_outside_of_a_mix_is_a_warning():
    _, [warning] = build("my_sound: {lag: {signal: {osc: {freq: 3}, send: {room: 1}}}}")
    assert warning.sentence == "'send' has no effect here: it is for the parts of a mix"
    assert str(warning.mark) == "waves.yaml:1:32"


SOLO = {
    "lead": (
        "lead",
        {"lead", "echo", "room"},
        {"lead.echo": "lead.Osc", "lead.room": "lead.Osc", "hat.echo": "hat.muted"},
    ),
    "room": ("room", {"room"}, {"lead.room": "lead.Osc", "lead.echo": "lead.Osc", "echo.room": "echo.Lag"}),
    "hat": (
        "hat",
        {"hat", "echo", "room"},
        {"lead.room": "lead.muted", "hat.echo": "hat.Osc", "echo.room": "echo.Lag"},
    ),
}


@pytest.mark.parametrize("case", SOLO)
def test_a_solo_is_heard_with_what_it_feeds_and_a_bus_with_what_feeds_it(case):
    soloed, heard, taps = SOLO[case]
    parts = {name: f"{text[:-1]}, solo: true}}" if name == soloed else text for name, text in PARTS.items()}
    root, _ = build(mix(**parts))
    assert {name for name, state in track_states(root).items() if state.heard} == heard
    found = {
        f"{name}.{bus.removesuffix('.sends')}": tap
        for bus, taps in sends(root).items()
        for name, (tap, _) in taps.items()
    }
    assert found | taps == found


def test_a_mute_part_sends_nothing():
    for muted in ("_lead", "lead"):
        text = mix(
            **{
                muted: PARTS["lead"].replace("send", "mute: true, send"),
                **{k: v for k, v in PARTS.items() if k != "lead"},
            }
        )
        root, _ = build(text)
        assert sends(root)["room.sends"]["lead"][0] == "lead.muted"


def test_a_part_of_an_inner_mix_is_read_by_its_id_in_a_bus_around():
    """As the message on such a send says; the inner mix as a whole has sends of its own."""
    inner = "{mix: {snare: {osc: {freq: 3, id: snare}}, hat: {osc: {freq: 9}}}}"
    text = mix(
        drums=f"{{track: {{signal: {inner}, send: {{room: 0.5}}}}}}", room="{lag: {signal: $sends + 0.3 * $snare}}"
    )
    root, warnings = build(text)
    assert warnings == [] and sends(root)["room.sends"] == {"drums": ("drums.Track", 0.5)}
