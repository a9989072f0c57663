"""The parameters that a save adds, removes and changes, as they stand in the text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.mistakes import LiveSession
from waves.events.changes import Reloaded

BEGIN = """\
vars: {low: 55}
my_sound:
  mix:
    a: {osc: {freq: 220, amp: 0.1}}
    b: {track: {volume: 0.5, signal: {tone: {}}}}
    c: {sequencer: {interval: 0.2, steps: [tone, {osc: {freq: low, duration: 0.1}}]}}
tone: {osc: {type: tri, freq: 330, amp: 0.1, duration: 0.3}}
unused: {osc: {freq: 1}}
"""

EDITS = [  # text that is replaced, by what, and the parameters that differ
    ("amp: 0.1}}\n    b", "amp: 0.1, phase: 0.25}}\n    b", {"my_sound.mix.a.osc.phase": "added"}),
    ("freq: 220, amp: 0.1", "freq: 220", {"my_sound.mix.a.osc.amp": "removed"}),
    ("freq: 220", "freq: 221", {"my_sound.mix.a.osc.freq": "changed"}),
    (
        "freq: 220",
        "freq: [220, 221], duration: 3",
        {"my_sound.mix.a.osc.freq": "changed", "my_sound.mix.a.osc.duration": "added"},
    ),
    ("tri", "saw", {"tone.osc.type": "changed"}),
    (
        "    b:",
        "    d: {osc: {type: sqr, freq: 2, amp: 0}}\n    b:",
        dict.fromkeys([f"my_sound.mix.d.osc.{name}" for name in ("type", "freq", "amp")], "added"),
    ),
    (
        "    a: {osc: {freq: 220, amp: 0.1}}\n",
        "",
        dict.fromkeys(["my_sound.mix.a.osc.freq", "my_sound.mix.a.osc.amp"], "removed"),
    ),
    ("    a: ", "    renamed: ", {}),
    ("{osc: {freq: 220, amp: 0.1}}", "{track: {signal: {osc: {freq: 220, amp: 0.1}}}}", {}),
    ("{osc: {freq: 220, amp: 0.1}}", "{osc: {freq: 220}, amp: 0.1}", {}),
    ("{tone: {}}", "{tone: {freq: 3}}", {"my_sound.mix.b.track.signal.tone.freq": "added"}),
    ("[tone, {", "[tone, tone, {", {"my_sound.mix.c.sequencer.steps": "changed"}),
    ("freq: low", "freq: 2 * low", {"my_sound.mix.c.sequencer.steps.1.osc.freq": "changed"}),
    ("low: 55", "low: 56", {"vars.low": "changed"}),
    ("freq: 1}", "freq: 2}", {}),
    ("my_sound:\n", "# a remark\nmy_sound:\n", {}),
]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSession]:
    found = LiveSession(tmp_path_factory.mktemp("parameters") / "piece", BEGIN)
    found.play(10)
    yield found
    found.stop()


@pytest.mark.parametrize(("old", "new", "names"), EDITS, ids=[new[:30] for _, new, _ in EDITS])
def test_parameters_are_counted_as_they_stand_in_the_text(
    session: LiveSession, old: str, new: str, names: dict[str, str]
) -> None:
    assert BEGIN.count(old) == 1 or old == "freq: 220"
    session.save(BEGIN)
    event = session.save(BEGIN.replace(old, new, 1))
    assert isinstance(event, Reloaded)
    assert event.parameters.names == names
    counts = [list(names.values()).count(kind) for kind in ("added", "removed", "changed")]
    assert [event.parameters.added, event.parameters.removed, event.parameters.changed] == counts


def test_a_save_without_a_change_counts_nothing(session: LiveSession) -> None:
    session.save(BEGIN)
    event = session.save(BEGIN)
    assert isinstance(event, Reloaded)
    assert event.parameters.names == {}
