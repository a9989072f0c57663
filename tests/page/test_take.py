"""A take that is played in the browser: the log of its session renders it again, to the bit."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
import soundfile

from tests.harness.browser import Browser
from tests.harness.command import Play, waves

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PIECE = """\
my_sound:
  mix:
    lead: {osc: {freq: 220, amp: 0.2}}
    beat: {sequencer: {interval: 0.2, steps: [blip, ~, blip v.5, ~]}}
blip: {context: {v: 1, signal: {osc: {type: tri, freq: 880, amp: [0.3 * v, 0], duration: 0.05}}}}
night: {osc: {freq: 110, amp: 0.2}}
"""
TEXT = "document.querySelector('#text')"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


def test_a_take_in_the_browser_is_replayed_to_the_bit(browser, tmp_path):
    (tmp_path / "waves.yaml").write_text(PIECE, "utf-8")
    with Play(tmp_path, "my_sound", "--serve", "--record", "take.wav") as play:
        page = browser.open(play.address())
        page.wait_for(f"{TEXT}.value === {json.dumps(PIECE)}")
        behind = f"{TEXT}.value.indexOf('freq: 220') + 9"
        page.click("#text")
        page.evaluate(f"{TEXT}.setSelectionRange({behind}, {behind})")
        page.type("0")
        page.press("Control+s")  # a save that was typed
        assert play.wait_for("reloaded")["parameters"]["changed"] == 1
        page.wait_for("!document.querySelector('#slider').hidden")
        page.drag("#slider-range", 0.5, 0.2, steps=20)  # a value that moves, and is written when it is let go
        assert play.wait_for("parameter_moved")["parameter"] == "freq"
        play.wait_for("reloaded")
        page.drag("#volume", 0.9, 0.8)
        while play.wait_for("volume")["level"] >= 0.0:
            pass
        page.evaluate("document.activeElement.blur()")
        page.press(".")  # silence, and back
        assert play.wait_for("hushed")["hushed"] is True
        page.press(".")
        assert play.wait_for("hushed")["hushed"] is False
        page.press("3")  # another sound, and back
        play.says("night")
        page.press("1")
        play.says("my_sound")
        page.click("#undo")
        play.wait_for("version")
        page.click("#play")  # pause
        play.wait_for("paused")
        page.wait_for("document.querySelector('#play').textContent === 'Play'")
        page.click("#play")
        play.wait_for("resumed")
        assert page.complaints == []
        page.close()
        play.end()
    replayed = waves(tmp_path, "replay", "last", "-o", "again.wav")
    assert replayed.returncode == 0, replayed.stderr
    take, again = (soundfile.read(tmp_path / name, dtype="float32")[0] for name in ("take.wav", "again.wav"))
    assert len(again) == len(take) > 44_100 and np.array_equal(again, take)
    assert np.abs(take).max() > 0.1
