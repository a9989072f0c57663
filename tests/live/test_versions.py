"""Versions of a piece: going back and forth while it plays, and what is kept of them."""

from __future__ import annotations

import errno
import os
import re
import shutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bench.clicks import ALLOWED, MASKED, References
from tests.harness.command import waves
from tests.harness.engine_harness import compiler
from tests.harness.kept_sessions import kept_in
from tests.harness.paths import TOP
from tests.harness.session_harness import FADE, Player, Stage, save, without_line
from waves.live.history.versions import Versions
from waves.live.kept.safe_folder import SafeFolder
from waves.live.kept.snapshot_file import read_snapshot, write_snapshot
from waves.live.saves.save_router import SaveRouter
from waves.live.session.build_requests import BuildRequest, Change, VersionSearch
from waves.live.workspace.setting_table import SETTINGS
from waves.problem import Problems

BREAK = "{sample: {file: samples/a.wav, loop: true, speed: 0.83}}"
PIECE = """\
my_sound:
  mix:
    low: {track: {pan: -0.5, signal: {osc: {type: saw, freq: 110, amp: 0.2}}}}
    high: {delay: {time: 0.05, feedback: 0.5, signal: {osc: {type: noise, amp: 0.1}}}}
    break: {sample: {file: samples/a.wav, loop: true, speed: 0.83}}
    beat: {sequencer: {interval: 0.1, steps: [ping, ~, ping, ping]}}
ping: {osc: {freq: 700, amp: [0.2, 0], duration: 0.05}}
"""
# What these change remembers nothing, so that it leaves no trace in what stays.
EDITS: list[Callable[[str], str]] = [
    lambda text: text.replace("amp: 0.2}", "amp: 0.05}"),
    lambda text: text.replace("    high:", "    more: {osc: {freq: 300, amp: 0.1}}\n    high:"),
    lambda text: text.replace("pan: -0.5", "pan: {osc: {freq: 3}}"),
    lambda text: text.replace(BREAK, f"{{track: {{volume: 0.2, signal: {BREAK}}}}}"),
    lambda text: text.replace("freq: 300, amp: 0.1", "freq: 300, amp: 0.2") + "# a comment\n",
]


def back(live: Stage, steps: int = 1) -> np.ndarray:
    live.session.undo(steps)
    return live.settle()


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 5])
def test_undo_of_some_versions_equals_never_having_made_the_edits(stage, steps):
    """To the bit after the fade, for edits of what remembers nothing: levels, places, whole parts that came."""
    live, other = stage(PIECE, keeps=True), stage(PIECE, keeps=True)
    heard, expected, text = [live.play(5000)], [other.play(5000)], PIECE
    texts = [text]
    for edit in EDITS:
        before, text = text, edit(text)
        assert text != before
        texts.append(text)
        live.save(text)
        heard += [live.settle(), live.play(3000)]
        if len(texts) <= len(EDITS) + 1 - steps:
            other.save(text)
            expected += [other.settle(), other.play(3000)]
    assert live.archive.versions.count == 6
    heard.append(back(live, steps))
    assert live.events[-1].kind == "reloaded" and live.archive.versions.playing == 6 - steps
    missing = sum(map(len, heard)) - sum(map(len, expected))
    expected.append(other.play(missing))
    live.play(FADE + 64), other.play(FADE + 64)
    after, reference = live.play(30_000), other.play(30_000)
    assert np.abs(reference).max() > 0.2
    assert np.array_equal(after, reference)


def test_what_returns_takes_the_state_of_the_version_and_what_lives_keeps_its_own(stage):
    live = stage(PIECE, keeps=True)
    live.play(10_021)
    sample, low = "my_sound.root.Mix.break.Sample", "my_sound.root.Mix.low.Track.signal.Osc"
    live.reload(without_line(PIECE, "break:"))
    left = live.engine.committed_at
    living = live.state(low)
    live.play(20_000)
    assert live.archive.versions.playing == 2
    parked = live.session.node_state_registry.parked[sample].total_samples_rendered
    assert parked > left, "it went on through its fade"
    back(live)
    assert live.state(sample).total_samples_rendered == left + 64
    assert live.state(low) is living and living.elapsed == live.engine.clock
    assert live.session.outcomes.last.nodes.returned == (sample,)


