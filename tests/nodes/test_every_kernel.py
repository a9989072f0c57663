"""Laws of every kernel: independent of blocks, the same compiled or not, and unharmed by any input."""

from __future__ import annotations

import numpy as np
import pytest

from tests.harness.kernel_player import Player, in_blocks, node
from tests.nodes.cases import CASES, FRAMES
from waves.node_types.library.signature import arguments

HOSTILE = (np.nan, np.inf, -np.inf, 1e300, -1e300, 1e9, -1e9)


@pytest.mark.parametrize("case", CASES)
def test_blocks_do_not_matter(case):
    """A fade is calculated from the start of a run: where that is another, the last bits are."""
    name, given = CASES[case]
    first, *others = in_blocks(node(name), FRAMES, **given)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("case", CASES)
def test_blocks_do_not_matter_to_compiled_code(case):
    """The remainder of a vector loop is rounded otherwise than the loop: what is left is the last bit."""
    name, given = CASES[case]
    first, *others = in_blocks(node(name), FRAMES, compiled=True, **given)
    for other in others:
        np.testing.assert_allclose(other, first, rtol=0.0, atol=2e-13)


@pytest.mark.parametrize("case", CASES)
def test_compiled_and_plain_python_agree(case):
    name, given = CASES[case]
    plain = Player(node(name), FRAMES, **given).render()
    compiled = Player(node(name), FRAMES, compiled=True, **given).render()
    np.testing.assert_allclose(compiled, plain, atol=1e-9)


@pytest.mark.parametrize("case", CASES)
def test_constant_inputs_make_the_same_sound(case):
    name, given = CASES[case]
    kind = node(name)
    numbers = {n for n in kind.constant if isinstance(given.get(n, kind.model_fields[n].default), float)}
    arrays = Player(kind, FRAMES, compiled=True, **given).render()
    for constant in [(one,) for one in sorted(numbers)] + [tuple(sorted(numbers))]:
        fixed = Player(kind, FRAMES, compiled=True, constant=constant, **given).render()
        np.testing.assert_allclose(fixed, arrays, atol=1e-9)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
@pytest.mark.parametrize("case", CASES)
def test_hostile_inputs_do_no_harm_and_leave_no_trace(case, compiled):
    """Each signal is bad for 3 blocks; what follows is finite again, and so is the state."""
    name, given = CASES[case]
    kind = node(name)
    signals = [a.name for a in arguments(kind) if a.kind in ("signal", "list")]
    for bad in HOSTILE:
        for signal in signals:
            value = given.get(signal, kind.model_fields[signal].default)
            values = value if isinstance(value, list) else [value]
            spoilt = [np.array(np.broadcast_to(np.nan if v is None else v, FRAMES), float) for v in values]
            for one in spoilt:
                one[100:292] = bad
            changed = given | {signal: spoilt if a_list(kind, signal) else spoilt[0]}
            player = Player(kind, FRAMES, compiled=compiled, **changed)
            sound = np.atleast_2d(player.render())
            assert np.isfinite(sound[:, 320:]).all(), f"{signal} = {bad}"
            assert all(np.isfinite(player.record[field]).all() for field in player.record.dtype.names)


def a_list(kind, name):
    return any(a.name == name and a.kind == "list" for a in arguments(kind))
