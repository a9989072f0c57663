"""Renaming: states follow nodes in voices, and pools whose own ID changes; notes and noise continue."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.harness.session_harness import FADE, Frames, Player, compose, composer_for, save, step
from waves.engine.graph.graph import Graph
from waves.engine.plan.renaming import rename_graph
from waves.live.session.reload_report import node_changes
from waves.live.workspace.composer import Composer

COMMIT = 30_016  # frames; the note that sounds began at 22,050
AFTER = 12_032  # frames that are compared after the commit
TONE = "osc: {type: tri, freq: 110, amp: 0.3, duration: 5}"
ECHO = "delay: {time: 0.03, feedback: 0.6, mix: 0.5, signal: {osc: {type: saw, freq: 110, amp: 0.2, duration: 5}}}"
SEQUENCE = "sequencer: {interval: 0.5, steps: [long, long, ~]}"


def piece(sound: str, track: str = f"beat: {{{SEQUENCE}}}") -> str:
    return f"lfo: {{osc: {{freq: 3}}}}\nlong: {{{sound}}}\nmy_sound: {{mix: {{{track}}}}}\n"


EDITS = {
    "wrapped": (piece(TONE), piece(f"mix: {{a: {{{TONE}}}}}")),
    "unwrapped": (piece(f"mix: {{a: {{{TONE}}}}}"), piece(TONE)),
    "renamed": (piece(f"mix: {{a: {{{TONE}}}}}"), piece(f"mix: {{b: {{{TONE}}}}}")),
    "an echo renamed": (piece(f"mix: {{a: {{{ECHO}}}}}"), piece(f"mix: {{b: {{{ECHO}}}}}")),
    "an echo wrapped": (piece(ECHO), piece(f"mix: {{b: {{{ECHO}}}}}")),
    "shifted": (
        piece(f"mix: {{signals: [{{{TONE}}}]}}"),
        piece(f"mix: {{signals: [{{osc: {{amp: 0}}}}, {{{TONE}}}]}}"),
    ),
    "the sequence renamed": (piece(TONE), piece(TONE, f"drums: {{{SEQUENCE}}}")),
    "the sequence wrapped": (piece(TONE), piece(TONE, f"beat: {{mix: {{in: {{{SEQUENCE}}}}}}}")),
    "the sound renamed": (piece(TONE), piece(TONE).replace("long", "other")),
    "all renamed": (piece(f"mix: {{a: {{{TONE}}}}}"), piece(f"mix: {{b: {{{TONE}}}}}").replace("long", "other")),
    "an id in a moved sequence": (
        piece(TONE.replace("freq", "id: own, freq")),
        piece(TONE.replace("freq", "id: own, freq"), f"drums: {{{SEQUENCE}}}"),
    ),
    "a sequence in a voice": (
        piece("sequencer: {interval: 0.21, steps: [ping]}").replace("long:", f"ping: {{{TONE}}}\nlong:"),
        piece("sequencer: {interval: 0.21, steps: [ping]}").replace(
            "long:", f"ping: {{mix: {{a: {{{TONE}}}}}}}\nlong:"
        ),
    ),
    "its source outside renamed": (
        piece(TONE.replace("0.3", "0.3 + 0.1 * $wave"), f"beat: {{{SEQUENCE}}}, a: {{osc: {{id: wave, freq: 7}}}}"),
        piece(TONE.replace("0.3", "0.3 + 0.1 * $wave"), f"beat: {{{SEQUENCE}}}, b: {{osc: {{id: wave, freq: 7}}}}"),
    ),
}


def graph(composer: Composer, text: str) -> Graph:
    save(composer.workspace.root, text)
    return compose(composer).graph


@pytest.fixture
def composer(tmp_path: Path) -> Composer:
    save(tmp_path, piece(TONE))
    return composer_for(tmp_path)


def through(player: Player, other: Graph, fade: int = FADE) -> tuple[Frames, dict[str, str]]:
    """The sound around a commit, and the previous IDs in the report."""
    before = player.play(COMMIT)
    plan = player.offer(other, fade)
    report = node_changes(plan)
    return np.concatenate([before, player.play(AFTER)]), {**report.moved, **report.renamed}


@pytest.mark.parametrize("edit", EDITS)
def test_a_note_sounds_on_to_the_bit(composer, edit):
    before, after = (graph(composer, text) for text in EDITS[edit])
    expected = Player(before).play(COMMIT + AFTER)
    sound, rename_graph = through(Player(before), after)
    assert np.abs(expected[COMMIT:]).max() > 0.1
    np.testing.assert_array_equal(sound, expected)
    assert rename_graph or edit == "its source outside renamed"


def test_the_report_names_renamed_nodes(composer):
    before, after = (graph(composer, text) for text in EDITS["renamed"])
    _, rename_graph = through(Player(before), after)
    pool = "my_sound.root.Mix.beat.Sequencer.long.Pool"
    assert rename_graph == {f"{pool}.Mix.b.Osc": f"{pool}.Mix.a.Osc"}


GATED = "envelope: {attack: 0.1, release: 0.2, signal: {osc: {type: tri, freq: 110, amp: 0.3}}}"
CHANGES = {
    "wrapped in a filter": (piece(TONE), piece(f"filter: {{cutoff: 500, signal: {{{TONE}}}}}")),
    "renamed and tuned": (
        piece(f"mix: {{a: {{{TONE}}}}}"),
        piece(f"mix: {{b: {{{TONE}}}}}").replace("freq: 110", "freq: 120"),
    ),
    "renamed, tuned and with other voices": (
        piece(f"mix: {{a: {{{GATED}}}}}"),
        piece(f"mix: {{b: {{{GATED}}}}}").replace("freq: 110", "freq: 120").replace("steps:", "voices: 3, steps:"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sounding_note_that_changes_does_not_click(composer, change):
    """No step is larger than the fade between both versions allows."""
    old, new = (graph(composer, text) for text in CHANGES[change])

    def at_commit(fade: int | None) -> Frames:
        player = Player(old)
        last = player.play(COMMIT)[-1:]
        if fade is not None:
            player.offer(new, fade)
        return np.concatenate([last, player.play(AFTER)])

    before, after, reload = at_commit(None), at_commit(0)[1:], at_commit(FADE)
    bound = max(step(before), step(after)) + np.abs(after - before[1:]).max() / FADE
    print(f"{change}: step {step(reload):.5f}, bound {bound:.5f}")
    assert step(reload) <= bound


def test_an_oscillator_that_is_wrapped_goes_on_to_the_frame(composer):
    old, new = (graph(composer, text) for text in CHANGES["wrapped in a filter"])
    player = Player(old)
    _, rename_graph = through(player, new)
    pool = "my_sound.root.Mix.beat.Sequencer.long.Pool"
    assert rename_graph == {f"{pool}.Filter.signal.Osc": f"{pool}.Osc"}
    voices = player.registry.states[pool].values["voices"][0]
    sounding = [voice["Filter.signal.Osc"]["elapsed"] for voice in voices if voice["active"]]
    assert sorted(sounding) == [COMMIT + AFTER - 22_050, COMMIT + AFTER]


def test_a_tie_in_a_voice_is_not_a_match(composer):
    two = graph(composer, piece(f"mix: {{a: {{{TONE}}}, b: {{{TONE}}}}}"))
    one = graph(composer, piece(f"mix: {{c: {{{TONE}}}}}"))
    for before, after in ((two, one), (one, two)):
        player = Player(before)
        _, rename_graph = through(player, after)
        assert not rename_graph
        voices = player.registry.states["my_sound.root.Mix.beat.Sequencer.long.Pool"].values["voices"][0]
        names = [name for name in voices.dtype.names if name.endswith("Osc")]
        assert all(voice[name]["elapsed"] == AFTER for voice in voices if voice["active"] for name in names)


def test_two_sounds_with_the_same_notes_are_matched_by_their_nodes(composer):
    other = "other: {osc: {type: sqr, freq: 90, amp: 0.2, duration: 5}}\n"
    text = other + piece(TONE, 'beat: {sequencer: {interval: 0.5, steps: ["long, other"]}}')
    names = text.replace("long", "first").replace("other", "second")
    player = Player(graph(composer, text))
    _, rename_graph = through(player, graph(composer, names))
    around = "my_sound.root.Mix.beat.Sequencer"
    assert rename_graph == {
        f"{around}.first.Pool": f"{around}.long.Pool",
        f"{around}.second.Pool": f"{around}.other.Pool",
    }


def test_a_name_that_is_used_again_has_a_state_of_its_own(composer):
    first = graph(composer, piece(f"mix: {{a: {{{TONE}}}}}", f"beat: {{{SEQUENCE}}}, x: {{osc: {{freq: 200}}}}"))
    moved = graph(composer, piece(f"mix: {{b: {{{TONE}}}}}", f"beat: {{{SEQUENCE}}}, y: {{osc: {{freq: 200}}}}"))
    both = graph(
        composer,
        piece(
            f"mix: {{b: {{{TONE}}}, a: {{osc: {{freq: 300}}}}}}",
            f"beat: {{{SEQUENCE}}}, y: {{osc: {{freq: 200}}}}, x: {{osc: {{freq: 333}}}}",
        ),
    )
    player = Player(first)
    for other in (moved, both):
        player.play(4000)
        player.offer(other)
    player.play(4000)
    states = player.registry.states
    assert len({record.address for record in states.values()}) == len(states)
    assert states["my_sound.root.Mix.x.Osc"].elapsed < 4100 < states["my_sound.root.Mix.y.Osc"].elapsed


@pytest.mark.timing
def test_a_thousand_nodes_in_voices_take_little_time(composer):
    def text(name: str) -> str:
        sounds = [
            f"s{k}: {{mix: {{{', '.join(f'{name}{j}: {{osc: {{freq: {100 + k + j}}}}}' for j in range(18))}}}}}\n"
            for k in range(50)
        ]
        steps = ", ".join(f"s{k}" for k in range(50))
        return "".join(sounds) + f"my_sound: {{sequencer: {{interval: 0.1, steps: [{steps}]}}}}\n"

    save(composer.workspace.root, text("a"))
    old = composer.compose([("my_sound", {})]).graph
    save(composer.workspace.root, text("b"))
    new = composer.compose([("my_sound", {})]).graph
    times = []
    for _ in range(5):
        started = time.process_time()
        made = rename_graph(old, new)
        times.append(time.process_time() - started)
    found = sum(len(inner.nodes) for inner in made.voices.values())
    print(f"1,000 nodes in 50 voices, 900 of them other names: {min(times) * 1e3:.1f} ms")
    assert found == 900 and min(times) < 0.1


# Through a session

BLIP = "{osc: {freq: 300, amp: 0.3, attack: 0.01, release: 0.03, duration: 0.13}}"
ECHO = "{delay: {time: 0.02, feedback: 0.6, mix: 0.5, signal: {osc: {freq: 500, amp: 0.2, duration: 0.03}}}}"
HELD = "{envelope: {attack: 0.02, release: 0.05, gate: gate, end: true, signal: {osc: {freq: 200, amp: 0.3}}}}"
PLAIN = "my_sound: {sequencer: {interval: 0.06, voices: 4, steps: [note, ~, note, note]}}\n"
NESTED = "my_sound: {sequencer: {interval: 0.21, voices: 4, steps: [phrase]}}\n"
NESTED += "phrase: {sequencer: {interval: 0.06, repeat: 3, voices: 4, steps: [note], sync: start}}\n"
SESSION_PIECES = {
    "a tone": (PLAIN, BLIP),
    "an echo": (PLAIN, ECHO),
    "a note that is held": (PLAIN, HELD),
    "notes of notes": (NESTED, BLIP),
    "echoes of notes": (NESTED, ECHO),
}
WRAPPED = "{mix: {a: %s}}"  # passes every bit on


@pytest.mark.parametrize("title", SESSION_PIECES)
def test_notes_that_sound_go_on_when_their_sound_is_wrapped(stage, title):
    text, sound = SESSION_PIECES[title]
    edited, alone = (stage(f"{text}note: {sound}\n") for _ in range(2))
    played = [edited.play(6400)]
    edited.save(f"{text}note: {WRAPPED % sound}\n")
    played += [edited.settle(), edited.play(20_000)]
    out, event = np.concatenate(played), edited.events[-1]
    assert event.kind == "reloaded", event.text
    assert event.moved >= 1 and event.dropped == 0, event.text
    expected = alone.play(len(out))
    assert np.abs(expected[6400:6500]).max() > 0.01, "a note sounds at the edit"
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("noise", ["type: noise", "type: perlin, scale: 5", "type: wander, scale: 5"])
@pytest.mark.parametrize("place", ["b: %s", "a: {mix: {a: %s}}"], ids=["renamed", "moved"])
def test_randomness_goes_on_wherever_its_node_is_moved(stage, noise, place):
    """Through later saves too, although their text gives it another seed."""
    wild = f"{{osc: {{{noise}, amp: 0.3}}}}"
    before, after = (f"my_sound: {{mix: {{{one % wild}, c: {{osc: {{freq: 1}}}}}}}}\n" for one in ("a: %s", place))
    edited, alone = stage(before), stage(before)
    played = [edited.play(6400)]
    for text in (after, after.replace("freq: 1", "freq: 1 # slow")):
        edited.save(text)
        played += [edited.settle(), edited.play(6400)]
    out = np.concatenate(played)
    assert np.array_equal(out, alone.play(len(out)))


def test_a_piece_that_starts_again_has_the_seeds_of_its_text(stage):
    wild = "{osc: {type: noise, amp: 0.3}}"
    edited, other = (stage(f"my_sound: {{mix: {{{track}: {wild}}}}}\n") for track in "ab")
    edited.play(6400)
    edited.reload(f"my_sound: {{mix: {{b: {wild}}}}}\n")
    edited.play(6400)
    assert not np.array_equal(edited.play(640), other.play(640))
    edited.session.restart()
    other.session.restart()
    assert np.array_equal(edited.settle(), other.settle())
    assert np.array_equal(edited.play(6400), other.play(6400))
