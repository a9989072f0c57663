"""The live loop: what a save changes and keeps, and what happens when saves and mistakes come together."""

from __future__ import annotations

import gc
import os
import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import compiler
from tests.harness.paths import NODES
from tests.harness.rich_piece import RICH
from tests.harness.session_harness import FADE, Stage, save, step, write_sample
from tests.harness.waiting import wait
from waves.engine.compiler import kernel_cache
from waves.engine.compiler.compiler import CompileError
from waves.engine.compiler.kernel_cache import NodeKernel
from waves.engine.graph.graph import Graph
from waves.engine.plan.plan import Plan, needed_to_play
from waves.engine.state.state_registry import Registry
from waves.events.playing import RecordingStarted
from waves.live.saves.file_watch import watch
from waves.live.session import commit
from waves.live.session.build_requests import BuildRequest, Change, change_of_files
from waves.live.session.build_thread import BuildThread
from waves.live.session.reload_report import Differences, Stages
from waves.live.workspace import piece_reader, settled_files
from waves.node_types.library.library import load_library
from waves.problem import Problem

PIECE = """\
my_sound:
  mix:
    low: {osc: {freq: 110, amp: 0.2}}
    high: {osc: {type: saw, freq: 330, amp: 0.1}}
    hiss: {osc: {type: noise, amp: 0.02}}
"""


def reference(stage: Callable[..., Stage], frames: int, text: str = PIECE) -> np.ndarray:
    """The piece without any save."""
    return stage(text).play(frames)


# ---- the report


@pytest.mark.parametrize("stamp", [-1e6, 1e6, 2e9])
def test_a_file_with_a_time_that_is_not_of_its_save_was_saved_when_it_is_seen(tmp_path, stamp):
    """A copy keeps its old time, and clocks of other machines go ahead: no reload takes minus millions of ms."""
    file = tmp_path / "waves.yaml"
    file.write_text(PIECE)
    before = time.time()
    os.utime(file, (before + stamp, before + stamp))
    assert before <= change_of_files([file]).saved <= time.time()
    assert (
        change_of_files([file, file.parent / "other" / file.name, file.parent / "b.wav"]).name == f"{file.name}, b.wav"
    )


def test_a_reload_reports_what_became_of_each_node(stage):
    live = stage(PIECE)
    live.play(1000)
    text = PIECE.replace("freq: 330", "freq: 331")
    event = live.reload(text)
    assert event.kind == "reloaded"
    counts = {name: getattr(event, name) for name in ("kept", "new", "dropped", "changed", "good", "refused")}
    assert counts == {"kept": 4, "new": 0, "dropped": 0, "changed": 0, "good": 1, "refused": 0}
    assert event.file == "waves.yaml"
    assert event.frame == 1024  # the start of a block
    stages = event.stages
    assert sum(stages.values()) == pytest.approx(event.milliseconds, abs=0.1)
    assert event.text.startswith("waves.yaml: ")
    assert event.glided == 1 and event.text.endswith(" ms, bar 1, beat 1.05; high: freq 330 → 331")

    text = text.replace("type: noise", "type: wander")
    event = live.reload(text.replace("low: {osc: {freq: 110, amp: 0.2}}", "deep: {mix: {a: 0.01}}"))
    counts = {name: getattr(event, name) for name in ("kept", "new", "dropped", "changed", "good")}
    assert counts == {"kept": 2, "new": 1, "dropped": 1, "changed": 1, "good": 2}


def test_no_stage_takes_less_than_nothing_when_the_clock_is_set_back(monkeypatch):
    now = time.time()
    stages = Stages(now + 1000.0)  # a stamp of another computer
    monkeypatch.setattr(time, "time", lambda: now - 3600.0)
    stages.end("compose")
    assert stages.milliseconds.keys() == {"watch", "compose"}
    assert all(0.0 <= taken < 1e4 for taken in (*stages.milliseconds.values(), stages.total))


def test_a_report_names_the_nodes_of_voices(stage):
    text = "my_sound: {sequencer: {interval: 0.1, steps: [blip]}}\nblip: {osc: {freq: 300, amp: 0.1, duration: 0.2}}\n"
    live = stage(text)
    live.play(1000)
    event = live.reload(text.replace("osc: {freq", "osc: {type: tri, freq"))
    blip = "my_sound.root.Mix.my_sound.Sequencer.blip.Pool"
    nodes = event.nodes
    assert nodes.changed == (f"{blip}.Osc",) and not (nodes.moved or nodes.new or nodes.dropped)
    event = live.reload(text.replace("{osc", "{filter: {cutoff: 900, signal: {osc").replace("0.2}}", "0.2}}}}"))
    wrapped = f"{blip}.Filter.signal.Osc"
    nodes = event.nodes
    assert nodes.moved == {wrapped: f"{blip}.Osc"} and nodes.new == (f"{blip}.Filter",) and nodes.changed == (wrapped,)
    event = live.reload(text.replace("{osc: {freq: 300, amp: 0.1, duration: 0.2}}", "{sample: {file: samples/a.wav}}"))
    assert event.nodes.new == (f"{blip}.Sample",)
    assert set(event.nodes.dropped) == {f"{blip}.Filter", wrapped}


