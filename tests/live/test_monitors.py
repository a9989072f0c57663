"""Nodes with `monitor`: the value and the peak of what each passes on, as the engine has played it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.session_harness import save, shipped
from tests.harness.small_nodes import build_sounds
from waves.app.performance.monitors import Monitor
from waves.language.text.document import read_document
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.piece_check import check_piece

PIECE = """\
my_sound:
  mix:
    lead:
      osc:
        freq: {osc: {type: cos, freq: 0, amp: 330, monitor: {type: value, range: [0, 660]}}}
        amp: 0.3
        monitor: true
    low: {osc: {type: cos, freq: 0, amp: -0.25, monitor: bipolar}}
    plain: {osc: {freq: 55, amp: 0.1, monitor: false}}
"""


def look(live) -> dict[str, Monitor]:
    live.performance.piece_watch.look()
    return {monitor.name: monitor for monitor in live.performance.piece_watch.monitors}


def test_a_monitor_has_the_value_and_the_peak_of_its_node(stage):
    live = stage(PIECE)
    live.play(64 * 40)
    found = look(live)
    assert [one.split("mix.")[1] for one in found] == ["lead.osc.freq.osc", "lead.osc", "low.osc"]
    freq, lead, low = found.values()
    assert [freq.value, freq.peak, freq.part] == pytest.approx([330.0, 330.0, 0.5]) and freq.type == "value"
    assert lead.peak == pytest.approx(0.3, rel=1e-3) and lead.type == "level" and lead.part == lead.peak
    assert lead.value == pytest.approx(0.3 * np.sin(2 * np.pi * 330 / live.engine.rate * (64 * 40 - 1)), abs=0.02)
    assert [low.value, low.peak, low.part] == pytest.approx([-0.25, 0.25, 0.375])


def test_a_pause_keeps_the_value_and_a_save_that_moves_the_node_goes_on(stage):
    live = stage(PIECE)
    live.play(640)
    look(live)
    low = [*look(live).values()][2]  # nothing was played since
    assert low.value == pytest.approx(-0.25) and low.peak == 0.0
    live.reload(PIECE.replace("amp: -0.25", "amp: 0.5").replace("plain: {osc: {freq: 55", "plain: {osc: {freq: 60"))
    live.play(6400)
    assert [*look(live).values()][2].value == pytest.approx(0.5)
    live.reload(PIECE.replace(", monitor: bipolar", "").replace("        monitor: true\n", ""))
    live.play(6400)
    assert len(look(live)) == 1


def test_monitors_change_no_bit_and_leave_the_readings_of_others_whole(stage):
    live, without = stage(PIECE), stage(PIECE.replace("monitor: true", "").replace("monitor: bipolar", ""))
    live.engine.take_meters()
    heard = []
    for _ in range(5):
        heard.append(live.play(640))
        look(live)
    assert np.array_equal(np.concatenate(heard), without.play(3200))
    tracks = {level.name: level.frames for level in live.engine.take_meters()}
    assert [tracks[name] for name in ("lead", "low", "plain")] == [3200] * 3


def test_the_status_has_the_monitors(stage):
    live = stage(PIECE)
    live.play(640)
    look(live)
    status = live.performance.piece_watch.monitors
    assert status[2].model_dump() == {**dict(status[2]), "value": -0.25, "peak": 0.25}
    assert status[2].model_copy(update={"value": 1 / 3}).model_dump()["value"] == 0.333333


def test_what_has_no_meter_is_told():
    sentences = {
        "a: {sequencer: {interval: 1, steps: [{osc: {monitor: true, duration: 1}}]}}": "notes of a sequence have no",
        "a: {mix: {x: {expression: {exp: 2 + 1, monitor: true}}}}": "'monitor' shows nothing here: this is always 3",
    }
    for text, sentence in sentences.items():
        _, warnings = build_sounds(["a"], shipped(), [read_document(text, "waves.yaml")])
        assert len(warnings) == 1 and sentence in warnings[0].sentence and warnings[0].level == "warning"


def test_of_a_monitor_around_a_mistake_only_the_mistake_is_told(tmp_path):
    save(tmp_path, "a: {expression: {monitor: true, exp: x * 2, x: {midi_cc: {cc: 1}}}}\n")
    problems = check_piece(open_workspace(tmp_path))[0]
    assert [problem.sentence for problem in problems] == [
        "the node 'midi_cc' is not there yet: it comes with control by MIDI"
    ]


def test_a_mute_part_is_shown_once_as_it_goes_on(stage):
    live = stage(PIECE.replace("monitor: bipolar", "monitor: bipolar, mute: true"))
    live.play(640)
    assert [*look(live).values()][2].value == pytest.approx(-0.25)
