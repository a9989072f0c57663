"""What differs between two saves, in the words of a player."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.harness.mistakes import LiveSession
from tests.harness.session_harness import shipped
from waves.events.changes import Reloaded
from waves.language.model.piece import read_piece
from waves.language.text.document import read_document
from waves.live.session.written_changes import PATTERNS, WrittenText, differing, written_text

BEGIN = """\
settings: {fade: 0.01}
vars: {feel: -0.2}
my_sound:
  tempo:
    bpm: 120
    signal:
      mix:
        bass: {filter: {cutoff: 300, peak: 2, signal: {osc: {type: saw, freq: 55, amp: 0.1}}}}
        wow: {filter: {cutoff: {osc: {freq: 0.5, range: [200, 900]}}, signal: {osc: {freq: 110, amp: 0.1}}}}
        beat: {sequencer: {interval: eighth, swing: feel, steps: [tone, ~]}}
        tone: {tone: {freq: 220}}
        song: {play: "[tone ~ tone ~] [~ tone ~ tone]", gain: -30}
        line: {play: "tone tone", rev, fast: 2, every: {2: {slow: 2, rev}}}
        drops: {spawn: {trigger: bar_tick, signal: {osc: {freq: 441, amp: [0.1, 0], duration: 0.1}}}}
tone: {osc: {type: tri, freq: 330, amp: 0.1, duration: 0.3}}
patterns: {turn: {steps: tone, rev, ply: 2}}
unused: {osc: {freq: 1}}
"""

EDITS = [  # texts that are replaced, by what, and what is said of each part
    ([("cutoff: 300", "cutoff: 800")], {"bass": "cutoff 300 → 800"}),
    ([("cutoff: 300, peak: 2", "cutoff: 800, peak: 3")], {"bass": "cutoff 300 → 800, peak 2 → 3"}),
    ([("bpm: 120", "bpm: 126")], {"my_sound": "bpm 120 → 126"}),
    ([("feel: -0.2", "feel: -0.6")], {"vars": "feel -0.2 → -0.6"}),
    ([("peak: 2, ", "")], {"bass": "peak removed"}),
    ([("peak: 2", "peak: 2, duration: 9")], {"bass": "duration 9 added"}),
    ([("freq: 0.5", "freq: 0.7")], {"wow": "cutoff.osc.freq 0.5 → 0.7"}),
    ([("freq: 110", "freq: 2 * c2")], {"wow": "signal.osc.freq 110 → 2 * c2"}),
    ([("[200, 900]", "[200, 950]")], {"wow": "range [200, 900] → [200, 950]"}),
    ([("[tone, ~]", "[tone, ~, [tone, tone]]")], {"beat": "steps [tone, ~] → [tone, ~, [tone, tone]]"}),
    ([("[tone, ~]", '["tone, tone"]')], {"beat": 'steps [tone, ~] → ["tone, tone"]'}),
    ([("[tone, ~]", f"[{', '.join(['tone'] * 20)}]")], {"beat": "steps changed"}),
    ([("rev, fast: 2", "fast: 2, rev")], {"line": "order rev fast every → fast rev every"}),
    ([("{slow: 2, rev}", "{rev, slow: 2}")], {"line": "every {2: {slow: 2, rev}} → {2: {rev, slow: 2}}"}),
    ([("every: {2:", "every: {4:")], {"line": "every {2: {slow: 2, rev}} → {4: {slow: 2, rev}}"}),
    ([("rev, fast: 2", "fast: 2")], {"line": "rev removed"}),
    ([("rev, ply: 2", "ply: 2, rev")], {"patterns": "turn changed"}),
    ([('"tone tone"', '"tone ~ tone"')], {"line": "play tone tone → tone ~ tone"}),
    ([("[~ tone ~ tone]", "[~ tone%9 ~ tone]")], {"song": "play …tone… → …tone%9…"}),
    ([("[~ tone ~ tone]", "[~ tone ~ tone] tone")], {"song": "play …tone] → …tone] tone"}),
    ([("[tone ~ tone ~]", "tone [tone ~ tone ~]")], {"song": "play [tone… → tone [tone…"}),
    ([("[tone ~ tone ~] [~ tone ~ tone]", "tone*8 " * 5)], {"song": "play changed"}),
    ([("type: saw", "type: tri")], {"bass": "type saw → tri"}),
    ([("type: tri", "type: saw")], {"tone": "type tri → saw"}),
    ([("{tone: {freq: 220}}", "{tone: {freq: 230}}")], {"tone": "freq 220 → 230"}),
    (
        [("{tone: {freq: 220}}", "{tone: {freq: 230}}"), ("freq: 330", "freq: 340")],
        {"my_sound.tone": "freq 220 → 230", "tone": "freq 330 → 340"},
    ),
    ([("        bass:", "        toms: {track: {signal: {osc: {}}}}\n        bass:")], {"toms": "new"}),
    ([("        tone: {tone: {freq: 220}}\n", "")], {"tone": "removed"}),
    ([("        bass:", "        low:")], {"low": "was bass"}),
    (
        [
            (
                "{osc: {type: saw, freq: 55, amp: 0.1}}",
                "{track: {pan: 1, signal: {osc: {type: saw, freq: 55, amp: 0.1}}}}",
            )
        ],
        {"bass": "track added"},
    ),
    (
        [
            (
                "{filter: {cutoff: 300, peak: 2, signal: {osc: {type: saw, freq: 55, amp: 0.1}}}}",
                "{osc: {type: saw, freq: 55, amp: 0.1}}",
            )
        ],
        {"bass": "filter removed"},
    ),
    (
        [("{osc: {type: saw, freq: 55, amp: 0.1}}", "{envelope: {decay: 3}}")],
        {"bass": "osc → envelope"},
    ),
    (
        [("bpm: 120", "bpm: 121"), ("cutoff: 300", "cutoff: 301"), ("feel: -0.2", "feel: 0")],
        {"vars": "feel -0.2 → 0", "my_sound": "bpm 120 → 121", "bass": "cutoff 300 → 301"},
    ),
    (
        [("cutoff: 300, peak: 2", "cutoff: 3, peak: 3, duration: 3"), ("type: saw, freq: 55", "type: tri, freq: 3")],
        {"bass": "cutoff 300 → 3, peak 2 → 3, duration 3 added and 2 more"},
    ),
    ([("freq: 441", "freq: 442")], {"drops": "freq 441 → 442"}),
    ([("freq: 1}", "freq: 2}")], {}),
    ([("fade: 0.01", "fade: 0.02, at: now")], {"settings": "fade 0.01 → 0.02, at now added"}),
    ([("my_sound:\n", "# a remark\nmy_sound:\n")], {}),
]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSession]:
    found = LiveSession(tmp_path_factory.mktemp("words") / "piece", BEGIN)
    found.play(10)
    yield found
    found.stop()


@pytest.mark.parametrize(("edits", "parts"), EDITS, ids=[edits[0][1][:30] for edits, _ in EDITS])
def test_what_differs_is_said_part_by_part(
    session: LiveSession, edits: list[tuple[str, str]], parts: dict[str, str]
) -> None:
    session.save(BEGIN)
    text = BEGIN
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    event = session.save(text)
    assert isinstance(event, Reloaded), event
    assert event.parameters.parts == parts
    assert list(event.parameters.parts) == list(parts), "in the order of the text"
    nothing = "nothing that plays has changed" + (": unused does not play" if event.parameters.silent else "")
    said = "; ".join(f"{part}: {what}" for part, what in parts.items()) or nothing
    assert event.text.endswith(f"; {said}")
    assert event.parameters.silent == (("unused",) if "freq: 1}" not in text else ())


BASS = """\
my_sound:
  mix:
    bass: {filter: {cutoff: %s, peak: 0.3, signal: {osc: {freq: 55}}}}
    low: {filter: {cutoff: 30, signal: {osc: {freq: %s}}}}
