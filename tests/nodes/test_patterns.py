"""Patterns as they are heard: onsets to the frame, edits while they play, offline as live."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
import pytest

from tests.harness.at_rates import rendered
from tests.harness.session_harness import Stage, composer_for, save
from tests.harness.small_nodes import nodes
from waves.live.workspace.settings import Settings
from waves.testing import RATE

SOUNDS = """\
click: {osc: {type: sqr, naive: true, freq: 0, amp: 0.5, duration: 0.0005}}
low: {osc: {type: sqr, naive: true, freq: 0, amp: 0.125, duration: 0.0005}}
loud: {osc: {type: sqr, naive: true, freq: 0, amp: v, duration: 0.0005}}
tone: {osc: {freq: f, amp: v, duration: 0.004}}
"""


def text(play: str) -> str:
    return f"{SOUNDS}my_sound: {{{play}}}\n"


def onsets(sound: np.ndarray, level: float = 0.0) -> list[int]:
    """The frames at which a sound begins; `level`: only those of clicks that are so loud."""
    left = np.abs(sound[:, 0])
    starts = np.flatnonzero((left[1:] > 0.0) & (left[:-1] == 0.0)) + 1
    starts = np.concatenate(([0], starts)) if left[0] > 0.0 else starts
    return [int(frame) for frame in starts if not level or abs(left[frame] - level) < 1e-6]


def frames(places: list[Fraction], cycle: Fraction, cycles: int, first: int = 0) -> list[int]:
    """The first frames at or after the places in each cycle."""
    return [ceil((k + place) * cycle * int(RATE)) for k in range(first, cycles) for place in places]


def test_onsets_are_exact_after_many_cycles(tmp_path):
    cycle, cycles = Fraction("0.0437"), 600
    stage = Stage(tmp_path, text('play: "click(3,7) click/1", cycle: 0.0437'))
    heard = stage.play(int(cycle * cycles * int(RATE)), 4096)
    places = [Fraction(k, 14) for k in (0, 2, 4, 7)]  # x.x.x..
    assert onsets(heard) == frames(places, cycle, cycles)


def test_each_cycle_of_a_pass_has_its_notes(tmp_path):
    stage = Stage(tmp_path, text('play: "click <low ~ low*2>", cycle: 0.1'))
    heard = stage.play(int(0.6 * RATE))
    assert onsets(heard, 0.5) == frames([Fraction(0)], Fraction(1, 10), 6)
    low = [Fraction(1, 2), Fraction(5, 2), Fraction(11, 4)]
    assert onsets(heard, 0.125) == [ceil((k + place) * 4410) for k in (0, 3) for place in low]


def test_with_an_interval_a_step_takes_so_long(tmp_path):
    stage = Stage(tmp_path, text('play: "click low@2.5", interval: 0.02'))
    heard = stage.play(int(0.28 * RATE))
    assert onsets(heard, 0.5) == [ceil(k * Fraction(7, 100) * 44100) for k in range(4)]
    assert onsets(heard, 0.125) == [ceil((k * Fraction(7, 100) + Fraction(2, 100)) * 44100) for k in range(4)]


def test_a_text_is_the_list_of_its_steps(tmp_path):
    written = Stage(tmp_path / "a", text("sequencer: {interval: 0.02, steps: [click, low, ~, low]}")).play(8820)
    pattern = Stage(tmp_path / "b", text('play: "click low ~ low", interval: 0.02')).play(8820)
    in_cycle = Stage(tmp_path / "c", text("play: [click, low, ~, low], cycle: 0.08")).play(8820)
    assert np.array_equal(written, pattern) and np.array_equal(written, in_cycle) and written.any()


def test_a_chance_is_drawn_in_each_cycle_and_the_same_again(tmp_path):
    piece = text('play: "click? click*4?", cycle: 0.02')
    first, second = (Stage(tmp_path / name, piece).play(44100) for name in "ab")
    assert np.array_equal(first, second)
    count = [sum(frame // 441 % 2 == half for frame in onsets(first)) for half in range(2)]
    assert 13 <= count[0] <= 37 and 75 <= count[1] <= 125  # of 50 and 200
    by_cycle = [tuple(frame % 882 for frame in onsets(first) if frame // 882 == k) for k in range(50)]
    assert len(set(by_cycle)) > 10


@pytest.mark.parametrize(
    "play",
    [
        'play: tone, note: "[0|1|2|3|4|5|6|7]*8", scale: c major',
        'play: tone, chord: Am9, arp: random, rhythm: "x*8"',
        'play: "tone:a4*8", sometimes: {.5: transpose 12}',
        'play: "tone:a4*8", degrade: .5, rev',
        'play: "tone:a4*8?", rev',
    ],
)
def test_what_is_drawn_goes_by_the_seed(tmp_path, play):
    save(tmp_path, text(play))
    composer = composer_for(tmp_path)

    def drawn(seed: int) -> list[str]:
        composer.configure(Settings(SEED=seed))
        root = composer.compose([("my_sound", {})]).root
        pages = [node.settings["pages"] for node in nodes(root).values() if node.template]
        return [str([one.page(cycle)[1] for cycle in range(4)]) for one in pages]

    first, other = drawn(0), drawn(5)
    assert len({str(one) for one in (first, other, drawn(9))}) == 3
    assert (drawn(0), drawn(5)) == (first, other)


def test_a_choice_sounds_in_each_cycle_alone(tmp_path):
    heard = Stage(tmp_path, text('play: "click|low", cycle: 0.02')).play(44100)
    loud, low = len(onsets(heard, 0.5)), len(onsets(heard, 0.125))
    assert loud + low == 50 and loud >= 13 and low >= 13


def test_the_kind_of_lane(tmp_path):
    heard = Stage(tmp_path, text('play: "loud*4", v: "1 .5 ff", cycle: 0.08')).play(3528)
    assert [round(float(heard[frame, 0]), 6) for frame in onsets(heard)] == [1.0, 1.0, 0.5, 0.9]


def test_a_transform_moves_onsets_to_the_frame(tmp_path):
    heard = Stage(tmp_path, text('play: "click low", cycle: 0.1, every: {2: [rev, {shift: 1/3}]}')).play(8820)
    low, loud = onsets(heard, 0.125), onsets(heard, 0.5)
    assert low == [2205, ceil(Fraction(4, 3) * 4410)]  # in the second cycle first, a third of a cycle late
    assert loud == [0, ceil(Fraction(11, 6) * 4410)]


def test_every_sound_has_a_place_and_a_strength(tmp_path):
    heard = Stage(tmp_path, text('play: "click*4", cycle: 0.08, pan: "-1 1", v: ".5 1 .5 1"')).play(3528)
    found = [tuple(round(float(one) / 0.5 / 2**0.5, 6) for one in heard[k * 882 + 1]) for k in range(4)]
    assert found == [(0.5, 0.0), (1.0, 0.0), (0.0, 0.5), (0.0, 1.0)]


def test_notes_of_a_lane_are_the_notes_of_the_sound(tmp_path):
    by_lane = Stage(tmp_path / "a", text('play: tone, note: "c5 <e5 g5>", v: .5, cycle: 0.02')).play(4410)
    by_step = Stage(tmp_path / "b", text('play: "tone:c5:v.5 <tone:e5:v.5 tone:g5:v.5>", cycle: 0.02')).play(4410)
    assert np.array_equal(by_lane, by_step) and by_lane.any()


def test_layers_of_different_lengths_come_again_each_by_itself(tmp_path):
    heard = Stage(tmp_path, text('play: "<click ~!6>, <low!2 ~!9>, <loud:v.25 ~!12>", cycle: 0.01')).play(44100)
    for level, of, on in ((0.5, 7, {0}), (0.125, 11, {0, 1}), (0.25, 13, {0})):
        alone = [k for k in range(100) if k % of in on and not any(k % n in m for n, m in LENGTHS if n != of)]
        assert [frame for frame in onsets(heard, level) if frame // 441 in alone] == [441 * k for k in alone]


LENGTHS = [(7, {0}), (11, {0, 1}), (13, {0})]


def test_a_sound_in_layers_of_different_lengths_has_all_their_notes(tmp_path):
    heard = Stage(tmp_path, text('play: "<click ~ ~>, <~ [~ click]>, low/4", cycle: 0.02, voices: 2')).play(882 * 24)
    wanted = {Fraction(k) for k in range(0, 24, 3)} | {k + Fraction(1, 2) for k in range(1, 24, 2)}
    assert onsets(heard, 0.5) == [ceil(place * 882) for place in sorted(wanted - set(range(0, 24, 4)))]


def test_a_repeated_note_is_drawn_each_time(tmp_path):
    """One sound in layers of one and of two cycles: its `?` is drawn in each cycle, not once for both."""
    heard = Stage(tmp_path, text('play: "click?, <~ [~ click]>", cycle: 0.02')).play(44100)
    played = {frame // 882 for frame in onsets(heard) if frame % 882 == 0}
    pairs = [(k in played) == (k + 1 in played) for k in range(0, 50, 2)]
    assert 15 <= len(played) <= 35 and 5 <= sum(pairs) <= 20


LIST = "sequencer: {interval: 0.03, steps: [click, low]}"
TEXT = 'play: "click low*2", cycle: 0.1'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (TEXT, 'play: "click <low low*2> ~ low", cycle: 0.1'),
        (TEXT, 'play: "click ~ low*4 <low ~ click>", cycle: 0.1'),
        (TEXT, 'play: "click low loud@2", v: 0.25, interval: 0.02'),
        (TEXT, 'play: "<click!2 ~>, <~ [~ low]*2>, <loud:v.25!4 [~ click]>", cycle: 0.1'),
        ('play: "<click ~>, <low low*2 ~>", cycle: 0.1', TEXT),
        (LIST, 'play: "click low ~ <low click>", cycle: 0.1'),
        (TEXT, 'play: "click low*2", cycle: 0.1, every: {3: fast 2}, also: {1/8: rev}'),
        ('play: "click low*2", cycle: 0.1, rev, shift: 1/3', 'play: "click low*2", cycle: 0.1, shift: 1/3, rev'),
    ],
)
def test_an_edit_keeps_the_cycle(tmp_path, before, after):
    """From the save on notes begin as if the text had always been so; before it nothing is otherwise."""
    stage = Stage(tmp_path / "a", text(before))
    heard = [stage.play(9999)]
    stage.save(text(after))
    heard.append(stage.settle())
    at = sum(map(len, heard))
    heard.append(stage.play(44100 - at))
    sound = np.concatenate(heard)
    always = Stage(tmp_path / "b", text(after)).play(44100)
    first = Stage(tmp_path / "c", text(before)).play(44100)
    assert [one for one in onsets(sound) if one >= at] == [one for one in onsets(always) if one >= at]
    assert [one for one in onsets(sound) if one < 9999] == [one for one in onsets(first) if one < 9999]


def test_the_spelling_of_play_changes_nothing(tmp_path):
    stage = Stage(tmp_path, text('play: "click low*2", cycle: 0.1'))
    stage.play(9999)
    key = "my_sound.root.Mix.my_sound.Sequencer.cycle.Clock"
    state = stage.state(key)
    stage.reload(text('sequencer: {steps: "click low*2", cycle: 0.1}'))
    assert stage.state(key) is state or stage.state(key).next == state.next == 3


def test_offline_is_live_in_any_block(tmp_path):
    piece = text(
        'mix: {a: {play: "click*3? <low low(3,8)>, tone:a5*5", cycle: 0.07, sometimes: {.4: ply 2}, iter: 3, '
        "degrade: .1}, "
        'b: {play: "tone:a4?*5, <low ~ ~>, [click|~]/2 <~ low low ~ low>", cycle: 0.05}}'
    )
    stages = {block: Stage(tmp_path / str(block), piece) for block in (64, 77, 1024)}
    offline = rendered(tmp_path / "64", RATE, 0.5).astype(np.float32)
    for block, stage in stages.items():
        assert np.array_equal(stage.play(len(offline), block), offline), block
