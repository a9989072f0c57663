"""A save takes effect on the exact frame of the next beat or bar, however the tempo moves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.session_harness import RATE
from waves.language.model.models import Origin, Place, WrittenParameter
from waves.language.model.quantize import read_file_settings

TEMPI = {"still": "133", "swaying": "150 + 90 * sin(t * 7)", "rising": "60 + 40 * t"}
PIECE = """\
settings: {{at: {at}}}
my_sound:
  tempo:
    bpm: {bpm}
    signal:
      mix:
        ticks: {{expression: {{exp: {ticks}}}}}
        tone: {{osc: {{freq: {freq}, amp: 0}}}}
"""


def piece(at: str = "now", bpm: str = "120", ticks: str = "beat_tick", freq: int = 100) -> str:
    return PIECE.format(at=at, bpm=bpm, ticks=ticks, freq=freq)


@pytest.mark.parametrize(("at", "ticks"), [("beat", "beat_tick"), ("bar", "bar_tick"), ("2 bars", "two_bar_tick")])
@pytest.mark.parametrize("tempo", TEMPI)
def test_a_save_takes_effect_on_the_frame_of_the_boundary(stage, tempo, at, ticks):
    bpm = TEMPI[tempo]
    exact = np.flatnonzero(stage(piece(bpm=bpm, ticks=ticks)).play(30 * RATE)[:, 0] > 0.5)
    live = stage(piece(at, bpm, ticks))
    frames = []
    with live.running():
        for freq in (101, 102, 103):
            live.save(piece(at, bpm, ticks, freq))
            assert live.session.builder.wait(60)
            assert live.events[-1].kind == "reloaded", live.events[-1].text
            frames.append(live.events[-1].frame)
    assert len(set(frames)) == 3 and set(frames) <= set(exact.tolist())


def test_a_waiting_save_is_told_and_a_later_one_takes_its_place(stage):
    live = stage(piece("4 bars", "240"))
    with live.running():
        live.save(piece("4 bars", "240", freq=101))
        while not live.events:
            pass
        assert live.events[0].kind == "waiting" and "with the next 4 bars, bar 5, beat 1.00" in live.events[0].text
        live.save(piece("4 bars", "240", freq=102))
        assert live.session.builder.wait(60)
    assert live.kinds == ["waiting", "waiting", "reloaded"]
    assert live.session.outcomes.good == 1 and live.events[-1].frame == 4 * RATE
    assert live.engine.playing.graph.rows["my_sound.root.Tempo.signal.Mix.tone.Osc"].inputs["freq"] == 102.0


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("at", True, "expected now, beat, bar, or a number of bars like '4 bars', got true"),
        ("at", None, "expected now, beat, bar, or a number of bars like '4 bars', got nothing"),
        ("at", "br", "expected now, beat, bar, or a number of bars like '4 bars', got 'br'"),
        ("fade", True, "'fade' takes seconds from 0 to 10, got true"),
        ("fade", None, "'fade' takes seconds from 0 to 10, got nothing"),
        ("fade", 11, "'fade' takes seconds from 0 to 10, got 11"),
    ],
)
def test_a_setting_with_another_value_is_told_as_it_is_written(name, value, sentence):
    _, findings = read_file_settings({name: WrittenParameter(value, Place(Origin("settings")))})
    assert [finding.sentence for finding in findings] == [sentence]
