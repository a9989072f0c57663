"""Parts that are kept from save to save change nothing: compositions and plans are those of a new composer."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from bench.pieces import changing, song
from tests.harness.random_edits import scenario
from tests.harness.session_harness import composer_for, save, write_sample
from waves.engine.graph.diff import Transition, compare
from waves.engine.graph.graph import Graph, Row
from waves.engine.graph.lowered_parts import LoweredParts
from waves.engine.plan.plan import node_types
from waves.engine.plan.renaming import continued, rename_graph
from waves.language.tree.kept import kept_parts, kept_runs
from waves.language.tree.kept.kept_parts import KeptParts
from waves.language.tree.tree_node import Reference, TreeNode, reachable
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.problem import Problems

CHANNELS = 4
PIECE = """\
vars: {low: 100}
my_sound:
  tempo:
    bpm: 120
    signal:
      mix:
        a: {sequencer: {interval: beat, steps: [blip c4, blip v.5, ~, bass]}}
        b: {sequencer: {interval: sixteenth, steps: [bass f3]}}
        c: {filter: {cutoff: 4 * low, signal: {group: {}}}}
        d: {context: {x: 3, signal: {osc: {freq: 100 * x, id: tone}}}}
        e: {osc: {freq: $tone * 0.1 + 100}}
group: {mix: {one: {osc: {freq: low}}, two: {osc: {freq: 2 * low, amp: 0.1}}, three: {osc: {freq: 50, monitor: true}}}}
blip: {context: {f: 440, v: 1, signal: {osc: {freq: f, amp: 0.2 * v, duration: beat}}}}
bass: {filter: {cutoff: 300, signal: {osc: {type: saw, freq: 55, duration: 0.3}}}}
"""
EDITS = (
    ("cutoff: 4 * low", "cutoff: 5 * low"),
    ("low: 100", "low: 110"),
    ("bpm: 120", "bpm: 90"),
    ("two: {osc: {freq: 2 * low, amp: 0.1}}", "two: {osc: {freq: 2 * low, amp: -0.0}}"),
    ("amp: -0.0", "amp: 0.0"),
    ("bass f3", "bass f3 v.5"),
    ("v: 1, signal: {osc: {freq: f, amp: 0.2", "v: 1, signal: {osc: {type: saw, freq: f, amp: 0.2"),
    ("id: tone", "id: low"),
    ("$tone", "$low"),
    ("bass: {filter", "# a line more\n\nbass: {filter"),
    ("x: 3", "x: 4"),
    ("group: {}", "group: {x: 1}"),  # a mistake
    ("group: {x: 1}", "group: {}"),
    ("cutoff: 300", "cutoff: $one"),
    ("freq: low", "id: one, freq: low"),
    ("cutoff: $one", "cutoff: 200"),
    ("c: {filter: {cutoff: 5 * low, signal: {group: {}}}}", "c: {group: {}}"),
    ("group: {mix: {one:", "group: {mix: {one~2:"),
)


TIMED = """\
vars: {share: 0.5}
my_sound:
  tempo:
    bpm: 120
    metre: 3/4
    signal:
      mix:
        a: {sequencer: {interval: beat / 2, steps: [blip c4, blip f220, ~]}}
        b: {play: "blip [blip blip]", swing: 60%}
        c: {play: "ring*2", legato: 0.5}
        d: {osc: {freq: {automation: {interval: 2 * bar, mode: ramp, steps: [100, 200]}}}}
        e: {sequencer: {interval: 0.4, steps: [blip]}}
        f: {play: line, cycle: 2 * bar}
        g: {play: "blip? blip", cycle: 4 * beat}
        h: {tempo: {bpm: 90, signal: {mix: {one: {play: "blip*3", cycle: bar}, two: {osc: {freq: bpm}}}}}}
        i: {osc: {freq: bpm, amp: {lfo: {interval: bar}}}}
        j: {sequencer: {interval: share * beat, steps: [{osc: {freq: 50, duration: sixteenth}}]}}
        k: {mix: {one: group, two: group}}
        l: {sequencer: {interval: 60 / (bpm - 100), steps: [blip]}}
        m: {play: "held*2"}
        n: {play: "loose*3"}
        o: {sequencer: {interval: beat, steps: [{blip: {duration: 2 * sixteenth}}]}}
        p: {play: "falls*2"}
        q: {play: "rings"}
        r: {play: "late"}
        s: {play: "loud"}
        t: {play: "named"}
        u: {play: "loose [loose:c4]"}
