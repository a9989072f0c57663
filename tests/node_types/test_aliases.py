"""Aliases of node types: what they may be, whose they are, and the node that they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.paths import NODES
from waves.node_types.contract.aliases import node_called, plain
from waves.node_types.library import library
from waves.node_types.library.module_loader import Tried
from waves.problem import Problems

NODE = """
from waves.node import Node, Signal, param


class Made(Node):
    signal: Signal = param(1.0, unit="value")

    aliases = ALIASES

    @staticmethod
    def render(out, signal):
        for i in range(out.size):
            out[i] = signal[i]
"""


def written(folder: Path, **aliases: str) -> Path:
    """A folder with a node file of each name, whose aliases are as written."""
    for name, text in aliases.items():
        (folder / f"{name}.py").write_text(NODE.replace("ALIASES", text).replace("Made", name.title()), "utf-8")
    return folder


@pytest.mark.parametrize(
    ("aliases", "sentence"),
    [
        ('"room"', '`aliases` is a tuple of names: aliases = ("…",)'),
        ("(1,)", '`aliases` is a tuple of names: aliases = ("…",)'),
        ('("Room",)', "an alias is one or more words in lower case, not 'Room'"),
        ('("small  room",)', "an alias is one or more words in lower case, not 'small  room'"),
        ('("small room", "small-room")', "the alias 'small room' is there twice"),
        ('("hall",)', "hall: the alias 'hall' is the name of the node 'hall'"),
        ('("big lane",)', "hall: the alias 'big lane' is an alias of the node 'broad'"),
    ],
)
def test_an_alias_is_a_word_of_its_own(tmp_path, aliases, sentence):
    folder = written(tmp_path, broad='("big-lane",)', hall=aliases, lane="()")
    with pytest.raises(Problems) as caught:
        library.load_library(NODES, folder)
    [problem] = caught.value.problems
    assert str(problem).startswith("hall.py:8:5: ") and str(problem).endswith(sentence)
    assert "aliases = " in problem.source


def test_the_name_of_a_node_comes_before_an_alias_in_the_same_folder(tmp_path):
    types = library.load_library(NODES, written(tmp_path, hall='("echoes", "lane")', lane="()"))
    assert {"hall", "lane"} <= set(types) and node_called("echoes", types) == "hall"


def test_no_alias_of_a_shipped_node_is_the_name_of_another():
    types = library.load_library(NODES)
    assert not {plain(name) for name in types} & {plain(alias) for kind in types.values() for alias in kind.aliases}


def test_the_type_that_plays_stays_where_an_alias_clashes(tmp_path):
    folder = written(tmp_path, one='("first",)', two='("second",)')
    packages = library.open_folders(folder)
    before = library.load_types(library.read_sources(packages), {}, Tried())
    written(tmp_path, one='("second",)')
    after = library.load_types(library.read_sources(packages), before.loaded, Tried())
    assert [problem.sentence for problem in after.problems] == ["one: the alias 'second' is an alias of the node 'two'"]
    assert after.types == before.types


def test_a_node_of_a_workspace_may_have_the_alias_of_a_shipped_one_and_then_is_meant(tmp_path):
    types = library.load_library(NODES, written(tmp_path, vactrol='("lpf", "low pass gate")', bpf="()"))
    for word, name in {"lpf": "vactrol", "Low_Pass-Gate": "vactrol", "hpf": "filter", "osc": "", "": ""}.items():
        assert node_called(word, types) == name
