"""The clock that is shown stops at the end of the piece, and begins again with it."""

from __future__ import annotations

from tests.harness.session_harness import RATE

PIECE = "my_sound: {osc: {freq: 220, amp: 0.2, duration: 0.05}}\n"


def test_the_clock_stops_at_the_end_and_starts_with_the_next_save(stage):
    live = stage(PIECE)
    live.play(640)
    assert live.engine.place == live.engine.clock == 640 and not live.engine.ended
    live.play(RATE)
    end = live.engine.place
    assert live.engine.ended and 0 <= end - round(0.05 * RATE) <= 128 < live.engine.clock - end
    live.play(RATE)
    assert live.engine.place == end
    live.reload(PIECE.replace("0.05", "5"))
    live.play(640)
    assert not live.engine.ended and live.engine.place == live.engine.clock < RATE