blip: {osc: {freq: 440, amp: 0.1, duration: 0.1}}
ring: {envelope: {attack: 0.01, release: 2, gate: gate, signal: {osc: {freq: 100, amp: 0.1}}}}
line: {osc: {freq: [200, 100], amp: 0.1}}
group: {filter: {cutoff: 900, signal: {play: "blip blip"}}}
held: {envelope: {duration: 2 * beat, signal: {filter: {cutoff: 100 * bpm, signal: {osc: {freq: 0 * (bpm - 115)}}}}}}
loose: {osc: {freq: 2 * bpm, amp: 12 / bpm, phase: 1 / (bpm - 100), duration: bar}}
falls: {osc: {freq: [200, 100], amp: 0.1, duration: beat}}
rings: {mix: {one: {osc: {freq: 100, amp: 0.1, duration: beat}}, two: {osc: {freq: 50, amp: 0.1}}}}
late: {delay: {time: beat, signal: {osc: {freq: 90, amp: 0.1, duration: 0.1}}}}
loud: {osc: {freq: 90, duration: 0.1, gain: 0 - bpm / 10}}
named: {context: {x: 2 * beat, signal: {osc: {freq: 90 * x, duration: 0.1}}}}
"""
TEMPOS = (  # one upon the other, back and forth
    ("bpm: 120", "bpm: 121"),
    ("bpm: 121", "bpm: 480"),  # a step is short, as the warning of a release says
    ("f220", "f230"),
    ("bpm: 480", "bpm: 121"),
    ("bpm: 121", "bpm: 100"),  # a division by zero
    ("bpm: 100", "bpm: 110"),
    ("metre: 3/4", "metre: 4/4"),
    ("metre: 4/4", "metre: [4/4, 7/8]"),
    ("bpm: 110", "bpm: 112"),
    ("metre: [4/4, 7/8]", "metre: 4/4"),
    ("bpm: 112", "bpm: 110"),
    ("bpm: 110", "bpm: {osc: {freq: 1, range: [110, 120]}}"),
    ("bpm: {osc: {freq: 1, range: [110, 120]}}", "bpm: 130"),
    ("share: 0.5", "share: 0.25"),
    ("bpm: 90", "bpm: 95"),
    ("bpm: 130", "bpm: 120"),
)


MANY = """\
my_sound:
  tempo:
    bpm: 120
    signal:
      mix:
        a: {filter: {cutoff: {reference: {ref: my_sound.root.Tempo.signal.Mix.l.Track.signal.Osc}}, signal: group}}
        b: {osc: {freq: bpm, amp: 0.1}}
        c: {play: "blip*2"}
        d: {sequencer: {interval: beat, steps: [blip, ~]}}
        e: {osc: {freq: 110}}
        f: group
        g: group
        h: {osc: {freq: low, monitor: true}}
        i: {osc: {freq: beats}}
        j: 0.5
        k: group
        l: {track: {pan: 0.2, signal: {osc: {freq: 220}}}}
        m: {mix: {one: {tempo: {bpm: 70, signal: {play: "blip*3"}}}, two: {play: blip}}}
