"""Buffers of rows: shared after their last reader, and never written while they are read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from waves.engine.graph.graph import Graph, Output, engine_row
from waves.engine.plan.buffer_placement import place_buffers
from waves.node import Node
from waves.node_types.library.signature import output_count


class Mono(Node):
    pass


class Stereo(Node):
    channels = ("left", "right")


def graph(rows: list[tuple[type[Node], list[int]]], outputs: list[int], measured: list[int]) -> Graph:
    """Rows by number, each reading the last output of earlier ones."""
    keys = [str(number) for number in range(len(rows))]
    result = Graph()
    for key, (kind, sources) in zip(keys, rows, strict=True):
        inputs = {f"in{n}": Output(keys[n], output_count(rows[n][0]) - 1) for n in sources}
        result.rows[key] = engine_row(key, kind, inputs=inputs)
    result.outputs = [Output(keys[n]) for n in outputs]
    result.meters = {keys[n]: [Output(keys[n], 0), Output(keys[n], output_count(rows[n][0]) - 1)] for n in measured}
    return result


def test_a_buffer_is_used_again_after_its_last_reader():
    assert place_buffers(graph([(Mono, []), (Mono, [0]), (Mono, [1])], [2], [])) == ({"0": 0, "1": 1, "2": 0}, 2)


def test_a_track_that_is_measured_is_kept_to_the_end_and_no_other_row_moves():
    rows = [(Mono, []), (Stereo, [0]), (Mono, [1])]
    assert place_buffers(graph(rows, [2], [])) == ({"0": 0, "1": 1, "2": 0}, 3)
    assert place_buffers(graph(rows, [2], [1, 0])) == ({"0": 5, "1": 3, "2": 0}, 6)


def test_the_output_of_the_graph_is_kept_to_the_end():
    assert place_buffers(graph([(Mono, []), (Mono, []), (Mono, [])], [0], [])) == ({"0": 0, "1": 1, "2": 1}, 2)


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(1, 12))
    rows = []
    for number in range(count):
        sources = draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else []
        rows.append((draw(st.sampled_from([Mono, Stereo])), sources))
    numbers = st.integers(0, count - 1)
    outputs, measured = (draw(st.lists(numbers, unique=True, min_size=least, max_size=2)) for least in (1, 0))
    return graph(rows, outputs, measured)


@given(graphs())
def test_every_row_reads_what_its_source_has_written(graph):
    """Execute the graph on numbers: a buffer holds the key and output of the row that wrote it last."""
    places, count = place_buffers(graph)
    buffers: list[Output | None] = [None] * count
    for key, row in graph.rows.items():
        for source in row.sources():
            assert isinstance(source, Output) and buffers[places[source.key] + source.index] == source
        for index in range(row.outs):
            assert places[key] + index not in {
                places[source.key] + source.index for source in row.sources() if isinstance(source, Output)
            }
            buffers[places[key] + index] = Output(key, index)
    for source in [*graph.outputs, *(source for channels in graph.meters.values() for source in channels)]:
        assert isinstance(source, Output) and buffers[places[source.key] + source.index] == source
