"""A save of config.py while a piece plays: each change takes effect as the table of settings says, or says why not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.harness.command import Play, waves
from tests.harness.engine_harness import compiler
from tests.harness.session_harness import RATE, Player, Stage, compose, save
from tests.harness.waiting import wait
from waves.audio.device import StreamOptions
from waves.audio.device_supervisor import DeviceSupervisor
from waves.engine.runtime.engine import RAMP
from waves.events.event import Event
from waves.live.saves.live_settings import LiveSettings, stream_options
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace.open_workspace import open_workspace
from waves.live.workspace.setting_table import SETTINGS, Effect

PIECE = """\
my_sound:
  mix:
    low: {osc: {freq: 110, amp: 0.2}}
    hiss: {osc: {type: noise, amp: 0.05}}
    beat: {sequencer: {interval: 0.1, steps: [tick]}}
tick: {osc: {freq: [900, 300], amp: [0.2, 0], duration: 0.05}}
"""
OTHER = {  # for each setting a value that is not its default
    "SAMPLE_RATE": 48000,
    "BLOCK_SIZE": 64,
    "LATENCY": 0.1,
    "DEVICE": "nowhere",
    "INPUT": "default",
    "CHANNELS": 4,
    "FADE": 0.5,
    "AT": "NOW",  # what waits for a beat is not built here
    "BPM": 90.0,
    "SEED": 1,
    "RAND_HOLD": 64,
    "STEP_LENGTH": 2.0,
    "LIMITER": False,
    "WAIT_FOR_CHANGES_IN_WAVES_YAML": False,
    "SAMPLE_FOLDERS": ["a"],
    "PARKING_MB": 1.0,
    "PARKING_NODES": 1,
    "HISTORY_MB": 7.0,
    "SAMPLE_MB": 1.0,
    "HOT_RELOAD": False,
    "WATCH_DIRS": ["a"],
    "RELOAD_DELAY": 1.0,
    "CHECKED_NODES": False,
    "TRIAL": False,
    "NOTIFY": "bell",
    "SERVE": 0,
    "SERVE_ADDRESS": "0.0.0.0",
    "ALLOW_NETWORK": True,
    "READ_ONLY": True,
    "NOTIFY_COMMAND": ["true"],
}


class Live:
    """A piece whose settings are saved. It plays on the silent device, as `DEVICE` overruled or not, or not at all."""

    def __init__(self, folder: Path, config: str = "", plays: str = "", trusted: bool = True, **overruled: Any):
        self.folder, self.events = folder, list[Event]()
        save(folder, PIECE)
        save(folder, config, "config.py")
        (folder / "a").mkdir()
        self.stage = Stage(folder, None)
        self.engine = self.stage.engine
        silent = {"DEVICE": "silent"} if plays == "overruled" else {}
        self.opened = open_workspace(folder, trusted, **overruled, **silent)
        self.said: list[str] = []  # of the device
        self.supervisor: DeviceSupervisor | None = None
        if plays:
            options = StreamOptions(**{**stream_options(self.opened.settings), "device": "silent"})
            self.supervisor = DeviceSupervisor(self.engine.callback, self.engine.address, self.said.append, options)
            self.supervisor.start(lambda: self.engine.calls, lambda: self.engine.inside)
        self.live = LiveSettings(self.opened, self.stage.session, self.events.append, self.supervisor)

    def save(self, config: str) -> list[str]:
        """Save config.py; what was said of it."""
        count = len(self.events)
        save(self.folder, config, "config.py")
        self.live.configure()
        self.stage.settle()
        return [event.text for event in self.events[count:]]

    def stop(self) -> None:
        self.live.stop()
        if self.supervisor:
            self.supervisor.stop()
        self.stage.stop()


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Callable[..., Live]]:
    made: list[Live] = []

    def make(**options: Any) -> Live:
        made.append(Live(tmp_path, **options))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def of_effect(*effects: Effect) -> list[str]:
    """Names of the settings of a folder that take effect so."""
    return [name for name, setting in SETTINGS.items() if setting.effect in effects and not setting.only_own]


def test_all_settings_are_tried_here() -> None:
    assert OTHER.keys() == SETTINGS.keys()


@pytest.mark.parametrize("name", [name for name, setting in SETTINGS.items() if setting.only_own])
def test_what_only_the_user_gives_is_never_taken_from_a_folder(play: Callable[..., Live], name: str) -> None:
    one = play()
    one.save(f"{name} = {OTHER[name]!r}\nBPM = 90.0\n")
    assert getattr(one.live.values, name) == SETTINGS[name].default and one.live.values.BPM == 90.0


@pytest.mark.parametrize("name", of_effect(Effect.NOW))
def test_what_takes_effect_with_the_save(play: Callable[..., Live], name: str) -> None:
    one = play()
    assert one.save(f"{name} = {OTHER[name]!r}\n") == [f"config.py: {name} = {OTHER[name]!r}"]
    assert getattr(one.live.values, name) == getattr(one.stage.composer.settings, name) == OTHER[name]
    assert one.save(f"{name} = {OTHER[name]!r}\n") == []
    assert one.save("") == [f"config.py: {name} = {SETTINGS[name].default!r}"]


@pytest.mark.parametrize("name", of_effect(Effect.START, Effect.ENGINE))
def test_what_waits_for_a_start_says_why_once(play: Callable[..., Live], name: str) -> None:
    one, reason = play(), SETTINGS[name].reason or "the engine is built for it"
    said = one.save(f"{name} = {OTHER[name]!r}\nBPM = 90.0\n")
    assert said == ["config.py: BPM = 90.0", f"config.py: {name} takes effect with the next start: {reason}"]
    assert getattr(one.live.values, name) == SETTINGS[name].default
    assert one.save(f"{name} = {OTHER[name]!r}\nBPM = 80.0\n") == ["config.py: BPM = 80.0"]


def test_the_rest_of_what_must_know(play: Callable[..., Live]) -> None:
    one = play(plays="overruled")
    one.save("PARKING_MB = 2.0\nPARKING_NODES = 3\nLIMITER = False\nAT = 'beat'\n")
    registry = one.stage.session.node_state_registry
    assert (registry.parking_bytes, registry.parking_nodes) == (2e6, 3)
    assert one.engine.lookahead == 0 and str(one.stage.composer.quantize) == "beat"


def test_a_mistake_leaves_all_settings_as_they_are(play: Callable[..., Live]) -> None:
    one = play(config="FADE = 0.3\n")
    for text, problem in (
        ("FADE = 'long'\nBPM = 1.0\n", "config.py:1:8: FADE: expected a number"),
        ("FADE = 0.3\nAT = 'x'\n", "config.py:2:6: AT: expected now, beat, bar, or a number of bars"),
    ):
        assert one.save(text) == ["config.py refused, 1 problem: the old settings stay"]
        assert problem in str(one.events[-1].problems[0])
        assert one.live.problems == one.events[-1].problems
        assert (one.live.values.FADE, one.live.values.BPM, one.live.values.AT) == (0.3, 120.0, "now")


def test_what_is_mended_is_said_even_if_nothing_changes(play: Callable[..., Live]) -> None:
    one = play(config="FADE = 0.3\n")
    again = ["config.py: in order again, all settings are as before"]
    one.save("FADE = \n")
    assert one.save("FADE = 0.3\n") == again and one.live.problems == ()
    assert one.save("FADE = 0.3\n") == []
    one.save("FADE = 0.3\nHOT_RELOAD = False\n")
    assert one.save("FADE = 0.3\n") == again, "nothing waits for the next start any more"
    one.save("FADE = \n")
    assert one.save("FADE = 0.4\n") == ["config.py: FADE = 0.4"] and one.live.problems == ()


def test_an_option_overrules_what_is_saved(play: Callable[..., Live]) -> None:
    one = play(config="BPM = 100.0\n", BPM=140.0)
    assert one.save("BPM = 80.0\nFADE = 0.3\n") == ["config.py: FADE = 0.3"]
    assert one.live.values.BPM == 140.0


# ---- the stream


def test_block_size_and_latency_change_in_one_fade_without_a_jump_in_time(play: Callable[..., Live]) -> None:
    """What is recorded is what an uninterrupted render gives, but for a fade to silence and back."""
    one = play(plays="overruled")
    assert wait(lambda: one.engine.frames_written > 5000)
    begin = one.engine.frames_written
    assert one.save("BLOCK_SIZE = 512\nLATENCY = 0.1\n") == ["config.py: BLOCK_SIZE = 512, LATENCY = 0.1"]
    end = one.engine.frames_written
    assert one.supervisor and one.supervisor.stream.block == 512 and one.said == ["playing silently"]
    frames = round((end / RATE + RAMP) * RATE) + 1024
    assert wait(lambda: one.engine.frames_written > frames + 20_000)
    one.supervisor.stop()
    written = one.engine.frames_written
    played = one.engine.ring[:written]
    whole = Player(compose(one.stage.composer).graph).play(written)
    other = np.flatnonzero((played != whole).any(axis=1))
    assert begin <= other[0] and other[-1] <= frames
    assert (np.abs(played) <= np.abs(whole)).all(), "louder than without the change"
    assert not played[(other[0] + other[-1]) // 2].any(), "it was not silent in between"
    steps = np.abs(np.diff(played[:, 0] - whole[:, 0]))
    assert steps.max() <= np.abs(np.diff(whole[:, 0])).max() + np.abs(whole).max() / (RAMP * RATE), "a click"


def test_only_the_stream_changes_without_a_build(play: Callable[..., Live]) -> None:
    one = play(plays="overruled")
    good = one.stage.session.outcomes.good
    one.save("BLOCK_SIZE = 64\n")
    assert one.stage.session.outcomes.good == good and one.stage.composer.settings.BLOCK_SIZE == 64


@pytest.mark.device
def test_a_device_that_is_not_there_is_said_and_tried_again_with_the_next_save(
    sandbox: Any, play: Callable[..., Live]
) -> None:
    one = play(plays="silent")
    partly = "config.py partly refused, 1 problem: the old settings stay"
    assert one.save("DEVICE = 'nowhere'\nBPM = 90.0\n") == ["config.py: BPM = 90.0", partly]
    [problem] = one.live.problems
    assert str(problem) == "config.py:1:10: DEVICE: is not in force, because the device does not play so"
    assert one.said == ["there is no output device 'nowhere', see `waves devices`; playing silently as before"]
    assert one.live.values.DEVICE is None and one.live.values.BPM == 90.0
    assert one.save("DEVICE = 'sandbox2'\nBPM = 90.0\n") == ["config.py: DEVICE = 'sandbox2'"]
    assert one.said[1:] == ["playing on device 'sandbox2'"]


@pytest.mark.device
def test_a_saved_device_plays(sandbox: Any, play: Callable[..., Live]) -> None:
    one = play(plays="silent")
    with sandbox.recording("sandbox2") as recording:
        one.save("DEVICE = 'sandbox2'\n")
        frames = one.engine.frames_written
        assert wait(lambda: one.engine.frames_written > frames + 30_000)
    assert np.abs(recording.frames).max() > 0.1


def test_stop_waits_for_a_change_and_nothing_changes_after_it(play: Callable[..., Live], monkeypatch: Any) -> None:
    one = play(plays="overruled")
    assert one.supervisor
    inside, go_on, silenced = threading.Event(), threading.Event(), one.engine.silenced

    @contextmanager
    def slow(*given: Any) -> Iterator[None]:
        with silenced(*given):
            inside.set()
            assert go_on.wait(60)
            yield

    monkeypatch.setattr(one.engine, "silenced", slow)
    changing = threading.Thread(target=one.save, args=("BLOCK_SIZE = 512\n",))
    changing.start()
    assert inside.wait(60)
    stopping = threading.Thread(target=one.live.stop)
    stopping.start()
    stopping.join(0.1)
    assert stopping.is_alive()
    go_on.set()
    stopping.join(10)
    changing.join(10)
    assert not stopping.is_alive() and one.supervisor.stream.block == 512
    assert one.save("BLOCK_SIZE = 64\n") == [] and one.supervisor.stream.block == 512


def test_what_reaches_outside_is_said_once_in_a_folder_that_is_not_trusted(play: Callable[..., Live]) -> None:
    one = play(trusted=False)
    [notice] = one.save("SAMPLE_FOLDERS = ['more']\n")
    assert notice.startswith("SAMPLE_FOLDERS in config.py reaches outside the folder, which is not trusted, and has no")
    assert one.live.values.SAMPLE_FOLDERS == []
    assert one.save("SAMPLE_FOLDERS = ['less']\n") == [], "said once"
    assert one.save("SAMPLE_FOLDERS = ['less']\nBPM = 90.0\n") == ["config.py: BPM = 90.0"]


def test_a_folder_that_is_not_there_is_said(play: Callable[..., Live]) -> None:
    one = play()
    assert one.save("SAMPLE_FOLDERS = ['nowhere']\n")[-1] == "SAMPLE_FOLDERS: there is no folder 'nowhere'"


# ---- the command


def test_a_save_of_config_while_it_plays_reaches_device_and_recording(tmp_path: Path) -> None:
    save(tmp_path, PIECE)
    with Play(tmp_path, "--record", "live.wav", "--duration", "5") as play:
        play.wait_for("started")
        play.save("BLOCK_SIZE = 1024\nCHECKED_NODES = False\n", "config.py")
        assert play.wait_for("device")["text"] == "playing silently"
        play.says("config.py: BLOCK_SIZE = 1024")
        assert play.wait_for("restart_needed")["setting"] == "CHECKED_NODES"
        assert play.process.wait(60) == 0
    live, rate = soundfile.read(tmp_path / "live.wav", dtype="float32")
    assert rate == 44100
    seconds = str(len(live) / rate)
    assert waves(tmp_path, "render", "--rate", "44100", "--duration", seconds, "-o", "file.wav").returncode == 0
    whole, _ = soundfile.read(tmp_path / "file.wav", dtype="float32")
    same = (live == whole).all(axis=1)
    assert same[0] and not same.all()
    assert np.mean(same) > 0.8, "but for the fades, before and after, it is the piece to the bit"
    assert (np.abs(live) <= np.abs(whole) + 1e-6).all()


def test_the_router_hands_on_config_and_the_key_that_reloads(play: Callable[..., Live]) -> None:
    one = play()
    router = SaveRouter(one.opened, one.stage.session, compiler(), one.events.append)
    try:
        router.changed({save(one.folder, "BPM = 90.0\n", "config.py").resolve()})
        assert router.settings.BPM == 90.0
        save(one.folder, "BPM = 91.0\n", "config.py")
        router.reload()
        assert router.settings.BPM == 91.0
    finally:
        router.stop()
