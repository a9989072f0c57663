"""Notes that nodes start: onsets to the frame, chance by seed and pass, the same in all blocks and through edits."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import RATE, Player, compose, composer_for, save
from waves.engine.graph.graph import Graph
from waves.node import BLOCK
from waves.node_types.library.library import load_library
from waves.testing import Player as Kernel

CLICK = "k: {osc: {type: cos, freq: 0, amp: v, duration: 0.0001}}\n"
TESTED = '''
"""Tested: every note of its steps a third of a step later, and again, softer, at two thirds, with a chance."""

from fractions import Fraction

from waves.node import Steps, param
from waves.notes import StepNode


class Tested(StepNode):
    steps: Steps = param()
    place: float = param(1 / 3, unit="steps")
    chance: float = param(1.0, unit="factor")

    @classmethod
    def expand(cls, build):
        place = build.settings["place"]
        place = Fraction(1, 3) if place == 1 / 3 else place
        notes = [note.later(place).with_chance(build.settings["chance"]) for note in build.notes("steps")]
        return build.start(notes, build.step_count("steps"))
'''
CROWD = '''
"""Crowd: ten notes in every 50th frame, and one that is no number."""

import math

from waves.node import State
from waves.notes import NoteNode


class Crowd(NoteNode):
    note_values = ("freq", "v")

    class state(State):
        frame: int = 0

    @staticmethod
    def render(notes, state):
        for i in range(notes.size):
            if state.frame % 50 == 0:
                for k in range(10):
                    notes.start(i, 7.5 * k, 100.0 + k, 0.5)
            if state.frame % 50 == 1:
                notes.start(i, math.nan, math.inf, math.nan)
                notes.start(i, -3.0, -1e300, 2)
            state.frame += 1
'''


@pytest.fixture(scope="module")
def types(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("types")
    (folder / "tested.py").write_text(TESTED, "utf-8")
    (folder / "crowd.py").write_text(CROWD, "utf-8")
    return load_library(NODES, EXAMPLE_NODES, folder)


@pytest.fixture
def graph(tmp_path: Path, types: Any) -> Any:
    @cache
    def made(text: str, seed: int = 0, channels: int = 2) -> Graph:
        save(tmp_path, CLICK + text)
        return compose(composer_for(tmp_path, types, SEED=seed, CHANNELS=channels), "a").graph

    return made


def onsets(sound: Any) -> list[int]:
    sounding = np.abs(sound[:, 0]) > 1e-6
    return [int(frame) for frame in np.flatnonzero(sounding & ~np.concatenate([[False], sounding[:-1]]))]


def frames_of(*places: Fraction | float) -> list[int]:
    return [math.ceil(place * RATE - Fraction(1, 10**6)) for place in places]


# ---- onsets


def test_a_note_may_begin_anywhere_in_a_step(graph):
    sound = Player(graph("a: {tested: {interval: 0.1, steps: [k, ~, k, k]}}")).play(2 * RATE)
    steps = [step for step in range(20) if step % 4 != 1]
    assert onsets(sound) == frames_of(*(Fraction(3 * step + 1, 30) for step in steps))


def test_steps_that_swing_carry_what_is_inside_of_them(graph):
    """An odd step is early by half of the swing; what is inside is stretched with its step."""
    sound = Player(graph("a: {tested: {interval: 0.1, swing: 0.4, place: 0.5, steps: [k]}}")).play(RATE)
    begins = [Fraction(step, 10) - (Fraction(2, 100) if step % 2 else 0) for step in range(11)]
    assert onsets(sound) == frames_of(*(a + (b - a) / 2 for a, b in pairwise(begins)))


def test_an_onset_beyond_the_pass_is_in_the_next_one(graph):
    sound = Player(graph("a: {tested: {interval: 0.1, place: 1.25, steps: [k, ~]}}")).play(RATE)
    assert onsets(sound) == frames_of(*(Fraction(5 + 8 * k, 40) for k in range(5)))
    before = Player(graph("a: {tested: {interval: 0.1, place: -0.75, steps: [k, ~]}}")).play(RATE)
    assert np.array_equal(before, sound)


@pytest.mark.parametrize("inside", ["interval: 4 * beat", "interval: beat * 4 * (1 + 0.5 * sin(t * 3))"])
@pytest.mark.parametrize("bpm", ["133.7", "120 + 60 * sin(t * 5)"])
def test_in_a_moving_tempo_each_is_where_a_step_of_its_own_would_be(graph, bpm, inside):
    """Four strokes of a step are four steps of a quarter of its length."""
    strokes = f"a: {{tempo: {{bpm: {bpm}, signal: {{ratchet: {{times: 4, chance: 1, {inside}, steps: [k]}}}}}}}}"
    steps = f"a: {{tempo: {{bpm: {bpm}, signal: {{sequencer: {{{inside} / 4, steps: [k]}}}}}}}}"
    heard, expected = (onsets(Player(graph(text)).play(6 * RATE)) for text in (strokes, steps))
    assert len(heard) > 12 and heard == expected


def test_seconds_are_frames_whatever_the_tempo(graph):
    text = "a: {tempo: {bpm: 100 + 40 * sin(t), signal: {%s: {interval: beat, steps: ['k, k, k']}}}}"
    strums = onsets(Player(graph(text % "strum" + "")).play(4 * RATE))
    begins = onsets(Player(graph(text % "sequencer")).play(4 * RATE))
    assert strums == sorted(begin + k * 882 for begin in begins for k in range(3))


def test_without_an_interval_a_step_is_a_quarter_of_a_second(graph):
    text = "a: {tested: {trigger: {osc: {type: sqr, freq: 2}}, place: %s, steps: [k]}}"
    begin, inside = (onsets(Player(graph(text % place)).play(2 * RATE)) for place in (0, 0.5))
    assert len(begin) == 4 and inside == [frame + 5512 for frame in begin]


def test_notes_of_two_sounds_and_values_of_steps(graph):
    text = "a: {euclidean: {play: 'k v.5, k v.25', onsets: 3, steps: 8, interval: 0.05}}"
    sound = Player(graph(text)).play(RATE // 5 * 2)
    assert onsets(sound) == frames_of(0, Fraction(3, 20), Fraction(6, 20))
    assert sound[0, 0] == pytest.approx(0.75)


def test_a_chord_is_the_notes_above(graph):
    tone = "p: {osc: {freq: f, amp: 0.1, duration: 1}}\n"
    chord = Player(graph(f"{tone}a: {{chord: {{type: minor, interval: 1, steps: [p a3]}}}}")).play(RATE)[:, 0]
    spectrum = np.abs(np.fft.rfft(chord * np.hanning(RATE)))
    found = {int(frequency) for frequency in np.argsort(spectrum)[-3:]}
    assert found == {round(220 * 2 ** (k / 12)) for k in (0, 3, 7)}


def test_the_gate_of_a_note_is_its_length_times_legato(graph):
    def held(text: str) -> int:
        sound = Player(graph(f"g: {{osc: {{type: cos, freq: 0, amp: gate, duration: 0.5}}}}\n{text}")).play(RATE)
        return int(np.count_nonzero(sound[: RATE // 2, 0] > 0.5))

    assert held("a: {sequencer: {interval: 0.4, steps: [g, ~, ~]}}") == 17640
    assert held("a: {sequencer: {interval: 0.4, legato: 0.25, steps: [g, ~, ~]}}") == 4410
    assert held("a: {ratchet: {times: 2, chance: 0, interval: 0.4, legato: 0.5, steps: [g, ~, ~]}}") == 4410
    assert held("a: {sequencer: {interval: 0.4, length: 0.1, steps: [g, ~, ~]}}") == 4410
    assert held("a: {sequencer: {interval: beat, length: eighth, steps: [g, ~, ~]}}") == 11025


# ---- chance


def chances(count: int, step: int, sound: Any) -> list[bool]:
    found = set(onsets(sound))
    return [k * step in found for k in range(count)]


def test_chance_is_drawn_anew_in_each_pass_and_is_the_same_in_the_same_piece(graph):
    text = "a: {tested: {interval: 0.01, place: 0, chance: 0.3, steps: [k, k v.5]}}"
    first = Player(graph(text)).play(20 * RATE)
    heard = chances(2000, 441, first)
    assert 0.26 < np.mean(heard) < 0.34, "of 2000 notes"
    even, odd = heard[::2], heard[1::2]
    assert abs(np.corrcoef(even, odd)[0, 1]) < 0.1 and abs(np.corrcoef(even[1:], even[:-1])[0, 1]) < 0.1
    assert np.array_equal(Player(graph(text)).engine.render(len(first)).astype(np.float32), first), "live is offline"
    assert chances(2000, 441, Player(graph(text, 1)).play(20 * RATE)) != heard, "another seed"


def test_an_edit_of_other_steps_changes_no_draw(graph):
    text = "a: {tested: {interval: 0.01, place: 0, chance: 0.5, steps: [%s, ~, k, ~]}}"
    first = [chances(2, 882, part)[1] for part in np.split(Player(graph(text % "k")).play(RATE), 25)]
    for step in ("~", "'k v.5, k'", "{osc: {freq: 3, amp: 0}}"):
        heard = [chances(2, 882, part)[1] for part in np.split(Player(graph(text % step)).play(RATE), 25)]
        assert heard == first and 5 < sum(first) < 20, step


def test_a_reset_begins_another_pass(graph):
    text = "a: {tested: {interval: 1, place: 0, chance: 0.5, steps: [k, ~], reset: {osc: {type: sqr, freq: 25}}}}"
    assert 70 < len(onsets(Player(graph(text)).play(8 * RATE))) < 130, "of 200"


def test_a_sequence_inside_a_note_draws_for_each_note(graph):
    phrase = "p: {tested: {interval: 0.01, place: 0, repeat: 1, chance: 0.5, steps: [k, k, k, k]}}\n"
    text = f"{phrase}a: {{sequencer: {{interval: 0.05, steps: [p]}}}}"
    heard = [tuple(chances(4, 441, part)) for part in np.split(Player(graph(text)).play(2 * RATE), 40)]
    assert len(set(heard)) > 10
    assert np.array_equal(Player(graph(text)).play(2 * RATE, 1000), Player(graph(text)).play(2 * RATE))


def test_chance_has_no_state_but_that_of_the_clock(graph):
    """What was removed and comes back plays what it would have played."""
    text = "a: {mix: {t: {tested: {interval: 0.01, place: 0.5, chance: 0.4, steps: [k, k, k]}}%s}}"
    whole = onsets(Player(graph(text % "")).play(5 * RATE))
    player = Player(graph(text % ""))
    player.play(RATE)
    player.offer(graph("a: {mix: {b: {osc: {amp: 0}}}}"))
    player.play(RATE)
    player.offer(graph(text % ""))
    heard = [frame + 2 * RATE for frame in onsets(player.play(3 * RATE))]
    late = 2 * RATE + 2000  # after the fade
    assert [frame for frame in heard if frame > late] == [frame for frame in whole if frame > late]


# ---- blocks, commits, edits

EDITED = "  e: {track: {out: 1, signal: {osc: {freq: %d, amp: 0.1}}}}\n"
PARTS = """\
  s: {track: {out: 3, signal: {mix: {
    a: {tempo: {bpm: {osc: {freq: 1, range: [99, 140]}}, signal: {
      ratchet: {times: 5, chance: 0.6, interval: beat / 4, steps: [ring f600, ring f400 v.5]}}}},
    b: {strum: {time: 0.0127, interval: 0.06, voices: 3, steps: ['ring f200, ring f300, ring f250', ~]}},
    c: {tested: {interval: 0.011, place: 0.37, chance: 0.5, steps: [hiss, hiss v.4]}},
    d: {sequencer: {interval: 0.2, steps: [phrase]}},
    e: {bounce: {play: ring f500, time: 0.1, rebound: 0.95}},
    f: {sequencer: {interval: 0.13, steps: [ball]}},
    g: {strum: {time: 0.003, interval: 0.05, steps: ['hiss, hiss']}}}}}}