vars: {low: 100}
group: {mix: {one: {osc: {freq: low}}, two: {osc: {freq: 150, amp: 0.1}}, three: {osc: {freq: 50}}}}
blip: {osc: {freq: 440, amp: 0.1, duration: 0.1}}
"""
OF_MANY = (
    ("freq: 110", "freq: 120"),
    ("{reference: {ref: my_sound.root.Tempo.signal.Mix.l.Track.signal.Osc}}", "600"),  # read in a part that is kept
    ("freq: 150", "freq: 160"),
    ("bpm: 120", "bpm: 90"),
    ("        e:", "        between: {osc: {freq: 70}}\n        e:"),
    ("        between: {osc: {freq: 70}}\n", ""),
    ("        g: group", "        _g: group"),
    ("        _g: group", "        g: {group: {solo: true}}"),
    ("        g: {group: {solo: true}}", "        g: {group: {send: {l: 0.5}}}"),
    ("signal: {osc: {freq: 220}}", "signal: $sends"),
    ("        g: {group: {send: {l: 0.5}}}", "        g: {group: {gain: 0.5}}"),
    ("signal: $sends", "signal: {osc: {freq: 220}}"),
    ("        k: group", "        n: group"),
    ("        d: {sequencer: {interval: beat, steps: [blip, ~]}}\n", ""),
    ("m: {mix: {one", "m: {mix: {d: {sequencer: {interval: beat, steps: [blip, ~]}}, one"),  # moved into another mix
    ("freq: 120", "id: tone, freq: 120"),
    ("cutoff: 600", "cutoff: $tone"),
    ("low: 100", "low: 110"),
    ("pan: 0.2", "out: 3, pan: 0.2"),
    ("out: 3, pan: 0.2", "pan: 0.3"),
    ("      mix:\n", "      mix:\n        signals: [0.1, {osc: {freq: 30}}]\n"),
    ("bpm: 90", "bpm: {osc: {freq: 1, range: [110, 120]}}"),
    ("blip: {osc: {freq: 440", "blip: {osc: {freq: 450"),
)


def edited(piece: str = PIECE, edits: tuple[tuple[str, str], ...] = EDITS) -> list[str]:
    """The piece, and after it each version of it that the edits make, one upon the other."""
    texts = [piece]
    for old, new in edits:
        assert old in texts[-1], old
        texts.append(texts[-1].replace(old, new, 1))
    return texts


def row_of(row: Row) -> dict[str, Any]:
    """All that a row says, as values that can be compared; `repr` tells 0 from -0."""
    node = row.node
    return {
        "kind": row.kind,
        "settings": repr(row.settings),
        "inputs": repr(row.inputs),
        "lists": repr(row.lists),
        "arrays": {name: (array.dtype, array.tobytes()) for name, array in row.arrays.items()},
        "keys": (row.key, row.state_key, row.seed, row.early, row.outs, row.memories),
        "node": node and (node.id, node.kind, node.path, node.common),
        "voice": row.voice and (graph_of(row.voice.graph), row.voice.note_values, row.voice.gates),
    }


def graph_of(graph: Graph) -> dict[str, Any]:
    """All that a graph says, its rows in their order."""
    return {
        "rows": [row_of(row) for row in graph.rows.values()],
        "ends": (graph.outputs, graph.sinks, graph.end, graph.transport, graph.fading_out, graph.meters),
        "kept with it": (list(graph.monitors), list(node_types(graph))),
    }


def tree_of(root: TreeNode) -> list[Any]:
    """All nodes of a tree, each with what it reads."""

    def source(one: Any) -> Any:
        if isinstance(one, TreeNode):
            return one.id
        return ("to", one.target.id, one.output, one.mark) if isinstance(one, Reference) else repr(one)

    def inputs(node: TreeNode) -> list[Any]:
        return [
            (name, [(key, source(one)) for key, one in read.items()] if isinstance(read, dict) else source(read))
            for name, read in node.inputs.items()
        ]

    return [
        (node.id, node.kind, repr(node.settings), node.mark, node.path, node.common, inputs(node))
        for node in reachable(root)
    ]


def transition_of(transition: Transition) -> dict[str, Any]:
    """All that happens to the rows from one graph to the next."""
    return {
        "moving": graph_of(transition.moving),
        "groups": (transition.kept, transition.changed, transition.new, transition.dropped, transition.faded),
        "counts": (transition.fades, transition.glided, transition.previous_ids),
        "voices": {key: transition_of(inner) for key, inner in transition.voices.items()},
    }


def step(playing: Graph, graph: Graph) -> tuple[Graph, Transition]:
    """The next graph and what happens on the way to it, as `build_plan` finds them."""
    renamed = rename_graph(playing, graph)
    graph = continued(graph, renamed.graph)
    transition = compare(renamed.graph, graph, 882)
    renamed.note_in(transition)
    return graph, transition


def numbers_in(composition: Composition) -> list[str]:
    """The numbers that the nodes of a tree read."""
    return [repr(node.inputs) for node in reachable(composition.root) if all(map(is_number, node.inputs.values()))]


def is_number(source: Any) -> bool:
    """Whether an input is a number."""
    return isinstance(source, float)


def composed(composer: Composer) -> Composition | list[str]:
    """The composition of the files, or their problems."""
    try:
        return composer.compose([("my_sound", {})], waits=lambda seconds: None)
    except Problems as error:
        return [problem.show() for problem in error.problems]


def hold(folder: Path, texts: list[str]) -> int:
    """Compose the texts one after another with one composer, each also with a new one; how many were composed."""
    save(folder, texts[0])
    kept = composer_for(folder, CHANNELS=CHANNELS)
    before: tuple[Graph, Graph] | None = None
    good = 0
    numbers: list[str] = []
    for text in texts:
        save(folder, text)
        fresh = composer_for(folder, CHANNELS=CHANNELS)
        fresh.arrays = kept.arrays  # a row with another array is another row
        one, new = composed(kept), composed(fresh)
        if not (isinstance(one, Composition) and isinstance(new, Composition)):
            assert one == new
            continue
        good += 1
        assert graph_of(one.graph) == graph_of(new.graph)
        assert [edge.mark for edge in one.graph.delayed] == [edge.mark for edge in new.graph.delayed]
        assert one.graph.warnings == new.graph.warnings
        assert [problem.show() for problem in one.findings] == [problem.show() for problem in new.findings]
        graphs = one.graph, new.graph
        if before:
            first, second = (step(playing, graph) for playing, graph in zip(before, graphs, strict=True))
            assert transition_of(first[1]) == transition_of(second[1])
            graphs = first[0], second[0]
        before = graphs
        assert kept.playing is None or numbers_in(kept.playing) == numbers, "what plays keeps its tempo until then"
        kept.committed(one)
        assert tree_of(one.root) == tree_of(new.root)
        numbers = numbers_in(one)
    return good


@pytest.fixture(scope="module")
def sample() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.wav"
        write_sample(file, channels=2)
        yield file


chances = st.tuples(
    st.integers(0, 10**6),
    st.lists(st.integers(0, 10**6), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 10**6), st.just(1)), min_size=6, max_size=8),
    st.just(1),
    st.just(882),
    st.just(64),
)


@settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chances)
@example(  # a pool runs twice, and nodes in its voices have other names
    chance=(44848, [36960, 108, 5148, 1655], [(one, 1) for one in (49918, 2686, 160, 1, 212764, 1975, 141)], 1, 882, 64)
)
@example(  # parts that read the position of the tempo, beside others that a fade has opened
    chance=(96428, [26386, 5437], [(one, 1) for one in (152, 6648, 95256, 3275, 125, 33588, 4096, 131073)], 1, 882, 64)
)
def test_random_edits_give_what_a_new_composer_gives(sample: Path, chance: tuple[Any, ...]) -> None:
    made = scenario(*chance)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_runs, "RUN", 2)
        (Path(name) / "samples").mkdir()
        shutil.copy(sample, Path(name) / "samples" / "a.wav")
        hold(Path(name), [made.piece.text, *(one.text for one in made.saves)])


def test_edits_of_all_that_a_part_may_read(tmp_path: Path) -> None:
    assert hold(tmp_path, edited()) >= len(EDITS) - 4


def test_what_follows_a_tempo_is_the_same_in_another_tempo(tmp_path: Path) -> None:
    assert hold(tmp_path, edited(TIMED, TEMPOS)) == len(TEMPOS)


def test_a_tempo_in_a_list_that_has_moved_is_told_at_its_place(tmp_path: Path) -> None:
    tempo = "{tempo: {bpm: 90, signal: {sequencer: {interval: beat, steps: [blip]}}}}"
    text = f"my_sound: {{mix: {{signals: [{tempo}]}}}}\nblip: {{osc: {{duration: 0.1}}}}\n"
    moved = text.replace("signals: [", "signals: [{osc: {amp: 0.1}}, ")
    assert hold(tmp_path, [text, moved, moved.replace("bpm: 90", "bpm: 95"), text]) == 4


def test_what_is_kept_over_a_text_that_cannot_be_read_is_told_at_its_place(tmp_path: Path) -> None:
    text = """\
