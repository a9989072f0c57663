"""Bars that differ while a piece plays: patterns, songs, ramps, saves and calls at a bar; edits of the metre."""

from __future__ import annotations

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
    frames = np.concatenate(heard)
    first, later = [0.1, 0.2, 0.4, 0.1], [0.2, 0.4]
    assert at_lines(halves(frames, 22), [0, 4, 7, 10.5, 15, 20]) == first + later
    np.testing.assert_array_equal(replayed(log_of(live), len(frames)), frames)


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
    live = stage(piece(first, "[4/4, 3/4]", at), keeps=True)
    live.play(8 * BEAT)
    live.save(piece(f"b: {ramp}", "[4/4, 3/4]", at))
    assert wait(lambda: "waiting" in live.kinds)
    assert live.events[live.kinds.index("waiting")].place == "bar 5, beat 1.00"
    live.play(6 * BEAT - 2000)
    assert wait(lambda: live.engine.waiting)
    live.play(BEAT)
    assert wait(lambda: "reloaded" in live.kinds)
    assert live.engine.committed_at == 14 * BEAT
    live.play(18 * BEAT - live.engine.clock)
    assert float(np.abs(live.play(64)[0, 0])) == pytest.approx(0.4 * 4 / 7, abs=1e-3)  # to the beat 21
    assert float(np.abs(live.play(4 * BEAT)[-1, 0])) == pytest.approx(0.4, abs=1e-6)