hiss: {osc: {type: noise, amp: 0.1 * v, attack: 0.01, release: 0.03, duration: 0.13}}
ring: {context: {f: 500, signal: {filter: {cutoff: f, peak: 0.7, signal: {drum: {}}}}}}
drum: {osc: {type: noise, amp: 0.2, duration: 0.01}}
phrase: {ratchet: {times: 3, chance: 0.5, interval: 0.03, repeat: 1, steps: [hiss, ring f300]}}
ball: {bounce: {play: hiss, time: 0.05, rebound: 0.8}}
"""
FIRST = 6400
FRAMES = 14_000


def piece(freq: int) -> str:
    return f"a:\n mix:\n{EDITED % freq}{PARTS}"


@pytest.mark.parametrize(("freq", "frames"), [(200, range(1, BLOCK, 4)), (300, range(0, BLOCK, 9))])
def test_a_commit_at_any_frame_of_a_block_leaves_every_bit_of_the_rest(graph, freq, frames):
    before, after = graph(piece(200), channels=4), graph(piece(freq), channels=4)
    untouched = Player(before, channels=4).engine.render(FRAMES)
    assert np.abs(untouched[FIRST:, 2:]).max() > 0.3
    for frame in frames:
        player = Player(before, channels=4)
        heard = [player.engine.render(3200)]
        player.offer(after, at=FIRST + frame)
        heard.append(player.engine.render(FRAMES - 3200))
        assert player.engine.committed_at == FIRST + frame and not player.engine.faults
        assert np.array_equal(np.concatenate(heard)[:, 2:], untouched[:, 2:]), frame


@pytest.mark.parametrize("block", [1, 63, 65, 1000])
def test_live_is_offline_to_the_bit_whatever_the_block(graph, block):
    made = graph(piece(200), channels=4)
    live = Player(made, channels=4).play(FRAMES, block)
    assert np.array_equal(live, Player(made, channels=4).engine.render(FRAMES).astype(np.float32))


def test_notes_that_are_replaced_while_they_play_go_on_from_the_frame_of_the_commit(graph):
    """Each edit is heard from its frame on, inside of the step that plays too; nothing twice, nothing left out."""
    texts = [f"a: {{ratchet: {{times: {times}, chance: 1, interval: 0.3, steps: [k]}}}}" for times in (3, 7, 16, 1)]
    whole = [onsets(Player(graph(text)).play(3 * RATE)) for text in texts]
    for start in (20_011, 26_470, 13_230):
        player, played, heard = Player(graph(texts[0])), 0, []
        commits = (0, start, start + 20_000, start + 47_123, 3 * RATE)
        for k, at in enumerate(commits[1:4], 1):
            heard.append(player.play(at - at % BLOCK - played))
            played = at - at % BLOCK
            player.offer(graph(texts[k]), at=at)
        heard.append(player.play(3 * RATE - played))
        wanted = [frame for k, (at, end) in enumerate(pairwise(commits)) for frame in whole[k] if at <= frame < end]
        assert onsets(np.concatenate(heard)) == wanted, start


def test_what_waits_to_begin_is_heard_after_an_edit(graph):
    strum = "a: {mix: {s: {strum: {time: 0.2, interval: 1, steps: ['k, k, k, k']}}, o: {osc: {amp: 0, freq: %d}}}}"
    player = Player(graph(strum % 1))
    heard = [player.play(10_001)]
    player.offer(graph(strum % 2))
    heard.append(player.play(RATE - 10_001))
    assert onsets(np.concatenate(heard)) == [0, 8820, 17640, 26460]


def test_a_voice_that_waits_and_is_stolen_is_never_heard(graph):
    strum = "a: {strum: {time: 0.1, voices: %d, interval: 0.06, repeat: 1, steps: ['k, k', k]}}"
    assert onsets(Player(graph(strum % 1)).play(RATE)) == [0, 2646]
    assert onsets(Player(graph(strum % 2)).play(RATE)) == [0, 2646, 4410]


# ---- kernels


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
@pytest.mark.parametrize("block", [1, 7, 63, BLOCK])
def test_eight_notes_begin_in_a_frame_at_most_whatever_the_blocks(types, compiled, block):
    kernel = Kernel(types["crowd"], 200, compiled=compiled)
    kernel.render(block=block)
    found = [(frame, length, *values) for frame, length, values in kernel.notes]
    crowd = [(frame, int(7.5 * k), 100.0 + k, 0.5) for frame in range(0, 200, 50) for k in range(8)]
    none = [(frame, 0, math.nan, value) for frame in range(1, 200, 50) for value in (math.nan, 2.0)]
    assert np.array_equal(
        sorted(found, key=lambda note: note[0]), sorted(crowd + none, key=lambda note: note[0]), equal_nan=True
    )
    assert not kernel.outputs.any()


def test_a_kernel_starts_notes_on_their_frames_with_their_values(graph):
    sound = Player(graph("a: {bounce: {play: k, time: 0.5, rebound: 0.8}}")).play(2 * RATE)
    gaps = np.diff(onsets(sound))[:8]
    assert np.allclose(gaps, 0.5 * RATE * 0.8 ** np.arange(1, 9), atol=1.0)
    assert sound[onsets(sound)[:9], 0] == pytest.approx(0.8 ** np.arange(9), rel=1e-6)


def test_what_is_written_with_the_sound_holds_for_all_its_notes(graph):
    tone = "p: {context: {level: 0.1, signal: {osc: {type: cos, freq: 0, amp: v * level, duration: 0.0001}}}}\n"
    text = "a: {bounce: {play: '%s', time: 0.5, rebound: 0.5}}"
    plain, both = (Player(graph(tone + text % play)).play(RATE) for play in ("p level.5", "p level.5, p level.25"))
    assert plain[onsets(plain)[:3], 0] == pytest.approx([0.5, 0.25, 0.125])
    assert both[onsets(both)[:3], 0] == pytest.approx([0.75, 0.375, 0.1875])


def test_the_piece_ends_with_the_last_voice_of_a_kernel_that_has_ended(graph):
    player = Player(graph("a: {bounce: {play: k, time: 0.01, rebound: 0.1}}"))
    player.play(RATE)
    assert player.engine.ended and player.engine.ended_at < 4000
