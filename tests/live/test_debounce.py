"""Bursts of saves: one burst is one change, however many files and saves it has."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

from tests.harness.command import Play
from waves.live.saves.debounce import Debounce

PIECE, KIT = Path("waves.yaml"), Path("sounds/kit.yaml")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 10.0

    def __call__(self) -> float:
        return self.seconds


def test_the_delay_counts_from_the_last_save() -> None:
    clock = Clock()
    burst = Debounce(lambda: 0.5, lambda files: None, clock)
    assert burst.left() is None
    for save in range(3):
        clock.seconds = 10.0 + 0.25 * save
        burst.add({PIECE})
        assert burst.left() == 0.5
    clock.seconds = 10.75
    assert burst.left() == 0.25
    clock.seconds = 11.5
    assert burst.left() == 0.0
    assert burst.take() == {PIECE} and burst.left() is None


def test_a_burst_without_an_end_waits_four_delays_at_most() -> None:
    clock = Clock()
    burst = Debounce(lambda: 0.5, lambda files: None, clock)
    for save in range(9):
        clock.seconds = 10.0 + 0.25 * save
        burst.add({KIT if save % 2 else PIECE})
        assert (burst.left() == 0.0) == (save == 8)
    assert burst.take() == {PIECE, KIT}
    burst.add({KIT})
    assert burst.left() == 0.5, "the next burst counts for itself"


def test_without_a_delay_each_save_is_routed_immediately_and_none_after_the_end() -> None:
    routed: queue.SimpleQueue[set[Path]] = queue.SimpleQueue()
    burst = Debounce(lambda: 0.0, routed.put)
    thread = threading.Thread(target=burst.run)
    thread.start()
    for file in (PIECE, KIT, PIECE):
        burst.add({file})
        assert routed.get(timeout=60.0) == {file}
    burst.stop()
    thread.join(60.0)
    burst.add({PIECE})
    assert not thread.is_alive() and routed.empty()


def test_saves_of_one_burst_are_one_reload(tmp_path: Path) -> None:
    (tmp_path / "sounds").mkdir()
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 220, amp: 0.2}}\n")
    with Play(tmp_path, "--reload-delay", "1") as play:
        play.wait_for("started")
        for freq in (230, 240, 250):
            play.save(f"my_sound: {{osc: {{freq: {freq}, amp: 0.2}}}}\n")
            play.save(f"tone: {{osc: {{freq: {freq}}}}}\n", "sounds/tone.yaml")
        play.wait_for("reloaded")
        play.save("other: {osc: {}}\n", "sounds/other.yaml")
        play.wait_for("reloaded")
        play.end()
    reloads = [event["file"] for event in play.events if event["event"] == "reloaded"]
    assert reloads == ["tone.yaml, waves.yaml", "other.yaml"]
