"""Families: folders inside `nodes/`, and helper files beside a node and above it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.paths import NODES
from waves.node_types.library import library
from waves.problem import Problems
from waves.testing import Player

FAMILIES = {
    "granular",
    "sources",
    "instruments",
    "synthesis",
    "filters",
    "effects",
    "dynamics",
    "control",
    "events",
    "mixing",
    "tuning",
    "repeats",
    "modulation",
}
NODE = """
from waves.node import Node, Signal, param
IMPORT


class NAME(Node):
    signal: Signal = param(1.0, unit="value")

    @staticmethod
    def render(out, signal):
        for i in range(out.size):
            out[i] = FRAME
"""


def node_text(name: str, frame: str = "signal[i]", statement: str = "") -> str:
    return NODE.replace("NAME", name).replace("FRAME", frame).replace("IMPORT", statement)


def helper(factor: float) -> str:
    return f"def scaled(x):\n    return {factor} * x\n"


def folder_of(tmp_path: Path, **files: str) -> Path:
    """A folder `nodes/` with these files; `a__b` is the file b.py in the family a."""
    for name, text in files.items():
        file = tmp_path / "nodes" / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return tmp_path / "nodes"


def played(folder: Path, name: str) -> float:
    """The frames of a node, which are all the same, as machine code."""
    kind = library.load_library(NODES, folder)[name]
    [frame] = set(Player(kind, 8, compiled=True, signal=1.0).render().tolist())
    return frame


def sentences(folder: Path) -> list[str]:
    with pytest.raises(Problems) as caught:
        library.load_library(NODES, folder)
    return [str(problem) for problem in caught.value.problems]


def test_a_node_file_may_stand_in_a_family_or_not(tmp_path):
    folder = folder_of(tmp_path, effects__x=node_text("X", "2.0 * signal[i]"), x2=node_text("X2", "3.0 * signal[i]"))
    types = library.load_library(NODES, folder)
    assert {"x", "x2", "osc"} <= set(types)
    assert (played(folder, "x"), played(folder, "x2")) == (2.0, 3.0)
    assert (library.family(types["x"]), library.family(types["x2"])) == ("effects", "")


def test_every_shipped_node_has_a_family():
    assert {library.family(kind) for kind in library.load_library(NODES).values()} == FAMILIES


def test_a_node_of_a_workspace_replaces_a_shipped_one_in_whatever_family(tmp_path):
    folder = folder_of(tmp_path, mine__mix=node_text("Mix"))
    assert library.family(library.load_library(NODES, folder)["mix"]) == "mine"


def test_helpers_beside_a_node_and_above_it(tmp_path):
    """Both are called `_scale`, so that one cannot be taken for the other."""
    folder = folder_of(
        tmp_path,
        _scale=helper(5.0),
        effects___scale=helper(7.0),
        effects__beside=node_text("Beside", "scaled(signal[i])", "from ._scale import scaled"),
        effects__above=node_text("Above", "scaled(signal[i])", "from .._scale import scaled"),
        effects__both=node_text(
            "Both", "near(up(signal[i]))", "from ._scale import scaled as near\nfrom .._scale import scaled as up"
        ),
        top=node_text("Top", "scaled(signal[i])", "from ._scale import scaled"),
        into=node_text("Into", "scaled(signal[i])", "from .effects._scale import scaled"),
    )
    assert [played(folder, name) for name in ("beside", "above", "both", "top", "into")] == [7.0, 5.0, 35.0, 5.0, 7.0]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("from ._scale import scaled", "there is no '_scale.py' beside it, or it is broken"),
        ("from .._scal import scaled", "there is no '_scal.py' in the folder above, or it is broken"),
        ("from .. import _scal", "there is no '_scal.py' in the folder above, or it is broken"),
        ("from ..._scale import scaled", "attempted relative import beyond top-level package"),
        (
            "from _scale import scaled",
            "there is no module '_scale'; for the file above write `from .._scale import …`",
        ),
        (
            "from _near import scaled",
            "there is no module '_near'; for the file beside it write `from ._near import …`",
        ),
    ],
)
def test_a_helper_that_is_not_there_is_a_problem_at_its_line(tmp_path, statement, sentence):
    folder = folder_of(
        tmp_path, _scale=helper(5.0), effects___near=helper(1.0), effects__x=node_text("X", statement=statement)
    )
    assert sentences(folder) == [f"x.py:3:1: cannot be loaded: {sentence}"]


def test_two_files_of_one_name_are_a_problem_at_the_second(tmp_path):
    folder = folder_of(tmp_path, x=node_text("X"), effects__x=node_text("X"), control__x=node_text("X"))
    message = "x.py:1:1: there are two node types 'x': 'x.py' is the other; give one of the files another name"
    assert sentences(folder) == [message, message]
    (folder / "x.py").unlink()
    assert sentences(folder) == [message.replace("'x.py'", "'control/x.py'")]
    (folder / "control" / "x.py").unlink()
    assert library.family(library.load_library(NODES, folder)["x"]) == "effects"


def test_helpers_of_one_name_are_none(tmp_path):
    folder = folder_of(tmp_path, _scale=helper(5.0), effects___scale=helper(7.0), x=node_text("X"))
    assert "x" in library.load_library(NODES, folder)


@pytest.mark.parametrize("name", ["_effects", ".effects", "effects/deep"])
def test_folders_that_are_no_family(tmp_path, name):
    """Hidden ones, those of helpers, and folders in a family."""
    folder = folder_of(tmp_path, x=node_text("X"))
    (folder / name).mkdir(parents=True)
    (folder / name / "y.py").write_text("raise RuntimeError", "utf-8")
    assert "y" not in library.load_library(NODES, folder)


def test_a_link_to_a_folder_is_no_family(tmp_path):
    folder = folder_of(tmp_path, x=node_text("X"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "y.py").write_text("raise RuntimeError", "utf-8")
    (folder / "effects").symlink_to(tmp_path / "elsewhere")
    assert "y" not in library.load_library(NODES, folder)
