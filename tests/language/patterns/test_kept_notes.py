"""The work and the memory of patterns are counted, for one pattern and for all of a piece together."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from tests.harness.chains import chain_of, data_of
from tests.harness.session_harness import shipped
from waves.language.model import vocabulary
from waves.language.model.piece import Cache, Piece, read_piece
from waves.language.patterns import lanes
from waves.language.patterns.kept import kept_notes
from waves.language.patterns.kept.kept_notes import KEPT_NOTES, WORK, ByCycle
from waves.language.patterns.lanes import make_pass, make_passes
from waves.language.patterns.reader import read
from waves.language.patterns.syntax import PatternError
from waves.language.patterns.together import started_words
from waves.language.patterns.together.combined import PITCH, STEPS, Lane
from waves.language.patterns.together.pages import Pages
from waves.language.patterns.transforms import Transformed
from waves.language.text.document import read_document

TOO_MUCH = "more than 300,000 notes are made on the way to those that play"
SOUNDS = "kick: {osc: {freq: f, amp: v, duration: 0.1}}\n"


@pytest.fixture
def made(monkeypatch):
    """The notes that are made for the last question."""
    monkeypatch.setattr(kept_notes, "MOST_MADE", 3_000)
    return WORK


@pytest.mark.parametrize(
    "text",
    [
        'ply: 64, rev, every: {64: rev}, mask: "<1 0!15>"',  # few notes are left of many
        "fast: 400, slow: 400, mask: 0",
        "echo: {times: 40, time: 1/3}, also: {1/7: rev}, mask: 0",
    ],
)
def test_notes_on_the_way_to_a_pass_are_counted(made, text):
    with pytest.raises(PatternError, match=TOO_MUCH):
        make_pass({STEPS: Lane(read("a*8"))}, 0, chain=chain_of(data_of(text)))


@pytest.mark.parametrize("text", ["striate: 64, scramble: 128, mask: 0", "sometimes: {.5: ply 64}, degrade: 1"])
def test_notes_on_the_way_to_pages_are_counted(made, text):
    pages = Pages({STEPS: Lane(read("a*8"))}, 0, chain_of(data_of(text)))
    with pytest.raises(PatternError, match=TOO_MUCH), made.apart():
        [pages.cycle(cycle) for cycle in range(16)]
    assert pages.cycle(16) == () and made.made <= 3_000


def test_what_is_asked_beside_all_questions_adds_up_to_nothing(made):
    one = Transformed(read("a*8"), chain_of(data_of("ply: 4, rev")))
    for cycle in range(200):
        assert len([*one.sounding(cycle, cycle + 1, 0, 64)]) == 32
    with made:
        made.count(2_000)
        with made.apart():
            made.count(2_999)
        assert made.made == 2_000
    with pytest.raises(PatternError, match=TOO_MUCH), made:
        made.count(3_001)


def test_a_pattern_with_a_name_is_refused_whatever_was_asked_of_it_before(made):
    one = Transformed(read("a*8"), chain_of(data_of("ply: 4, rev, every: {3: rev}")))
    many = Transformed(read("a*8"), chain_of(data_of("ply: 64, rev, every: {64: rev}, mask: 0")))
    with pytest.raises(PatternError, match=TOO_MUCH):
        make_pass({STEPS: Lane(many)})
    for _ in range(2):  # its cycles are known in the second
        assert len(make_pass({STEPS: Lane(one)}, 3).notes) == 8 * 4 * 3
        with pytest.raises(PatternError, match=TOO_MUCH):
            make_pass({STEPS: Lane(read("a*8").__class__(((1, one),)))}, 3, whole=64)


def test_all_lines_together_keep_so_many_notes_and_forgotten_ones_are_made_again(monkeypatch):
    def pages() -> list[Pages]:
        return [Pages({STEPS: Lane(read(f"[a b? c]*{n}"))}, n, chain_of(data_of("rev, iter: 3"))) for n in range(1, 9)]

    expected = [one.cycle(cycle) for one in pages() for cycle in range(60)]
    monkeypatch.setattr(kept_notes, "MOST_NOTES_KEPT", 1_000)
    few = pages()
    found, most = [], 0
    for one in few:
        for cycle in range(60):
            found.append(one.cycle(cycle))
            most = max(most, KEPT_NOTES.count)
    assert found == expected and most < 1_000 + 3 * 8 * 12
    kept = [one for one in gc.get_objects() if type(one) is ByCycle]
    assert sum(len(made) for one in kept for made in one.values()) <= KEPT_NOTES.count


def test_pitches_that_overlap_for_long_are_counted_from_their_beginnings():
    chords = Lane(read("[a3/31, c4/30]"), chain_of(data_of("shift: 1/2")), is_chords=True)
    written = {STEPS: Lane(read("a?0.3*3")), PITCH: chords}
    one, other = (Pages(written, 1, (), counts_turns=True) for _ in range(2))
    ahead = [one.cycle(cycle) for cycle in range(45)]
    assert other.cycle(44) == ahead[44] and other.cycle(3) == ahead[3] and other.cycle(20) == ahead[20]
    assert max(note.turn for notes in ahead for note in notes) > 5


def test_layers_together_have_so_many_notes(monkeypatch):
    monkeypatch.setattr(lanes, "MOST_IN_LAYERS", 150)
    assert len(make_passes({STEPS: Lane(read("a*9%!1:7, a*9%!1:8"))})) == 2
    with pytest.raises(PatternError, match="until all that is parted by commas comes again"):
        make_passes({STEPS: Lane(read("a*9%!1:7, a*9%!1:8, a*9%!1:9"))})


def piece(texts: list[str], cache: Cache | None = None) -> tuple[Piece, list[str]]:
    lines = [f"p{k}: {{play: {text}}}\n" for k, text in enumerate(texts)]
    found = read_piece([read_document("".join(lines) + SOUNDS, "w.yaml")], shipped(), cache)
    return found, [str(one.problem()) for sound in found.sounds.values() for one in sound.findings]


def test_all_patterns_of_a_piece_start_so_many_sounds(monkeypatch):
    monkeypatch.setattr(vocabulary, "MOST_NOTES", 100)
    said = "w.yaml:3:12: p2.play: the patterns of this piece start more than 100 sounds in all"
    texts, cache = ["kick*60", "kick*30", "'<kick kick*19>'"], Cache()
    assert piece(texts[:2], cache)[1] == [] == piece(texts[1:], cache)[1]
    for _ in range(2):  # some are known, then none
        assert piece(texts, cache)[1] == [said]
    assert piece(["kick*4", *texts[1:]], cache)[1] == []


def test_values_that_never_come_again_count_once_and_a_piece_is_read_twice_at_most(monkeypatch):
    monkeypatch.setattr(vocabulary, "MOST_NOTES", 330)
    begun: list[int] = []
    begin = Cache.begin

    def counted(cache: Cache, *given: Any) -> None:
        begun.append(1)
        assert len(begun) < 9, "the piece is read again and again"
        begin(cache, *given)

    monkeypatch.setattr(Cache, "begin", counted)
    said = "the patterns of this piece start more than 330 sounds in all"
    values, cache = '{osc: {freq: {values: "[1*4] rand(1,2)*%d"}}}\n', Cache()
    files = {(k, count): read_document(f"a{k}: {values % count}", f"{k}.yaml") for k in (0, 1) for count in (2, 10, 30)}

    def told(*counts: int) -> list[str]:
        sounds = read_piece([files[one] for one in enumerate(counts)], shipped(), cache).sounds.values()
        return [one.sentence for sound in sounds for one in sound.findings]

    assert told(10, 2) == [] and len(begun) == 1  # (4 + 10 + 4 + 2) * 16 sounds
    assert told(10, 10) == [said] and len(begun) == 3  # the first was known
    assert told(30) == [said] and len(begun) == 4
    assert told(10) == [] and len(begun) == 5


def test_a_pattern_starts_so_many_sounds(monkeypatch):
    monkeypatch.setattr(started_words, "MOST_STARTED", 50)
    said = "the notes of this pattern start more than 50 sounds"
    assert not piece(["'kick*50'"])[1]
    for text in ("'kick*51'", "'kick*17', note: '[c4,e4,g4]'", "'[kick|kick*7]'"):
        assert [said in one for one in piece([text])[1]] == [True]