my_sound:
  mix:
    a: {sequencer: {interval: 0.1, steps: ["blip f440", null]}}
blip: {osc: {duration: 0.1}}
"""
    unreadable, moved = (text.replace("mix:\n", f"mix:\n    b: {{osc: {{amp: {amp}}}}}\n") for amp in ("[0, 1", "0.1"))
    assert hold(tmp_path, [text, unreadable, text, moved]) == 3


def test_in_another_tempo_only_numbers_are_others(tmp_path: Path) -> None:
    """Nothing is built again that reads no length as a number, however it is played."""
    text = TIMED.replace("metre: 3/4", "metre: 4/4")
    made = []
    for tempo in (120, 121):
        save(tmp_path, text.replace("bpm: 120", f"bpm: {tempo}"))
        composer = made[0][0] if made else composer_for(tmp_path)
        made.append((composer, composer.compose([("my_sound", {})])))
    before = {node.id: node for node in reachable(made[0][1].root)}
    built = {node.id for node in reachable(made[1][1].root) if before[node.id] is not node}
    parts = {id.partition("Tempo.signal.Mix.")[2].partition(".")[0] for id in built}
    assert parts - {""} == {"f", "h", "i", "j", "p", "q", "r", "s", "t", "u"}


def test_what_did_not_change_is_not_made_again(tmp_path: Path) -> None:
    save(tmp_path, changing(4, 220.0))
    composer = composer_for(tmp_path)
    first = composer.compose([("my_sound", {})])
    save(tmp_path, "# a line more\n" + changing(4, 330.0))
    second = composer.compose([("my_sound", {})])
    nodes = {node.id: node for node in reachable(first.root)}
    changed = {node.id for node in reachable(second.root) if nodes[node.id] is not node}
    assert changed == {"my_sound.root.Mix", "my_sound.root.Mix.one.Osc"}
    rows = {key for key, row in second.graph.rows.items() if first.graph.rows[key] is not row}
    assert rows == {"my_sound.root.Mix.one.Osc"}, "the mix reads the same"
    marks = {node.mark.line for node in reachable(second.root) if node.mark and node.id.endswith("n0.Osc")}
    assert marks == {1 + second.texts["waves.yaml"].split("\n").index("    n0: {osc: {freq: 110, amp: 0.0001}}")}


def test_parts_that_are_kept_in_runs_are_those_of_a_new_composer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_runs, "RUN", 2)
    assert hold(tmp_path, edited(MANY, OF_MANY)) >= len(OF_MANY) - 2


@pytest.mark.parametrize("head", ["my_sound:", "my_sound: {limit: {signal: whole}}\nwhole:"])
def test_of_many_parts_those_beside_an_edit_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    groups = 3 * kept_runs.RUN
    save(tmp_path, changing(groups, 220.0).replace("my_sound:", head))
    composer = composer_for(tmp_path)
    composer.compose([("my_sound", {})])
    looked = Counter[str]()

    def count(owner: Any, name: str, where: str) -> None:
        do = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *given: looked.update([where]) or do(*given))

    count(KeptParts, "find", "tree")
    count(kept_parts, "reads", "around parts")
    count(LoweredParts, "take", "graph")
    save(tmp_path, changing(groups, 330.0).replace("my_sound:", head))
    composer.compose([("my_sound", {})])
    assert 0 < max(looked.values()) < 10, looked  # the part is in a run of its own


def test_a_song_gives_what_a_new_composer_gives(tmp_path: Path) -> None:
    assert hold(tmp_path, [song(), song(2001, 3), song(2001, 4), song()]) == 4
