"""Parts of a piece that a save does not change are not built again, and the graph is the same as if they were."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from tests.harness.engine_harness import library
from waves.engine.graph.graph import Graph
from waves.engine.graph.lowering import _Lowering
from waves.language.model.validation import Validator
from waves.language.tree.instantiate import NodeBuilder

PIECE = """\
my_sound:
  tempo:
    bpm: 120
    metre: 4/4
    signal:
      mix:
        low:
          track:
            volume: 0.5
            signal: {sequencer: {interval: eighth, steps: [blip f110, ~, blip f220 v.5]}}
        high: {track: {pan: 0.2, signal: {filter: {cutoff: 800, signal: {sequencer: {interval: beat, steps: [blip]}}}}}}
        swept: {osc: {freq: {automation: {interval: bar, steps: [200, 300]}}, amp: 0.1}}
        plain: {osc: {freq: 330, amp: 0.1 * beat}}
        later: {sequencer: {interval: 0.25, trigger: {osc: {type: sqr, freq: 2}}, steps: [blip f440]}}
        around: {sequencer: {interval: bar, steps: [{sequencer: {interval: eighth, steps: [blip f550, blip]}}]}}
        beats: {osc: {freq: 100 + beats, amp: 0.1}}
blip: {context: {f: 100, v: 1, signal: {osc: {freq: f, amp: 0.1 * v, duration: 0.05}}}}
"""
EDITS = [
    ("volume: 0.5", "volume: 0.25"),
    ("f220 v.5", "f330 v.5"),
    ("cutoff: 800", "cutoff: 900"),
    ("bpm: 120", "bpm: 90"),
    ("metre: 4/4", "metre: 3/4"),
    ("bpm: 120", "bpm: {osc: {freq: 0.1, range: [100, 140]}}"),
    ("        high:", "        higher:"),
    ("        plain:", "        more: {osc: {amp: 0.1}}\n        plain:"),
    ("amp: 0.1 * beat", "amp: 0.05 * bar"),
    ("interval: eighth, steps: [blip f550", "interval: sixteenth, steps: [blip f550"),
    ("signal: {osc: {freq: f", "signal: {osc: {type: tri, freq: f"),
    ("        beats: {osc: {freq: 100 + beats, amp: 0.1}}\n", ""),
    ("  tempo:\n    bpm: 120\n    metre: 4/4\n    signal:\n", "  envelope:\n    attack: 0.1\n    signal:\n"),
    ("my_sound:", "vars: {steady: 1}\nmy_sound:"),
]


def facts(graph: Graph) -> dict[str, Any]:
    """All rows of a graph as plain data, those of voices too, in any order."""
    found = {}
    for key, row in graph.rows.items():
        inner = facts(row.voice.graph) if row.voice else None
        own = [row.kind.__name__, repr(row.settings), repr(row.inputs), repr(row.lists), row.seed, row.state_key]
        found[key] = [*own, repr(row.memories), row.early, row.outs, inner]
    return found


def whole(graph: Graph) -> list[Any]:
    return [facts(graph), graph.outputs, graph.meters, graph.sinks, graph.end, graph.transport]


@pytest.mark.parametrize("seed", range(3))
def test_the_graph_is_that_of_a_piece_that_is_built_anew(stage, seed) -> None:
    live, chance = stage(PIECE, library=library()), random.Random(seed)
    live.play(640)
    text = PIECE
    for _ in range(12):
        old, new = chance.choice(EDITS)
        text = PIECE if chance.random() < 0.3 else text.replace(*((old, new) if old in text else (new or old, old)), 1)
        event = live.reload(text)
        assert event.kind == "reloaded", [str(problem) for problem in event.problems]
        live.play(64 * chance.randrange(1, 20))
        anew = stage(text, library=library())
        anew.play(64)
        assert whole(live.session.composer.playing.graph) == whole(anew.session.composer.playing.graph), text


def test_a_save_builds_what_it_changes_and_what_is_around_that(stage, monkeypatch) -> None:
    live, built, read, lowered = stage(PIECE, library=library()), Counter(), Counter(), Counter()
    live.play(640)

    def counted(owner, name, counts, of):
        made = getattr(owner, name)

        def counting(self, *arguments, **more):
            counts[of(self, *arguments)] += 1
            return made(self, *arguments, **more)

        monkeypatch.setattr(owner, name, counting)

    counted(NodeBuilder, "__init__", built, lambda build, model, given, context, path, *rest: path)
    counted(Validator, "parameters", read, lambda validator, name, kind, given, place: str(place))
    counted(_Lowering, "rows_of", lowered, lambda lowering, node: node.id.removeprefix("my_sound.root.Tempo.signal."))
    live.reload(PIECE.replace("volume: 0.5", "volume: 0.4"))
    live.play(2000)
    for counts in (built, read, lowered):
        counts.clear()
    live.reload(PIECE.replace("volume: 0.5", "volume: 0.25"))
    top = "my_sound.root.Tempo.signal"
    tied = ("swept", "later", "around", "beats")  # to the beats, or to what is in a note
    others = [path for path in built if not path.startswith(tuple(f"{top}.Mix.{name}" for name in tied))]
    assert others == ["my_sound.root", top, f"{top}.Mix.low"]
    assert "Mix.low.Track" in lowered and not any(id.startswith(("Mix.low.Track.", "Mix.high.")) for id in lowered)
    assert [*read] == [f"my_sound.tempo{path}" for path in ("", ".signal.mix", ".signal.mix.low.track")]


def test_at_another_tempo_the_voices_stay_whose_notes_do_not_read_it(stage) -> None:
    drops = "        drops: {sequencer: {interval: eighth, steps: [falls]}}\n"  # as long as a step
    text = PIECE.replace("        beats:", f"{drops}        beats:") + "falls: {osc: {freq: [900, 300], amp: 0.1}}\n"
    live = stage(text, library=library())
    live.play(640)

    def voices() -> dict[str, Any]:
        rows = live.session.composer.playing.graph.rows
        return {
            key.removeprefix("my_sound.root.Tempo.signal.Mix."): row.voice for key, row in rows.items() if row.voice
        }

    before = voices()
    words = {key: voice.words for key, voice in before.items()}
    live.reload(text.replace("bpm: 120", "bpm: 90"))
    after = voices()
    others = {key for key, voice in after.items() if voice is not before[key]}
    assert {key.partition(".")[0] for key in others} == {"around", "drops"}
    assert all(voice.words is words[key] for key, voice in after.items() if key not in others)
    assert len(others) < len(after)