def test_a_node_whose_channels_become_more_or_fewer_is_in_one_group_of_the_report(stage):
    stereo = PIECE.replace("low: {osc: {freq: 110, amp: 0.2}}", "low: {track: {signal: {osc: {freq: 110, amp: 0.2}}}}")
    live = stage(PIECE)
    live.play(1000)
    event = live.reload(stereo)
    assert event.nodes.new == ("my_sound.root.Mix.low.Track",) and event.kept == 3
    live.play(1000)
    event = live.reload(PIECE)
    assert list(event.nodes.dropped) == ["my_sound.root.Mix.low.Track"] and event.kept == 3


def test_a_mistake_is_reported_and_changes_no_bit(stage):
    live = stage(PIECE)
    heard = [live.play(5000)]
    for mistake in (
        PIECE.replace("freq: 110", "freqq: 110"),
        PIECE.replace("freq: 110", "freq: {saw: 1}"),
        PIECE.replace("{osc: {freq: 110", "{osc: {freq: [110"),
        PIECE + "\tx: 1\n",
        PIECE.replace("low: {osc", "low: {sample: {file: nothing.wav}, osc"),
        PIECE.replace("freq: 110", "freq: 9**9**9"),
    ):
        event = live.reload(mistake)
        assert event.kind == "refused" and event.problems and event.problems[0].mark.file == "waves.yaml"
        heard.append(live.play(1500))
    assert live.session.outcomes.refused == 6 and live.session.outcomes.good == 0
    event = live.reload(PIECE)
    heard.append(live.settle())
    assert event.refused == 6 and not live.session.outcomes.problems
    heard = np.concatenate(heard)
    assert np.array_equal(heard, reference(stage, len(heard)))


def test_of_what_is_refused_the_mistakes_are_told_first(stage):
    live = stage("my_sound: {osc: {freq: 110}}\n")
    text = "my_sound: {mix: {a: {track: {volume: 40, signal: {osc: {}}}}, b: {osc: {freqq: 110}}}}\n"
    problems = live.reload(text).problems
    assert [one.level for one in problems] == ["error", "warning"]