"""
OSC, RAMP, PATTERN = "{osc: {freq: 2, range: [2, 9]}}", "{from: 3, to: 6, in: 4 bars}", '{values: "<4 8>"}'


def told(before: str, after: str) -> tuple[dict[str, str], dict[str, str]]:
    """The kinds of what differs by its way, and the words of each part."""
    texts = (read_piece([read_document(text, "waves.yaml")], shipped()) for text in (before, after))
    names, parts = differing(*(written_text(piece, ["my_sound"]) for piece in texts), {})
    return {".".join((*path, name)): kind for (path, name), kind in names.items()}, parts


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("800", RAMP, "cutoff 800 → ramp 3 to 6 in 4 bars"),
        (RAMP, "800", "cutoff ramp 3 to 6 in 4 bars → 800"),
        (RAMP, RAMP.replace("4 bars", "8 bars"), "cutoff ramp 3 to 6 in 4 bars → ramp 3 to 6 in 8 bars"),
        (RAMP, PATTERN, "cutoff ramp 3 to 6 in 4 bars → values <4 8>"),
        ("800", PATTERN, "cutoff 800 → values <4 8>"),
        (PATTERN, "800", "cutoff values <4 8> → 800"),
        (PATTERN, PATTERN.replace("8", "9"), "cutoff values <4 8> → <4 9>"),
        (PATTERN, OSC, "cutoff values <4 8> → osc"),
        ("800", OSC, "cutoff 800 → osc"),
        (OSC, "$x * 2", "cutoff osc → $x * 2"),
    ],
)
def test_a_number_and_what_moves_it_in_place_of_each_other_change_the_parameter(
    before: str, after: str, words: str
) -> None:
    names, parts = told(BASS % (before, 55), BASS % (after, 55))
    assert parts == {"bass": words}
    way = "my_sound.mix.bass.filter.cutoff"
    both_are_nodes = before[1:5] in ("osc:", "valu") and after[1:5] in ("osc:", "valu")
    assert names.pop(way, "") == ("" if both_are_nodes else "changed")
    assert all(name.startswith(f"{way}.") for name in names)


def test_what_moves_a_parameter_and_comes_or_goes_is_told_with_the_parameter() -> None:
    still = (BASS % ("800", "55")).replace("cutoff: 800, ", "")
    assert told(still, BASS % (OSC, "55"))[1] == {"bass": "cutoff osc added"}
    assert told(BASS % (RAMP, "55"), still)[1] == {"bass": "cutoff removed"}
    assert told(BASS % (PATTERN, "55"), still)[1] == {"bass": "cutoff values <4 8> removed"}
    assert told(BASS % (8, OSC), BASS % (9, PATTERN))[1] == {"bass": "cutoff 8 → 9", "low": "freq osc → values <4 8>"}


def test_a_part_and_a_number_in_place_of_each_other_are_told_once() -> None:
    part, number = "my_sound: {mix: {drums: {play: tone}}}\ntone: {osc: {}}", "my_sound: {mix: {drums: beat}}"
    assert told(part, number)[1]["my_sound"] == "drums play → beat"
    assert told(number, part)[1]["my_sound"] == "drums beat → play"
    assert all("drums" not in one for texts in ((part, number), (number, part)) for one in told(*texts)[1])


def test_a_transform_without_a_number_is_told_with_the_one_that_it_takes() -> None:
    text = 'my_sound: {play: "tone*4", degrade%s}\ntone: {osc: {duration: 0.1}}'
    assert told(text % ": 0.3", text % "")[1] == {"my_sound": "degrade 0.3 → 0.5"}


def test_what_is_gone_is_told_also_where_only_names_are() -> None:
    before = WrittenText({(PATTERNS, name): "kick" for name in "abcde"})
    after = WrittenText({(PATTERNS, name): "hat" for name in "abcf"})
    (told,) = differing(before, after, {})[1].values()
    assert told.endswith(" and 3 more: f added, d removed, e removed")


@pytest.mark.parametrize("line", ["# a remark", "** a remark", "// a remark"])
def test_a_line_without_a_name_is_no_sound_that_does_not_play(session: LiveSession, line: str) -> None:
    session.save(BEGIN)
    event = session.save(f"{line}\n{BEGIN}")
    assert isinstance(event, Reloaded), event
    assert event.text.endswith("; nothing that plays has changed") and event.parameters.silent == ()


@pytest.mark.parametrize(
    ("count", "rest"),
    [(3, ""), (5, " and 2 more: d, e"), (12, " and 9 more: d, e, f, g, h, i, j, k …")],
)
def test_patterns_that_changed_among_many_are_named(count: int, rest: str) -> None:
    def text(number: int) -> WrittenText:
        return WrittenText({(PATTERNS, name): f"kick*{number}" for name in "abcdefghijkl"[:count]})

    (told,) = differing(text(1), text(2), {})[1].values()
    assert told == "a kick*1 → kick*2, b kick*1 → kick*2, c kick*1 → kick*2" + rest


def test_a_large_part_that_changes_as_a_whole_is_told_soon() -> None:
    """Every number of 5,000 nodes: the first ones are named, without a comparison of each with each."""

    def text(number: int) -> WrittenText:
        made = WrittenText(parts={("a",): None})
        for k in range(5000):
            path = "a", "mix", "signals", str(k), "osc"
            made.nodes[path] = "osc"
            made.parameters[path, "freq"] = number + k
        return made

    started = time.process_time()
    names, parts = differing(text(1), text(2), {})
    assert len(names) == 5000 and parts == {"a": "0.osc.freq 1 → 2, 1.osc.freq 2 → 3, 2.osc.freq 3 → 4 and 4997 more"}
    gone = WrittenText(parts={("a",): None})
    assert differing(text(1), gone, {})[1] == {"a": "osc removed, osc removed, osc removed and 4997 more"}
    assert time.process_time() - started < 10.0, "0.1 s where nothing else runs"
