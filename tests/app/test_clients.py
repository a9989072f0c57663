"""Clients of a piece that plays: what they are told, what they ask, what they change, and what they cannot."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
import soundfile

from tests.harness.client import Client, RpcFailed
from tests.harness.kept_sessions import replayed
from tests.harness.waiting import wait
from waves import LivePiece, open_piece
from waves.app.clients.methods import ACTION_METHODS, METHODS, NoParams
from waves.app.clients.openrpc import document
from waves.app.clients.piece.piece_texts import PieceTexts
from waves.app.clients.player_calls import history
from waves.app.clients.serving import ServeOptions, Serving
from waves.live.history.log_reader import read_log
from waves.live.history.versions import Version
from waves.live.workspace.workspace import find_workspace
from waves.loudness import Loudness
from waves.problem import Problems
from waves.server import frames

PIECE = """\
my_sound:
  mix:
    low: {osc: {freq: 110, amp: 0.3, id: main}}
    beat: {sequencer: {interval: 0.1, steps: [kick, ~, "kick v.5", {osc: {freq: 300, duration: 0.05}}]}}
kick: {osc: {freq: 60, amp: 0.4 * v, duration: 0.08}}
other: {osc: {freq: 330, amp: 0.2}}
"""


@contextmanager
def served(
    folder: Path, device: str = "silent", text: str = PIECE, **options: object
) -> Iterator[tuple[LivePiece, Serving]]:
    """A piece that plays and serves."""
    (folder / "waves.yaml").write_text(text)
    with open_piece(folder) as piece:
        piece.play("my_sound", device=device)
        performance = piece._performance
        assert performance
        serving = Serving(performance.opened, performance.bus, ServeOptions(**options))  # type: ignore[arg-type]
        serving.begin(performance)
        try:
            yield piece, serving
        finally:
            serving.close()


@pytest.fixture(scope="module")
def served_piece(tmp_path_factory) -> Iterator[tuple[LivePiece, Serving]]:
    with served(tmp_path_factory.mktemp("piece")) as both:
        yield both


@pytest.fixture
def client(served_piece) -> Iterator[Client]:
    piece, serving = served_piece
    (piece.folder / "waves.yaml").write_text(PIECE)
    session = piece._performance.session
    session.reload()
    assert wait(lambda: not session.requests.unfinished), "so that what the test before has left is told"
    with Client(serving.url) as connected:
        yield connected


def test_status_is_told_ten_times_a_second_and_on_request(client):
    first = client.notification("status")
    numbers = [client.notification("status")["frame"] for _ in range(5)]
    assert numbers == sorted(set(numbers)) and first["connections"] == 1 and first["running"] and first["enabled"]
    assert (numbers[-1] - numbers[0]) / 44100 > 0.2, "not more often; a busy machine may be late"
    status = client.call("status")
    assert status["sounds"] == ["my_sound"] and status["rate"] == 44100 and status["bar"] >= 1
    assert status.keys() == first.keys()


def test_parameters_have_their_places_and_can_be_moved(client):
    parameters = {one["id"]: one for one in client.call("parameters")}
    freq = next(one for key, one in parameters.items() if key.endswith("main.freq"))
    assert freq["value"] == 110 and freq["unit"] == "Hz" and freq["default"] is not None and not freq["moved"]
    line = PIECE.splitlines()[freq["span"]["line"] - 1]
    assert line[freq["span"]["column"] - 1 :][: freq["span"]["length"]] == "110"
    assert not any(".Pool." in key for key in parameters), "nodes that the language adds are not shown"
    assert client.call("setValue", name="main.freq", value=220) == freq["id"]
    assert client.notification("parametersChanged")["values"] == {freq["id"]: 220}
    now = next(one for one in client.call("parameters") if one["id"] == freq["id"])
    assert (now["value"], now["moved"], now["as_written"]) == (220, True, False)
    client.call("setValue", name="main.freq", value=110)
    assert client.notification("parametersChanged")["values"] == {freq["id"]: 110}
    now = next(one for one in client.call("parameters") if one["id"] == freq["id"])
    assert (now["moved"], now["as_written"]) == (True, True)
    with pytest.raises(RpcFailed, match="expected"):
        client.call("setValue", name="transport.bpm", value=1e9)
    client.call("releaseValue", name="main.freq")
    assert client.notification("parametersChanged")["released"] == [freq["id"]]


def test_steps_are_lit_where_they_stand_in_the_text(client):
    lit = set()
    deadline = time.monotonic() + 60.0
    while len(lit) < 3 and time.monotonic() < deadline:
        for span in client.notification("step")["steps"]:
            line = PIECE.splitlines()[span["line"] - 1]
            if span["on"]:
                lit.add(line[span["column"] - 1 :][: span["length"]])
    assert lit >= {"kick", '"kick v.5"', "{osc: {freq: 300, duration: 0.05}}"}


def test_sound_is_shown(client):
    wait(
        lambda: (
            client.notification("status") and len([frame for frame in client.frames if frame[0] == frames.METERS]) >= 10
        )
    )
    scope = [frame for frame in client.frames if frame[0] == frames.SCOPE][-1]
    kind, rows, count, _ = frames.HEADER.unpack(scope[:12])
    values = np.frombuffer(scope[12:], "<f4").reshape(rows, count)
    assert (kind, rows, count) == (1, 2, 512) and 0.2 < np.abs(values).max() <= 1.0
    meters = np.array([np.frombuffer(frame[12:], "<f4") for frame in client.frames if frame[0] == frames.METERS])
    assert [one["name"] for one in client.call("tracks")] == ["low", "beat"] and meters.shape[1] == 4
    assert meters[-1, 0] == pytest.approx(0.3, abs=1e-3) and meters[-1, 1] == pytest.approx(0.3 / 2**0.5, rel=0.1)
    assert meters[:, 2].max() > meters[:, 3].max() > 0.05, "the beat: peak above RMS"


def test_loudness_is_told_of_all_frames_since_somebody_looks(tmp_path):
    with served(tmp_path, device="none") as (piece, serving), Client(serving.url) as client:
        heard = [piece.next_frames(512) for _ in range(400)]

        def told() -> list[float]:
            client.notification("status")
            found = [frame for frame in client.frames if frame[0] == frames.LOUDNESS]
            frame = [frames.HEADER.unpack(one[:12])[3] for one in found[-1:]]
            return list(np.frombuffer(found[-1][12:], "<f4")) if frame == [400 * 512] else []

        assert wait(told)
        meter = Loudness(44_100.0, 2)
        meter.add(np.concatenate(heard))
        assert (
            told() == pytest.approx([meter.momentary, meter.short_term], abs=0.05) and -30.0 < meter.short_term < -5.0
        )


def test_a_text_is_saved_and_heard_and_an_older_one_is_a_conflict(client, served_piece):
    piece, _ = served_piece
    before = client.call("text")
    assert before["text"] == PIECE and before["files"] == ["waves.yaml"]
    text = PIECE.replace("freq: 110", "freq: 111")
    saved = client.call("save", file="waves.yaml", text=text, based_on=before["version"])
    report = client.notification(
        "reloaded", lambda event: "→ 111" in json.dumps(event["parameters"], ensure_ascii=False)
    )
    assert report["kept"] > 0 and report["problems"] == [] and (piece.folder / "waves.yaml").read_text() == text
    assert client.call("text")["version"] == saved["version"] != before["version"]
    with pytest.raises(RpcFailed, match="'waves.yaml' was changed meanwhile") as found:
        client.call("save", file="waves.yaml", text=PIECE, based_on=before["version"])
    assert found.value.code == -32003 and found.value.data["text"] == text
    assert client.call("save", file="waves.yaml", text=text, based_on="old") == saved, "the same text is no conflict"
    with pytest.raises(RpcFailed) as gone:
        client.call("text", file="sounds/gone.yaml")
    assert gone.value.code == -32005
    numbers = [one["number"] for one in client.call("history") if one["playing"]]
    assert len(numbers) == 1


def test_the_history_says_what_plays_while_a_version_begins():
    class Beginning:
        playing = 1

        def all(self) -> Iterator[Version]:
            self.playing = 2
            yield Version(1, 0.0, "")

    archive = SimpleNamespace(versions=Beginning())
    calls = SimpleNamespace(piece=SimpleNamespace(started=SimpleNamespace(session=SimpleNamespace(archive=archive))))
    assert [(one.number, one.playing) for one in history(calls, NoParams())] == [(1, True)]  # type: ignore[arg-type]


def test_a_version_that_cannot_play_any_more_is_refused_and_the_other_plays_on(tmp_path):
    soundfile.write(tmp_path / "tone.wav", np.full(1000, 0.1), 44100)
    with (
        served(tmp_path, text="my_sound: {sample: {file: tone.wav, loop: true}}\n") as (piece, serving),
        Client(serving.url) as client,
    ):
        (tmp_path / "waves.yaml").write_text(PIECE)
        client.notification("reloaded")
        (tmp_path / "tone.wav").unlink()
        client.call("undo")
        told = client.notification("problem")
        assert (told["event"], told["action"]) == ("action_refused", "undo")
        assert told["reason"] == "no earlier version plays instead: stepped over 1 version that cannot play now"
        assert [one["number"] for one in client.call("history") if one["playing"]] == [2]
        assert piece.sounds() == ("my_sound", "kick", "other")


def test_a_mistake_is_told_with_its_place_and_the_sound_plays_on(client):
    version = client.call("text")["version"]
    client.call("save", file="waves.yaml", text=PIECE.replace("freq: 110", "frequ: 110"), based_on=version)
    event = client.notification("reloadFailed")
    problem = event["problems"][0]
    assert (problem["line"], problem["column"], problem["suggestion"]) == (3, 17, "'freq'")
    assert client.call("status")["last_problem"]["line"] == 3
    client.call("save", file="waves.yaml", text=PIECE, based_on=client.call("text")["version"])
    client.notification("reloaded")


def test_places_are_those_of_the_text_that_plays(client, served_piece):
    broken = "# One line more.\nmy_sound: {mix: {low: {osc\n"
    client.call("save", file="waves.yaml", text=broken, based_on=client.call("text")["version"])
    assert wait(lambda: client.call("status")["last_problem"]), "it may be told before the answer"
    now = client.call("text")
    assert now["text"] == broken and now["playing"] == PIECE
    lines = now["playing"].splitlines()
    shown = [client.call("tracks")[0]["span"], client.notification("step")["steps"][0]]
    shown += [one["span"] for one in client.call("parameters") if one["id"].endswith("main.freq")]
    words = [lines[span["line"] - 1][span["column"] - 1 :][: span["length"]] for span in shown]
    assert words[0] == "low" and words[1] in {"kick", '"kick v.5"', "{osc: {freq: 300, duration: 0.05}}"}
    assert words[2] == "110"
    client.call("save", file="waves.yaml", text=PIECE, based_on=now["version"])
    assert wait(lambda: client.call("status")["last_problem"] is None)
    assert client.call("text")["playing"] == PIECE


def test_texts_are_checked_without_saving_them(client, served_piece):
    [problem] = client.call("check", files={"waves.yaml": PIECE.replace("kick, ~", "kik, ~")})
    assert problem["suggestion"] == "'kick'" and problem["line"] == 4
    assert client.call("check") == [] and (served_piece[0].folder / "waves.yaml").read_text() == PIECE


def test_a_file_that_is_gone_is_not_named(tmp_path):
    (tmp_path / "sounds").mkdir()
    for name in ("waves.yaml", "sounds/more.yaml"):
        (tmp_path / name).write_text(PIECE)
    texts = PieceTexts(find_workspace(tmp_path))
    assert texts.read().files == ["waves.yaml", "sounds/more.yaml"]
    (tmp_path / "waves.yaml").unlink()
    assert texts.read().files == ["sounds/more.yaml"]


@pytest.mark.parametrize(
    "file",
    [
        *("../x.yaml", "/etc/passwd", "config.py", "nodes/x.py", ".waves/owner", "sounds/../x.yaml", "sounds/.x.yaml"),
        *("", "waves.yaml/", "WAVES.YAML", "sounds/a/b.yaml", "sounds/\x1b.yaml", "sounds/a.yaml\n", "x" * 999),
    ],
)
def test_no_other_file_is_read_or_written(client, served_piece, file):
    files = sorted(served_piece[0].folder.iterdir())
    for method, params in (("text", {}), ("save", {"text": "x", "based_on": ""})):
        with pytest.raises(RpcFailed, match="is no file of a piece"):
            client.call(method, file=file, **params)
    assert sorted(served_piece[0].folder.iterdir()) == files


def test_nothing_is_written_through_a_link(client, served_piece, tmp_path):
    piece, _ = served_piece
    target = tmp_path / "precious.yaml"
    target.write_text("precious")
    (piece.folder / "sounds").mkdir(exist_ok=True)
    link = piece.folder / "sounds" / "link.yaml"
    link.symlink_to(target)
    try:
        with pytest.raises(RpcFailed, match="link"):
            client.call("save", file="sounds/link.yaml", text="x", based_on="")
        with pytest.raises(RpcFailed, match="link"):
            client.call("text", file="sounds/link.yaml")
    finally:
        link.unlink()
    assert target.read_text() == "precious"


@pytest.mark.parametrize(
    ("method", "params", "sentence"),
    [
        ("save", {"file": "waves.yaml", "text": "x"}, "'save' needs 'based_on'"),
        ("save", {"file": 5, "text": "x", "based_on": ""}, "'file' of 'save': Input should be a valid string"),
        ("text", {"fle": "x"}, "'text' has no argument 'fle'; did you mean 'file'?"),
        ("pause", {"paused": 1}, "'paused' takes yes or no, got 1"),
        ("setValue", {"name": "main.freq", "value": "x"}, "'value' takes a number"),
        ("undo", {"steps": 0}, "'steps' takes a whole number of at least 1"),
        ("record", {"name": "x.wav"}, "a client does not choose the name of a file"),
        ("keep", {"length": "1m", "name": "x.wav"}, "a client does not choose the name of a file"),
        ("quit", {}, "there is no method 'quit'"),
        ("state", {"id": "nobody"}, "no node that plays has the ID 'nobody'"),
    ],
)
def test_a_wrong_call_is_one_sentence(client, method, params, sentence):
    with pytest.raises(RpcFailed) as found:
        client.call(method, **params)
    assert sentence in str(found.value)


def test_actions_are_done_and_told(client):
    assert client.call("pause", paused=True) is True
    assert client.notification("event", lambda event: event["event"] == "paused")
    assert client.call("pause", paused=False) is False
    assert client.call("volume", level=-6) == -6
    assert client.call("volume", level=10) == 6, "no client makes it louder than that"
    assert client.call("volume", change=60) == 6
    assert client.call("volume", level=0) == 0
    assert client.call("play", sounds=["other"]) == ["other"]
    client.notification("reloaded")
    assert client.call("play", sounds=["my_sound"]) == ["my_sound"]
    client.notification("reloaded")


def test_one_recording_at_a_time_of_bounded_length(client, served_piece):
    piece, serving = served_piece
    first = Path(client.call("record", on=True))
    second = Path(client.call("record", on=True))
    assert first.parent == second.parent == piece.folder / "recordings" and first != second
    recordings = serving.calls.performance.recordings
    recordings._overdue_at = recordings.engine.frames_written + 4410
    client.notification("event", lambda event: event["event"] == "recorded" and event["path"] == str(second))


def test_the_state_of_a_node(client):
    node = next(one["id"] for one in client.call("parameters") if one["id"].endswith("main.freq")).removesuffix(".freq")
    phases = {client.call("state", id=node)["phase"] for _ in range(3)}
    assert all(0.0 <= phase < 1.0 for phase in phases)


def at(fragment: str, text: str = PIECE) -> dict[str, object]:
    """The place behind the first letter of a part of the text, as calls take it."""
    before = text[: text.index(fragment) + 1]
    return {"text": text, "line": before.count("\n") + 1, "column": len(before) - before.rfind("\n")}


def test_a_text_that_is_not_saved_is_coloured_completed_and_explained(client):
    kinds = {(line, column): kind for line, column, _, kind in client.call("tokens", text=PIECE)}
    assert kinds[1, 1] == "entry" and kinds[3, 11] == "node" and "number" in kinds.values()
    assert client.call("tokens", text=PIECE, first=3, last=3) == [
        token for token in client.call("tokens", text=PIECE) if token[0] == 3
    ]
    completion = client.call("complete", **at("kick,", PIECE.replace("kick,", "ki,").replace("ki,", "kick,")))
    assert "kick" in [item["label"] for item in completion["items"]]
    broken = "my_sound: {osc: {fre"
    labels = [item["label"] for item in client.call("complete", text=broken, line=1, column=len(broken) + 1)["items"]]
    assert labels[0] == "freq"
    assert client.call("hover", **at("osc"))["title"] and client.call("hover", text="", line=1, column=1) is None
    spans = client.call("places", **at("kick,"))
    assert [PIECE.splitlines()[span["line"] - 1][span["column"] - 1 :][:4] for span in spans] == ["kick"] * 3
    assert [entry["name"] for entry in client.call("outline", text=PIECE)] == ["my_sound", "kick", "other"]


def test_the_number_at_a_caret_is_that_of_a_parameter_that_plays(client):
    number = client.call("numberAt", **at("110"))
    freq = next(one["id"] for one in client.call("parameters") if one["id"].endswith("main.freq"))
    assert (number["value"], number["id"], number["unit"], number["scale"]) == (110, freq, "Hz", "log")
    assert number["low"] < 110 < number["high"] and number["end"] - number["start"] == 3
    assert client.call("numberAt", **at("330"))["id"] == "", "a sound that does not play"
    assert client.call("numberAt", **at("osc")) is None


def test_tracks_are_switched_mute_and_solo(client):
    assert client.call("mute", track="low") is True and client.call("solo", track="beat", on=True) is True
    states = {one["name"]: (one["mute"], one["solo"]) for one in client.call("tracks")}
    assert states == {"low": (True, False), "beat": (False, True)}
    assert wait(lambda: client.notification("status")["levels"] == {"low": "mute", "beat": "solo"})
    assert wait(lambda: [one["heard"] for one in client.call("tracks")] == [False, True])
    assert client.call("mute", track="low") is False and client.call("solo", track="beat") is False
    assert wait(lambda: client.notification("status")["levels"] == {})
    with pytest.raises(RpcFailed, match="no track is called 'lov'"):
        client.call("mute", track="lov")


def test_the_document_describes_every_method_and_every_notification_fits_it(client):
    described = client.call("openrpc")
    assert described == json.loads(json.dumps(document()))
    methods = {one["name"]: one for one in described["methods"]}
    assert methods.keys() == {"authenticate", *ACTION_METHODS, *METHODS}
    assert all(one["summary"] and one["result"]["description"] for one in methods.values())
    for name in ("status", "parameters", "tracks", "history", "text", "check"):
        check(methods[name]["result"]["schema"], client.call(name), described)
    client.call("hush", hushed=True)
    client.call("hush", hushed=False)
    client.call("setValue", name="main.freq", value=120)
    client.notification("parametersChanged")
    client.call("releaseValue", name="main.freq")
    client.call("reload")
    client.notification("reloaded")
    for _ in range(3):
        client.notification("step")
    client.notification("status")
    schemas = {one["name"]: one["params"] for one in described["x-notifications"]}
    schemas["connected"]  # is one of them
    assert {told["method"] for told in client.told} >= {"status", "step", "parametersChanged", "reloaded", "event"}
    for told in client.told:
        check(schemas[told["method"]], told["params"], described)


def check(schema: dict, value: object, described: dict) -> None:
    """Check a value against a schema of the document."""
    jsonschema.validate(value, {**schema, "components": described["components"]})


def test_the_address_needs_a_permission_for_the_network(tmp_path):
    refused = pytest.raises(Problems, match="can be reached from other computers: --allow-network allows it")
    with refused, served(tmp_path, address="0.0.0.0"):
        pass


def test_readers_play_and_write_nothing(tmp_path):
    with served(tmp_path, read_only=True) as (_, serving), Client(serving.url) as client:
        assert client.call("pause", paused=True) is True
        for method, params in (("save", {"file": "waves.yaml", "text": "", "based_on": ""}), ("record", {})):
            with pytest.raises(RpcFailed, match="is not for this client"):
                client.call(method, **params)
        assert (tmp_path / "waves.yaml").read_text() == PIECE


def test_another_engine_is_told_and_status_and_steps_go_on(tmp_path):
    with served(tmp_path) as (_, serving), Client(serving.url) as client:
        client.notification("step")
        (tmp_path / "config.py").write_text("SAMPLE_RATE = 48000\n")
        client.notification("status", lambda status: status["rate"] == 48000)
        client.told.clear()
        client.notification("step")
        client.call("setValue", name="main.freq", value=220)
        client.notification("parametersChanged")
        assert not [told for told in client.told if told["method"] == "problem"]


def test_calls_beyond_the_room_are_refused_and_it_is_given_back(client, served_piece):
    calls = served_piece[1].calls
    taken = 0
    while calls._room.acquire(blocking=False):
        taken += 1
    with pytest.raises(RpcFailed, match="the player is busy"):
        client.call("text")
    for _ in range(taken):
        calls._room.release()
    for _ in range(3):
        client.call("text")
        with pytest.raises(RpcFailed, match="no argument"):
            client.call("text", nothing=1)
    assert taken >= 199 and wait(lambda: calls._room._value == taken)


def test_what_clients_do_is_replayed_to_the_bit(tmp_path):
    with served(tmp_path, device="none") as (piece, serving), Client(serving.url) as client:
        performance = serving.calls.performance
        heard, stop = [], threading.Event()

        def device() -> None:
            while not stop.wait(0.002):
                heard.append(piece.next_frames(256))

        thread = threading.Thread(target=device)
        thread.start()
        for step in range(12):
            client.call("setValue", name="main.freq", value=110 + 10 * step)
            if step % 3 == 0:
                version = client.call("text")["version"]
                text = PIECE.replace("amp: 0.3", f"amp: {0.2 + step / 100:g}")
                client.call("save", file="waves.yaml", text=text, based_on=version)
                client.notification("reloaded", lambda event: "waves.yaml" in event["file"])
        client.call("volume", level=-3)
        client.call("pause", paused=True)
        client.call("pause", paused=False)
        wait(lambda: len(heard) > 400)
        stop.set()
        thread.join()
        performance.session.archive.stop(1.0)
        log = read_log(performance.session.archive.log.path)
    sound = np.concatenate(heard)
    assert np.array_equal(replayed(log, len(sound)), sound) and np.abs(sound).max() > 0.1
