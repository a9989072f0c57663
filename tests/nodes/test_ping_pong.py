"""Delay: echoes from side to side, their damping, and times of the tempo."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from tests.harness.at_rates import composed, onset, rendered
from tests.harness.session_harness import save
from tests.nodes.cases import PULSES, SLOW, SOUND
from waves.engine.plan.plan import build_plan
from waves.engine.runtime.engine import Engine
from waves.engine.state.state_registry import Registry
from waves.node_types.builtin.ping_pong import PingPong
from waves.testing import RATE, Player, laws, node

Delay = node("delay")
PULSE = "{osc: {type: cos, freq: 0, duration: 0.01}}"


@pytest.mark.parametrize("rate", [44_100, 96_000])
def test_the_first_echo_is_left_the_next_one_right(tmp_path, rate):
    save(tmp_path, f"my_sound: {{delay: {{time: 0.1, feedback: 0.5, pingpong: true, signal: {PULSE}}}}}\n")
    sound = rendered(tmp_path, rate, 0.55)
    sums = sound[: round(0.55 * rate)].reshape(11, -1, 2).sum(axis=1) / (0.01 * rate)  # of each 50 ms
    wanted = np.zeros((11, 2))
    wanted[[2, 6, 10], 0], wanted[[4, 8], 1] = [1.0, 0.25, 0.0625], [0.5, 0.125]
    np.testing.assert_allclose(sums, wanted, atol=1e-3)
    assert abs(onset(sound[:, :1], rate, 0.5) - 0.1) < 1.0 / rate


def test_a_time_of_the_tempo_is_exact(tmp_path):
    echo = f"{{delay: {{time: 1.5 * beat, mix: 0.5, signal: {PULSE}}}}}"
    save(tmp_path, f"my_sound: {{tempo: {{bpm: 90, signal: {echo}}}}}\n")
    late = np.abs(rendered(tmp_path, RATE, 1.1)[:, 0])
    late[:22_050] = 0.0
    assert np.argmax(late > 0.25) == RATE  # 1.5 beats of 2 / 3 s


def test_each_echo_loses_what_damping_says_above_2_khz():
    frames = 4000
    impulse = np.eye(1, 3 * frames)[0]
    given = {"time": frames / RATE, "feedback": 1.0, "damping": 0.6}
    second = Player(Delay, impulse.size, compiled=True, signal=impulse, **given).render()[2 * frames :]
    freqs = np.fft.rfftfreq(frames, 1.0 / RATE)
    _, low = signal.freqz(*signal.butter(1, 2000.0, fs=RATE), worN=freqs, fs=RATE)
    np.testing.assert_allclose(np.fft.rfft(second), 0.4 + 0.6 * low, atol=1e-6)


def test_it_goes_from_one_side_to_both_without_a_click(tmp_path):
    """While it plays, and back again."""
    text = (
        "my_sound: {delay: {time: 0.01, feedback: 0.5, mix: 0.5, pingpong: %s, signal: {osc: {freq: 200, amp: 0.3}}}}\n"
    )
    engine, registry, plan, heard = Engine(RATE, 2, False), Registry(), None, []
    for word in ("false", "true", "false"):
        save(tmp_path, text % word)
        graph = composed(tmp_path, RATE).graph
        plan = build_plan(graph, plan, registry, engine.addresses, 882 if plan else 0)
        engine.offer(plan)
        heard.append(engine.render(8820))
    sound = np.concatenate(heard)[2000:]
    assert not engine.faults
    assert np.abs(sound[10_000:14_000, 0] - sound[10_000:14_000, 1]).max() > 0.05
    bend = np.abs(np.diff(sound, 2, axis=0)).max()
    assert bend < 1.5 * 0.6 * (2.0 * np.pi * 200.0 / RATE) ** 2


def test_the_echoes_keep_every_law():
    given = {"signal": [SOUND, PULSES], "feedback": SLOW, "damping": 1.0 - SLOW, "mix": SLOW}
    assert laws(PingPong, time=0.002 + 0.003 * PULSES, mode="TAPE", **given) == []
