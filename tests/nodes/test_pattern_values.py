"""Values of patterns as they are heard: to the frame, in a tempo that moves, in lines, through edits, in notes."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import numpy as np
import pytest

from tests.harness.session_harness import Frames, Stage
from waves.testing import RATE

LEVEL = "osc: {type: sqr, naive: true, freq: 0, amp: {%s}}"  # its output is the value


def text(values: str) -> str:
    return f"my_sound: {{{LEVEL % values}}}\n"


def changes(sound: Frames, channel: int = 0) -> list[tuple[int, float]]:
    """The frames at which a level changes, and the levels from there."""
    level = sound[:, channel]
    at = np.flatnonzero(np.diff(level)) + 1
    return [(int(frame), round(float(level[frame]), 6)) for frame in (0, *at)]


def test_values_begin_at_their_exact_frames_after_many_cycles(tmp_path):
    cycle, cycles = Fraction("0.0437"), 600
    heard = Stage(tmp_path, text('values: ".1 .2(3,7) <.3 .4>", cycle: 0.0437')).play(int(cycle * cycles * RATE), 4096)
    places = [(Fraction(0), (0.1, 0.1)), (Fraction(1, 3), (0.2, 0.2)), (Fraction(2, 3), (0.3, 0.4))]
    wanted = [(ceil((k + at) * cycle * int(RATE)), two[k % 2]) for k in range(cycles) for at, two in places]
    assert changes(heard) == wanted


def test_values_begin_with_the_notes_of_the_same_text(tmp_path):
    """In a tempo that moves, with swing."""
    click = "click: {osc: {type: sqr, naive: true, freq: 0, amp: 0.5, duration: 0.0005}}\n"
    pattern = '"%s(3,8) <[%s %s] %s>", cycle: beat, swing: 60%%, grid: beat / 8'
    parts = (f"play: {pattern % (('click',) * 4)}, pan: -1", f"track: {{pan: 1, signal: {{{LEVEL}}}}}")
    values = f"values: {pattern % ('.1', '.2', '.3', '.4')}"
    mix = f"a: {{{parts[0]}}}, b: {{{parts[1] % values}}}"
    heard = Stage(
        tmp_path, f"{click}my_sound: {{tempo: {{bpm: 300 + 200 * sin(t * 9), signal: {{mix: {{{mix}}}}}}}}}\n"
    ).play(40_000)
    left = heard[:, 0]
    notes = {int(k) for k in np.flatnonzero((left > 0.0) & (np.concatenate(([0.0], left[:-1])) == 0.0))}
    begun = {frame for frame, _ in changes(heard, 1)}
    assert len(begun) > 10 and begun <= notes  # a value that is equal to the one before does not change


def test_a_ramp_goes_over_rests_and_an_overlap_from_the_former_value(tmp_path):
    ramp = Stage(tmp_path / "a", text('values: ".1 ~ .3 .2", mode: ramp, cycle: 0.04')).play(3 * 1764)[:, 0]
    at = np.arange(3 * 1764) / 1764 * 4 % 4
    np.testing.assert_allclose(ramp, np.interp(at, [0, 2, 3, 4], [0.1, 0.3, 0.2, 0.1]), atol=1e-7)
    values = 'values: ".1 .3", mode: overlap, overlap: 0.01, cycle: 0.04'
    overlap = Stage(tmp_path / "b", text(values)).play(1764)[:, 0]
    share = np.minimum(np.arange(882) / (0.01 * RATE), 1.0)
    np.testing.assert_allclose(overlap[:882], 0.1, atol=1e-7)
    np.testing.assert_allclose(overlap[882:], 0.1 + 0.2 * share, atol=1e-7)


def test_a_list_fills_a_cycle_and_its_entries_may_be_anything(tmp_path):
    heard = Stage(tmp_path, text('values: [.1, "0.1 * 2", {expression: {exp: 0.3}}], cycle: 0.03, repeat: 2')).play(
        4410
    )
    wanted = [0.1, 0.2, 0.3] * 2
    assert changes(heard) == [(441 * k, value) for k, value in enumerate(wanted)]


PLAIN = 'values: ".1 <.2 .3> [.4 .25]", cycle: 0.05'
DRAWN = 'values: "[.1|.2] .3? [.15|.4]*2", cycle: 0.05'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PLAIN, PLAIN + ", rev"),
        (PLAIN, DRAWN),
        (DRAWN, DRAWN.replace("|", " ") + ", degrade: .3"),
        (DRAWN, PLAIN),
        ("automation: {interval: 0.02, steps: [.1, .3]}", PLAIN + ", mode: ramp"),
    ],
)
def test_an_edit_keeps_the_cycle(tmp_path, before, after):
    """After its fade a value is as if the text had always been so, whatever was played before."""
    stage = Stage(tmp_path / "a", text(before))
    at = len(stage.play(9_001, 77))
    stage.save(text(after))
    at += len(stage.settle()) + len(stage.play(1_000))
    always = Stage(tmp_path / "b", text(after)).play(at + 8_000, 1_000)
    assert np.array_equal(stage.play(8_000), always[at:]) and np.ptp(always) > 0.1


def test_in_a_note_values_begin_with_it(tmp_path):
    """Also those that chance decides: each voice has them from the first cycle on."""
    level = LEVEL % 'values: ".1 [.2|.3]", cycle: 0.02'
    stage = Stage(tmp_path, f"one: {{{level}, duration: 0.02}}\nmy_sound: {{play: one, cycle: 0.03}}\n")
    heard = stage.play(6 * 1323)[:, 0].reshape(6, 1323)
    assert np.allclose(heard[:, 10], 0.1) and np.all(heard[:, 500] == heard[0, 500]) and heard[0, 500] > 0.15
