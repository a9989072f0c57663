"""Sections of a song: which plays when, what is heard in them, calls from outside, fills; kept through saves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.kept_sessions import log_of, replayed, state_of
from tests.harness.session_harness import RATE
from tests.harness.songs import BAR, BEAT, KIT, levels, song
from waves.language.model.quantize import WORDS
from waves.live.form.form_calls import call_fill, call_section, section_names, section_now
from waves.problem import Problems

SONG = (
    KIT
    + """\
my_sound:
  tempo:
    bpm: 240
    signal:
      song:
        sections: {verse: 2, chorus: {bars: 1, then: verse}, rest: 1}
        signal:
          mix:
            a: {play: "low*4"}
            b: {play: "high*4", during: chorus}
"""
)


def test_a_part_is_heard_in_its_section_only(stage):
    verse, chorus = [0.1] * 8, [0.3] * 4
    live = stage(SONG)
    assert levels(live.play(6 * BAR, 37), 24) == verse + chorus + verse + chorus


def bars(frames: np.ndarray, count: int) -> list[float]:
    """The level after the first beat of each bar."""
    return levels(frames, count * 4)[::4]


def test_an_order_is_played_and_the_end_is_the_end(stage):
    parts = "a: {play: low, during: a}\nb: {play: high, during: b}\nc: {play: top, during: c}"
    live = stage(song("{a: 1, b: 1, c: 1}", parts, '        order: "a [b c]!2 a"\n        loop: false\n'))
    assert bars(live.play(8 * BAR), 8) == [0.1, 0.2, 0.4, 0.2, 0.4, 0.1, 0.0, 0.0]
    assert live.engine.ended


def test_weights_are_drawn_by_the_seed_and_a_choice_of_the_order_too(stage):
    parts = "a: {play: low, during: a}\nb: {play: high, during: b}\nc: {play: top, during: c}"
    live = stage(song("{a: {bars: 1, then: {b: 3, c: 1}}, b: {bars: 1, then: a}, c: {bars: 1, then: back}}", parts))
    found = bars(live.play(40 * BAR), 40)
    drawn = found[1::2]
    assert found[::2] == [0.1] * 20 and {*drawn} == {0.2, 0.4} and drawn.count(0.2) > drawn.count(0.4)


def test_a_pattern_is_picked_by_the_section_with_its_lanes(stage):
    of = '{v: low, c: "high*2", x: "~"}'
    parts = f"a: {{play: {{pick: section, of: {of}}}}}"
    live = stage(song("{v: 1, c: 1, x: 1}", parts))
    rest = [0.0, 0.0, 0.0]
    assert levels(live.play(3 * BAR), 12) == [0.1, *rest, 0.2, 0.0, 0.2, 0.0, 0.0, *rest]


def test_what_is_no_note_fades_and_a_fade_is_taken_for_all(stage):
    parts = "a: {osc: {type: sqr, freq: 0, amp: 0.1}, during: v}\nb: {play: 'high*4', during: v, fade: 0.5}"
    frames = stage(song("{v: 1, c: 1}", parts)).play(2 * BAR)[:, 0]
    steady = np.abs(frames[5000:BAR:BEAT])
    assert steady == pytest.approx(0.1, abs=1e-6)
    fall = np.abs(frames[BAR : BAR + 882])
    assert fall[441] == pytest.approx(0.05 + 0.2 * (1 - 441 / RATE * 2) * (441 < 441), abs=0.003)
    assert np.abs(frames[BAR + BEAT + 100]) == pytest.approx(0.2 * (1 - (BEAT + 100) / (RATE / 2)), abs=0.003)
    assert np.abs(frames[BAR + 3 * BEAT + 100]) == 0.0


def test_a_section_is_found_by_its_name_after_a_save_and_a_deleted_one_is_played_to_its_end(stage):
    parts = 'a: {play: "low*4"}\nb: {play: "high*4", during: c}'
    live = stage(song("{v: 1, c: 3, x: 2}", parts), keeps=True)
    heard = [live.play(BAR + BEAT)]
    live.save(song("{x: 2, c: 3, v: 1}", parts))  # other places: it goes on in c
    heard += [live.settle(), live.play(2 * BAR - 2 * BEAT, 37)]
    live.save(song("{x: 2, c: 2, v: 1}", parts))  # another length: counted from its beginning
    heard += [live.settle(), live.play(BAR)]
    frames = np.concatenate(heard)
    assert levels(frames, 16) == [0.1] * 4 + [0.3] * 8 + [0.1] * 4
    live = stage(song("{v: 2, c: 2}", parts), keeps=True)
    heard = [live.play(BEAT)]
    live.save(song("{c: 2, x: 1}", parts))
    heard += [live.settle(), live.play(3 * BAR)]
    frames = np.concatenate(heard)
    assert levels(frames, 12) == [0.1] * 8 + [0.3] * 4
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_a_call_begins_with_the_next_bar_and_is_replayed_and_its_then_goes_on(stage):
    parts = "a: {play: low, during: v}\nb: {play: high, during: c}\nc: {play: top, during: x}"
    live = stage(song("{v: 4, c: 4, x: {bars: 1, then: c}}", parts), keeps=True)
    engine, composer = live.engine, live.composer
    heard = [live.play(BAR + 2 * BEAT)]
    assert section_names(engine) == ["v", "c", "x"]
    assert call_section(engine, composer, "x", None) == "x"
    heard.append(live.play(2 * BAR))
    now = section_now(engine.playing, live.session.committer.music_time, engine.place)
    assert now == ("c", 1, 4)
    live.save(song("{v: 4, c: 4, x: {bars: 1, then: c}}", parts + "\nd: {play: '~'}"))
    heard += [live.settle(), live.play(BAR, 37)]
    call_section(engine, composer, "next", None)
    heard.append(live.play(BAR))
    call_section(engine, composer, "v", WORDS["now"])
    heard.append(live.play(2 * BAR))
    with pytest.raises(Problems, match="there is no section 'cc'"):
        call_section(engine, composer, "cc", None)
    frames = np.concatenate(heard)
    assert bars(frames, 7) == [0.1, 0.1, 0.4, 0.2, 0.2, 0.4, 0.1]
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_a_fill_is_the_cycle_after_the_key_the_last_bar_of_a_section_and_the_last_of_some_cycles(stage):
    parts = 'a: {play: "low, ~ high%fill ~ top%!fill"}\nb: {play: "~ ~ top%first ~", fill: 3}'
    plain, fill = [0.1, 0.0, 0.0, 0.4], [0.1, 0.2, 0.0, 0.0]
    live = stage(song("{v: 3, c: 4}", parts), keeps=True)
    heard = [live.play(3 * BAR + BEAT)]
    call_fill(live.engine, live.composer, None)
    heard.append(live.play(3 * BAR - BEAT))
    call_fill(live.engine, live.composer, True)
    heard.append(live.play(3 * BAR - 2 * BEAT))
    call_fill(live.engine, live.composer, False)
    heard.append(live.play(BAR + 2 * BEAT))
    frames = np.concatenate(heard)
    first = [0.1, 0.0, 0.4, 0.4]
    expected = [first, plain, fill, plain, fill, plain, fill, fill, fill, fill]
    assert [levels(frames[k * BAR :], 4) for k in range(10)] == expected
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_without_a_song_the_last_of_some_cycles_is_a_fill(stage):
    text = KIT + 'my_sound: {tempo: {bpm: 240, signal: {mix: {a: {play: "low, ~ high%fill", fill: 2}}}}}\n'
    assert levels(stage(text).play(4 * BAR), 16) == [0.1, 0.0, 0.0, 0.0, 0.1, 0.0, 0.2, 0.0] * 2


def test_a_pattern_may_count_from_the_beginning_of_the_section(stage):
    live = stage(song("{v: 2, c: 2}", 'a: {play: "<[low low] [high high] top>", sync: section}'), keeps=True)
    frames = live.play(5 * BAR, 37)
    once, twice = [0.1, 0.0, 0.1, 0.0], [0.2, 0.0, 0.2, 0.0]
    assert levels(frames, 20) == [*once, *twice, *once, *twice, *once]


def test_undo_and_resume_keep_the_section_and_its_bar(stage):
    parts = "a: {play: low, during: v}\nb: {play: high, during: c}\nc: {play: top, during: x}"
    first, second = song("{v: 4, c: 4, x: 2}", parts), song("{v: 4, c: 4, x: 3}", parts)
    live = stage(first, keeps=True)
    live.play(BEAT)
    call_section(live.engine, live.composer, "x", None)
    live.play(BAR)
    live.reload(second)
    live.session.undo(1)
    live.settle()
    live.play(RATE // 10)
    assert section_now(live.engine.playing, live.session.committer.music_time, live.engine.place) == ("x", 1, 2)
    saved = state_of(live)
    again = stage(folder=live.folder, resumed=saved)
    again.play(BAR)
    assert section_now(again.engine.playing, again.session.committer.music_time, again.engine.place) == ("x", 2, 2)


def test_chance_in_a_part_with_sections_or_fills_is_a_pass(stage):
    parts = 'a: {play: "[low|low]*4", during: v}\nb: {play: "[high|high] ~ ~ top%fill"}\n'
    parts += 'c: {play: {pick: section, of: {c: "top|top"}}}\nd: {play: "~ [low|low] ~ ~"}'
    live = stage(song("{v: 2, c: 1}", parts), keeps=True)
    frames = live.play(3 * BAR, 37)
    assert levels(frames, 12) == [0.3, 0.2, 0.1, 0.1, 0.3, 0.2, 0.1, 0.5, 0.6, 0.1, 0.0, 0.4]
    assert live.engine.playing and [".d." in key for key in live.engine.playing.rings] == [True]
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


def test_sounds_that_did_not_change_end_with_a_song_that_did(stage):
    sounds = 'x: {play: "low*4"}\ny: {play: "<high top>", sync: section}\nz: {play: "~ [top|top] ~ ~"}\n'
    parts = "a: x\nb: y\nc: z"
    live = stage(sounds + song("{v: 1, c: 2}", parts), keeps=True)
    heard = [live.play(BAR + BEAT + 3000)]
    assert live.engine.playing and live.engine.playing.rings
    live.save(sounds + song("{v: 1, c: 2}", parts, "        loop: false\n"))
    heard += [live.settle(), live.play(3 * BAR - BEAT)]
    frames = np.concatenate(heard)
    rest = [0.5, 0.1, 0.1]
    assert levels(frames, 16) == [0.3, *rest, 0.3, *rest, 0.5, *rest, *[0.0] * 4]
    assert not live.engine.playing.rings and live.engine.ended
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)
