"""Parts that come and go in a time of their own: `fade` and `tail`."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.engine_harness import compiler
from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import RATE, Stage, compile_for, save, shipped, step, write_sample
from waves.engine.compiler.kernel_cache import variants
from waves.node_types.builtin.crossfade import SlowFade
from waves.node_types.builtin.transport import Transport
from waves.node_types.library.library import load_library

SECOND = 689 * 64  # frames, whole blocks
HEAD = "my_sound:\n  mix:\n    low: {osc: {freq: 110, amp: 0.2}}\n"
SLOW = "    slow: {track: {fade: 2, signal: {osc: {freq: 330, amp: 0.2}}}}\n"
ECHO = "    echo: {delay: {tail: true, time: 0.2, feedback: 0.5, mix: 0.5, signal: {osc: {freq: 440, amp: 0.2}}}}\n"
LOW, TRACK = "my_sound.root.Mix.low.Osc", "my_sound.root.Mix.slow.Track"


SPRING = """
from waves.node import File, Node, Signal, param


class Spring(Node):
    file: File = param(description="As long as the ring.")
    signal: Signal = param(0.0, unit="value")

    rings = {"line": 1}

    @staticmethod
    def lengths(constants, rate):
        return {"line": constants.file[0].shape[1] / rate}

    @staticmethod
    def prepare(constants, rate):
        return {"response": constants.file[0][0]}

    arrays = {"response": "f4"}

    @staticmethod
    def render(out, signal, line, response):
        for i in range(out.size):
            out[i] = response[0] + 0.5 * line.at(line.size)
            line.push(signal[i])
"""


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Compiles the kernels of all parts that are saved later."""
    kinds = [SlowFade, *(shipped()[name] for name in ("mix", "osc", "track"))]
    compiler().compile([kernel for kind in kinds for kernel in variants(kind)])


def level(heard: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(heard.astype(float)))))


def alone(live: Stage, frames: int, low: np.ndarray, at: int) -> np.ndarray:
    """What is heard beside the low tone, which is known."""
    return live.play(frames).astype(float) - low[at : at + frames].astype(float)


def rows(live: Stage) -> list[str]:
    playing = live.engine.playing
    assert playing
    return [key for key, row in playing.graph.rows.items() if row.node and row.kind is not Transport]


def tidied(live: Stage) -> np.ndarray:
    live.session.upkeep.look()
    return live.settle()


FILED = "    hall: {convolve: {tail: true, file: samples/a.wav, mix: 0.5, signal: {osc: {freq: 440, amp: 0.2}}}}\n"


@pytest.mark.parametrize("part", [FILED, FILED.replace("convolve", "spring").replace("mix: 0.5, ", "")])
def test_a_tail_of_a_node_whose_memory_depends_on_its_file(tmp_path, part):
    """Its `lengths` reads the sound of the file, for a buffer or for a ring."""
    write_sample(tmp_path / "samples" / "a.wav", seconds=0.05)
    save(tmp_path, SPRING, "nodes/spring.py")
    live = Stage(tmp_path, HEAD + part, library=load_library(NODES, EXAMPLE_NODES, tmp_path / "nodes"))
    try:
        live.play(1024)
        event = live.reload(HEAD)
        assert event.kind == "reloaded" and event.text.endswith("; hall: removed, rings on")
    finally:
        live.stop()