def test_clocks_follow_the_transport(stage):
    """A sequence that was away beats where it would have."""
    live, other = stage(PIECE, keeps=True), stage(PIECE, keeps=True)
    heard, expected = live.play(5000), other.play(5000)
    live.reload(without_line(PIECE, "beat:"))
    live.play(23_456)
    back(live)
    other.play(64 + 23_456 + 64)
    live.play(12_000), other.play(12_000)
    heard, expected = live.play(30_000), other.play(30_000)
    assert np.array_equal(heard, expected)


LOUD = PIECE.replace("freq: 110, amp: 0.2", "freq: 110, amp: 2000")


def test_undo_steps_over_what_cannot_play_now_and_says_so_once(stage):
    """A version that was as loud as the one before, and is far above what plays now."""
    live = stage(PIECE, keeps=True)
    live.play(5000)
    louder = PIECE.replace("freq: 110, amp: 0.2", "freq: 110, amp: 30")
    loudest = PIECE.replace("freq: 110, amp: 0.2", "freq: 110, amp: 1000")
    for text in (louder, loudest, PIECE.replace("amp: 0.2", "amp: 0.1")):
        assert live.reload(text).kind == "reloaded"
        live.play(2000)
    seen = len(live.events)
    back(live)
    live.play(2000)
    assert live.kinds[seen:] == ["version", "reloaded"] and live.archive.versions.playing == 2
    assert live.events[-1].text.endswith("; stepped over 1 version that cannot play now")
    assert "amp 0.1 → 30" in live.events[-1].text
    back(live, -1)
    assert live.archive.versions.playing == 3 and live.events[-1].stepped_over == "", "from there it is no leap"


def test_a_version_that_was_accepted_plays_again_and_after_a_restart(stage):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    assert live.reload(LOUD).kind == "refused"
    live.session.accept_refused()
    live.settle()
    live.play(2000)
    live.reload(PIECE.replace("amp: 0.2", "amp: 0.1"))
    live.play(2000)
    back(live)
    live.play(2000)
    assert live.events[-1].kind == "reloaded" and live.archive.versions.playing == 2
    back(live)
    live.play(2000)
    assert live.archive.versions.playing == 1 and live.session.outcomes.problems == ()
    live.archive.stop(1.0)
    live.stop()
    again = stage(folder=live.folder, keeps=True)
    again.play(5000)
    back(again)
    assert again.archive.versions.playing == 2


def test_undo_that_finds_nothing_that_can_play_leaves_what_plays_and_no_problem(stage):
    live = stage("my_sound: {osc: {freq: 220, amp: 90}}", keeps=True)
    live.play(5000)
    live.reload("my_sound: {osc: {freq: 220, amp: 0.1}}")
    live.play(2000)
    back(live)
    assert live.events[-1].kind == "action_refused" and live.archive.version_label == ""
    assert live.events[-1].text == "no earlier version plays instead: stepped over 1 version that cannot play now"
    assert live.session.outcomes.problems == () and live.archive.versions.playing == 2


def test_a_save_that_comes_between_an_undo_and_its_build_does_not_take_it(stage):
    """Of a sample that is gone: the choice stays that of undo, and what cannot play is stepped over, not refused."""
    live = stage("my_sound: {osc: {freq: 220, amp: 0.1}}", keeps=True)
    live.play(5000)
    live.reload("my_sound: {osc: {freq: 330, amp: 0.1}}")
    live.play(2000)
    assert live.archive.choose_version(-1), "undo has chosen, and not yet asked"
    live.session.changed([live.folder / "tone.wav"])
    live.settle()
    assert (live.archive.built, live.archive.chosen, live.archive.versions.playing) == (None, 1, 2)
    live.session._request(BuildRequest(Change.now("version 1 of 2"), search=VersionSearch(-1)))
    live.settle()
    assert live.archive.versions.playing == 1


def test_undo_and_redo_step_over_what_changes_nothing_and_reach_the_file(stage):
    live = stage(PIECE, keeps=True)
    live.play(2000)
    other = "other: {osc: {freq: 3}}\n"
    softer = PIECE.replace("amp: 0.2}", "amp: 0.1}")
    for text in (softer, softer + "# a comment\n", softer + other, softer + other + "settings: {at: now}\n"):
        live.reload(text)
        live.play(2000)
    back(live)
    live.play(2000)
    assert live.archive.versions.playing == 1
    assert live.events[-1].text.endswith("amp 0.1 → 0.2; stepped over 3 versions that change nothing that plays")
    back(live, -1)
    live.play(2000)
    assert live.archive.versions.playing == 2 and live.events[-1].stepped_over == ""
    back(live, -1)
    assert live.archive.versions.playing == 5 and live.archive.version_label == "", "the file itself, heard as it is"


