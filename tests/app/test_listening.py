"""The live input: how many channels are opened for what plays, and who may hear."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.harness.session_harness import Player, compose, composer_for, save
from waves.app.performance.listening import Listening, channels_heard
from waves.audio.device_choice import Device, DeviceProblem, find_input
from waves.node import BLOCK

VOICE = "a: {input: {channel: %d}}\n"
NO_INPUT = "a: {osc: {freq: 300}}\n"


def graph_of(folder, text: str) -> Any:
    save(folder, text)
    return compose(composer_for(folder), "a").graph


def test_as_many_channels_as_the_nodes_hear(tmp_path):
    assert channels_heard(graph_of(tmp_path, NO_INPUT)) == 0
    assert channels_heard(graph_of(tmp_path, VOICE % 1)) == 2
    assert channels_heard(graph_of(tmp_path, VOICE % 5)) == 5
    in_a_note = "a: {sequencer: {interval: 1, steps: [b]}}\nb: {input: {channel: 3, duration: 1}}\n"
    assert channels_heard(graph_of(tmp_path, in_a_note)) == 3


def test_a_folder_that_is_not_trusted_hears_only_when_the_user_asks(tmp_path):
    graph, told = graph_of(tmp_path, VOICE % 1), []
    silent, asked = SimpleNamespace(INPUT=None), SimpleNamespace(INPUT="default")
    stranger = Listening(False, told.append)
    assert [stranger.wanted(graph, silent), stranger.wanted(graph, silent)] == [0, 0]
    assert told == ["`input` is silent, because the folder is not trusted; to let it hear: --input, or `waves trust`"]
    assert stranger.wanted(graph, asked) == 2 and Listening(True, told.append).wanted(graph, silent) == 2
    assert len(told) == 1


def test_a_save_that_hears_opens_the_stream_again_once(tmp_path):
    before, after, opened = graph_of(tmp_path, NO_INPUT), graph_of(tmp_path, VOICE % 1), []
    settings: Any = SimpleNamespace(INPUT=None)
    listening = Listening(True, print)
    assert listening.wanted(before, settings) == 0
    for graph in (before, after, after, before, after):
        listening.look(SimpleNamespace(graph=graph), settings, opened.append)  # type: ignore[arg-type]
    assert opened == [2]


def device(index: int, name: str, inputs: int, system: str = "ALSA", default_input: bool = False) -> Device:
    return Device(index=index, name=name, system=system, outputs=2, inputs=inputs, rate=44100,
                  default_input=default_input)  # fmt: skip


def test_the_device_that_listens_is_the_one_that_plays_or_the_default_beside_it():
    speakers, line = device(0, "speakers", 0), device(1, "interface", 8)
    mic, far = device(2, "microphone", 1, default_input=True), device(3, "far", 2, "JACK", default_input=True)
    devices = [speakers, line, far, mic]
    assert find_input(devices, None, line) is line
    assert find_input(devices, "default", speakers) is mic
    assert find_input(devices, "face", speakers) is line
    assert find_input(devices, 3, speakers) is find_input(devices, "3", speakers) is far
    with pytest.raises(DeviceProblem, match="there is no input device 'microfone'.*did you mean 'microphone'"):
        find_input(devices, "microfone", line)
    with pytest.raises(DeviceProblem, match="no device that listens was found"):
        find_input([speakers], None, speakers)


def test_what_the_device_hears_is_heard_a_block_later(tmp_path):
    """Two channels, interleaved, through the callback of the engine; then a device that hears nothing is silent."""
    player = Player(graph_of(tmp_path, "a: {input: {channel: 2, amp: 0.5}}\n"))
    player.engine.live_input.listen(2)
    sound = np.random.default_rng(1).uniform(-1.0, 1.0, (4 * BLOCK, 2)).astype(np.float32)
    heard = np.concatenate([player.engine.call(BLOCK, heard=part) for part in np.split(sound, 4)])
    np.testing.assert_allclose(heard[BLOCK:, 0], 0.5 * sound[:-BLOCK, 1], atol=1e-7)
    assert not heard[:BLOCK].any()
    player.engine.live_input.listen(0)
    assert not player.engine.call(2 * BLOCK).any()
