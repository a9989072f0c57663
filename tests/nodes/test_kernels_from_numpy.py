"""The pairs of docs/kernels-from-numpy.md: the node against NumPy, within the bound that the page states."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.harness.paths import TOP
from tests.harness.session_harness import save
from waves.node import Node
from waves.node_types.contract.numpy_in_kernels import CONSTANTS
from waves.node_types.library.library import load_library
from waves.node_types.library.preparation import KnownParameters
from waves.testing import RATE, Player

PAGE = (TOP / "docs" / "kernels-from-numpy.md").read_text("utf-8")
PAIR = re.compile(r"```python\n(.*?)```\n\n`nodes/(\w+)\.py`\n\n```python\n(.*?)```\n\n(.*?)\n(?:\n|$)", re.S)
PAIRS = {name: (numpy, node, bound) for numpy, name, node, bound in PAIR.findall(PAGE)}
SOUND = np.random.default_rng(5).normal(0.0, 0.6, 44_100)


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, type[Node]]:
    folder: Path = tmp_path_factory.mktemp("pairs")
    for name, (_, text, _) in PAIRS.items():
        save(folder, text, f"{name}.py")
    return load_library(folder)


def test_there_are_six():
    assert [*PAIRS] == ["louder", "softer", "shaped", "lagging", "loudness", "hissing"]


def test_the_page_names_what_works():
    assert re.search(r"- the constants (.*)", PAGE)[1] == ", ".join(f"`np.{name}`" for name in CONSTANTS)


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_equal_within_its_bound(kinds, name):
    numpy, _, bound = PAIRS[name]
    scope: dict[str, Any] = {"np": np}
    exec(numpy, scope)
    kind = kinds[name]
    arrays = kind.prepare(KnownParameters(), RATE) if kind.arrays else {}
    expected = scope[name](SOUND, RATE)
    heard = Player(kind, SOUND.size, compiled=True, signal=SOUND, arrays=arrays).render()
    short = Player(kind, 2000, signal=SOUND[:2000], arrays=arrays).render(block=7)
    np.testing.assert_allclose(short, heard[:2000], atol=1e-15)
    if name == "hissing":
        means = "Their mean and standard deviation are equal within 0.01, sorted values within 0.03."
        assert bound == f"The numbers are others. {means}"
        ours, theirs = heard / SOUND, expected / SOUND
        assert abs(ours.mean() - theirs.mean()) < 0.01 and abs(ours.std() - theirs.std()) < 0.01
        assert np.abs(np.sort(ours) - np.sort(theirs)).max() < 0.03
    elif bound == "Equal to the bit.":
        assert np.array_equal(heard, expected)
    else:
        error = np.abs(heard - expected).max()
        print(f"{name}: {error:.1e}")
        assert error < float(re.fullmatch(r"Equal within (\S+)\.", bound)[1])