def test_a_defect_of_ours_is_said_with_its_place_and_the_loop_goes_on(stage, monkeypatch):
    live = stage(PIECE)
    live.play(1000)
    with monkeypatch.context() as patch:
        patch.setattr("waves.live.session.planner.build_plan", lambda *_, **__: 1 // 0)
        event = live.reload(PIECE.replace("110", "111"))
    assert event.kind == "refused"
    assert event.problems[0].sentence.startswith("this is a defect of waves: ZeroDivisionError")
    assert "test_session.py" in event.problems[0].sentence
    assert live.reload(PIECE.replace("110", "112")).kind == "reloaded"


def test_a_mistake_in_a_sound_that_does_not_play_is_no_obstacle(stage):
    live = stage(PIECE + "aside: {osc: {freq: 100}}\n")
    live.play(1000)
    text = PIECE.replace("freq: 110", "freq: 120")
    for mistake in ("aside: {osc: {freqq: 100}}\n", "aside: {oscc: {}}\n", "aside: {osc: {freq: [1, {}}\n"):
        event = live.reload(text + mistake)
        assert event.kind == "reloaded", (mistake, [p.show() for p in event.problems])
        assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 120.0
        text = text.replace("amp: 0.2", "amp: 0.21")


def test_a_mistake_in_a_file_that_does_not_play_is_shown_with_the_reload(stage):
    live = stage(PIECE)
    live.play(1000)
    live.reload("aside: {osc: {freq: [1, {}}\n", "sounds/more.yaml")
    event = live.reload(PIECE.replace("freq: 110", "freq: 120"))
    assert event.kind == "reloaded"
    assert [problem.mark.file for problem in event.problems] == ["sounds/more.yaml"]


# ---- what stays


@pytest.mark.parametrize("block", [1, 63, 64, 65, 256, 1024, 4096])
def test_saving_an_unchanged_file_changes_no_bit(stage, block):
    live = stage(RICH)
    heard = [live.play(12_345, block)]
    for text in (RICH, RICH + "\n# nothing but a comment\n", "# above\n\n" + RICH):
        live.save(text)
        heard += [live.settle(), live.play(7001, block)]
        assert live.events[-1].kind == "reloaded" and live.events[-1].changed == 0
    heard = np.concatenate(heard)
    expected = reference(stage, len(heard), RICH)
    assert step(expected) > 0.01
    assert np.array_equal(heard, expected)


def test_one_number_keeps_every_other_state_to_the_frame(stage):
    live, other = stage(RICH), stage(RICH)
    for one, text in ((live, RICH.replace("root: 110", "root: 115")), (other, RICH)):
        one.play(10_000)
        one.save(text)
        one.settle()
        one.play(20_000)
    states, others = (one.session.node_state_registry.states for one in (live, other))
    assert states.keys() == others.keys()
    differ = {key for key in states if states[key].values.tobytes() != others[key].values.tobytes()}
    hears = {key for key in states if ".lead." in key or key.endswith("/tone")}  # what the number feeds
    assert differ <= hears and any(key.endswith("/tone") for key in differ)


def test_state_follows_the_id_through_edits_above_it(stage):
    live = stage(RICH)
    live.play(10_000)
    kept = {key: live.state(key) for key in ("tone", "forth", "my_sound.root.Mix.break.Sample")}
    before, after = RICH.split("my_sound:\n  mix:\n")
    first = "    first: {osc: {freq: 70, amp: 0.1}}\n"
    above = "new: {osc: {}}\n" + before + "my_sound:\n  mix:\n" + first + after
    event = live.reload(above)
    assert event.new == 1 and event.dropped == 0
    lines = above.splitlines(keepends=True)
    moved = next(line for line in lines if "break:" in line)
    lines.remove(moved)
    lines.insert(lines.index(first), moved)
    assert live.reload("".join(lines)).kept == event.kept + 1
    for key, state in kept.items():
        assert live.state(key) is state
    assert live.state("my_sound.root.Mix.break.Sample").total_samples_rendered == live.engine.clock


def test_an_explicit_id_is_the_same_node_wherever_its_entry_stands(stage):
    def piece(*freqs: int) -> str:
        entries = ", ".join(f"{{osc: {{freq: {freq}, amp: 0.1, id: v{freq}}}}}" for freq in freqs)
        return f"my_sound: {{mix: {{signals: [{entries}]}}}}"

    live = stage(piece(100, 200, 300))
    live.play(6400)
    states = {freq: live.state(f"v{freq}") for freq in (100, 200, 300)}
    live.reload(piece(300, 400, 100))
    assert live.state("v100") is states[100] and live.state("v300") is states[300]
    live.play(6400)
    live.reload(piece(100, 200, 300))
    assert live.state("v200") is states[200], "it was parked and has returned"
    assert live.state("v100").elapsed == live.engine.clock


def test_what_went_returns_where_it_was_and_an_envelope_anew(stage):
    text = PIECE + "    swell: {envelope: {attack: 2, signal: {osc: {freq: 500, amp: 0.3}}}}\n"
    tone, swell = "my_sound.root.Mix.swell.Envelope.signal.Osc", "my_sound.root.Mix.swell.Envelope"
    live = stage(text)
    live.play(40_000)
    live.reload(PIECE)
    live.play(20_000)
    registry = live.session.node_state_registry
    left = registry.parked[tone].elapsed
    assert tone not in registry.states and 40_000 < left < 42_000  # it went on through the fade
    event = live.reload(text)
    assert event.new == 1 and event.nodes.returned == (tone,)
    assert live.state(tone).elapsed == left + 64
    assert live.state(swell).elapsed == 64 and live.state(swell).level < 0.01


def test_what_comes_where_a_node_was_moved_from_is_another_node(stage):
    def piece(track: str) -> str:
        return f"{PIECE}    echo: {track}\n"

    echo = "{delay: {time: 0.2, mix: 0.5, signal: {osc: {freq: 300, amp: 0.1}}}}"
    wrapped = f"{{filter: {{cutoff: 2000, signal: {echo}}}}}"
    outer, inner = "my_sound.root.Mix.echo.Delay", "my_sound.root.Mix.echo.Delay.signal.Filter.signal.Delay"
    live = stage(piece(echo))
    live.play(20_000)
    record, ring = live.state(outer), live.session.node_state_registry.memories[f"{outer}:line"]
    live.reload(piece(wrapped))
    live.play(2000)
    assert outer not in live.session.node_state_registry.parked
    event = live.reload(piece(f"{{delay: {{time: 0.1, mix: 0.5, signal: {wrapped}}}}}"))
    assert event.nodes.new == (outer,) and not event.returned
    memories = live.session.node_state_registry.memories
    assert live.state(inner) is record and memories[f"{inner}:line"] is ring
    assert live.state(outer) is not record and memories[f"{outer}:line"] is not ring


RANDOM = """\
my_sound:
  mix:
    cloud: {osc: {type: perlin, scale: 40, amp: 0.2}}
    dice: {osc: {freq: 200 + 100 * rand(), amp: 0.1}}
    rain: {sequencer: {interval: 0.02, steps: [drop]}}
drop: {osc: {type: noise, amp: 0.1 * rand(), duration: 0.015}}
"""


def test_the_randomness_of_a_node_goes_on_when_it_is_renamed_or_wrapped(stage):
    live = stage(RANDOM)
    heard = [live.play(5000)]
    texts = [RANDOM.replace("cloud", "mist").replace("dice", "die").replace("rain", "hail")]
    texts += [
        texts[0].replace("{osc: {type: perlin", "{track: {signal: {osc: {type: perlin").replace("2}}", "2}}}}", 1)
    ]
    for text in (*texts, f"{texts[-1]}# again\n"):
        live.save(text)
        heard += [live.settle(), live.play(6000)]
        assert live.events[-1].kind == "reloaded" and not live.events[-1].dropped
    heard = np.concatenate(heard)
    assert np.abs(heard - reference(stage, len(heard), RANDOM)).max() < 1e-6


def test_hush_does_not_wait_for_a_save_that_waits_for_its_bar(stage):
    live = stage("settings: {at: bar}\n" + PIECE)
    live.play(1024)
    live.engine.pause(True)
    live.play(4096)
    live.save("settings: {at: bar}\n" + PIECE.replace("freq: 110", "freq: 120"))
    assert wait(lambda: "waiting" in live.kinds)
    with live.running():
        live.session.hush()
        live.session.hush(False)
        assert live.session.outcomes.good == 0
        live.engine.pause(False)
        assert wait(lambda: live.session.outcomes.good == 1)
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 120.0


def test_the_last_good_save_comes_in_after_a_hold_though_a_bad_one_followed(stage):
    live = stage(PIECE)
    live.play(1024)
    live.session.hold(True)
    live.reload(PIECE.replace("freq: 110", "freq: 120"))
    live.reload(PIECE.replace("freq: 110", "frq: 130"))
    live.session.hold(False)
    live.settle()
    assert live.kinds == ["checked", "refused", "refused", "reloaded"]
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 120.0


def test_a_save_is_not_lost_when_the_compiler_fails_for_the_one_before(stage, fresh_type, monkeypatch):
    live = stage(PIECE, library=fresh_type())
    live.play(1000)
    begun, go_on = threading.Event(), threading.Event()
    compile_ = live.session.compiler.compile

    def fails(todo: Any, *more: Any) -> None:
        begun.set()
        assert go_on.wait(60)
        monkeypatch.setattr(live.session.compiler, "compile", compile_)
        raise CompileError(Problem("it fails"))

    monkeypatch.setattr(live.session.compiler, "compile", fails)
    live.save(scaled())
    assert begun.wait(60)
    live.save(scaled(220))
    assert live.session.builder.wait(60)
    go_on.set()
    assert wait(lambda: live.engine.waiting)
    live.settle()
    assert live.session.outcomes.good == 1 and live.session.outcomes.refused == 0
    assert "my_sound.root.Mix.low.Never" in live.engine.playing.graph.rows


def test_only_so_many_are_parked(stage):
    live = stage(PIECE, registry=Registry(parking_nodes=5))
    for k in range(12):
        live.reload(PIECE + f"    n{k}: {{osc: {{freq: 100}}}}\n")
        live.play(FADE + 64)
        live.reload(PIECE)
        live.play(FADE + 64)
    parked = live.session.node_state_registry.parked
    assert list(parked) == [f"my_sound.root.Mix.n{k}.Osc" for k in range(7, 12)]


# ---- keys


def test_a_held_save_is_checked_and_comes_in_when_released(stage):
    live = stage(PIECE)
    heard = [live.play(3000)]
    live.session.hold(True)
    assert live.reload(PIECE.replace("freq: 110", "freqq: 110")).kind == "refused"
    event = live.reload(PIECE.replace("freq: 110", "freq: 150"))
    assert event.kind == "checked" and event.file == "waves.yaml" and "held" in event.text
    heard.append(live.play(9000))
    assert np.array_equal(np.concatenate(heard), reference(stage, 12_000))
    live.session.hold(False)
    live.settle()
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 150.0
    assert live.session.outcomes.good == 1
    live.session.hold(True)
    live.session.hold(False)
    assert live.session.builder.wait(0), "nothing was saved, so there is nothing to build"


def test_hush_fades_clears_tails_and_the_playheads_go_on(stage):
    text = """
        my_sound:
          mix:
            echo: {delay: {time: 0.2, feedback: 0.95, signal: {osc: {freq: 200, amp: 0.2, duration: 0.3}}}}
            break: {sample: {file: samples/a.wav, loop: true}}
            tone: {osc: {freq: 330, amp: 0.1}}
    """
    live = stage(textwrap.dedent(text))
    live.play(40_000)
    ring = live.session.node_state_registry.memories["my_sound.root.Mix.echo.Delay:line"]
    assert np.abs(ring.data).max() > 0.1
    with live.running():
        live.session.hush()
        live.session.hush(False)
        hushed = live.engine.clock
        assert wait(lambda: live.engine.clock > hushed + 20_000)
    ring = live.session.node_state_registry.memories["my_sound.root.Mix.echo.Delay:line"]
    assert not ring.data.any(), "nothing comes from the tail any more"
    assert live.state("my_sound.root.Mix.break.Sample").total_samples_rendered == live.engine.clock
    assert live.state("my_sound.root.Mix.tone.Osc").elapsed == live.engine.clock
    assert live.engine.gain == 1.0
    written = live.engine.frames_written
    assert np.abs(live.engine.ring[:written][-4000:]).max() > 0.2, "the rest sounds again"
    quiet = live.engine.ring[hushed - 6000 : hushed + 6000]
    assert step(quiet) <= 0.05 and np.abs(quiet).max(axis=1).min() == 0.0


def test_hush_is_silence_until_a_change_that_is_asked_for_after_it(stage):
    live = stage(PIECE)
    live.play(1000)
    engine = live.engine

    def heard(frames: int = 8000) -> np.ndarray:
        """What the device gets from now on."""
        first = engine.frames_written
        assert wait(lambda: engine.frames_written >= first + frames)
        return engine.ring[first : first + frames]

    with live.running():
        live.session.hush()
        clock = engine.clock
        assert not heard().any() and engine.clock >= clock + 8000, "the piece goes on"
        live.session.set_value("my_sound.mix.low.osc.freq", 111.0)
        live.save(PIECE.replace("freq: 110", "freqq: 110"))
        assert wait(lambda: live.session.outcomes.refused) and live.session.builder.wait(20)
        assert not heard().any() and live.session.hushed, "a save that is refused, or a parameter, is no change"
        live.session.changed([save(live.folder, PIECE.replace("freq: 110", "freq: 150"), settled=False)])
        assert wait(lambda: not live.session.hushed)
        assert heard(20_000)[-4000:].any()
        live.session.hold(True)
        live.session.changed([save(live.folder, PIECE, settled=False)])
        assert wait(lambda: "checked" in live.kinds)
        live.session.hush()
        assert not heard().any()
        live.session.hold(False)
        assert wait(lambda: not live.session.hushed)
        live.session.requests.add(BuildRequest(Change.now("a save that waits")))
        live.session.hush()
        live.session.builder.request()
        assert live.session.builder.wait(20)
        assert live.session.hushed and not heard().any()
        live.session.hush(False)
        assert heard(20_000)[-4000:].any()


def test_hush_beside_a_waiting_save_clears_tails_too(stage):
    text = "my_sound: {delay: {time: 0.2, feedback: 1, signal: {osc: {freq: 200, duration: 0.3}}}}"
    live = stage(text)
    live.play(40_000)
    live.session.builder.stop()  # so that the save waits as long as the test does
    live.save(text.replace("200", "210"))
    with live.running():
        live.session.hush()
        live.session.hush(False)
        clock = live.engine.clock
        assert wait(lambda: live.engine.clock > clock + 10_000)
    assert not live.session.node_state_registry.memories["my_sound.root.Mix.my_sound.Delay:line"].data.any()


ENDING = "my_sound: {mix: {a: {osc: {type: %s, freq: 200, amp: 0.3, duration: 0.2, release: 0.05}}}}"


def test_a_piece_that_ended_plays_again_from_its_start(stage):
    live = stage(ENDING % "noise")
    first = live.play(12_800)
    assert live.engine.ended and not first[-1000:].any()
    live.session.restart()
    again = np.concatenate([live.settle(), live.play(12_736)])
    assert np.array_equal(again, first)
    assert live.engine.ended
    last = live.session.outcomes.last
    assert last.frame == 0 and last.place == "bar 1, beat 1.00", "as the clock, which begins again"


def test_a_piece_that_ended_plays_again_with_the_next_save(stage):
    live, other = stage(ENDING % "sin"), stage(ENDING % "saw")
    live.play(12_800)
    live.save(ENDING % "saw")
    heard = np.concatenate([live.settle(), live.play(12_736)])
    assert np.array_equal(heard, other.play(12_800))


def test_again_in_the_middle_waits_for_a_good_save(stage):
    live = stage(ENDING % "saw")
    first = live.play(12_800)
    save(live.folder, "my_sound: {mix: {a: {oscc: {}}}}")
    live.session.restart()
    assert not live.settle().any() and live.kinds == ["refused"]
    live.save(ENDING % "saw")
    assert np.array_equal(np.concatenate([live.settle(), live.play(12_736)]), first)


def test_a_var_that_is_equal_and_written_as_something_else_is_another(stage):
    text = f"vars: {{a: 0.0}}\n{PIECE.replace('amp: 0.1', 'amp: a')}"
    live = stage(text)
    live.play(1000)
    live.reload(text.replace("a: 0.0", "a: -0.0"))
    assert repr(live.engine.playing.graph.rows["my_sound.root.Mix.high.Osc"].inputs["amp"]) == "-0.0"


# ---- what is done early, and what late


def test_a_save_that_is_coming_is_read_and_nothing_is_built_before_it_is_asked_for(stage, monkeypatch):
    live = stage(PIECE)
    live.play(1000)
    parsed: list[str] = []
    read = piece_reader.read_document
    monkeypatch.setattr(piece_reader, "read_document", lambda text, *old: (parsed.append(text), read(text, *old))[1])
    text = PIECE.replace("freq: 330", "freq: 331")
    save(live.folder, text)
    live.session.upkeep.read_soon()
    assert live.session.builder.wait(60) and parsed == [text]
    assert not live.engine.waiting and live.events == []
    live.session.changed([live.folder / "waves.yaml"])
    live.settle()
    assert live.kinds == ["reloaded"] and parsed == [text], "it was parsed once"


def test_what_reads_each_row_is_known_before_a_save_asks(stage):
    live = stage(PIECE)
    live.play(64)
    for text in (PIECE, f"{PIECE}    more: {{osc: {{freq: 55, amp: 0.1}}}}\n"):
        live.reload(text)
        live.session.upkeep.look()
        live.settle()
        graph = live.engine.playing.graph
        assert graph.readers and graph.readers == replace(graph, readers=None).all_readers()


def test_a_report_that_fails_is_told_and_the_change_plays(stage, monkeypatch):
    live = stage(PIECE + "b: {osc: {freq: 331, amp: 0.1}}\n")
    live.play(1000)

    def fails(*_: object) -> None:
        raise ValueError("no report")

    monkeypatch.setattr(Differences, "of", fails)
    live.events.clear()
    live.session.play([("b", {})])
    live.settle()
    assert live.kinds == ["fault", "reloaded"]
    assert "no report" in str(live.events[0].problems[0]) and live.session.names == ("b",)
    assert not (live.events[1].parameters.parts or live.events[1].nodes.new)


def test_a_defect_while_the_history_is_written_stops_no_save(stage, monkeypatch):
    live = stage(PIECE)
    live.play(1000)

    def fails(*_: object) -> None:
        raise ValueError("no history")

    monkeypatch.setattr(live.session.committer, "archive", SimpleNamespace(write_commits=fails))
    monkeypatch.setattr(live.session.committer, "_committed", lambda *_: None)
    live.events.clear()
    live.session.committer.write()
    assert live.kinds == ["fault"] and "no history" in str(live.events[0].problems[0])


@pytest.mark.parametrize("waits", [False, True])
def test_garbage_is_collected_again_when_a_plan_waits_long(stage, monkeypatch, waits):
    live = stage(PIECE)
    live.play(1000)
    monkeypatch.setattr(commit, "LONG", 0.0 if waits else 3600.0)
    live.save(PIECE.replace("freq: 330", "freq: 331"))
    assert wait(lambda: live.engine.waiting and live.session.outcomes._differences)
    assert wait(lambda: gc.isenabled() == waits)
    live.settle()
    assert wait(gc.isenabled)


# ---- saves close together


def test_a_save_that_the_system_reports_twice_is_told_once(stage):
    """A busy writer is reported before it is ready, and again: the second report adds nothing. Saved again, it does."""
    live = stage(PIECE)
    live.play(1000)
    file = live.folder / "waves.yaml"
    for text, kind in ((PIECE.replace("330", "331"), "reloaded"), (PIECE.replace("freq", "frec"), "refused")):
        live.events.clear()
        save(live.folder, text)
        for _ in range(2):
            live.session.changed([file])
            live.settle()
        assert live.kinds == [kind]
        live.session.reload()
        live.settle()
        os.utime(file)
        live.session.changed([file])
        live.settle()
        assert live.kinds == [kind] * 3


@pytest.mark.parametrize("pause", [0.003, 0.013], ids=["faster than a read", "slower"])
def test_a_storm_of_saves_ends_with_the_last_version(stage, monkeypatch, pause):
    live = stage(PIECE)
    builds: list[float] = []
    read = live.composer.read
    monkeypatch.setattr(live.composer, "read", lambda *given: (builds.append(time.monotonic()), read(*given))[1])
    ended = threading.Event()
    watched = threading.Event()

    def look() -> None:
        for files in watch(lambda: [live.folder / "waves.yaml"], ended):
            watched.set()
            live.session.changed(files)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        with live.running():
            while not watched.wait(0.05):  # until the watch has begun
                save(live.folder, PIECE, settled=False)
            for k in range(100):
                time.sleep(pause)
                save(live.folder, PIECE.replace("freq: 110", f"freq: {200 + k}"), settled=False)
            last = time.monotonic()

            def playing() -> float:
                return live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"]

            assert wait(lambda: playing() == 299.0)
            time.sleep(0.2)
            assert live.session.builder.wait(60)
    finally:
        ended.set()
        watcher.join()
    assert playing() == 299.0 and live.session.outcomes.refused == 0
    assert sum(build > last for build in builds) < 10, "what is out of date is not built"
    assert not live.engine.faults and live.engine.refusals == 0
    assert 1 <= live.session.outcomes.good <= len(builds)


def test_a_save_takes_the_place_of_one_that_waits_for_its_turn(stage, monkeypatch):
    live = stage(PIECE)
    live.play(1000)
    offered = []
    offer = live.engine.offer
    monkeypatch.setattr(live.engine, "offer", lambda plan: (offered.append(plan), offer(plan)))
    live.save(PIECE.replace("freq: 110", "freq: 150"))
    assert wait(lambda: len(offered) == 1)
    live.save(PIECE.replace("freq: 110", "freq: 160"))
    assert wait(lambda: len(offered) == 2)
    live.settle()
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 160.0
    assert live.session.outcomes.good == 1, "the first one never played"


def test_a_build_upon_a_plan_that_was_not_taken_yet_is_made_again(stage, monkeypatch):
    live = stage(PIECE)  # its first plan still waits for the device
    tried = []

    def try_plan(plan: Plan, engine: Any, accepted: bool) -> list[Problem]:
        if not tried:
            engine.call(64)
        tried.append(plan)
        return []

    monkeypatch.setattr("waves.live.session.planner.try_plan", try_plan)
    monkeypatch.setattr(live.session.committer, "first_plays", lambda gives_way: True)  # it comes between
    live.save(PIECE.replace("freq: 110", "freq: 150"))
    assert wait(lambda: tried)  # else it is `settle` that takes the first one
    live.settle()
    assert len(tried) == 2 and live.engine.refusals == 1
    assert live.engine.playing is tried[1] and live.session.outcomes.good == 1


# ---- node types that were never compiled

NODE = """
from waves.node import Node, Signal, param

class {name}(Node):
    signal: Signal = param(description="What is scaled.")

    @staticmethod
    def render(out, signal):
        for i in range(out.size):
            out[i] = signal[i] * {factor}{mistake}
"""


@pytest.fixture
def fresh_type(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The library and a node type `never`, whose machine code is in no cache."""

    def make(mistake: str = "", text: str = NODE) -> dict[str, Any]:
        folder = tmp_path / "types"
        folder.mkdir()
        factor = 0.5 + int.from_bytes(os.urandom(4)) / 2**34
        (folder / "never.py").write_text(text.format(name="Never", factor=factor, mistake=mistake))
        return load_library(NODES, folder)

    return make


def scaled(freq: int = 110) -> str:
    tone = f"{{osc: {{freq: {freq}, amp: 0.2}}}}"
    return PIECE.replace("low: {osc: {freq: 110, amp: 0.2}}", f"low: {{never: {{signal: {tone}}}}}")


def test_a_type_is_compiled_aside_while_other_saves_come_in(stage, fresh_type):
    live = stage(PIECE, library=fresh_type())
    live.play(1000)
    live.save(scaled())
    assert wait(lambda: live.kinds == ["compiling"])
    assert "never" in live.events[0].text
    assert live.session.builder.wait(60)
    for k in range(3):
        assert live.reload(PIECE.replace("amp: 0.1", f"amp: 0.1{k}")).kind in ("reloaded", "compiled")
    live.save(scaled(220))
    assert wait(lambda: "compiled" in live.kinds)
    assert wait(lambda: live.engine.waiting)
    live.settle()
    assert "my_sound.root.Mix.low.Never" in live.engine.playing.graph.rows
    assert live.events[-1].kind == "reloaded" and live.session.outcomes.good == 4 and live.session.outcomes.refused == 0
    told = [(event.seconds, event.over) for event in live.events if event.kind == "compiling"]
    assert told[0] == (0, False) and told.count((0, False)) == 1, "begun once"
    assert [over for _, over in told].count(True) == 1 and told[-1][1], "over once"
    assert live.reload(PIECE).kind == "reloaded"
    assert live.reload(scaled()).kind == "reloaded", "now it comes in at once"


VARIED = NODE.replace("    @staticmethod", '    constant = ("signal",)\n\n    @staticmethod')


def test_a_parameter_that_is_moved_waits_for_its_kernels_while_saves_come_in(stage, fresh_type, monkeypatch):
    """Where only what sounds is compiled, a number that becomes a signal needs another variant."""

    def what_sounds(graph: Graph) -> None:
        compiler().compile(needed_to_play(graph, "callback"))

    monkeypatch.setattr("tests.harness.session_harness.compile_for", what_sounds)
    text = PIECE.replace("low: {osc: {freq: 110, amp: 0.2}}", "low: {never: {signal: 0.1}}")
    types = fresh_type(text=VARIED)
    live = stage(text, library=types)
    assert kernel_cache.missing([NodeKernel(types["never"])])
    live.play(1000)
    key = live.session.set_value("my_sound.mix.low.never.signal", 0.2)
    assert wait(lambda: "compiling" in live.kinds)
    assert "the moved signal is heard" in next(event.text for event in live.events if event.kind == "compiling")
    assert live.session.builder.wait(60), "the build thread is free"
    assert wait(lambda: "compiled" in live.kinds)
    live.settle()
    assert not live.session.moves.uninserted and key in live.session.moves.values
    assert not kernel_cache.missing([NodeKernel(types["never"])])
    assert "reloaded" in live.reload(text.replace("amp: 0.1", "amp: 0.15")).kind


def test_a_type_that_cannot_be_compiled_is_a_problem_and_the_sound_goes_on(stage, fresh_type):
    live = stage(PIECE, library=fresh_type(mistake=" + undefined_name"))
    heard = [live.play(1000)]
    live.save(scaled())
    assert wait(lambda: live.kinds[-1:] == ["refused"])
    assert [event.over for event in live.events if event.kind == "compiling"][-1:] == [True]
    sentence = live.events[-1].problems[0].sentence
    assert "never" in sentence and "undefined_name" in sentence
    heard.append(live.play(5000))
    assert np.array_equal(np.concatenate(heard), reference(stage, 6000))
    assert live.reload(PIECE).kind == "reloaded"


def test_a_compiler_that_fails_is_said_and_tried_again(stage, fresh_type, monkeypatch):
    live = stage(PIECE, library=fresh_type())
    live.play(1000)
    with monkeypatch.context() as patch:
        patch.setattr(live.session.compiler, "compile", lambda *_: 1 // 0)
        live.save(scaled())
        assert wait(lambda: live.kinds[-1:] == ["refused"])
    so_far = len(live.kinds)
    assert "a defect of waves: ZeroDivisionError" in live.events[-1].problems[0].sentence
    live.save(scaled())
    assert wait(lambda: live.engine.waiting)
    live.settle()
    assert list(dict.fromkeys(live.kinds[so_far:])) == ["compiling", "compiled", "reloaded"]


# ---- files that come and go


def test_a_file_written_in_parts_is_read_when_it_is_whole(stage, monkeypatch):
    """Each time that it is about to be read, more is written."""
    live = stage(PIECE)
    live.play(1000)
    file = live.folder / "waves.yaml"
    text = PIECE.replace("freq: 110", "freq: 150")
    left, sleep = [text[30:75], text[75:]], time.sleep

    def written(seconds: float) -> None:
        sleep(seconds)
        if left:
            with file.open("a") as stream:
                stream.write(left.pop(0))
            os.utime(file, (time.time() + 60.0,) * 2)  # however late it is looked at, it has just been written

    with live.running():
        file.write_text(text[:30])
        os.utime(file, (time.time() + 60.0,) * 2)
        monkeypatch.setattr(settled_files, "time", SimpleNamespace(time=time.time, sleep=written))
        live.session.changed([file])
        assert live.session.builder.wait(60)
    assert live.session.outcomes.refused == 0
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 150.0


@pytest.mark.parametrize("first", [PIECE.replace("freq: 110", "freq: 130"), PIECE.replace("osc", "oscc")])
def test_what_is_read_before_a_file_is_whole_is_neither_told_nor_played(stage, monkeypatch, first):
    live = stage(PIECE)
    live.play(1000)
    file, compose, offer = live.folder / "waves.yaml", live.composer.compose, live.engine.offer
    rest = [PIECE.replace("freq: 110", "freq: 150")]
    offered, composed = [], []

    def composing(*given, **named):
        composed.append(given)
        try:
            return compose(*given, **named)
        finally:
            if rest:
                save(live.folder, rest.pop())

    monkeypatch.setattr(live.composer, "compose", composing)
    monkeypatch.setattr(live.engine, "offer", lambda plan: (offered.append(plan), offer(plan)))
    file.write_text(first)
    os.utime(file, (time.time() + 60.0,) * 2)  # however late it is read, it has just been written
    live.session.changed([file])
    live.settle()
    assert live.kinds == ["reloaded"] and len(offered) == 1 and len(composed) == 2
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 150.0


@pytest.mark.parametrize("between", ["", "other: {osc: {}}\n", None])
def test_a_file_that_is_gone_or_empty_for_a_moment_is_waited_for(stage, monkeypatch, between):
    live = stage(PIECE)
    live.play(1000)
    saved, compose = threading.Event(), live.composer.compose
    monkeypatch.setattr(live.composer, "compose", partial(compose, waits=lambda seconds: saved.wait(60)))
    monkeypatch.setattr("waves.live.workspace.settled_files.TRIES", 6000)
    file = live.folder / "waves.yaml"
    with live.running():
        if between is None:
            file.unlink()
        else:
            file.write_text(between)
        live.session.changed([file])
        time.sleep(0.1)
        live.save(PIECE.replace("freq: 110", "freq: 150"))
        saved.set()
        assert live.session.builder.wait(60)
    assert live.session.outcomes.refused == 0
    assert live.engine.playing.graph.rows["my_sound.root.Mix.low.Osc"].inputs["freq"] == 150.0


def test_a_deleted_file_leaves_the_sound_and_comes_in_again(stage):
    live = stage(PIECE)
    heard = [live.play(1000)]
    file = live.folder / "waves.yaml"
    file.unlink()
    live.session.changed([file])
    live.settle()
    assert live.kinds == ["refused"] and "waves.yaml" in live.events[0].problems[0].show()
    heard.append(live.play(2000))
    assert np.array_equal(np.concatenate(heard), reference(stage, 3000))
    assert live.reload(PIECE.replace("freq: 110", "freq: 150")).kind == "reloaded"


def test_a_file_of_sounds_may_be_added_and_removed_during_play(stage):
    live = stage(PIECE)
    live.play(1000)
    live.reload("bell: {osc: {freq: 700, amp: 0.1}}\n", "sounds/bells.yaml")
    event = live.reload(PIECE + "    bell: {bell: {}}\n")
    assert event.kind == "reloaded" and event.new == 1
    assert live.reload("bell: {osc: {freq: 710, amp: 0.1}}\n", "sounds/bells.yaml").kind == "reloaded"
    assert live.engine.playing.graph.rows["my_sound.root.Mix.bell.Osc"].inputs["freq"] == 710.0
    (live.folder / "sounds" / "bells.yaml").unlink()
    live.session.changed([live.folder / "sounds" / "bells.yaml"])
    live.settle()
    assert live.events[-1].kind == "refused" and "bell" in live.events[-1].problems[0].sentence
    assert live.reload(PIECE).kind == "reloaded"


def test_a_sample_that_is_written_anew_is_heard_with_the_next_save(stage):
    live = stage("my_sound: {sample: {file: samples/a.wav, loop: true}}")
    live.play(5000)
    state = live.state("my_sound.root.Mix.my_sound.Sample")
    before = state.last_playhead_position
    write_sample(live.folder / "samples" / "a.wav", 330.0)
    event = live.reload("my_sound: {sample: {file: samples/a.wav, loop: true}}\n")
    assert event.changed == 1
    assert live.state("my_sound.root.Mix.my_sound.Sample").last_playhead_position == before + 64


# ---- many reloads


@pytest.mark.long
def test_a_thousand_reloads_leave_nothing_behind(stage):
    live = stage(PIECE, registry=Registry(parking_nodes=20))

    def reload(k: int) -> None:
        text = PIECE.replace("freq: 110", f"freq: {100 + k}").replace("saw", ("saw", "sqr", "tri")[k % 3])
        kind = "delay: {time: 0.3, signal: {sample: {file: samples/a.wav}}}", "smooth: {signal: {osc: {freq: 90}}}"
        text += f"    n{k}: {{{kind[k % 2]}}}\n"
        assert live.reload(text).kind == "reloaded"
        live.play(FADE + 64)
        live.events.clear()

    def left() -> tuple[int, int, int]:
        gc.collect()
        objects = gc.get_objects()
        plans = sum(type(one) is Plan for one in objects)
        resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return plans, len(objects), resident

    for k in range(100):
        reload(k)
    before, objects, resident = left()
    for k in range(100, 1000):
        reload(k)
    plans, objects_now, resident_now = left()
    registry = live.session.node_state_registry
    assert live.session.outcomes.good == 1000 and plans <= before + 1
    assert len(live.engine._plans) <= 2
    assert len(registry.parked) == 20 and len(registry.states) == len(live.engine.playing.states)
    assert objects_now - objects < 2000, "less than two objects a reload"
    assert resident_now - resident < 30e6


# ---- the queue


def test_one_build_at_a_time_and_the_newest_wins():
    running, most, seen = [0], [0], []
    version = [0]
    begun, go_on = threading.Event(), threading.Event()

    def build() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        seen.append(version[0])
        begun.set()
        go_on.wait(60)
        running[0] -= 1

    builder = BuildThread(build, "builder")
    builder.start()
    try:
        builder.request()
        assert begun.wait(60)
        for version[0] in range(1, 50):
            builder.request()
        go_on.set()
        assert builder.wait(60)
    finally:
        builder.stop()
    assert most == [1] and seen == [0, 49]


def test_the_line_of_an_event_is_safe_for_a_terminal():
    event = RecordingStarted(path="a\x1b[2Jb [red]c[/red]")
    assert "\x1b" not in event.line and "[red]c[/red]" in event.line
