"""Node types of a workspace that start notes: the same sound as shipped ones, and each mistake in a sentence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.paths import EXAMPLE_NODES, NODES
from tests.harness.session_harness import Player, compose, composer_for, save
from waves.live.workspace.settled_files import read_settled
from waves.node_types.library import catalogue, library
from waves.node_types.library.library import Library
from waves.node_types.process import node_python as module
from waves.node_types.process.node_python import NodePython, open_types
from waves.problem import Problems

TICK = "tick: {context: {v: 1, signal: {osc: {freq: 900, amp: 0.3 * v, duration: 0.01}}}}\n"
PLAYED = {
    "euclidean": "{euclidean: {play: tick v.5, onsets: 5, interval: 0.05}}",
    "chord": "{chord: {interval: 0.1, steps: [{osc: {freq: 200, duration: 0.1}}]}}",
    "strum": "{strum: {time: 0.013, interval: 0.1, steps: ['tick, tick v.5, tick v.2', ~]}}",
    "ratchet": "{ratchet: {times: 3, chance: 0.4, interval: 0.1, steps: [tick, tick v.3]}}",
    "bounce": "{bounce: {play: tick, time: 0.1, rebound: 0.9}}",
}
HEAD = "from waves.node import Node, Signal, State, Steps, param\nfrom waves.notes import NoteNode, StepNode\n\n\n"
STEPPED = HEAD + "class Bad(NoteNode, StepNode):\n    @classmethod\n    def expand(cls, build):\n"
KERNEL = HEAD + "class Bad(NoteNode):\n    @staticmethod\n    def render(notes):\n        for i in range(notes.size):\n"


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Iterator[NodePython]:
    one = NodePython()
    monkeypatch.setattr(module, "node_python", lambda: one)
    yield one
    one.close()


def opened(folder: Path, **texts: str) -> Library:
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        save(folder, text, f"nodes/{name}.py")
    return open_types(library.open_folders(NODES, folder / "nodes"), read_settled)


def heard(folder: Path, text: str, types: Any) -> Any:
    save(folder, text)
    return Player(compose(composer_for(folder, types), "a").graph).play(20_000)


def test_a_workspace_starts_the_same_notes_to_the_bit(tmp_path):
    shipped = library.load_library(NODES, EXAMPLE_NODES)
    own = opened(tmp_path, **{name: (EXAMPLE_NODES / f"{name}.py").read_text("utf-8") for name in PLAYED})
    assert own.problems == []
    for name, node in PLAYED.items():
        text = f"a: {node}\n{TICK}"
        if name == "chord":  # which needs a note
            text = "a: {chord: {type: minor, interval: 0.1, steps: [tone c3, ~]}}\ntone: {osc: {duration: 0.1}}\n"
        expected = heard(tmp_path, text, shipped)
        assert np.abs(expected).max() > 0.1, name
        assert np.array_equal(heard(tmp_path, text, own.types), expected), name


def test_parameters_of_the_bases_are_told_like_its_own(tmp_path):
    shutil.copytree(EXAMPLE_NODES, tmp_path / "nodes", ignore=shutil.ignore_patterns("__pycache__"))
    kind = opened(tmp_path).types["euclidean"]
    names = [one["name"] for one in catalogue.describe(kind)["parameters"]]
    assert names[:2] == ["onsets", "steps"] and {"play", "voices", "interval", "swing", "legato"} <= set(names)
    properties = catalogue.json_schema({"euclidean": kind})["$defs"]["node"]["properties"]["euclidean"]["anyOf"][1]
    assert {"play", "voices", "interval"} <= properties["properties"].keys() and properties["required"] == ["play"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            KERNEL + "            notes.start(i, length=10)\n",
            "bad: a note gets its values by their places: notes.start(i, length)",
        ),
        (KERNEL + "            notes.start(i, 10, 0.5)\n", "bad: a note starts with 1 value; `note_values`: none"),
        (
            KERNEL.replace("NoteNode)", "Node)") + "            notes.start(i, 10)\n",
            "which nothing plays: class Bad(NoteNode)",
        ),
        (HEAD + "class Bad(NoteNode):\n    pass\n", "it has neither a `render` with `notes`, nor an `expand`"),
        (
            KERNEL.replace("    @static", '    note_values = tuple("abcdefghi")\n\n    @static') + "            pass\n",
            "`note_values` has 9 names; a note has at most 8",
        ),
        (
            KERNEL.replace("    @static", "    note_values = 3\n\n    @static") + "            pass\n",
            "`note_values` is a tuple of names",
        ),
        (
            "from waves.language.build.sequence_builder import sequence\n" + HEAD + "class Bad(Node):\n    pass\n",
            "a node that starts notes inherits `waves.notes.StepNode`",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_class_is_told_at_its_line(tmp_path, text, sentence):
    [problem] = opened(tmp_path, bad=text).problems
    assert sentence in str(problem)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("build.start(3, 4)", "`expand` raises TypeError: `build.start` takes a list of notes, not 3"),
        ("build.start(build.notes('play'), -1)", "ValueError: a pass has 0 to 1000000 steps, not -1"),
        ("build.start([n.later(seconds=20) for n in build.notes('play')], 1)",
         "waves.yaml:1:5: a.bad: the delay of a note is 0 to 10 s, not 20"),
        ("build.start_by_kernel('play')", "the kernel of 'bad' takes no `notes`: nothing starts them"),
        ("build.start([n.with_values(wave=1) for n in build.notes('play')], 1)",
         "waves.yaml:1:17: a.bad.play: 'tick' has no parameter 'wave', which 'bad' gives it"),
        ("build.start([n.raised(1) for n in build.notes('play')], 1)",
         "waves.yaml:1:17: a.bad.play: 'bad' moves the pitch of 'tick', which is given none; did you mean 'tick c4'?"),
        ("build.report('is not so', 'interval') or build.start([], 1)", "waves.yaml:1:33: a.bad.interval: is not so"),
        ("build.report('is not so') or build.start([], 1)", "waves.yaml:1:5: a.bad: is not so"),
    ],
)  # fmt: skip
def test_a_mistake_in_expand_is_told(tmp_path, line, sentence):
    types = opened(tmp_path, bad=f"{STEPPED}        return {line}\n")
    assert types.problems == []
    save(tmp_path, f"a: {{bad: {{play: tick, interval: 1}}}}\n{TICK}")
    with pytest.raises(Problems) as found:
        compose(composer_for(tmp_path, types.types), "a")
    assert sentence in str(found.value.problems[0])


def test_a_setting_of_a_sound_cannot_differ_from_note_to_note(tmp_path):
    line = "build.start([n.with_values(loop=1) for n in build.notes('play')], 1)"
    types = opened(tmp_path, bad=f"{STEPPED}        return {line}\n")
    save(tmp_path, "a: {bad: {play: s, interval: 1}}\ns: {sample: {file: s.wav}}\n")
    with pytest.raises(Problems, match="'loop' of 's' cannot differ from note to note"):
        compose(composer_for(tmp_path, types.types), "a")
