"""A piece in lanes, on several cores: the same numbers as on one, whatever is in which lane."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.engine_harness import compiler
from tests.harness.engine_harness import library as all_types
from tests.harness.rich_piece import RICH_WITH_NESTED_NOTES
from tests.harness.session_harness import compose, composer_for, save, write_sample
from waves.app.performance.offline import cores_for, offline_engine
from waves.audio.offline_render import render_files
from waves.engine.graph.graph import Graph, Output
from waves.engine.lanes import laned_engine as module
from waves.engine.lanes.division import Divided, divided
from waves.engine.lanes.laned_engine import LanedEngine, costs_of, kernels_of_lanes
from waves.live.workspace.composer import Composer
from waves.live.workspace.composition import Composition
from waves.problem import Problems

SHARED = """
    write: {buffer: {name: tape, length: 0.2, signal: {osc: {freq: 70, amp: 0.1}}}}
    read: {buffer: {name: tape, length: 0.2, offset: 0.05}}
"""
WHOLE = RICH_WITH_NESTED_NOTES.replace("  mix:\n", f"  mix:{SHARED}", 1)
TRACKS = "my_sound:\n  mix:\n" + "".join(
    f"    t{k}: {{filter: {{cutoff: {300 + k}, signal: {{osc: {{type: saw, amp: 0.1, freq: {55 + k}}}}}}}}}\n"
    for k in range(8)
)


def composed(folder: Path, text: str, **settings: Any) -> tuple[Composition, Composer]:
    write_sample(folder / "samples" / "a.wav")
    save(folder, text)
    composer = composer_for(folder, all_types(), **settings)
    composition = compose(composer)
    compiler().compile(kernels_of_lanes())
    return composition, composer


def parts(composition: Composition, composer: Composer, costs: dict[str, float], lanes: int = 2) -> LanedEngine:
    found = divided(composition.graph, costs, lanes)
    assert found
    return LanedEngine(found, composer.rate, 2, True, 0)


def render(composition: Composition, composer: Composer, paths: list[Path], seconds: float | None, cores: int) -> Any:
    with offline_engine(composition, composer, cores=cores) as engine:
        assert isinstance(engine, LanedEngine) == (cores == 2)
        return render_files(engine, paths, seconds=seconds, faultless=True)


def even(graph: Graph) -> dict[str, float]:
    return dict.fromkeys(graph.rows, 1000.0)


def test_the_tracks_of_a_mix_are_shared_out(tmp_path):
    graph = composed(tmp_path, TRACKS)[0].graph
    found = divided(graph, even(graph), 2)
    assert found and len(found.lanes) == 2
    tracks = [{output.key.rpartition(".")[0] for output in lane.outputs} for lane in found.lanes]
    assert not tracks[0] & tracks[1] and len(tracks[0] | tracks[1]) == 8 == 2 * len(tracks[0])
    assert not {row.kind.__name__ for row in found.rest.rows.values()} & {"Osc", "Filter"}


def test_what_is_one_thing_is_not_divided(tmp_path):
    chain = "my_sound: {filter: {cutoff: 900, signal: {filter: {cutoff: 800, signal: {osc: {amp: 0.1}}}}}}\n"
    graph = composed(tmp_path, chain)[0].graph
    assert divided(graph, even(graph), 2) is None


def test_what_costs_less_than_its_way_from_a_lane_is_not_divided(tmp_path):
    graph = composed(tmp_path, TRACKS)[0].graph
    assert divided(graph, dict.fromkeys(graph.rows, 1000.0), 2) and not divided(
        graph, dict.fromkeys(graph.rows, 5.0), 2
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_number_is_the_same_whatever_is_in_which_lane(tmp_path, seed):
    """Loops, what nodes share by name, voices in voices, chance; costs drawn by chance divide it in another way."""
    composition, composer = composed(tmp_path, WHOLE)
    chance = random.Random(seed)
    costs = {key: 1000.0 * chance.expovariate(1.0) for key in composition.graph.rows}
    laned = parts(composition, composer, costs, 2 + seed % 3)
    with offline_engine(composition, composer) as engine:
        whole = engine.render(40_000)
    played = np.concatenate([laned.render(frames) for frames in (1, 63, 64, 100, 8191, 8193, 23_388)])
    laned.close()
    assert len(laned.lanes) > 1 and np.abs(whole).max() > 0.01
    assert np.array_equal(played, whole)


def test_what_shares_a_memory_is_in_one_lane(tmp_path):
    composition, _ = composed(tmp_path, WHOLE)
    for seed in range(30):
        chance = random.Random(seed)
        found = divided(composition.graph, {key: 1000.0 * chance.random() for key in composition.graph.rows}, 3)
        assert found is None or is_whole(composition.graph, found)


def is_whole(graph: Graph, found: Divided) -> bool:
    """Whether each part has all rows that share a state or a memory with one of its own, and what these read."""
    fed = {output for lane in found.lanes for output in lane.outputs}
    for part in (*found.lanes, found.rest):
        own = {name for row in part.rows.values() for name in (row.state_key, *(one.key for one in row.all_memories))}
        for row in graph.rows.values():
            if own & {row.state_key, *(one.key for one in row.all_memories)} and row.key not in part.rows:
                return False
        for row in part.rows.values():
            for source in row.sources():
                if isinstance(source, Output) and source.key not in part.rows and source not in fed:
                    return False
    return True


def test_a_piece_ends_at_the_same_frame_and_stems_are_the_same(tmp_path):
    text = TRACKS.replace("freq: 5", "duration: 0.7, freq: 5").replace("freq: 6", "duration: 0.9, freq: 6")
    composition, composer = composed(tmp_path, text)
    composer.stems = ["t0", "t5"]
    composition = compose(composer)
    files: dict[str, list[bytes]] = {}
    for name, cores in (("one", 1), ("two", 2)):
        paths = [tmp_path / f"{name}{k}.wav" for k in range(3)]
        rendered = render(composition, composer, paths, None, cores)
        assert rendered.ended and rendered.frames > 0.9 * composer.rate
        files[name] = [path.read_bytes() for path in paths]
    assert files["one"] == files["two"]
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("lane")]


def test_a_node_that_fails_in_a_lane_is_told_as_ever(tmp_path):
    text = TRACKS + "    wrong: {mishap: {way: nan, when: {osc: {type: sqr, freq: 1, amp: -1}}}}\n"
    composition, composer = composed(tmp_path, text)
    told = []
    for cores in (1, 2):
        with pytest.raises(Problems) as caught:
            render(composition, composer, [tmp_path / "a.wav"], 2.0, cores)
        told.append([str(problem) for problem in caught.value.problems])
    assert told[0] == told[1] and "mishap gives no finite number" in told[0][0]


def test_costs_are_those_of_each_row(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CALLS", 2000)
    text = "my_sound: {mix: {a: {osc: {amp: 0.1}}, b: {reverb: {signal: {osc: {type: saw, amp: 0.1}}}}}}\n"
    graph = composed(tmp_path, text)[0].graph
    costs = costs_of(graph, 44100.0)
    assert costs.keys() == graph.rows.keys() and min(costs.values()) > 0.0
    assert max(costs, key=lambda key: costs[key]) in {key for key in costs if graph.rows[key].kind.__name__ == "Reverb"}


def test_a_node_without_an_end_is_not_waited_for(tmp_path, monkeypatch):
    """Its machine code would end for no signal: it is played on one core, where it is seen to hang."""
    composition, composer = composed(tmp_path, TRACKS)
    released = threading.Event()
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    monkeypatch.setattr(module, "costs_of", lambda graph, rate: released.wait() and {})
    assert module.laned_engine(composition.graph, composer.rate, 2, True, 0, 2) is None
    released.set()


def test_what_is_short_is_rendered_on_one_core(tmp_path):
    composition, _ = composed(tmp_path, TRACKS)
    assert cores_for(composition, 1.0, None) == 1 and cores_for(composition, 1.0, 2) == 2
    assert cores_for(composition, 100.0, 1) == 1 and cores_for(composition, None, None) >= 1
