"""Parameters that are moved from outside: glide, survive saves, give way to the text, and are replayed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import compiler
from tests.harness.session_harness import FADE, RATE, Stage, composer_for, step
from tests.live.test_replay import log_of
from waves.live.history.replay import ReplayEngine
from waves.problem import Problems

TONE = """\
my_sound:
  mix:
    low: {track: {volume: 0.5, signal: {osc: {freq: 110, id: main}}}}
    hiss: {osc: {type: noise, amp: 0.01}}
"""
FREQ = "my_sound.root.Mix.low.Track.signal.Osc.freq"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(text: str = TONE, **options: Any) -> Stage:
        made.append(Stage(tmp_path, text, keeps=True, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def moved(live: Stage, name: str, value: float) -> str:
    key = live.session.set_value(name, value)
    live.settle()
    return key


def frequency(frames: np.ndarray[Any, Any]) -> float:
    """By the spectrum of the first channel, to a bin."""
    signal = frames[:, 0] * np.hanning(len(frames))
    return float(np.argmax(np.abs(np.fft.rfft(signal))) * RATE / len(frames))


def test_a_parameter_glides_without_a_click_and_without_compiling(stage):
    live = stage(TONE.replace("0.01", "0"))
    before = live.play(RATE)
    assert frequency(before) == pytest.approx(110, abs=1)
    key = live.session.set_value("main.freq", 220.0)
    after = np.concatenate([live.settle(), live.play(RATE)])
    assert frequency(after[-RATE:]) == pytest.approx(220, abs=1)
    assert step(np.concatenate([before[-64:], after])) <= 2 * np.pi * 220 / RATE * 0.6
    assert [event.kind for event in live.events] == []
    live.session.set_value(key, 330.0)
    more = np.concatenate([live.settle(), live.play(RATE)])
    assert live.session.moves.values == {key: 330.0} and live.session.good == 0
    assert step(np.concatenate([after[-64:], more])) <= 2 * np.pi * 330 / RATE * 0.6


@pytest.mark.parametrize("name", ["main.freq", "my_sound.mix.low.track.signal.osc.freq"])
def test_a_parameter_has_three_names(stage, name):
    live = stage()
    live.play(100)
    assert moved(live, name, 150.0) == moved(live, moved(live, name, 160.0), 170.0)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("main.freqq", 1.0, "has no parameter 'freqq'; did you mean 'freq'?"),
        ("mian.freq", 1.0, "nothing that plays has the name 'mian'; did you mean 'main'?"),
        ("main.type", 1.0, "is a setting: it is changed in the text"),
        ("main.freq", float("nan"), "expected a finite number"),
        ("my_sound.mix.low.track.pan", 2.0, "expected at most 1"),
    ],
)
def test_what_cannot_be_moved_is_one_sentence(stage, name, value, sentence):
    live = stage()
    live.play(100)
    with pytest.raises(Problems, match=re.escape(sentence)):
        live.session.set_value(name, value)
    assert live.session.moves.values == {}


def test_it_survives_saves_and_gives_way_where_the_text_changes_the_number(stage):
    live = stage()
    live.play(FADE)
    key = moved(live, "main.freq", 220.0)
    live.play(2000)
    for k in range(5):
        live.reload(TONE.replace("0.01", f"0.0{k + 2}"))
        live.play(2000)
    assert live.session.moves.values == {key: 220.0}
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)
    live.reload(TONE.replace("110", "165"))
    live.play(2000)
    assert live.session.moves.values == {}
    assert frequency(live.play(RATE)) == pytest.approx(165, abs=1)


def test_it_moves_while_the_file_is_broken(stage):
    live = stage()
    live.play(FADE)
    assert live.reload(TONE.replace("osc", "osk")).kind == "refused"
    moved(live, "main.freq", 220.0)
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)


def test_it_follows_a_node_that_is_renamed_and_waits_for_one_that_is_removed(stage):
    text = TONE.replace(", id: main", "")
    live = stage(text)
    live.play(FADE)
    moved(live, FREQ, 220.0)
    live.play(2000)
    live.reload(text.replace("low:", "deep:"))
    live.play(2000)
    assert live.session.moves.values == {FREQ.replace("low", "deep"): 220.0}
    live.reload("my_sound: {mix: {hiss: {osc: {type: noise, amp: 0.01}}}}\\n")
    live.play(4000)
    live.reload(text.replace("low:", "deep:"))
    live.play(4000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)


def test_an_input_that_a_node_feeds_is_overruled_and_given_back(stage):
    live = stage(TONE.replace("freq: 110", "freq: {osc: {freq: 5, range: [100, 120]}}"))
    live.play(FADE)
    moved(live, "main.freq", 220.0)
    live.play(2000)
    assert frequency(live.play(RATE)) == pytest.approx(220, abs=1)
    live.session.release_value("main.freq")
    live.settle()
    live.play(2000)
    assert live.session.moves.values == {}
    assert 95 < frequency(live.play(RATE)) < 125


def test_the_replay_of_twenty_saves_and_many_moves_is_the_same_to_the_bit(stage):
    live = stage()
    frames = [live.play(3000)]
    for k in range(20):
        live.session.set_value("main.freq", 110.0 + 7 * k)
        frames.append(live.settle())
        frames.append(live.play(777 + 13 * k))
        live.session.set_value("my_sound.mix.low.track.volume", 0.5 - 0.02 * k)
        live.save(TONE.replace("0.01", f"{0.01 + k / 1000}") if k % 7 else TONE.replace("110", f"{111 + k}"))
        frames.append(live.settle())
        frames.append(live.play(500))
    played = np.concatenate(frames)
    log = log_of(live)
    assert sum(entry["kind"] == "parameter" for entry in log.inputs) == 40
    engine = ReplayEngine(log, composer_for(live.folder), compiler())
    again = engine.render(len(played))
    differs = np.flatnonzero((again.astype(np.float32) != played).any(axis=1))
    assert not differs.size, f"from frame {differs[0]}"
