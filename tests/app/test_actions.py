"""Named actions: the checks of their arguments, their order, and what each does to a session that plays."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.session_harness import Stage
from waves.app.actions.action import Action, Argument, action
from waves.app.actions.action_thread import ActionThread
from waves.app.actions.actions import ACTIONS, find_action
from waves.app.actions.controls import Controls
from waves.app.actions.play_time import PlayTime
from waves.app.actions.recordings import Recordings
from waves.app.terminal.key_bindings import CALLS, KEYS, call_of
from waves.live.kept.kept_files import recordings_folder
from waves.problem import Problems

PIECE = """\
my_sound: {mix: {a: {osc: {freq: 220, amp: 0.2}}}}
night: {osc: {freq: 110, amp: 0.1}}
hat: {osc: {type: noise, amp: 0.1, duration: 0.1}}
"""
LONG = 20.0  # s that nothing here takes


class Desk:
    """A session with its actions; nothing plays but what is asked for."""

    def __init__(self, folder: Path):
        self.stage = Stage(folder, PIECE, keeps=True)
        self.session, self.events, self.quits = self.stage.session, self.stage.events, 0
        self.recordings = Recordings(self.stage.engine, lambda: recordings_folder(folder), [], self.events.append)
        self.time = PlayTime(self.stage.engine)
        self.actions = ActionThread(
            Controls(
                self.session,
                self.recordings,
                self.time,
                self.events.append,
                self.session.reload,
                self.quit,
                folder,
                trusted=False,
            )
        )
        self.actions.start()
        self.call = self.actions.call

    def quit(self) -> None:
        self.quits += 1

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    made.stage.play(1024)
    yield made
    made.actions.stop()
    made.recordings.stop()
    made.stage.stop()


# ---- declarations


def test_every_action_is_described():
    for name, declared in ACTIONS.items():
        assert declared.name == name and declared.help.endswith(".") and declared.result
        for argument in declared.arguments:
            assert argument.help
            assert bool(argument.unit) == (argument.form in ("number", "whole number")), f"{name}.{argument.name}"


def test_what_clients_may_call():
    access = {name: declared.access for name, declared in ACTIONS.items()}
    assert {name for name in access if access[name] == "none"} == {"quit"}
    assert {name for name in access if access[name] == "file"} == {"record", "keep", "render", "restore"}
    assert {"pause", "hush", "volume", "play", "set_value", "undo", "hold"} <= {*access} - {"quit", "record"}


def test_every_key_calls_an_action_with_arguments_that_it_takes():
    for key, call in CALLS.items():
        find_action(call.action).checked(call.arguments)
        assert call_of(key) is call
    assert call_of("Q") is CALLS["q"] and call_of("U") is CALLS["U"] and call_of("ß") is None
    named = [key for row in KEYS for key in row.calls]
    assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("paus", {}, "there is no action 'paus'; did you mean 'pause'?"),
        ("volume", {"levl": 3}, "'volume' has no argument 'levl'; did you mean 'level'?"),
        ("volume", {"level": 99}, "'level' takes a number from -60 to 12 dB, got 99"),
        ("volume", {"level": float("nan")}, "'level' takes a number from -60 to 12 dB, got nan"),
        ("volume", {"level": True}, "'level' takes a number from -60 to 12 dB, got True"),
        ("pause", {"paused": 1}, "'paused' takes yes or no, got 1"),
        ("play", {}, "'play' needs 'sounds', a list of texts"),
        ("play", {"sounds": "night"}, "'sounds' takes a list of texts, got 'night'"),
        ("play", {"sounds": ["nigth"]}, "there is no sound 'nigth'; did you mean 'night'?"),
        ("play", {"sounds": ["night"], "at": "br"}, "'at': expected now, beat, bar, or a number of bars"),
        ("play", {"sounds": ["night"], "fade": -1}, "'fade' takes a number from 0 to 10 s, got -1"),
        ("play_number", {"number": 4}, "there is no sound number 4: the files have 3"),
        ("play_number", {"number": 1.5}, "'number' takes a whole number of at least 1, got 1.5"),
        ("record", {"name": "../out.wav"}, "expected the name of a file without a folder, got '../out.wav'"),
        ("record", {"name": "out.mp3"}, "its name must end in .wav, .flac or .ogg"),
        ("keep", {"length": "long"}, "expected a time like 90s"),
        ("restore", {"version": 9}, "there is no version 9"),
        ("set_value", {"name": "nothing.freq", "value": 3}, "nothing that plays has the name 'nothing'"),
        ("undo", {}, "there is no earlier version"),
        ("play_version", {"version": 9}, "there is no version 9"),
        ("accept_refused", {}, "no change was refused by its trial"),
    ],
)
def test_what_is_wrong_is_one_sentence(desk: Desk, name: str, given: dict[str, Any], sentence: str):
    with pytest.raises(Problems) as found:
        desk.call(name, **given)
    [problem] = found.value.problems
    assert sentence in str(problem)
    assert desk.kinds() == []


def test_arguments_have_defaults_and_every_mistake_is_named():
    @action(
        "play", "Nothing.", Argument("low", "number", "A.", "Hz", 1.0), Argument("name", "text", "B.", default=None)
    )
    def made(controls: Controls, low: float, name: str | None) -> None:
        """Does nothing."""

    assert isinstance(made, Action) and made.checked({"low": 3}) == {"low": 3, "name": None}
    with pytest.raises(Problems) as found:
        made.checked({"low": 0, "name": 4, "more": 1})
    assert [str(problem) for problem in found.value.problems] == [
        "'made' has no argument 'more'",
        "'low' takes a number of at least 1 Hz, got 0",
        "'name' takes a text, got 4",
    ]


# ---- the thread


def test_calls_from_many_threads_run_one_after_the_other(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    running, most, order = [0], [0], []
    begun, go_on = threading.Event(), threading.Event()

    def slow(controls: Controls, steps: int) -> int:
        running[0] += 1
        most[0] = max(most[0], running[0])
        order.append(steps)
        begun.set()
        assert go_on.wait(LONG)
        running[0] -= 1
        return steps

    monkeypatch.setitem(ACTIONS, "undo", action("play", "Steps.", *ACTIONS["undo"].arguments)(slow))
    results: list[int] = []
    desk.actions.post("undo", steps=1)
    assert begun.wait(LONG)
    for steps in range(2, 5):  # these wait, in order
        desk.actions.post("undo", steps=steps)
    threads = [threading.Thread(target=lambda: results.append(desk.call("undo", steps=9))) for _ in range(4)]
    for thread in threads:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(LONG)
    assert order == [1, 2, 3, 4, 9, 9, 9, 9] and most == [1] and results == [9, 9, 9, 9]


def test_what_a_key_asks_in_vain_is_an_event(desk: Desk):
    desk.actions.post("undo")
    desk.actions.post("play", sounds=["nigth"])
    desk.actions.post("volume", level=99)
    desk.call("hold", held=False)  # after the others
    refused = [event.text for event in desk.events if event.kind == "action_refused"]
    assert sorted(refused) == [
        "'level' takes a number from -60 to 12 dB, got 99",
        "there is no earlier version",
        "there is no sound 'nigth'; did you mean 'night'?",
    ]


def test_a_defect_in_an_action_does_not_end_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(desk.session, "hush", lambda hushed: 1 // 0)
    with pytest.raises(Problems, match="this is a defect of waves: ZeroDivisionError"):
        desk.call("hush")
    assert desk.call("hold") is True


def test_after_the_end_nothing_can_be_asked(desk: Desk):
    desk.actions.stop()
    with pytest.raises(Problems, match="the player has stopped"):
        desk.call("pause")


# ---- what they do


def test_pause_volume_and_hold_toggle_or_are_set(desk: Desk):
    assert [desk.call("pause"), desk.call("pause"), desk.call("pause", paused=False)] == [True, False, False]
    assert [desk.call("volume", change=-3), desk.call("volume", change=-3.0)] == [-3.0, -6.0]
    assert desk.call("volume", level=0) == 0.0 and desk.call("volume", change=60) == 12.0
    assert desk.session.engine.gain == pytest.approx(10 ** (12 / 20))
    assert [desk.call("hold"), desk.call("hold")] == [True, False]
    assert desk.kinds() == ["paused", "resumed", "resumed", *["volume"] * 4, "hold", "hold"]


def test_hush_does_not_hold_up_whoever_asks(desk: Desk):
    """The device stands still: the fade is waited for on the actions thread, not by the caller."""
    desk.actions.post("hush")
    desk.actions.post("quit")
    assert desk.quits == 0
    with desk.stage.running():
        desk.call("hold")
    assert desk.quits == 1 and desk.kinds() == ["hushed", "hold"]


def test_a_recording_is_started_and_completed(desk: Desk):
    path = desk.call("record", name="take.wav")
    assert Path(path).name == "take.wav" and desk.recordings.running
    desk.stage.play(4096)
    assert desk.call("record") == path and desk.recordings.running is None
    assert desk.call("record", on=False) is None
    assert Path(desk.call("record")).name.startswith("my_sound_")
    started, stopped, *_ = desk.events
    assert (started.kind, stopped.kind, stopped.frames) == ("recording", "recorded", 4096)


def test_a_pause_does_not_count_as_time_that_was_played(desk: Desk):
    before = desk.time.frames
    desk.call("pause")
    desk.stage.play(8192)
    desk.call("pause")
    assert desk.time.frames == before
    desk.stage.play(640)
    assert desk.time.frames == before + 640


def test_other_sounds_are_played_by_name_by_number_and_in_turn(desk: Desk):
    def playing(name: str, **given: Any) -> list[str]:
        desk.call(name, **given)
        desk.stage.settle()
        desk.stage.play(2048)
        return list(desk.session.names)

    assert playing("play", sounds=["night", "freq=220"]) == ["night"]
    assert desk.session.sounds == [("night", {"freq": 220})]
    assert playing("play_next") == ["hat"]
    assert playing("play_next") == ["my_sound"], "after the last comes the first"
    assert playing("play_next", steps=-1) == ["hat"]
    assert playing("play_number", number=2) == ["night"]
    assert playing("play", sounds=["night", "my_sound"]) == ["night", "my_sound"]
    assert desk.kinds() == ["reloaded"] * 6


def test_next_counts_from_what_was_asked_for_last(desk: Desk):
    """Two presses before the first takes effect: two sounds on."""
    desk.call("play_next")
    assert desk.call("play_next") == ["hat"]
    desk.stage.settle()
    assert desk.session.names == ("hat",)


def test_a_value_is_moved_and_given_back(desk: Desk):
    key = desk.call("set_value", name="my_sound.mix.a.osc.freq", value=330)
    assert key == "my_sound.root.Mix.a.Osc.freq"
    desk.stage.settle()
    assert desk.session.moves.values == {key: 330.0}
    assert desk.call("release_value", name=key) == key
    desk.stage.settle()
    assert desk.session.moves.values == {}


def test_versions_are_undone_redone_and_restored(desk: Desk):
    louder = PIECE.replace("amp: 0.2", "amp: 0.3")
    desk.stage.reload(louder)
    desk.stage.play(2048)
    assert desk.call("undo") == "version 1 of 2, older than the file"
    desk.stage.settle()
    desk.stage.play(2048)
    assert desk.call("redo") == ""
    desk.stage.settle()
    assert desk.call("play_version", version=1) == "version 1 of 2, older than the file"
    desk.stage.settle()
    assert desk.stage.archive.versions.playing == 1
    said = desk.call("restore", version=1)
    assert said == "version 1 is in the files; their text before is kept as version 2"
    assert (desk.stage.folder / "waves.yaml").read_text() == PIECE
    assert desk.events[-1].kind == "file_written" and desk.events[-1].text == said


@pytest.fixture
def wait(desk: Desk) -> Callable[[str], Any]:
    """Waits for the next event of a kind."""

    def until(kind: str) -> Any:
        end = threading.Event()
        for _ in range(int(LONG / 0.02)):
            if found := [event for event in desk.events if event.kind in (kind, "action_refused")]:
                return found[-1]
            end.wait(0.02)
        raise AssertionError(f"no '{kind}' in {desk.kinds()}")

    return until


def test_sounds_are_written_to_a_file_beside_the_player(desk: Desk, wait: Callable[[str], Any]):
    path = Path(desk.call("render", sounds=["hat"], name="hat.wav"))
    event = wait("file_written")
    assert event.path == str(path) and path.stat().st_size > 0.1 * 44100, event.text
    assert event.text.startswith(f"{path}: 0.100 s")


def test_the_last_seconds_are_kept_beside_the_player(desk: Desk, wait: Callable[[str], Any]):
    desk.stage.play(44100)
    log = desk.session.archive.log  # type: ignore[union-attr]
    log.add_position(), log.write()
    before = desk.recordings.path_for("kept.wav", [])
    before.write_bytes(b"kept earlier")
    path = Path(desk.call("keep", length="0.5s", name=before.name))
    event = wait("file_written")
    assert event.text.startswith(f"{path}: 0.500 s"), event.text
    assert event.path == str(path) and path.stat().st_size > 0.5 * 44100
    assert before.read_bytes() == b"kept earlier", "no file is overwritten"


def test_mute_and_solo_of_the_chosen_track_or_of_one_by_name(desk):
    calls = [
        ("choose_track", {}),
        ("mute", {}),
        ("solo", {"track": "a"}),
        ("mute", {"on": False}),
        ("solo", {"on": True}),
    ]
    results = [desk.call(name, **arguments) for name, arguments in calls]
    assert results == ["a", True, True, False, True]
    told = [event.text for event in desk.events if event.kind.startswith("track_")]
    assert told == ["track a", "a: mute is on", "a: solo is on", "a: mute is off", "a: solo is on"]
    for name, wrong in (
        ("mute", {"track": "b"}),
        ("solo", {"track": 1}),
        ("mute", {"on": 1}),
        ("choose_track", {"steps": 1e9}),
    ):
        with pytest.raises(Problems):
            desk.call(name, **wrong)
    assert [call_of(key).action for key in "tTmsS"] == ["choose_track", "choose_track", "mute", "solo", "solo"]


def test_keys_call_sections_and_a_fill(desk):
    assert call_of("g1") == call_of("g1") and call_of("g1").arguments == {"number": 1}
    assert [call_of(key).action for key in ("g9", "gn", "ga", "x")] == ["section_number", "section", "section", "fill"]
    for name, arguments in (("section", {"name": "verse"}), ("section_number", {"number": 1})):
        with pytest.raises(Problems, match="nothing that plays has sections"):
            desk.call(name, **arguments)
    desk.actions.post("fill")
    assert desk.call("fill", held=False) is False  # after the request, which is refused
    assert desk.kinds()[-2:] == ["action_refused", "fill_called"]
    assert "no pattern that plays has a fill" in desk.events[-2].text
    with pytest.raises(Problems, match="no pattern that plays has a fill"):
        desk.call("fill", held=True)
    parts = '{a: {play: "hat ~ hat%fill"}, b: {osc: {freq: 220, amp: 0.2}}}'
    desk.stage.reload(
        PIECE.partition("\n")[2]
        + f"my_sound: {{song: {{sections: {{verse: 4, chorus: 4}}, signal: {{mix: {parts}}}}}}}\n"
    )
    assert desk.call("fill") is None and desk.call("fill", held=True) is True
    assert desk.kinds()[-2:] == ["fill_called", "fill_called"]
    assert desk.call("section_number", number=2) == "chorus" and desk.call("section", name="verse", at="now") == "verse"
    assert [event.line.partition(": ")[2] for event in desk.events[-2:]] == ["with the next bar", "now"]
    with pytest.raises(Problems, match="there is no section number 3: the song has 2"):
        desk.call("section_number", number=3)
