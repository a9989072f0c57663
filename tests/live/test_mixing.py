"""Levels of the parts of a mix, live: mute, solo and gain without a click, and no other track changes by a bit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.session_harness import FADE, RATE, Stage, step
from waves.language.tree.tree_node import PartState, track_states

LOW, HIGH = "osc: {freq: 110, amp: 0.2}", "osc: {freq: 330, amp: 0.2}"
BEAT = "sequencer: {interval: 0.02, steps: [{osc: {freq: 700, amp: 0.1, duration: 0.01}}]}"
STEPS = 0.2 * 2 * np.pi * 330 / RATE * 1.2  # of the tones, between neighbouring frames
PART = 2000  # frames


def piece(low: str = f"low: {{{LOW}}}", high: str = f"high: {{{HIGH}}}", beat: str = f"beat: {{{BEAT}}}") -> str:
    return f"my_sound:\n  mix:\n    {low}\n    {high}\n    {beat}\n"


def level(frames: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(frames.astype(float)))))


def states(live: Stage) -> dict[str, PartState]:
    playing = live.composer.playing
    assert playing
    return {name: state for name, state in track_states(playing.root).items() if state != PartState()}


def with_stems(stage, text: str) -> Stage:
    """A stage that plays all outputs, with those of the tracks."""
    live = stage(text, stems=ALL)
    live.call = lambda frames: live.engine.render(frames).copy()
    return live


def stems(live: Stage, frames: int) -> tuple[np.ndarray, ...]:
    """What the tracks low, high and beat give, one channel of each."""
    heard = live.play(frames)
    return heard[:, 2], heard[:, 4], heard[:, 6]


ALL = ["low", "high", "beat"]

CASES = {
    "a parameter": (piece(f"low: {{{LOW}, mute: true}}"), PartState(True, False, False), 0.0),
    "its name": (piece(f"_low: {{{LOW}}}"), PartState(True, False, False), 0.0),
    "a track": (piece(f"low: {{track: {{mute: true, signal: {{{LOW}}}}}}}"), PartState(True, False, False), 0.0),
    "its gain": (piece(f"low: {{{LOW}, gain: -12}}"), PartState(), 10 ** (-12 / 20)),
    "a gain of its track": (piece(f"low: {{track: {{gain: -12, signal: {{{LOW}}}}}}}"), PartState(), 10 ** (-12 / 20)),
    "a wrapper": (
        piece(f"low: {{context: {{x: 110, signal: {{{LOW}, mute: true}}}}}}"),
        PartState(True, False, False),
        0.0,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_part_changes_its_level_without_a_click_and_the_others_not_by_a_bit(stage, case):
    after, state, factor = CASES[case]
    live, untouched = with_stems(stage, piece()), with_stems(stage, piece())
    before = stems(live, PART)
    live.save(after)
    heard = live.settle()
    low, high, beat = (np.concatenate([one, now]) for one, now in zip(heard.T[2::2], stems(live, PART), strict=True))
    same = stems(untouched, 2 * PART + len(heard))
    assert states(live) == ({"low": state} if state != PartState() else {})
    assert level(low[-PART // 4 :]) == pytest.approx(factor * level(same[0][-PART // 4 :]), abs=1e-6)
    assert step(np.concatenate([before[0], low])[:, None]) <= STEPS
    assert np.array_equal(np.concatenate([before[1], high]), same[1])
    assert np.array_equal(np.concatenate([before[2], beat]), same[2])
    live.save(piece())
    heard = live.settle()
    low = np.concatenate([heard[:, 2], live.play(PART)[:, 2]])
    same_low = untouched.play(len(low))[:, 2]
    assert step(low[:, None]) <= STEPS and states(live) == {}
    if "track" not in case:
        assert np.array_equal(low[-PART // 4 :], same_low[-PART // 4 :]), "it went on in time"


def test_a_part_that_is_mute_by_its_name_keeps_its_ids(stage):
    live = stage(piece())
    live.play(PART)
    live.reload(piece(f"_low: {{{LOW}}}"))
    live.play(FADE)
    assert live.state("my_sound.root.Mix.low.Osc") is not None
    event = live.events[-1]
    assert event.kind == "reloaded" and not event.nodes.dropped and not event.nodes.moved
    assert list(states(live)) == ["low"]


def test_of_a_part_and_a_mute_part_of_one_name_both_stay(stage):
    live = stage("my_sound: {mix: {_low: {osc: {freq: 3}}, low: {osc: {freq: 5}}, _: {osc: {freq: 7}}}}")
    assert states(live) == {"_low": PartState(True, False, False), "_": PartState(True, False, False)}


def test_only_what_is_solo_is_heard(stage):
    solo = piece(f"low: {{{LOW}, solo: true}}", beat=f"beat: {{{BEAT}, solo: true}}")
    live, untouched = with_stems(stage, piece()), with_stems(stage, piece())
    live.play(PART)
    live.save(solo)
    heard = live.settle()
    low, high, beat = stems(live, PART)
    same = stems(untouched, 2 * PART + len(heard))
    assert states(live) == {
        "low": PartState(solo=True),
        "high": PartState(heard=False),
        "beat": PartState(solo=True),
    }
    assert np.array_equal(low, same[0][-PART:]) and np.array_equal(beat, same[2][-PART:])
    assert level(high[FADE:]) == 0.0
    live.reload(piece(f"low: {{{LOW}, solo: true, mute: true}}"))
    live.play(PART)
    assert states(live)["low"] == PartState(True, True, False), "mute counts more"


def test_a_solo_counts_in_its_own_mix(stage):
    live = stage(
        "my_sound: {mix: {a: {mix: {b: {osc: {solo: true, freq: 3}}, c: {osc: {freq: 4}}}}, d: {osc: {freq: 5}}}}"
    )
    live.play(64)
    assert states(live) == {}
    assert {key for key in live.engine.playing.graph.rows if key.endswith(".muted")} == {
        "my_sound.root.Mix.a.Mix.c.muted"
    }


def test_a_part_that_fades_slowly_is_muted_at_once_and_stays_the_same_part(stage):
    fading = piece(f"low: {{{LOW}, fade: 2}}")
    live = with_stems(stage, fading)
    live.play(PART)
    loud = level(stems(live, PART)[0])
    live.reload(piece(f"low: {{{LOW}, fade: 2, gain: -6}}"))
    live.play(FADE)
    assert level(stems(live, PART)[0]) == pytest.approx(10 ** (-6 / 20) * loud, rel=0.05)
    live.reload(piece(f"low: {{{LOW}, fade: 2, mute: true}}"))
    live.play(FADE)
    assert level(stems(live, PART)[0]) == 0.0
    live.reload(fading)
    live.play(FADE)
    assert level(stems(live, PART)[0]) == pytest.approx(loud, rel=0.05)


def test_a_track_with_outputs_of_its_own_has_its_level_there(stage):
    text = piece(f"low: {{track: {{out: 3, gain: -6, LEVEL signal: {{{LOW}}}}}}}")
    live = stage(text.replace("LEVEL", ""), channels=4)
    assert level(live.play(PART)[:, 2]) == pytest.approx(0.2 / np.sqrt(2) * 10 ** (-6 / 20), rel=0.02)
    live.reload(text.replace("LEVEL", "mute: true,"))
    live.play(FADE)
    assert level(live.play(PART)[:, 2]) == 0.0


def test_a_mute_that_is_over_is_in_the_report(stage):
    live = stage(piece())
    live.play(PART)
    assert "low is mute" in live.reload(piece(f"_low: {{{LOW}}}")).text
    live.play(PART)
    assert "mute" not in live.reload(piece(f"_low: {{{LOW}}}", f"high: {{{HIGH}, gain: 3}}")).text
    live.play(PART)
    assert "low is heard" in live.reload(piece()).text


HOSTILE = {
    "gain: 41": "expected -120 to 40 dB, got 41",
    "gain: -121": "expected -120 to 40 dB, got -121",
    "gain: .inf": "expected a finite number",
    "gain: .nan": "'.nan' is not a number",
    "gain: 1e400": "is too large",
    "gain: null": "expected a number or one node, got nothing",
    "mute: 2": "expected true or false, got 2",
    "mute: 0.5 * t": "expected true or false, got '0.5 * t'",
    "solo: []": "expected true or false, got a list of 0",
}


@pytest.mark.parametrize("written", HOSTILE)
def test_what_is_no_level_is_refused(stage, written):
    live = stage(piece())
    live.play(64)
    event = live.reload(piece(f"low: {{{LOW}, {written}}}"))
    assert event.kind == "refused"
    [problem] = event.problems
    assert HOSTILE[written] in problem.sentence and problem.path == f"my_sound.mix.low.{written[:4]}"
    assert problem.mark and (problem.mark.line, problem.mark.column) == (3, 40 + len(written[:4]) + 1)


@pytest.mark.parametrize("name", ["my_sound.root.Mix.low.Osc.gain", "my_sound.mix.low.osc.gain", "main.gain"])
def test_a_gain_is_moved_from_outside(stage, name):
    low = LOW if name != "main.gain" else LOW.replace("}", ", id: main}")
    live = with_stems(stage, piece(f"low: {{{low}, gain: -6}}"))
    loud = level(stems(live, PART)[0])
    live.session.set_value(name, -20.0)
    live.settle()
    live.play(2 * FADE)
    assert level(stems(live, PART)[0]) == pytest.approx(10 ** (-14 / 20) * loud, rel=0.02)


ROOM = "room: {delay: {time: 0.01, mix: 1, signal: $sends}}"


def test_a_send_is_as_loud_as_it_says_and_comes_without_a_click(stage):
    live, untouched = with_stems(stage, piece(beat=ROOM)), with_stems(stage, piece(beat=ROOM))
    live.play(PART), untouched.play(PART)
    live.save(piece(f"low: {{{LOW}, gain: -6, send: {{room: 0.5}}}}", beat=ROOM).replace("beat", "room"))
    heard = live.settle()
    after = live.play(2 * PART)
    same = untouched.play(len(heard) + 2 * PART)
    assert np.array_equal(np.concatenate([heard, after])[:, 4], same[:, 4])
    assert step(np.concatenate([heard, after])[:, :1]) <= 3 * STEPS
    delay = round(0.01 * RATE)
    mixed, low, high = after[:, 0], after[:, 2], after[:, 4]
    np.testing.assert_allclose((mixed - low - high)[PART:], 0.5 * low[PART - delay : -delay], atol=1e-12)


def test_the_bits_of_a_piece_with_sends_do_not_depend_on_the_block(stage):
    text = piece(
        f"low: {{{LOW}, send: {{room: 0.5 * t}}}}", f"high: {{{HIGH}, gain: -6 * t, send: {{room: -1}}}}", ROOM
    )
    blocks = [stage(text).play(PART, block) for block in (64, 37, 256)]
    assert all(np.array_equal(blocks[0], other) for other in blocks[1:])


def test_levels_stand_below_a_chain_of_the_master(stage):
    chain = "my_sound: {limit: {ceiling: -3, signal: {compress: {signal: {mix: {low: {LOW}, _high: {HIGH}}}}}}}"
    live = stage(chain.replace("LOW", LOW).replace("HIGH", HIGH))
    live.play(64)
    assert states(live) == {"high": PartState(True, False, False)}
    assert live.engine.playing and [*live.engine.playing.graph.meters] == ["low", "high"]


FIELDS = {"low": LOW, "high": HIGH, "beat": BEAT}
EDITS = [  # of one part each: what is written behind it, or before its name
    ("low", "mute: true"),
    ("low", "send: {room: 0.7}"),
    ("low", "gain: -9, send: {room: 0.1}"),
    ("beat", "send: {room: 0.9}"),
    ("beat", "mute: true, send: {room: 0.9}"),
    ("high", "solo: true, send: {room: 0.2}"),
    ("room", "gain: -3"),
    ("low", "gain: 3 * sin(t), send: {room: 0.3 * t}"),
    ("low", ""),
    ("beat", "gain: -20"),
]


def with_room(part: str = "", written: str = "") -> str:
    """A mix of three parts that send to a room, with one of them written otherwise."""
    sends = {"low": "send: {room: 0.3}", "high": "send: {room: 0.2}", "beat": "send: {room: 0.5}"}
    lines = [f"{name}: {{{node}, {written if name == part else sends[name]}}}" for name, node in FIELDS.items()]
    lines.append(ROOM[:-1] + (f", {written}}}" if part == "room" else "}"))
    return "my_sound:\n  mix:\n" + "".join(f"    {line}\n" for line in lines).replace(", }", "}")


@pytest.mark.long
def test_a_mix_with_sends_is_edited_for_a_minute_and_untouched_parts_are_equal_to_the_bit(stage):
    """Mute, solo, gain and sends, in the text and by actions, 48 times: each part that nothing changes goes on."""
    live, alone = with_stems(stage, with_room()), with_stems(stage, with_room())
    spans: list[tuple[int, int, str]] = []  # frames, and the part that is another one in them; "": all but high
    heard = [live.play(RATE)]
    for count in range(48):
        part, written = EDITS[count % len(EDITS)]
        start = live.engine.clock
        if count % 4 == 3:  # by an action, which the file knows nothing of
            part = "low" if count % 8 == 3 else ""
            live.session.switches.set(*(("mute", "low") if part else ("solo", "high")), True)
            heard += [live.settle(), live.play(RATE // 2)]
            live.session.switches.set(*(("mute", "low") if part else ("solo", "high")), False)
        else:
            live.save(with_room(part, written))
            part = "" if "solo" in written else part
            heard += [live.settle(), live.play(RATE // 2)]
            live.save(with_room())
        heard += [live.settle(), live.play(RATE // 2)]
        spans.append((start, live.engine.clock, part))
    played = np.concatenate(heard)
    assert len(played) >= 48 * RATE and len(played) + RATE >= live.engine.clock
    heard.append(live.play(max(60 * RATE - len(played), 0)))
    played = np.concatenate(heard)
    same = alone.play(len(played))
    assert np.abs(same[:, 2:8:2]).max(axis=0).min() > 0.05
    for column, name in zip((2, 4, 6), FIELDS, strict=True):
        touched = np.zeros(len(played), bool)
        for start, end, part in spans:
            touched[start:end] |= part == name or (part == "" and name != "high")
        changed = np.any(played[:, column : column + 2] != same[:, column : column + 2], axis=1)
        assert not np.any(changed & ~touched), f"{name}, frame {np.argmax(changed & ~touched)}"
        assert name == "high" or np.any(changed), f"{name} was edited"