def test_back_and_forth_in_quick_turn_ends_where_it_began(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    for amp in (0.3, 0.4, 0.5):
        live.reload(PIECE.replace("amp: 0.2}", f"amp: {amp}}}"))
        live.play(2000)
    back(live, 2)
    live.play(2000)
    for steps in (1, -1):  # one build of both
        live.session.undo(steps)
    live.settle()
    live.play(2000)
    assert live.archive.versions.playing == 2


def test_a_version_by_its_number_plays_though_nothing_of_it_is_heard_and_no_other_one_in_its_place(stage):
    live = stage(PIECE, keeps=True)
    live.play(2000)
    loud = PIECE.replace("freq: 110, amp: 0.2", "freq: 110, amp: 30")
    for text in (PIECE + "# a comment\n", loud, loud.replace("amp: 30", "amp: 1000"), PIECE + "# another\n"):
        live.reload(text)
        live.play(2000)
    playing = []
    for number in (1, 2, 4, 5):
        live.session.play_version(number)
        live.settle()
        live.play(2000)
        playing.append(live.archive.versions.playing)
    assert playing == [1, 2, 2, 5], "the fourth is far louder than what plays"
    [refused] = [event for event in live.events if event.kind == "refused"]
    assert refused.file == "version 4 of 5" and refused.by_trial


def test_what_an_old_text_was_warned_of_is_shown_only_where_the_file_has_that_line(stage):
    loud = PIECE.replace("freq: 110, amp: 0.2", "freq: 110, amp: 20")
    live = stage(PIECE, keeps=True)
    live.play(2000)
    live.reload(loud)
    live.play(2000)
    live.reload(without_line(loud, "break:"))
    live.play(2000)
    live.reload(PIECE)
    live.play(2000)
    back(live)
    live.play(2000)
    assert live.archive.versions.playing == 3 and live.session.outcomes.problems == ()
    live.reload(loud + "# more\n")
    live.play(2000)
    [warned] = live.session.outcomes.problems
    back(live)
    assert live.archive.versions.playing == 4 and live.session.outcomes.problems == ()
    live.play(2000)
    back(live, 2)
    assert live.archive.versions.playing == 2 and live.session.outcomes.problems == (warned,)


def test_the_file_is_not_touched_and_plays_again_when_its_text_changes(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    edited = PIECE.replace("amp: 0.2}", "amp: 0.3}")
    live.reload(edited)
    live.play(2000)
    file = live.folder / "waves.yaml"
    before = file.read_bytes(), file.stat().st_mtime_ns
    back(live)
    live.play(2000)

    def amp() -> float:
        return live.engine.playing.graph.rows["my_sound.root.Mix.low.Track.signal.Osc"].inputs["amp"]

    assert amp() == 0.2 and (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert live.archive.version_label == "version 1 of 2, older than the file"
    assert "playing version 1 of 2, older than the file" in [event.text for event in live.events]
    live.session.reload()
    live.settle()
    live.play(2000)
    assert amp() == 0.2, "saved again, but nothing else is written"
    live.reload(edited + "# more\n")
    assert amp() == 0.3 and live.archive.version_label == "" and live.archive.versions.playing == 3


def test_forth_again_and_no_farther_than_there_are_versions(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    for edit in EDITS[:3]:
        live.reload(edit(PIECE))
        live.play(2000)
    playing, said = [], []
    for steps in (1, 1, 1, 1, -1, -1, -1, -1, 2):
        try:
            back(live, steps)
        except Problems as found:
            said.append(str(found))
        live.play(2000)
        playing.append(live.archive.versions.playing)
    assert playing == [3, 2, 1, 1, 2, 3, 4, 4, 2]
    assert said == ["there is no earlier version", "there is no later version"]
    assert live.archive.versions.count == 4, "going back and forth makes no versions"


def test_the_report_of_a_version_names_it(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    live.reload(PIECE.replace("amp: 0.2}", "amp: 0.3}"))
    live.play(2000)
    for steps in (1, -1):
        live.session.undo(steps)
        live.settle()
        live.play(2000)
    reports = [event.text.split(":")[0] for event in live.events if event.kind == "reloaded"]
    assert reports == ["waves.yaml", "version 1 of 2", "version 2 of 2"]


def test_undo_lands_on_the_bar(stage):
    live = stage("settings: {at: bar}\n" + PIECE, keeps=True)
    live.play(1000)
    with live.running():
        live.save("settings: {at: bar}\n" + PIECE.replace("amp: 0.2}", "amp: 0.3}"))
        assert live.session.builder.wait(10)
        live.session.undo()
        assert live.session.builder.wait(10)
    assert live.archive.versions.playing == 1
    assert live.engine.committed_at % 88_200 == 0, "a bar lasts two seconds"


def test_an_undo_that_is_held_back_leaves_no_trace(stage):
    live = stage(PIECE, keeps=True)
    live.play(10_000)
    without = without_line(PIECE, "break:")
    live.reload(without)
    live.play(20_000)
    registry = live.session.node_state_registry
    sample = "my_sound.root.Mix.break.Sample"
    parked = registry.parked[sample]
    live.session.hold(True)
    back(live)
    assert registry.parked[sample] is not parked
    live.session.hold(False)
    live.archive.choose_version(1)
    live.reload(without + "# more\n")
    assert registry.parked[sample] is parked


def test_versions_and_their_states_outlast_a_restart(stage):
    live = stage(PIECE, keeps=True)
    live.play(10_000)
    without = without_line(PIECE, "break:")
    live.reload(without)
    left = live.engine.committed_at
    live.play(5000)
    live.archive.stop(1.0)
    live.stop()
    again = stage(folder=live.folder, keeps=True)
    again.play(3000)
    assert again.archive.versions.playing == again.archive.versions.count == 2
    back(again)
    assert again.state("my_sound.root.Mix.break.Sample").total_samples_rendered == left + 64
    assert again.engine.playing.graph.rows["my_sound.root.Mix.break.Sample"]


def test_only_so_much_of_the_states_is_kept_and_every_text(stage):
    live = stage(PIECE, keeps=True)
    for k in range(9):
        live.play(FADE + 64)
        live.reload(PIECE.replace("freq: 700", f"freq: {700 + k}"))
    live.archive.versions.write_snapshots()
    folder = live.folder / ".waves" / "history"
    assert {file.stem for file in folder.glob("*.npz")} == set("12345678")
    sizes = [(folder / f"{k}.npz").stat().st_size for k in (8, 7, 6)]
    live.play(FADE + 64)
    live.reload(PIECE.replace("freq: 700", "freq: 709"))
    live.archive.versions.megabytes = 1.2 * sum(sizes) / 1e6
    live.archive.versions.write_snapshots()
    assert {file.stem for file in folder.glob("*.npz")} == {"7", "8", "9"}
    assert [version.number for version in live.archive.versions.all()] == list(range(1, 11))
    assert live.archive.versions.texts(1)["waves.yaml"] == PIECE


def test_what_a_commit_copies_is_what_was_there_at_its_frame(stage):
    """Rings are copied while they are written: the snapshot of the old version is that of a piece that stops there."""
    live = stage(PIECE, keeps=True)
    live.play(7000)
    live.save(PIECE.replace("amp: 0.2}", "amp: 0.3}"))
    while not live.engine.waiting and not live.session.builder.wait(0):
        live.play(37, 37)
    live.settle()
    taken = live.engine.committed_at
    snapshot = live.archive.versions.snapshot(1, 44100)
    other = stage(PIECE, keeps=True)
    other.play(taken)
    states = other.session.node_state_registry
    assert len(snapshot.states) >= 8 and len(snapshot.memories) == 1
    for key, (_, values) in snapshot.states.items():
        assert values.tobytes() == states.states[key].values.tobytes(), key
    for key, ring in snapshot.memories.items():
        assert np.array_equal(ring.data, states.memories[key].data)
        assert np.array_equal(ring.counter, states.memories[key].counter)


def test_the_command_lists_and_restores_and_keeps_the_present_text_first(tmp_path):
    save(tmp_path, PIECE)
    assert waves(tmp_path, "history").stdout == "nothing has been played yet\n"
    kept = Versions(kept_in(tmp_path))
    second = PIECE.replace("amp: 0.2}", "amp: 0.3}")
    for text in (PIECE, second):
        kept.add({"waves.yaml": text})
    kept.write()
    save(tmp_path, "my_sound: {this is: broken\n")
    listed = waves(tmp_path, "history").stdout.splitlines()
    year = time.strftime("%Y-")
    assert [line.split()[0] for line in listed] == ["1", "2"] and all(year in line for line in listed)
    assert listed[1].endswith("amp 0.2 → 0.3")
    result = waves(tmp_path, "history", "restore", "1")
    assert result.returncode == 0, result.stderr
    assert result.stdout == "version 1 is in the files; their text before is kept as version 3\n"
    assert (tmp_path / "waves.yaml").read_text() == PIECE
    listed = waves(tmp_path, "history").stdout.splitlines()
    assert [line.split()[0] for line in listed[:-1]] == ["*", "2", "3"], "a star marks the version in the file"
    assert listed[-1] == "* is in the files now" and listed[2].endswith("kept before a restore, not played")
    assert waves(tmp_path, "history", "restore", "3").returncode == 0
    assert (tmp_path / "waves.yaml").read_text() == "my_sound: {this is: broken\n"
    result = waves(tmp_path, "history", "restore", "9")
    assert result.returncode == 2 and "there is no version 9: they go from 1 to 4" in result.stderr
    assert sorted(path.name for path in tmp_path.glob("*.y*ml*")) == ["waves.yaml"]


def test_a_save_with_a_mistake_says_which_version_plays_on(stage):
    """Until the files play again, whatever is saved or asked for meanwhile."""
    live = stage(PIECE, keeps=True)
    live.play(2000)
    live.reload(PIECE.replace("freq: 110", "freq: 120"))
    live.play(FADE + 64)
    back(live)
    older = "version 1 of 2, older than the file"
    live.play(FADE + 64)
    live.reload(PIECE.replace("osc", "oscc"))
    assert live.events[-1].kind == "refused" and live.events[-1].text.endswith(f": {older}, plays on")
    assert live.archive.version_label == older
    live.session.reload()
    live.settle()
    assert live.archive.version_label == older
    live.reload(PIECE.replace("freq: 110", "freq: 130"))
    assert live.events[-1].kind == "reloaded" and live.archive.version_label == ""


def test_versions_whose_texts_are_damaged_are_listed_and_told(tmp_path):
    kept = kept_in(tmp_path)
    history = Versions(kept)
    texts = [PIECE.replace("freq: 110", f"freq: {number}") for number in (110, 120, 130, 140)]
    for text in texts:
        history.add({"waves.yaml": text})
    history.write()
    save(tmp_path, texts[1])
    (tmp_path / ".waves" / "texts" / f"{kept.texts.keep(texts[1])}.z").write_bytes(b"damaged")
    found = waves(tmp_path, "history")
    lines = found.stdout.splitlines()
    assert lines[1].startswith("*  2") and lines[1].endswith("its text is damaged")
    assert lines[2].split()[0] == "3" and "→" not in lines[2], "nothing is compared across the gap"
    assert lines[3].endswith("freq 130 → 140") and lines[4] == "* is in the files now"
    [told] = found.stderr.splitlines()
    assert told.endswith("as the text in '.waves/texts/' is damaged: version 2")


def test_a_file_that_was_deleted_is_restored_as_the_message_says(tmp_path):
    save(tmp_path, PIECE)
    history = Versions(kept_in(tmp_path))
    history.add({"waves.yaml": PIECE})
    history.write()
    (tmp_path / "waves.yaml").unlink()
    said = waves(tmp_path, "render").stderr
    listing, restore = re.findall(r"`waves (.+?)`", said)
    assert waves(tmp_path, *listing.split()).stdout.split()[0] == "1"
    result = waves(tmp_path, *restore.replace("NUMBER", "1").split())
    assert result.stdout == "version 1 is in the files; there were none\n", result.stderr
    assert (tmp_path / "waves.yaml").read_text() == PIECE
    assert len(waves(tmp_path, "history").stdout.splitlines()) == 2, "nothing is no version"


@pytest.mark.parametrize("wrong", ["a link", "unreadable", "deleted"])
def test_versions_of_a_file_that_cannot_be_read_are_in_memory_and_nothing_is_lost(tmp_path, monkeypatch, wrong):
    kept = kept_in(tmp_path)
    history, file = Versions(kept), kept.history.path / "versions.jsonl"
    a, b, c = ({"waves.yaml": f"a: {number}\n"} for number in range(3))
    assert (history.add(a), history.add(b, accepted=True)) == (1, 2)
    history.write()
    reading = SafeFolder.reading

    def refused(folder: SafeFolder, name: str, most: int) -> Any:
        if name == file.name:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
        return reading(folder, name, most)

    if wrong == "a link":
        file.rename(tmp_path / "away")
        file.symlink_to(tmp_path / "away")
    elif wrong == "unreadable":
        monkeypatch.setattr(SafeFolder, "reading", refused)
    else:
        shutil.rmtree(kept.folder.path)
    assert history.count == 2 and [history.find(one) for one in (a, b, c)] == [1, 2, 0] and history.number_of(b) == 2
    assert [history.is_accepted(number) for number in range(4)] == [False, False, True, False]
    assert history.label(1, ()) == "version 1 of 2, older than the file" and history.damaged == 0
    assert [one.number for one in history.all()] == [1, 2] and history.snapshot(1, 44100.0) is None
    if wrong != "deleted":
        assert history.texts(1) == a
    with pytest.raises(Problems, match="there is no version 4|lost"):
        history.texts(1 if wrong == "deleted" else 4)
    assert history.add(c) == history.find(c) == history.count == 3 and history.texts(3) == c and history.waiting == 1
    with pytest.raises(OSError, match="link|Permission|No such file"):
        history.write()
    assert history.waiting == 1 and history.texts(3) == c
    if wrong == "deleted":
        return
    with pytest.raises(OSError, match="link|Permission"):
        history.refresh()
    monkeypatch.undo()
    if wrong == "a link":
        (tmp_path / "away").replace(file)
    history.write()
    again = Versions(kept_in(tmp_path))
    again.refresh()
    assert [again.texts(number) for number in (1, 2, 3)] == [a, b, c] and not history.waiting


@pytest.mark.parametrize("name", ["versions.jsonl", "sessions", "texts", "history"])
def test_a_part_that_cannot_be_opened_in_play_is_said_once_and_undo_goes_on(stage, tmp_path, name):
    texts = [f"my_sound: {{osc: {{freq: {freq}, amp: 0.1}}}}\n" for freq in (100, 200, 300)]
    live = stage(texts[0], folder=tmp_path, keeps=True)
    live.play(640)
    part = next(live.archive.kept.folder.path.rglob(name))
    part.rename(tmp_path / "away")
    part.symlink_to(tmp_path / "away")
    for text in texts[1:]:
        live.save(text)
        live.settle()
        live.play(FADE + 64)
    live.session.undo()
    live.settle()
    assert live.composer.playing.texts["waves.yaml"] == texts[1]
    with live.archive._reporting():
        live.archive._write_waiting()
    assert live.kinds.count("keeping_interrupted") <= 1 and "refused" not in live.kinds and "fault" not in live.kinds


def test_a_file_that_is_deleted_in_play_is_told_with_the_way_back(stage):
    live = stage(PIECE, keeps=True)
    live.play(1000)
    (live.folder / "waves.yaml").unlink()
    live.session.reload()
    live.settle()
    [problem] = live.events[-1].problems
    assert "cannot be read" in problem.sentence and "`waves history restore NUMBER` writes it" in problem.sentence


def test_a_snapshot_survives_its_file(stage, tmp_path):
    live = stage(PIECE, keeps=True)
    live.play(5000)
    live.reload(PIECE.replace("amp: 0.2}", "amp: 0.3}"))
    snapshot = live.archive.versions.snapshot(1, 44100)
    kept = kept_in(tmp_path)
    write_snapshot(kept.state, "a.npz", snapshot, kept.seal)
    again = read_snapshot(kept.state, "a.npz", kept.seal)
    assert again.states.keys() == snapshot.states.keys() and again.about == snapshot.about
    for key, (kind, values) in snapshot.states.items():
        assert again.states[key][0] == kind and again.states[key][1].dtype == values.dtype
        assert again.states[key][1].tobytes() == values.tobytes()
    for key, ring in snapshot.memories.items():
        assert np.array_equal(again.memories[key].data, ring.data)
    file = kept.state.path / "a.npz"
    data = file.read_bytes()
    for cut in (0, 10, len(data) // 2, len(data) - 5):
        file.write_bytes(data[:cut])
        with pytest.raises(Problems, match="a.npz"):
            read_snapshot(kept.state, "a.npz", kept.seal)


def test_undo_and_redo_of_an_echo_do_not_click(stage):
    """Each brings a delay line back whose content the sound does not go on from."""
    plain = "my_sound: {osc: {type: tri, freq: 220, amp: 0.2, phase: 1}}"
    echo = f"my_sound: {{delay: {{time: 0.1, mix: 0.5, feedback: 0.3, signal: {plain[10:]}}}}}"
    live = stage(plain, keeps=True)
    heard, commit = [live.play(33_001)], 0
    graphs = [live.engine.playing.graph]
    live.save(echo)
    for change in (live.session.undo, lambda: live.session.undo(-1), None):
        heard += [live.settle(), live.play(14_001)]
        graphs.append(live.engine.playing.graph)
        commit = live.engine.committed_at
        if change:
            change()
    sound = np.concatenate(heard)
    alone = (Player(one).play(len(sound)) for one in graphs[-2:])
    references = References(*alone, together=True)
    assert commit + 13_000 < len(sound) and live.session.outcomes.good == 3
    assert references.step(sound, commit, 13_000) <= ALLOWED
    assert references.excess(sound, commit, 13_000) <= MASKED


def size_of_saves(live: Stage, count: int) -> tuple[float, float]:
    """Play `count` saves of the demo, each with another number; megabytes of states, and of everything else."""
    text = (live.folder / "waves.yaml").read_text("utf-8")
    for number in range(count):
        live.save(f"{text}extra{number % 7}: {{osc: {{freq: {100 + number}}}}}\n")
        live.settle()
        live.play(FADE + 64)
        live.archive.log.add_position(), live.archive.log.write()
        live.archive.versions.write_snapshots()
        live.events.clear()
    live.archive.stop(1.0)
    files = [path for path in (live.folder / ".waves").rglob("*") if path.is_file()]
    sizes = [(-(-path.stat().st_size // 4096) * 4096 / 1e6, path.suffix == ".npz") for path in files]  # whole blocks
    assert live.archive.versions.count == count + 1 and live.archive.versions.texts(1)["waves.yaml"] == text
    return sum(size for size, is_state in sizes if is_state), sum(size for size, is_state in sizes if not is_state)


@pytest.mark.parametrize(
    "count",
    [
        pytest.param(24, marks=pytest.mark.long),
        pytest.param(720, marks=[pytest.mark.soak, pytest.mark.timeout(1800)]),
    ],
)
def test_an_hour_with_a_save_every_five_seconds_takes_less_than_100_megabytes(stage, tmp_path, count):
    """The demo, with comments 300 lines. With few saves what they take is multiplied; states are bounded anyway."""
    shutil.copytree(TOP / "samples", tmp_path / "samples")
    demo = (TOP / "waves.yaml").read_text("utf-8")
    more = range(300 - demo.count("\n"))
    live = stage(demo + "".join(f"# comment {k} of a piece\n" for k in more), folder=tmp_path, keeps=True)
    live.play(FADE + 64)
    states, rest = size_of_saves(live, count)
    last = (tmp_path / ".waves" / "state" / "last.npz").stat().st_size / 1e6
    bound = SETTINGS["HISTORY_MB"].default
    print(f"{count} saves: states {states:.1f} MB, texts and log {rest:.2f} MB, in an hour {rest * 720 / count:.2f} MB")
    assert states < bound + last + 1 and bound + last + 1 + rest * 720 / count < 100


@pytest.mark.parametrize("how", ["reload", "save"])
def test_the_files_play_again_after_undo_though_they_are_as_they_were(stage, how):
    live = stage(PIECE, keeps=True)
    louder = PIECE.replace("freq: 110, amp: 0.2", "freq: 110, amp: 0.4")
    live.play(2000)
    live.reload(louder)
    back(live)
    assert live.archive.version_label == "version 1 of 2, older than the file"
    live.performance.saves = SaveRouter(live.performance.opened, live.session, compiler(), live.events.append)
    if how == "reload":
        live.performance.saves.reload()
    else:
        live.performance.saves.changed([save(live.folder, louder, settled=False)])
    live.settle()
    assert live.archive.version_label == "" and live.composer.playing.texts["waves.yaml"] == louder
    back(live)
    os.utime(live.folder / "waves.yaml", (0.0, 0.0))
    live.performance.saves.changed([live.folder / "waves.yaml"])
    live.settle()
    assert live.archive.version_label, "a late report of an earlier save changes nothing"
