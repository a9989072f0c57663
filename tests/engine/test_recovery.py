"""A number that is not finite mutes a row for a block; the row goes on in time, and only such numbers begin anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import Rig, mix, node
from tests.harness.session_harness import RATE, Player, compose, composer_for, save, write_sample
from waves.node import BLOCK
from waves.node_types.library.signature import state_default

COUNTS = ("elapsed", "frames", "total_samples_rendered", "begun", "draws", "held", "stage", "next")
GUARDED = ("bpm", "beats", "anchor", "anchor_beats", "ratio", "position")  # no input can spoil them
NODES = {
    "an oscillator": "{osc: {type: wander, freq: 220, scale: 20, amp: 0.3}}",
    "a sample": "{sample: {file: samples/a.wav, loop: true, speed: 0.83}}",
    "a filter": "{filter: {cutoff: 800, signal: {osc: {freq: 220, amp: 0.3}}}}",
    "a delay": "{delay: {time: 0.03, feedback: 0.5, mode: TAPE, mix: 0.5, signal: {osc: {freq: 220, amp: 0.3}}}}",
    "smoothing": "{smooth: {time: 0.01, signal: {osc: {freq: 220, amp: 0.3}}}}",
    "an envelope": "{envelope: {attack: 0.3, decay: 1, sustain: 0.5, signal: {osc: {freq: 220, amp: 0.3}}}}",
    "an expression": "{osc: {freq: 200 + 20 * sin(t * 9) + 5 * rand(), amp: 0.3}}",
    "a list of values": "{osc: {freq: [200, [300, 0.4], 100], amp: 0.3, duration: 2}}",
    "a loop": (
        "{mix: {x: {osc: {freq: 200, phase: $y, amp: 0.2, id: x}}, y: {osc: {freq: 90, phase: $x, id: y, amp: 0.2}}}}"
    ),
    "an automation": "{osc: {freq: {automation: {interval: 0.07, mode: ramp, steps: [200, 300]}}, amp: 0.2}}",
    "a sequence": "{sequencer: {interval: 0.05, steps: [blip, ~, blip]}}",
    "a tempo": "{tempo: {bpm: 130, signal: {sequencer: {interval: beat / 4, steps: [blip]}}}}",
}
BLIP = "blip: {osc: {freq: 300, amp: 0.2, duration: 0.08}}"
BEFORE, AFTER = 100 * BLOCK, 8 * BLOCK  # frames


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("recovery")
    write_sample(folder / "samples" / "a.wav", 220.0)
    return folder


def playing(folder: Path, text: str) -> Player:
    save(folder, text)
    return Player(compose(composer_for(folder)).graph)


@pytest.mark.parametrize("amp", ["0.3 * sqrt(1 - t)", "0.3 * (1 - t) ** 0.5", "0.3 * log(2 - t) / log(2)"])
def test_a_fade_that_ends_in_no_number_stays_silent(folder, amp):
    seconds = 2.0 if "log" in amp else 1.0
    sound = playing(folder, f'my_sound: {{osc: {{freq: 220, amp: "{amp}"}}}}').play(4 * RATE)
    end = round(seconds * RATE) + BLOCK + RATE // 50  # its last number falls within 20 ms
    assert np.abs(sound[: end - RATE // 2]).max() > 0.1
    assert not sound[end:].any()


def numbers(record: np.ndarray[Any, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every field of float64 in a record, those of the first voice that sounds too."""
    for name in record.dtype.names or ():
        part = record[name]
        if name == "voices":
            sounding = np.flatnonzero(part["active"][0])
            if sounding.size:
                yield from numbers(part[:, sounding[0]], (*path, name, int(sounding[0])))
        elif part.dtype.names:
            yield from numbers(part, (*path, name))
        elif part.dtype == np.float64 and not name.startswith("ring") and name not in GUARDED:
            yield (*path, name)


def at(record: np.ndarray[Any, Any], path: tuple[Any, ...]) -> np.ndarray[Any, Any]:
    for step in path:
        record = record[:, step] if isinstance(step, int) else record[step]
    return record


def counted(player: Player) -> dict[str, list[int]]:
    """All whole numbers by which the nodes of the piece know their time."""
    assert player.plan
    found = {}
    for key, record in player.plan.states.items():
        for name in record.values.dtype.names or ():
            if name in COUNTS and record.values[name].dtype == np.int64:
                found[f"{key} {name}"] = record.values[name].tolist()
    return found


@pytest.mark.parametrize("kind", NODES)
def test_every_node_keeps_its_time_whatever_number_of_its_state_is_spoilt(folder, kind):
    text = f"my_sound: {NODES[kind]}\n{BLIP}"
    reference = playing(folder, text)
    reference.play(BEFORE)
    assert reference.plan
    places = [(key, path) for key, record in reference.plan.states.items() for path in numbers(record.values)]
    spoilt = 0
    reference.play(AFTER)
    expected = counted(reference)
    for key, path in places:
        player = playing(folder, text)
        player.play(BEFORE)
        assert player.plan
        record = player.plan.states[key]
        if np.isnan(at(record.values, path)).any():  # what a note or the text does not give
            continue
        at(record.values, path)[...] = np.nan
        sound = player.play(AFTER)
        assert np.isfinite(sound).all()
        assert counted(player) == expected, f"{key} {path}"
        if player.engine.faults:
            assert np.isfinite(at(record.values, path)).all(), f"{key} {path} stays"
            spoilt += 1
    assert spoilt or kind == "a sample"  # whose kernel reads nothing outside of its file


def test_only_what_is_not_finite_begins_anew():
    rig = Rig(mix(a=node("p", "tally", signal=0.5)))
    rig.play(4 * BLOCK)
    record = rig.state("p").values
    record["level"], record["history"][0, 1] = np.nan, 1e31
    assert (np.diff(np.abs(rig.play(BLOCK)[:, 0])) < 0.0).all(), "it falls for the block"
    default = state_default(rig.plan.graph.rows["p"].kind)
    assert record["level"] == default["level"] == 0.25 and record["history"].tolist() == [[0.5, 0.0, 0.5, 0.5]]
    assert record["frames"] == 5 * BLOCK and record["place"] == 5 * BLOCK / 2 and record["flag"] == 1
    assert np.abs(rig.play(4 * BLOCK)[-BLOCK:]).max() == 0.75 and rig.engine.faults == {"p": 1}


def test_a_voice_that_gives_no_number_ends_when_its_note_does(folder):
    """Silenced in every block, it does not take its place for ever."""
    bad = '{osc: {freq: 200, amp: "sqrt(-1 - t)", duration: 0.02}}'
    text = f"my_sound: {{sequencer: {{interval: 0.05, voices: 4, steps: [bad]}}}}\nbad: {bad}"
    player = playing(folder, text)
    player.play(20 * BLOCK)
    assert player.plan
    pool = next(record for key, record in player.plan.states.items() if key.endswith("Pool"))
    assert pool.values["control"]["active"][0] == 0 and player.engine.faults