def test_a_part_that_is_removed_fades_in_its_own_time(stage):
    low = stage(HEAD).play(4 * SECOND)
    whole = stage(HEAD + SLOW).play(4 * SECOND)
    live = stage(HEAD + SLOW)
    live.play(1024)
    event = live.reload(HEAD)
    assert event.kind == "reloaded"
    assert event.text.endswith("; slow: removed, fades for 2") and event.dropped == 2
    at = live.engine.clock
    heard = alone(live, 3 * SECOND, low, at)
    part = whole[at : at + 3 * SECOND].astype(float) - low[at : at + 3 * SECOND]
    share = np.clip(1.0 - (np.arange(3 * SECOND) + at - 1024) / (2 * RATE), 0.0, 1.0)[:, None]
    assert np.abs(heard - share * part).max() < 2e-3, "linear, the oscillator goes on"
    assert step(heard[: RATE // 10]) <= 1.001 * step(part)
    assert len(rows(live)) > 3
    tidied(live)
    assert rows(live) == [LOW, "my_sound.root.Mix"]
    assert TRACK in live.session.node_state_registry.parked
    at = live.engine.clock
    assert np.array_equal(live.play(2048), low[at : at + 2048])
    assert live.events[-1] is event, "nothing is said when it has gone"


def test_another_save_does_not_wait_for_it(stage):
    live = stage(HEAD + SLOW)
    low = stage(HEAD.replace("freq: 110", "freq: 120")).play(4 * SECOND)
    live.play(1024)
    live.reload(HEAD)
    live.play(22016)
    quiet = live.session.node_state_registry.get_state(f"{TRACK}.passage").level
    assert live.reload(HEAD.replace("freq: 110", "freq: 120")).kept == 2
    live.play(22016)
    state = live.session.node_state_registry.get_state(f"{TRACK}.passage")
    assert quiet - 0.3 < state.level < quiet - 0.2, "it fades on"
    assert low.any()


def test_a_part_that_is_added_comes_in_its_own_time(stage):
    low = stage(HEAD).play(4 * SECOND)
    live = stage(HEAD)
    live.play(1024)
    event = live.reload(HEAD + SLOW)
    assert event.new == 2, event.nodes
    at = live.engine.clock
    heard = alone(live, 3 * SECOND, low, at)
    levels = [level(heard[k : k + RATE // 10]) for k in range(0, 2 * RATE, RATE // 10)]
    assert np.allclose(levels, levels[-1] * (np.arange(20) + 0.5) / 19.5, atol=2e-3)
    before = live.play(512)
    tidied(live)
    assert SlowFade not in [row.kind for row in live.engine.playing.graph.rows.values()]
    whole = stage(HEAD)
    whole.play(1024)
    whole.reload((HEAD + SLOW).replace("fade: 2, ", ""))
    whole.play(before.shape[0] + 3 * SECOND)
    live.play(1024), whole.play(1024)
    whole.play(live.engine.clock - whole.engine.clock)
    assert np.array_equal(live.play(2048), whole.play(2048)), "and is then as if it had come at once"


def test_a_part_that_returns_on_its_way_out_turns_round(stage):
    live = stage(HEAD + SLOW)
    live.play(1024)
    live.reload(HEAD)
    live.play(SECOND)
    state = live.session.node_state_registry.get_state(f"{TRACK}.passage")
    assert state.level == pytest.approx(0.5, abs=0.01)
    heard = [live.play(512)]
    live.save(HEAD + SLOW)
    heard += [live.settle(), live.play(SECOND)]
    event = live.events[-1]
    assert event.returned == 2 and event.new == 0
    assert step(np.concatenate(heard)) < 0.2 * 2 * np.pi * (110 + 330) / RATE
    state = live.session.node_state_registry.get_state(f"{TRACK}.passage")
    assert state.level == pytest.approx(0.99, abs=0.02)
    live.play(SECOND)
    tidied(live)
    assert f"{TRACK}.passage" not in live.engine.playing.graph.rows


def test_a_tail_rings_on_without_its_source(stage):
    low = stage(HEAD).play(12 * SECOND)
    live = stage(HEAD + ECHO)
    live.play(SECOND)
    event = live.reload(HEAD)
    assert event.text.endswith("; echo: removed, rings on")
    at = live.engine.clock
    heard = alone(live, 9 * SECOND, low, at)
    fade, period = 882, round(0.2 * RATE)
    echoes = [level(heard[fade + k * period : (k + 1) * period]) for k in range(12)]
    assert np.allclose(np.array(echoes[1:]) / echoes[:-1], 0.5, atol=0.01), "nothing new is heard, each echo is half"
    tidied(live)
    assert rows(live) == [LOW, "my_sound.root.Mix"], "gone when it is silent"


def test_notes_that_sound_ring_out_and_no_more_begin(stage):
    beat = "    beat: {sequencer: {tail: true, interval: 0.5, steps: [note]}}\n"
    note = "note: {osc: {freq: 440, amp: [0.3, 0], duration: 0.4}}\n"
    low = stage(HEAD).play(4 * SECOND)
    live = stage(HEAD + beat + note)
    untouched = stage(HEAD + beat + note)
    live.play(SECOND + 3072), untouched.play(SECOND + 3072)
    live.reload(HEAD + note)
    untouched.play(live.engine.clock - untouched.engine.clock)
    left = 1033 * 64 - live.engine.clock  # until 1.5 s
    assert np.allclose(live.play(left), untouched.play(left), atol=1e-9)
    at = live.engine.clock
    assert np.array_equal(live.play(SECOND), low[at : at + SECOND])


def test_four_tails_at_once_and_the_oldest_gives_way(stage):
    def text(*names: int) -> str:
        return HEAD + "".join(ECHO.replace("echo", f"echo{k}").replace("0.5, mix", "0.95, mix") for k in names)

    live = stage(text(*range(6)))
    live.play(22016)
    for k in range(6):
        live.reload(text(*range(k + 1, 6)))
        live.play(3072)
        rows = live.engine.playing.graph.rows.values()
        names = sorted(row.node.path for row in rows if row.kind is SlowFade)
        assert names == [f"my_sound.mix.echo{j}.delay" for j in range(max(k - 3, 0), k + 1)]


def test_a_tail_ends_after_ten_seconds(stage):
    live = stage(HEAD + ECHO.replace("feedback: 0.5", "feedback: 1"))
    live.play(SECOND)
    live.reload(HEAD)
    low = stage(HEAD).play(13 * SECOND)
    at = live.engine.clock
    heard = alone(live, 11 * SECOND, low, at)
    assert level(heard[9 * RATE : 9 * RATE + 4410]) > 0.05
    assert not np.any(heard[10 * RATE + 100 :])


def test_a_save_that_waits_for_its_bar_does_not_lose_its_turn_to_a_part_that_has_gone(stage):
    head = "settings: {at: bar}\n" + HEAD
    live = stage(head + SLOW.replace("fade: 2", "fade: 0.2"))
    live.play(1024)
    with live.running():
        live.save(head)
        assert live.session.builder.wait(60)
        live.save(head.replace("freq: 110", "freq: 120"))
        while live.kinds.count("reloaded") < 2:
            live.session.upkeep.look()
    assert live.engine.playing.graph.rows[LOW].inputs["freq"] == 120.0
    assert live.kinds == ["waiting", "reloaded"] * 2


def test_a_defect_while_a_part_is_let_go_does_not_end_the_loop(stage, monkeypatch):
    live = stage(HEAD + SLOW.replace("fade: 2", "fade: 0.2"))
    live.play(1024)
    live.reload(HEAD)
    live.play(SECOND)
    with monkeypatch.context() as patch:
        patch.setattr("waves.live.session.planner.build_plan", lambda *_, **__: 1 // 0)
        tidied(live)
        tidied(live)
    assert live.kinds == ["reloaded", "fault"], "it is tried once"
    assert live.reload(HEAD.replace("110", "120")).kind == "reloaded"
    assert rows(live) == [LOW, "my_sound.root.Mix"]


def test_a_tail_rings_on_through_the_gaps_between_its_echoes(stage):
    """Notes that are shorter than the time between two echoes: most of the time nothing is heard."""
    beat = "{sequencer: {interval: 10, steps: [note]}}"
    text = f"{HEAD}    dub: {{delay: {{tail: true, time: 0.6, feedback: 0.8, mix: 0.5, signal: {beat}}}}}\n"
    note = "note: {osc: {freq: 440, amp: 0.2, duration: 0.05}}\n"
    low = stage(HEAD + note).play(5 * SECOND)
    live = stage(text + note)
    live.play(8192)
    live.reload(HEAD + note)
    at, heard = live.engine.clock, []
    for _ in range(3 * 10):
        heard.append(live.play(4416))
        tidied(live)
    sound = np.concatenate(heard).astype(float) - low[at : at + 30 * 4416]
    echoes = [level(sound[round(k * 0.6 * RATE) - at :][: round(0.05 * RATE)]) for k in range(1, 5)]
    assert np.allclose(np.array(echoes[1:]) / echoes[:-1], 0.8, atol=0.02)


def test_a_part_that_is_renamed_while_it_comes_goes_on_coming(stage):
    other = SLOW.replace("slow:", "other:")
    live = stage(HEAD)
    live.play(1024)
    live.reload(HEAD + SLOW)
    live.play(SECOND // 2 // 64 * 64)
    before = live.session.node_state_registry.get_state(f"{TRACK}.passage").level
    assert live.reload(HEAD + other).renamed == 2
    live.play(1024)
    state = live.session.node_state_registry.get_state("my_sound.root.Mix.other.Track.passage")
    assert before == pytest.approx(0.25, abs=0.02) and before < state.level < before + 0.03


def test_another_part_does_not_take_over_one_that_is_going(stage):
    other = SLOW.replace("slow:", "other:")
    live = stage(HEAD + SLOW)
    live.play(1024)
    live.reload(HEAD)
    live.play(SECOND)
    event = live.reload(HEAD + other)
    assert event.new == 2 and event.renamed == event.returned == 0
    live.play(2048)
    states = live.session.node_state_registry
    assert states.get_state(f"{TRACK}.passage").level == pytest.approx(0.47, abs=0.02)
    assert states.get_state("my_sound.root.Mix.other.Track.passage").level < 0.03


def test_what_has_gone_is_let_go_within_a_moment(stage):
    """Whatever the fade of the piece is: no save waits for it."""
    live = stage("settings: {fade: 5}\n" + HEAD + SLOW.replace("fade: 2", "fade: 0.2"))
    live.session.planner.fade = None
    live.play(1024)
    live.reload("settings: {fade: 5}\n" + HEAD)
    live.play(6 * SECOND)
    assert len(tidied(live)) == 64
    live.play(1024)
    assert not live.engine.fading


def test_what_has_nothing_to_ring_fades_at_once(stage):
    live = stage(HEAD + "    plain: {osc: {tail: true, freq: 330, amp: 0.2}}\n")
    live.play(1024)
    live.reload(HEAD)
    live.play(2048)
    assert rows(live) == [LOW, "my_sound.root.Mix"]


def test_a_part_goes_in_stereo_and_reads_what_stays(stage):
    """A stereo part of a mono mix, moved by a node that is heard elsewhere too."""
    head = "my_sound:\n  mix:\n    low: {osc: {freq: 110, amp: 0.2, id: low}}\n"
    part = "    wide: {track: {fade: 1, pan: -0.8, volume: 0.5 + $low, signal: {osc: {freq: 220, amp: 0.2}}}}\n"
    live, low = stage(head + part), stage(head).play(4 * SECOND)
    whole = stage(head + part).play(4 * SECOND)
    live.play(1024)
    live.reload(head)
    at = live.engine.clock
    heard = alone(live, 22016, low, at)
    part_ = whole[at : at + 22016].astype(float) - low[at : at + 22016]
    share = 1.0 - (np.arange(22016) + at - 1024)[:, None] / RATE
    assert np.abs(heard - share * part_).max() < 2e-3
    live.play(SECOND)
    tidied(live)
    at = live.engine.clock
    live.play(1024)
    at = live.engine.clock
    assert np.array_equal(live.play(1024), low[at : at + 1024])


def test_a_part_with_outputs_of_its_own_fades_there(stage):
    part = "    aux: {track: {fade: 1, out: 1, signal: {osc: {freq: 330, amp: 0.2}}}}\n"
    low = stage(HEAD).play(3 * SECOND)
    live = stage(HEAD + part)
    live.play(1024)
    live.reload(HEAD)
    at = live.engine.clock
    heard = alone(live, 2 * SECOND, low, at)
    assert level(heard[RATE // 2 : RATE // 2 + 2000]) == pytest.approx(0.5 * 0.2 / np.sqrt(2), rel=0.1)
    assert not heard[RATE + 2000 :].any()
    tidied(live)
    assert rows(live) == [LOW, "my_sound.root.Mix"]


def test_a_part_that_is_renamed_does_not_fade(stage):
    live, untouched = stage(HEAD + SLOW), stage(HEAD + SLOW)
    heard = [live.play(1024)]
    live.save(HEAD + SLOW.replace("slow:", "other:"))
    heard += [live.settle(), live.play(3072)]
    assert live.events[-1].renamed == 2
    assert SlowFade not in [row.kind for row in live.engine.playing.graph.rows.values()]
    heard = np.concatenate(heard)
    assert np.abs(heard - untouched.play(len(heard))).max() < 1e-6


def test_a_file_that_is_gone_with_its_part_is_no_obstacle(stage):
    from tests.harness.session_harness import write_sample

    live = stage(HEAD)
    write_sample(live.folder / "samples" / "a.wav")
    text = HEAD + "    loop: {sample: {file: samples/a.wav, fade: 3, loop: true}}\n"
    live.folder.joinpath("waves.yaml").write_text(text)
    compile_for(live.composer.compose([("my_sound", {})]).graph)
    live.play(1024)
    assert live.reload(text).kind == "reloaded"
    live.play(3072)
    (live.folder / "samples" / "a.wav").unlink()
    assert live.reload(HEAD).kind == "reloaded"


def test_a_part_that_fades_out_is_a_track_until_it_has_gone(stage):
    live = stage(HEAD + SLOW.replace("fade: 2", "fade: 0.2"))
    live.play(1024)
    live.reload(HEAD)
    live.engine.take_meters()
    live.play(1024)
    loud = {measured.name: measured.peak for measured in live.engine.take_meters()}
    live.play(SECOND)
    live.engine.take_meters()
    live.play(1024)
    gone = {measured.name: measured.peak for measured in live.engine.take_meters()}
    assert loud.keys() == gone.keys() and len(gone) == 2
    assert all(peak > 0.1 for peak in loud.values()) and sorted(gone.values())[0] == 0.0
    tidied(live)
    assert [measured.name for measured in live.engine.take_meters()] == ["low"]
