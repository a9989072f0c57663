"""Values one after another: held, in a line, crossfaded; drawn anew at their step."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from waves.node_types.builtin.step_values import StepRandom, StepValues
from waves.testing import RATE, Player

FRAMES = 4000
STEP = 500  # frames
ORDER = (0, -1, 1, 2)
POSITION = 1.0 + np.arange(FRAMES) / STEP
VALUES = [10.0, 20.0, 40.0]


def stepped(order: tuple[int, ...] = ORDER, **given: Any) -> np.ndarray[Any, Any]:
    arrays = StepValues.prepare(SimpleNamespace(order=order), RATE)
    given = {"position": POSITION, "steps": VALUES, **given}
    return Player(StepValues, FRAMES, arrays=arrays, **given).render()


def drawn(position: Any = POSITION, **given: Any) -> np.ndarray[Any, Any]:
    return Player(StepRandom, len(position), position=position, **given).render()


def test_a_value_is_held_and_null_keeps_the_former():
    np.testing.assert_array_equal(stepped(), np.repeat([10, 10, 20, 40] * 2, STEP))


def test_null_at_the_beginning_keeps_the_last_of_the_list():
    np.testing.assert_array_equal(stepped((-1, 0, 1, 2)), np.repeat([40, 10, 20, 40] * 2, STEP))


def test_a_value_that_moves_goes_on_moving():
    wave = np.sin(np.arange(FRAMES) / 20.0)
    np.testing.assert_array_equal(stepped((0,), steps=[wave]), wave)


def test_a_ramp_arrives_at_the_next_value_over_rests():
    steps = np.arange(FRAMES) / STEP
    line = np.interp(steps, [0, 2, 3, 4, 6, 7, 8], [10, 20, 40, 10, 20, 40, 10])
    np.testing.assert_allclose(stepped(mode="ramp"), line, atol=1e-9)


def test_the_last_ramp_is_none():
    stays = stepped(mode="ramp", last=4.0, position=np.minimum(POSITION, 4.999999))
    np.testing.assert_allclose(stays[3 * STEP :], 40.0)
    assert stays[2 * STEP + STEP // 2] == pytest.approx(30.0)


def test_a_crossfade_goes_from_the_former_value_and_not_at_the_start():
    found = stepped(mode="overlap", overlap=200 / RATE)
    share = np.minimum(np.arange(STEP) / 200.0, 1.0)
    np.testing.assert_allclose(found[: 2 * STEP], 10.0)
    np.testing.assert_allclose(found[2 * STEP : 3 * STEP], 10.0 + 10.0 * share)
    np.testing.assert_allclose(found[4 * STEP : 5 * STEP], 40.0 - 30.0 * share)


@pytest.mark.parametrize("length", [499, 500, 501, 900, 3000])
def test_a_crossfade_longer_than_a_step_goes_on_from_the_level_that_it_reached(length):
    found = stepped(order=(0, 1, 2), mode="overlap", overlap=length / RATE)
    assert np.abs(np.diff(found)).max() <= 30.0 / length + 1e-9
    origin, value, share = found[2 * STEP - 1], 40.0, np.arange(STEP) / length
    if length > STEP:
        np.testing.assert_allclose(found[2 * STEP : 3 * STEP], origin + (value - origin) * share)
    else:
        np.testing.assert_allclose(found[2 * STEP : 3 * STEP], 20.0 + 20.0 * np.minimum(share, 1.0))


def test_what_begins_in_the_middle_is_past_its_crossfade():
    late = stepped(mode="overlap", overlap=200 / RATE, position=POSITION + 2.1)
    np.testing.assert_allclose(late[: STEP // 2], 20.0)


def test_nothing_before_the_first_step():
    position = np.where(np.arange(FRAMES) < 700, 0.0, 1.0)
    np.testing.assert_array_equal(stepped(position=position), np.where(np.arange(FRAMES) < 700, 0.0, 10.0))


def test_a_number_is_drawn_at_its_step_of_each_pass():
    found = drawn(steps=4, at=2)
    changes = np.flatnonzero(np.diff(found)) + 1
    np.testing.assert_array_equal(changes, [2 * STEP, 6 * STEP])
    assert np.unique(found).size == 3


def test_draws_are_independent_and_even():
    position = 1.0 + np.arange(20_000.0)
    one, two = drawn(position), drawn(position, site=1)
    assert np.unique(one).size == one.size
    assert abs(one.mean() - 0.5) < 0.01 and abs(one.var() - 1 / 12) < 0.002
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.03


def test_what_begins_in_the_middle_draws_what_would_have_been():
    np.testing.assert_array_equal(drawn(steps=3, at=1)[1700:], drawn(POSITION[1700:], steps=3, at=1))


def test_a_reset_draws_anew():
    again = np.concatenate([POSITION[:300], POSITION[:300], POSITION[:300]])
    assert [np.unique(part).size for part in np.split(drawn(again), 3)] == [1, 1, 1]
    assert np.unique(drawn(again)).size == 3


def test_a_new_note_draws_anew():
    player = Player(StepRandom, 200, position=POSITION[:200])
    first = player.render(100)[0]
    for name in player.record.dtype.names:
        player.record[name] = 12345 if name in StepRandom.state.numbered else 0
    assert player.render(100)[0] != first


@pytest.mark.parametrize("kind", [StepValues, StepRandom])
@pytest.mark.parametrize("overlap", [0.003, 0.03])
@pytest.mark.parametrize("mode", ["step", "ramp", "overlap"])
def test_blocks_and_compilation_do_not_matter(kind, mode, overlap):
    arrays = StepValues.prepare(SimpleNamespace(order=ORDER), RATE)
    given: dict[str, Any] = {"position": POSITION[:1600]}
    if kind is StepValues:
        given |= {"steps": VALUES, "mode": mode, "overlap": overlap, "arrays": arrays}
    plain = [Player(kind, 1600, **given).render(block=block) for block in (1, 7, 63, 64)]
    for other in plain[1:]:
        np.testing.assert_array_equal(other, plain[0])
    compiled = Player(kind, 1600, compiled=True, **given).render()
    np.testing.assert_allclose(compiled, plain[0], atol=1e-9)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e300, -1e300, 1e9, -1e9])
@pytest.mark.parametrize("mode", ["step", "ramp", "overlap"])
def test_hostile_positions_leave_no_trace(mode, bad):
    position = POSITION.copy()
    position[100:300] = bad
    player_arrays = StepValues.prepare(SimpleNamespace(order=ORDER), RATE)
    given = {"position": position, "steps": VALUES, "mode": mode, "arrays": player_arrays}
    for compiled in (False, True):
        player = Player(StepValues, 1000, compiled=compiled, **(given | {"position": position[:1000]}))
        assert np.isfinite(player.render()[300:]).all()
        assert all(np.isfinite(player.record[field]).all() for field in player.record.dtype.names)
