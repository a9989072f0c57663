"""Bars that differ while a piece plays: patterns, songs, ramps, saves and calls at a bar; edits of the metre."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed
from tests.harness.session_harness import RATE
from tests.harness.songs import BEAT, KIT, song
from tests.harness.waiting import wait
from waves.live.form.form_calls import call_section, section_now

TURNS = "[4/4, 3/4, 7/8]"
LINES = [0.0, 4.0, 7.0, 10.5, 14.5, 17.5, 21.0]
"""Beats at which the bars begin."""


def piece(parts: str, metre: str = TURNS, settings: str = "") -> str:
    mix = "".join(f"        {line}\n" for line in parts.splitlines())
    return f"{settings}{KIT}my_sound:\n  tempo:\n    bpm: 240\n    metre: {metre}\n    signal:\n      mix:\n{mix}"


def halves(frames: np.ndarray, beats: int) -> list[float]:
    """The level a little after each half of a beat."""
    return [round(float(np.abs(frames[k * BEAT // 2 + 100, 0])), 3) for k in range(2 * beats)]


def at_lines(found: list[float], lines: list[float]) -> list[float]:
    """The levels at some beats, of those of each half of a beat; all others are silent."""
    places = [round(2 * beat) for beat in lines if 2 * beat < len(found)]
    assert not any(level for k, level in enumerate(found) if k not in places)
    return [found[place] for place in places]


def test_a_pattern_fits_every_bar_and_another_metre_finds_its_place_at_once(stage):
    live = stage(piece('a: {play: "<low high top>"}'), keeps=True)
    heard = [live.play(12 * BEAT, 37)]
    live.save(piece('a: {play: "<low high top>"}', "[4/4, 7/8]"))  # the next line is now that of the beat 15
    heard += [live.settle(), live.play(6 * BEAT)]
    live.save(piece('a: {play: "<low high top>"}', "4/4"))  # and that of the beat 20
    heard += [live.settle(), live.play(4 * BEAT)]
    live.save(piece('a: {play: "<low high top>"}', "3/4"))  # of the beats 24 and 27
    heard += [live.settle(), live.play(6 * BEAT)]
    frames = np.concatenate(heard)
    first, later = [0.1, 0.2, 0.4, 0.1], [0.2, 0.4, 0.4, 0.1]
    assert at_lines(halves(frames, 28), [0, 4, 7, 10.5, 15, 20, 24, 27]) == first + later
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_cycles_of_several_bars_keep_their_place_in_other_bars(stage):
    live = stage(piece('a: {play: "low high", cycle: 2 * bar}', "[5/4, 7/8]"))
    heard = [live.play(round(7.25 * BEAT))]
    live.save(piece('a: {play: "low high", cycle: 2 * bar}', "[3/4, 4/4, 2/4]"))  # 0 3 7 9 12 16 18
    heard += [live.settle(), live.play(11 * BEAT)]
    assert at_lines(halves(np.concatenate(heard), 17), [0, 5, 9, 12, 16]) == [0.1, 0.2, 0.2, 0.1, 0.2]


def test_a_save_for_a_bar_in_another_metre_comes_where_a_bar_of_both_begins(stage):
    live = stage(piece("a: {play: low}", "4/4"))
    live.play(15 * BEAT // 2)
    with live.running():
        live.save(piece("a: {play: low}", "3/4", "settings: {at: bar}\n"))
        assert live.session.builder.wait(10)
    assert live.engine.committed_at == 12 * BEAT, "not at the next bar of 4/4, which is that of the beat 8"
    assert live.events[-1].place == "bar 5, beat 1.00"


def test_chance_in_bars_that_differ_is_known_ahead_wherever_it_begins(stage):
    parts = 'a: {play: "<low [low|low]> ~"}'
    live = stage(piece(parts))
    live.play(300 * BEAT)
    live.save(piece(parts + '\nb: {play: "[high|high] ~"}'))
    live.settle()
    frames = live.play(3 * RATE)
    rings = live.engine.playing.rings.values()
    assert len(rings) == 2 and not any(ring.late for ring in rings)
    assert round(float(np.abs(frames[:, 0]).max()), 3) == 0.3


def test_a_chain_that_is_added_begins_with_the_next_bar(stage):
    live = stage(piece('a: {play: "low"}'))
    heard = [live.play(5 * BEAT)]
    live.save(piece('a: {play: "low"}\nb: {sequencer: {chain: [high], repeat: 1}}'))
    heard += [live.settle(), live.play(6 * BEAT)]
    assert at_lines(halves(np.concatenate(heard), 11), LINES) == pytest.approx([0.1, 0.1, 0.3, 0.1])


def test_a_slow_wave_takes_a_bar_each(stage):
    live = stage(piece("a: {osc: {type: sqr, freq: 0, amp: {lfo: {shape: saw, interval: bar, range: [0, 0.5]}}}}"))
    live.play(21 * BEAT)  # in the second turn
    level = np.abs(live.play(21 * BEAT)[:, 0])
    for begin, end in pairwise(LINES):
        part = level[math.ceil(begin * BEAT) : math.ceil(end * BEAT)]
        np.testing.assert_allclose(part, np.linspace(0.0, 0.5, part.size, endpoint=False), atol=1e-4)


def test_a_song_counts_the_bars_of_the_tempo(stage):
    parts = 'a: {play: low, during: v}\nb: {play: high, during: c}\nc: {play: "top ~", sync: section}'
    text = song("{v: 2, c: 1}", parts).replace("bpm: 240", f"bpm: 240\n    metre: {TURNS}")
    live = stage(text, keeps=True)
    heard = [live.play(11 * BEAT)]  # v 0 to 7, c to 10.5
    call_section(live.engine, live.composer, "c", None)
    heard.append(live.play(BEAT))
    assert section_now(live.engine.playing, live.session.committer.music_time, live.engine.place) == ("v", 1, 2)
    heard.append(live.play(10 * BEAT))
    frames = np.concatenate(heard)
    found = halves(frames, 22)
    assert at_lines(found, LINES) == pytest.approx([0.5, 0.5, 0.6, 0.5, 0.6, 0.5, 0.5])
    assert live.session.committer.music_time.place(live.engine.place) == "bar 7, beat 2.00"
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_a_save_lands_on_its_bar_and_a_ramp_takes_bars_from_there(stage):
    first, at = 'a: {play: "low"}', "settings: {at: 2 bars}\n"
    ramp = "{osc: {type: sqr, freq: 0, amp: {from: 0, to: 0.4, in: 2 bars}}}"
    live = stage(piece(first, settings=at), keeps=True)
    live.play(8 * BEAT)
    live.save(piece(f"b: {ramp}", settings=at))
    assert wait(lambda: "waiting" in live.kinds)
    assert live.events[live.kinds.index("waiting")].place == "bar 5, beat 1.00"
    live.play(round(6.5 * BEAT) - 2000)
    assert wait(lambda: live.engine.waiting)
    live.play(BEAT)
    assert wait(lambda: "reloaded" in live.kinds)
    assert live.engine.committed_at == math.ceil(14.5 * BEAT)  # between two frames
    live.play(18 * BEAT - live.engine.clock)
    assert float(np.abs(live.play(64)[0, 0])) == pytest.approx(0.4 * 3.5 / 6.5, abs=1e-3)  # to the beat 21
    assert float(np.abs(live.play(4 * BEAT)[-1, 0])) == pytest.approx(0.4, abs=1e-6)


SECTIONS = "{a: {bars: 3, metre: 3/4}, b: {bars: 2, metre: [4/4, 7/8]}, c: 2}"
FORM = {"a": [3.0] * 3, "b": [4.0, 3.5], "c": [4.0] * 2}
"""The beats of the bars of its sections."""


def played(names: str) -> list[float]:
    """The beats at which the bars of some sections begin, one after another."""
    return [0.0, *accumulate(beats for name in names for beats in FORM[name])]


def test_the_bars_of_a_song_are_those_of_its_sections_also_after_a_call(stage):
    parts = 'a: {play: "<low high top>"}\nb: {play: "<~ low>", sync: section}\n'
    parts += "c: {osc: {type: sqr, freq: 0, amp: 0.8 * two_bar_tick * (section == 1)}}"
    live = stage(song(SECTIONS, parts), keeps=True)
    heard = [live.play(17 * BEAT, 37)]  # in the first bar of c
    call_section(live.engine, live.composer, "a", None)
    heard.append(live.play(22 * BEAT))
    frames = np.concatenate(heard)
    lines = played("abcab")
    lines = lines[:6] + [beat - 4.0 for beat in lines[7:]]  # c has one bar
    cycles = [0.1, 0.2, 0.4] * 4
    again = [0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0, 0.0, 0.1, 0.0]
    found = at_lines(halves(frames, 39), lines)
    assert found == pytest.approx([one + more for one, more in zip(cycles, again, strict=True)])
    ticks = [k for k, beat in enumerate(lines) if np.abs(frames[math.ceil(beat * BEAT), 0]) > 0.7]
    assert ticks == [0, 2, 6, 8]
    now = section_now(live.engine.playing, live.session.committer.music_time, live.engine.place)
    assert now == ("c", 1, 2)
    assert live.session.committer.music_time.place(live.engine.place) == "bar 12, beat 3.00"
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_a_section_that_changes_or_goes_keeps_to_bars(stage):
    parts = 'a: {play: "<low high top>"}'
    first = song("{a: {bars: 2, metre: 3/4}, b: {bars: 2, metre: 2/4}}", parts)
    live = stage(first, keeps=True)
    heard = [live.play(7 * BEAT)]
    live.save(song("{a: {bars: 2, metre: 3/4}, x: {bars: 1, metre: 5/4}}", parts))  # b is played to its end
    heard += [live.settle(), live.play(12 * BEAT, 37)]
    live.session.undo(1)  # in the second bar of a
    heard += [live.settle(), live.play(3 * BEAT)]
    live.save(song("{a: {bars: 2, metre: 3/4}, b: {bars: 3, metre: 2/4}}", parts))
    heard += [live.settle(), live.play(6 * BEAT)]
    frames = np.concatenate(heard)
    lines = [0, 3, 6, 8, 10, 15, 18, 21, 23, 25, 27]
    assert at_lines(halves(frames, 28), lines) == [0.1, 0.2, 0.4] * 3 + [0.1, 0.2]
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_another_metre_of_the_section_that_plays_counts_from_its_beginning(stage):
    live = stage(song("{a: {bars: 2, metre: 3/4}, b: 2}", 'a: {play: "<low high top>"}'))
    heard = [live.play(4 * BEAT + 99)]
    live.save(song("{a: {bars: 2, metre: 5/4}, b: 2}", 'a: {play: "<low high top>"}'))
    heard += [live.settle(), live.play(11 * BEAT)]
    assert at_lines(halves(np.concatenate(heard), 15), [0, 3, 5, 10, 14]) == [0.1, 0.2, 0.2, 0.4, 0.1]


@pytest.mark.parametrize(
    ("metre", "bars", "lines", "place"),
    [
        ("4/4", "{bars: 3, metre: [5/4, 7/8]}", [0, 5, 8.5, 12, 15], "bar 3, beat 2.50"),
        ("3/4", "3", [0, 3, 6, 9, 12, 15], "bar 4, beat 2.00"),
    ],
)
def test_the_bar_in_which_a_section_goes_stays_and_those_after_it_are_as_long(stage, metre, bars, lines, place):
    first, then = (song(form, "a: {play: low}") for form in (f"{{b: {bars}}}", "{c: {bars: 1, metre: 3/4}}"))
    live = stage(first.replace("bpm: 240", f"bpm: 240\n    metre: {metre}"))
    heard = [live.play(6 * BEAT + 99)]
    live.save(then.replace("bpm: 240", f"bpm: 240\n    metre: {metre}"))
    heard.append(live.settle())
    heard.append(live.play(10 * BEAT - live.engine.clock))
    assert live.session.committer.music_time.place(live.engine.place) == place
    heard.append(live.play(8 * BEAT - 1))
    assert at_lines(halves(np.concatenate(heard), 17), lines) == [0.1] * len(lines)


def test_a_save_looks_for_its_bar_again_when_a_section_begins(stage):
    at = "settings: {at: 2 bars}\n"
    live = stage(at + song(SECTIONS, 'a: {play: "low"}'), keeps=True)
    live.play(7 * BEAT)
    live.save(at + song(SECTIONS, 'a: {play: "high"}'))
    assert wait(lambda: "waiting" in live.kinds)
    live.play(13 * BEAT - 2000 - live.engine.clock)  # in bars of a it was the beat 12
    assert wait(lambda: live.engine.waiting)
    live.play(BEAT)
    assert wait(lambda: "reloaded" in live.kinds)
    assert live.engine.committed_at == 13 * BEAT


def test_what_is_outside_of_a_song_and_another_song_inside_keep_to_the_tempo(stage):
    other = "{song: {sections: {b: 1}, signal: {play: top}}}"
    inside = f"song: {{sections: {{a: {{bars: 1, metre: 3/4}}}}, signal: {{mix: {{a: {{play: low}}, b: {other}}}}}}}"
    frames = stage(piece(f"x: {{{inside}}}\ny: {{play: high}}", "4/4")).play(9 * BEAT)
    assert at_lines(halves(frames, 9), [0, 3, 4, 6, 8]) == pytest.approx([0.7, 0.1, 0.6, 0.1, 0.6])


def test_a_song_whose_sections_have_metres_is_rendered_as_it_is_played(stage):
    parts = 'a: {play: "low? high|top", during: v}\nb: {play: "<low high> top?", rhythm: "x*3"}'
    text = song("{v: 2, c: {bars: 3, metre: [3/4, 7/8]}}", parts)
    played, frames = stage(text).play(40 * BEAT, 37), stage(text).engine.render(40 * BEAT).astype(np.float32)
    assert np.abs(played).max() > 0.1
    np.testing.assert_array_equal(played, frames[: len(played)])
