"""Files of numbers in a piece: what a node makes of them, what is said of a broken one, and edits while it plays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.harness.engine_harness import compiler
from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import RATE, Stage, composer_for, save, shipped
from waves.events.event import Event
from waves.live.saves.save_router import SaveRouter
from waves.live.workspace.composer import Composer
from waves.node_types.library.library import load_library
from waves.problem import Problems

TYPES = load_library(NODES, EXAMPLE_NODES)
PIECE = "my_sound: {tuning: {file: samples/just.csv, step: 1, root: 0.1}}\n"
JUST = "ratio\n1.25\n1.5\n2\n"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Stage, SaveRouter]]:
    save(tmp_path, JUST, "samples/just.csv")
    stage = Stage(tmp_path, PIECE, library=TYPES)
    router = SaveRouter(stage.performance.opened, stage.session, compiler(), stage.events.append)
    yield stage, router
    router.stop()
    stage.stop()


def level(stage: Stage) -> float:
    """What is heard after every crossfade."""
    return float(stage.play(RATE // 10)[-1, 0])


def saved(stage: Stage, router: SaveRouter, text: str, name: str = "samples/just.csv") -> Event:
    """The event of a saved file."""
    file = save(stage.folder, text, name)
    assert any(folder in (file, file.parent) for folder in router.paths), "it is watched"
    router.changed([file])
    stage.settle()
    return stage.events[-1]


def test_an_edit_of_the_file_is_heard_and_a_mistake_in_it_is_told(live):
    stage, router = live
    assert level(stage) == pytest.approx(0.125)
    assert saved(stage, router, JUST.replace("1.25", "1.2")).kind == "reloaded"
    assert level(stage) == pytest.approx(0.12)
    refused = saved(stage, router, JUST.replace("1.5", "1,5"))
    assert refused.kind == "refused"
    assert str(refused.problems[0]) == (
        "waves.yaml:1:27: my_sound.tuning.file: just.csv:3: expected one number, as in the line above, got 2"
    )
    assert level(stage) == pytest.approx(0.12)
    refused = saved(stage, router, JUST.replace("1.5", "-1"))
    assert refused.kind == "refused" and "a ratio is above 0" in str(refused.problems[0])
    assert saved(stage, router, JUST.replace("1.25", "1.3")).kind == "reloaded"
    assert level(stage) == pytest.approx(0.13)


def test_a_file_that_was_missing_and_one_beside_the_piece(live):
    stage, router = live
    assert level(stage) == pytest.approx(0.125)
    stage.save(PIECE.replace("just", "new"))
    stage.settle()
    refused = stage.events[-1]
    assert refused.kind == "refused" and "there is no file 'samples/new.csv'" in str(refused.problems[0])
    assert saved(stage, router, "1.1\n2\n", "samples/new.csv").kind == "reloaded"
    assert level(stage) == pytest.approx(0.11)
    save(stage.folder, "1.4\n2\n", "here.txt")
    stage.reload(PIECE.replace("samples/just.csv", "here.txt"))
    assert level(stage) == pytest.approx(0.14)
    assert saved(stage, router, "1.45\n2\n", "here.txt").kind == "reloaded"
    assert level(stage) == pytest.approx(0.145)


def test_a_file_that_nothing_uses_changes_nothing(live):
    stage, router = live
    count = len(stage.events)
    router.changed([save(stage.folder, "1\n", "samples/other.csv")])
    stage.settle()
    assert len(stage.events) == count


OUTSIDE = "is outside the workspace; SAMPLE_FOLDERS in config.py allows further folders"
REFUSED = [
    ("tables", "'tables' is a folder, not a file of numbers"),
    ("samples/link.csv", f"'samples/link.csv' {OUTSIDE}"),
    ("../outside.csv", f"'../outside.csv' {OUTSIDE}"),
    ("samples/jsut.csv", "there is no file 'samples/jsut.csv'; did you mean 'samples/just.csv'?"),
    ("samples/a.ogg", "'a.ogg' is not a file of numbers: .csv, .txt, .npy, .wav, .flac"),
    ("samples/pipe.csv", "'samples/pipe.csv' is not a file"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sentence"), REFUSED)
def test_what_cannot_be_used_is_told_at_the_parameter(tmp_path, name, sentence):
    folder = tmp_path / "piece"
    folder.mkdir()
    save(folder, JUST, "samples/just.csv")
    (folder / "tables").mkdir()
    (tmp_path / "outside.csv").write_text(JUST)
    (folder / "samples" / "link.csv").symlink_to("../../outside.csv")
    (folder / "samples" / "a.ogg").write_text(JUST)
    os.mkfifo(folder / "samples" / "pipe.csv")
    save(folder, PIECE.replace("samples/just.csv", name))
    with pytest.raises(Problems) as found:
        composer_for(folder, TYPES).compose([("my_sound", {})])
    [problem] = found.value.problems
    assert (problem.sentence, problem.path) == (sentence, "my_sound.tuning.file")


def test_a_sampler_takes_no_numbers(tmp_path):
    save(tmp_path, JUST, "samples/just.csv")
    save(tmp_path, "my_sound: {sample: {file: samples/just.csv}}\n")
    with pytest.raises(Problems, match="'just.csv' is not a sound file"):
        composer_for(tmp_path, shipped()).compose([("my_sound", {})])


WIDE = '''"""The columns of a file as channels, again and again."""

from waves.node import DataFile, Node, State, param


class Wide(Node):
    file: DataFile = param()
    again: DataFile | None = param(None)

    arrays = {"rows": "f8"}

    class state(State):
        place: int = 0

    @staticmethod
    def prepare(constants, rate):
        return {"rows": constants.file if constants.again is None else constants.again}

    @staticmethod
    def render(out, rows, state):
        for i in range(out.size):
            out[i] = rows[state.place % rows.size]
            state.place += 1
'''


def test_columns_are_channels_where_a_node_makes_them_so(tmp_path):
    """An array of two dimensions from `prepare` has one row for each channel; an optional file may be left out."""
    save(tmp_path, WIDE, "nodes/wide.py")
    save(tmp_path, "0.1,0.4\n0.2,0.5\n0.3,0.6\n", "samples/a.csv")
    np.save(tmp_path / "samples" / "b.npy", np.full((2, 2), 0.7))
    types = load_library(NODES, tmp_path / "nodes")
    for more, left, right in (("", (0.1, 0.2, 0.3, 0.1), (0.4, 0.5, 0.6, 0.4)), ("b.npy", (0.7,) * 4, (0.7,) * 4)):
        again = f", again: samples/{more}" if more else ""
        stage = Stage(tmp_path, f"my_sound: {{wide: {{file: samples/a.csv{again}}}}}\n", library=types)
        heard = stage.play(640)[:4]
        stage.stop()
        assert heard[:, 0].tolist() == pytest.approx(left) and heard[:, 1].tolist() == pytest.approx(right)


def test_nodes_read_the_same_file_as_sound_and_as_numbers(tmp_path: Path) -> None:
    """A sound is resampled, numbers are not: it is the same which was read first, in this save or in one before."""
    save(tmp_path, "")
    soundfile.write(tmp_path / "one.wav", np.sin(np.arange(2048) * (2 * np.pi / 2048)), RATE // 2)
    sound, numbers = "{sample: {file: one.wav}}", "{wavetable: {file: one.wav}}"

    def arrays(composer: Composer, *nodes: str) -> dict[str, tuple[bytes, ...]]:
        save(tmp_path, f"my_sound: {{mix: {{signals: [{', '.join(nodes)}]}}}}\n")
        rows = composer.compose([("my_sound", {})]).graph.rows.values()
        return {row.kind.__name__: tuple(one.tobytes() for one in row.arrays.values()) for row in rows if row.arrays}

    alone = arrays(composer_for(tmp_path), sound) | arrays(composer_for(tmp_path), numbers)
    kept = composer_for(tmp_path)
    for nodes in ([sound], [numbers], [sound], [sound, numbers], [numbers, sound]):
        assert arrays(kept, *nodes).items() <= alone.items(), nodes
