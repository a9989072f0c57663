"""The Python interface: open, play, move, render, look, listen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile

import waves
from tests.harness.client import Client, RpcFailed
from tests.harness.command import waves as command
from waves import LivePiece, node_state_registry, open_piece
from waves.events.changes import Refused, Reloaded
from waves.events.event import Event
from waves.events.playing import ParameterMoved, ParameterReleased
from waves.problem import Problems

PIECE = """\
my_sound: {mix: {low: {osc: {freq: 110, amp: 0.4, id: main}}, high: {osc: {freq: 440, amp: 0.1}}}}
other: {osc: {freq: 330, amp: 0.2}}
ping: {osc: {freq: 880, amp: [0.5, 0], duration: 0.25}}
"""


@pytest.fixture
def piece(tmp_path: Path) -> Iterator[LivePiece]:
    (tmp_path / "waves.yaml").write_text(PIECE)
    with open_piece(tmp_path) as opened:
        yield opened


def driven(piece: LivePiece) -> threading.Event:
    """Ask for frames on a thread, as a device does, until the event is set."""
    stop = threading.Event()

    def run() -> None:
        with suppress(Problems):  # it may be closed between the two lines
            while not stop.wait(0.001):
                piece.next_frames(256)

    threading.Thread(target=run, daemon=True).start()
    return stop


def test_what_it_renders_is_what_the_command_writes(piece, tmp_path):
    frames = piece.render("my_sound", seconds=0.5)
    assert frames.shape == (22050, 2) and frames.dtype == np.float64
    assert command(tmp_path, "render", "my_sound", "-o", "a.wav", "--duration", "0.5").returncode == 0
    assert np.array_equal(soundfile.read(tmp_path / "a.wav", dtype="float32")[0], frames.astype(np.float32))
    assert len(piece.render("ping")) == round(0.25 * 44100)
    rendered = piece.render_file(tmp_path / "b.wav", "my_sound", seconds=0.5)
    assert rendered.frames == 22050 and (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_it_serves_clients_until_it_stops(piece):
    with pytest.raises(Problems, match="nothing plays"):
        piece.serve()
    piece.play("my_sound", device="silent")
    url = piece.serve()
    assert url.startswith("http://127.0.0.1:") and piece.serve() == url
    with Client(url) as client:
        assert client.call("status")["sounds"] == ["my_sound"]
        client.call("setValue", name="main.freq", value=220)
        assert list(piece.status().values.values()) == [220]
        piece.set_value("main.freq", 330)
        client.notification("parametersChanged", lambda told: 330 in told["values"].values())
        text = PIECE.replace("freq: 440", "freq: 441")
        client.call("save", file="waves.yaml", text=text, based_on=client.call("text")["version"])
        client.notification("reloaded")
    piece.stop()
    with pytest.raises(ConnectionRefusedError):
        Client(url)
    piece.play("my_sound", device="silent")
    again = piece.serve(urlsplit(url).port, read_only=True)
    assert urlsplit(again).port == urlsplit(url).port and urlsplit(again).fragment != urlsplit(url).fragment
    with Client(again) as client, pytest.raises(RpcFailed, match="is not for this client"):
        client.call("record")


def test_a_file_is_replaced_only_with_force(piece, tmp_path):
    file = tmp_path / "a.wav"
    file.write_bytes(b"precious")
    with pytest.raises(Problems, match="a.wav' exists already: force=True replaces it$"):
        piece.render_file(file, "ping")
    assert file.read_bytes() == b"precious"
    assert piece.render_file(file, "ping", force=True).frames == soundfile.info(file).frames


@pytest.mark.parametrize("amp", ["sqrt(-t)", "sqrt(0.2 - t)"], ids=["in the trial", "later"])
def test_a_node_that_gives_no_number_is_a_problem_of_the_render(piece, amp):
    (piece.folder / "waves.yaml").write_text(f"my_sound: {{osc: {{amp: {amp}}}}}\n")
    file = piece.folder / "a.wav"
    for render in (lambda: piece.render(seconds=0.5), lambda: piece.render_file(file, seconds=0.5)):
        with pytest.raises(Problems, match="my_sound.osc.amp: this expression gives no finite number"):
            render()
    assert file.exists() == (amp == "sqrt(0.2 - t)"), "what went wrong later can be listened to"


def test_a_piece_plays_by_hand_and_is_moved(piece):
    piece.play("my_sound", device="none", watch=False)
    delay = piece.status().delay
    played = piece.next_frames(4410 + delay)[delay:]
    assert np.array_equal(played, piece.render("my_sound", seconds=0.1).astype(np.float32))
    stop = driven(piece)
    key = piece.set_value("main.freq", 220.0)
    assert piece.status().values == {key: 220.0}
    assert piece.release_value("main.freq") == key
    stop.set()
    assert piece.state("main").phase == node_state_registry.get_state("main").phase


def test_values_that_are_set_by_hand_are_in_the_next_frames(piece):
    """The plan that reads them is made on another thread: each time it is ready when frames are asked for."""
    played = []
    for _ in range(5):
        piece.play("my_sound", device="none", watch=False)
        frames = [piece.next_frames(1000)]
        piece.set_value("main.freq", 220.0)
        piece.set_value("my_sound.mix.high.osc.amp", 0.0)
        frames.append(piece.next_frames(100))
        piece.set_value("main.amp", 0.2)
        piece.set_value("main.freq", 330.0)
        frames.append(piece.next_frames(44_100))
        played.append(np.concatenate(frames))
        piece.stop()
    assert all(np.array_equal(again, played[0]) for again in played[1:])
    spectrum = np.abs(np.fft.rfft(played[0][-22_050:, 0])) / 11_025
    assert np.argmax(spectrum) == 165 and spectrum.max() == pytest.approx(0.2, rel=0.01) and spectrum[220] < 1e-3


def test_a_value_that_is_set_for_a_later_frame_begins_with_its_block(piece):
    played = []
    for frame in (0, 9600):
        piece.play("my_sound", device="none", watch=False)
        delay = piece.status().delay
        assert piece.status().frame == 0
        if frame:
            piece.set_value("main.amp", 0.1, frame)
        played.append(piece.next_frames(20_000 + delay)[delay:])
        piece.stop()
    differs = np.flatnonzero(np.abs(played[1] - played[0])[:, 0] > 1e-6)
    assert 9600 <= differs[0] < 9600 + 64


def test_a_value_that_is_set_while_a_save_waits_for_its_bar_does_not_block(piece):
    piece.play("my_sound", device="none", watch=False, at="bar")
    piece.next_frames(1000)
    with piece.subscription() as events:
        piece.play("other", at="bar")
        while (event := events.take(10.0)) and event.kind != "waiting":
            pass
        begun = time.monotonic()
        key = piece.set_value("main.freq", 220.0)
        assert time.monotonic() - begun < 5.0 and piece.status().values == {key: 220.0}


def test_a_burst_of_moves_gives_few_events_and_the_last_has_the_last_value(piece):
    piece.play("my_sound", device="none", watch=False)
    stop, begun = driven(piece), time.monotonic()
    with piece.subscription() as events:
        for k in range(1000):
            piece.set_value("main.freq", 100.0 + k)
        key = piece.set_value("my_sound.mix.high.osc.amp", 0.05)
        found = []
        while not {(key, 0.05), ("main.freq", 1099.0)} <= set(found):
            event = events.take(10.0)
            assert isinstance(event, ParameterMoved)
            name = "main.freq" if event.parameter == "freq" else f"{event.node}.{event.parameter}"
            found.append((name, event.value))
        assert len(found) <= 3 + (time.monotonic() - begun) / 0.15
        assert event.text in ("high: amp is moved to 0.05", "my_sound/main.freq is moved to 1099")
        piece.release_value(key)
        while not isinstance(event, ParameterReleased):
            event = events.take(10.0)
        assert (f"{event.node}.{event.parameter}", event.text) == (key, "high: amp goes back to what the text says")
        piece.set_value("main.freq", 500.0)
        piece.set_value("main.freq", 600.0)
        while piece.status().values["my_sound/main.freq"] != 600.0:
            time.sleep(0.001)
        stop.set()
        piece.stop()
        last = [event for event in iter(lambda: events.take(0.0), None) if isinstance(event, ParameterMoved)][-1]
        assert (last.parameter, last.value) == ("freq", 600.0), "said though the piece stops before the next look"


def test_a_reload_is_waited_for(piece):
    piece.play(device="none", watch=False)
    stop = driven(piece)
    file = piece.folder / "waves.yaml"
    file.write_text(PIECE.replace("110", "115"))
    assert isinstance(piece.reload(), Reloaded)
    file.write_text(PIECE.replace("osc", "osk"))
    refused = piece.reload()
    assert isinstance(refused, Refused) and "osk" in str(refused.problems[0])
    assert piece.status().good == 1 and piece.status().refused == 1
    assert any("osk" in str(problem) for problem in piece.check())
    stop.set()


def test_events_go_to_every_listener(piece):
    first: list[Event] = []
    second: list[Event] = []
    piece.subscribe(first.append)

    def breaks(event: Event) -> None:
        second.append(event)
        raise RuntimeError("gone")

    piece.subscribe(breaks)
    piece.play(device="none", watch=False)
    stop = driven(piece)
    with piece.subscription() as events:
        piece.call("volume", change=-6.0)
        piece.call("volume", change=-6.0)
        kinds = []
        while len(kinds) < 3 and (event := events.take(10.0)):
            kinds.append(type(event).__name__)
    assert kinds.count("VolumeChanged") == 2 and kinds.count("ListenerEnded") == 1
    stop.set()
    piece.stop()
    assert len(second) == 1 and len(first) >= 3


def test_another_sound_is_chosen_while_it_plays(piece):
    piece.play("my_sound", device="none", watch=False)
    stop = driven(piece)
    with piece.subscription() as events:
        piece.play("other")
        while (event := events.take(10.0)) and not isinstance(event, Reloaded):
            pass
    assert piece.status().sounds == ("other",)
    stop.set()


def test_a_silent_stream_keeps_time_and_the_files_are_followed(piece):
    piece.play("my_sound", device="silent")
    with piece.subscription() as events:
        (piece.folder / "waves.yaml").write_text(PIECE.replace("110", "220"))
        while (event := events.take(20.0)) and not isinstance(event, Reloaded):
            pass
    assert piece.status().good == 1 and piece.status().device.startswith("silent")
    assert piece.is_playing and (piece.folder / ".waves" / "sessions").is_dir()
    piece.stop()
    assert not piece.is_playing and node_state_registry.get_state("main") is None


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda piece: piece.status(), "nothing plays: play() starts it"),
        (lambda piece: piece.set_value("main.freq", 1), "nothing plays"),
        (lambda piece: piece.render("my_sond"), "there is no sound 'my_sond'; did you mean 'my_sound'"),
        (lambda piece: piece.render_file(piece.folder / "gone" / "a.wav"), "there is no folder"),
        (lambda piece: open_piece(piece.folder / "gone"), "there is no folder"),
        (lambda piece: open_piece(piece.folder, RATE=3), "there is no setting 'RATE'"),
    ],
)
def test_mistakes_are_one_sentence(piece, call, sentence):
    with pytest.raises(Problems) as found:
        call(piece)
    assert sentence in str(found.value.problems[0]) + str(found.value)


def test_states_of_the_piece_that_plays(piece):
    with pytest.raises(LookupError):
        node_state_registry.create_state("x")
    piece.play(device="none", watch=False)
    piece.next_frames(1000)
    record = node_state_registry.get_state("main")
    assert record is not None and node_state_registry.create_state("main") is record
    with pytest.raises(LookupError, match="no node had the ID 'nobody' yet"):
        node_state_registry.create_state("nobody")
    kept = node_state_registry.create_state("nobody", record.kind)
    assert node_state_registry.registry.parked["nobody"] is kept
    node_state_registry.clear()
    assert not node_state_registry.registry.parked and node_state_registry.get_state("main") is record


def test_the_package_names_what_it_offers():
    assert set(waves.__all__) <= {name for name in waves.__all__ if getattr(waves, name) is not None}
    with pytest.raises(AttributeError):
        waves.nothing  # noqa: B018
