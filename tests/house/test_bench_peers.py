"""The comparison with other synthesizers compares what sounds as it should, and says what does not."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from bench import workspace
from bench.peers import checks, comparison, quality, runs, works
from bench.peers.comparison import Outcome
from bench.peers.programs.by_hand import InC32, InC64
from bench.peers.programs.csound import Csound, every
from bench.peers.programs.faust import Faust
from bench.peers.programs.ours import Ours
from bench.peers.programs.pd import Pd
from bench.peers.programs.program import OUTPUT, Program, RunError, number
from bench.peers.programs.scsynth import Scsynth
from bench.peers.programs.synthdef import AUDIO, SynthDef, message, score
from bench.peers.works import RATE
from tests.harness.paths import TOP

pytestmark = pytest.mark.long
FRAMES = round(checks.SECONDS * RATE)


@pytest.fixture(scope="module", autouse=True)
def compiler():
    yield
    workspace.close()


@pytest.fixture(scope="module")
def ours() -> Callable[[str], np.ndarray]:
    """The sound of a patch of this program, rendered once."""
    made: dict[str, np.ndarray] = {}

    def sound(name: str) -> np.ndarray:
        if name not in made:
            patch = works.PATCHES[name]
            text = getattr(Ours(), patch.kind)(**patch.given)
            made[name] = workspace.Piece(text).render(FRAMES)
        return made[name]

    return sound


# ---- checks


@pytest.mark.parametrize("name", checks.CHECKS)
def test_the_sound_of_a_workload_is_right(name, ours):
    assert checks.CHECKS[name](ours(name)) == []


def slower(sound: np.ndarray) -> np.ndarray:
    """Three per cent lower."""
    return np.interp(np.arange(sound.size) * 0.97, np.arange(sound.size), sound)


def halved(sound: np.ndarray) -> np.ndarray:
    """Silent from its middle on."""
    return np.where(np.arange(sound.size) < sound.size // 2, sound, 0.0)


FAULTS = {"silence": np.zeros_like, "half the level": lambda sound: 0.5 * sound, "lower": slower, "cut short": halved}
KEEPS_PITCH = {"voices", "voice", "grains", "network"}  # the bands of the check are wider than the shift of `lower`


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", checks.CHECKS)
def test_a_wrong_sound_is_found(name, fault, ours):
    if fault == "lower" and name in KEEPS_PITCH:
        fault = "silence"
    assert checks.CHECKS[name](FAULTS[fault](ours(name)))


@pytest.mark.parametrize("name", ["notes", "grains", "network"])
def test_a_late_sound_is_found(name, ours):
    late = np.concatenate([np.zeros(RATE // 200), ours(name)])[:FRAMES]  # 5 ms
    assert checks.CHECKS[name](late)
    assert checks.CHECKS[name](np.concatenate([np.zeros(20), ours(name)])[:FRAMES]) == [], "within a block"


def test_a_cutoff_that_stands_still_is_found():
    text = Ours().voices(works.PATCHES["voice"].given["freqs"]).replace("range: [300.0, 3000.0]", "range: [950, 950]")
    assert "950" in text
    assert any("movement" in fault for fault in checks.voice(workspace.Piece(text).render(FRAMES)))


def test_a_stage_that_is_missing_is_found(monkeypatch):
    monkeypatch.setattr(works, "STAGES", np.delete(works.STAGES, 40))
    text = Ours().chain()
    monkeypatch.undo()
    assert any("phase" in fault for fault in checks.chain(workspace.Piece(text).render(FRAMES)))


def test_a_sine_that_is_missing_is_found():
    freqs = works.PATCHES["sines"].given["freqs"]
    text = Ours().sines(np.delete(freqs, 77), 0.004)
    assert any("sine 78" in fault for fault in checks.sines(workspace.Piece(text).render(FRAMES)))


def test_a_value_that_stands_still_is_found(monkeypatch):
    monkeypatch.setattr(works, "BEND", 0.0)
    text = Ours().control(250)
    monkeypatch.undo()
    assert any("movement" in fault for fault in checks.control(workspace.Piece(text).render(FRAMES)))


def test_a_long_sound_lasts_at_its_level():
    sound = 0.1 * np.sin(np.arange(5 * RATE) * 0.1)
    assert checks.lasting(sound, 5.0, -23.0) == []
    assert "length" in checks.lasting(sound[:-RATE], 5.0, -23.0)[0]
    assert "second 4" in checks.lasting(np.where(np.arange(sound.size) // RATE == 3, 0.0, sound), 5.0, -23.0)[0]


# ---- quality


def test_measures_of_quality_find_what_is_beside_a_tone():
    t = np.arange(round(quality.SECONDS * RATE)) / RATE
    tone = np.sin(2 * np.pi * works.ONE_K * t)
    dirty = tone + 0.001 * np.sin(2 * np.pi * 3456.7 * t)
    measure = quality.MEASURES["sines"]
    assert measure.of(tone)[0] < -140.0
    assert measure.of(dirty)[0] == pytest.approx(-60.0, abs=0.1)
    saw = quality.MEASURES["voices"]
    assert saw.of(dirty)[0] == pytest.approx(-60.0, abs=0.1)
    note = quality.MEASURES["notes"]
    loud, phase = checks.note()
    n = np.arange(loud.size)
    stepped = loud[n // 64 * 64]
    tone, after = np.sin(1.001 * phase + 0.3), np.zeros(500)
    made = [np.concatenate([np.zeros(30), level * tone, after]) for level in (loud, stepped)]
    assert note.of(made[0])[0] < -100.0, "a pitch that is a little off is smooth"
    assert note.of(made[1])[0] > -60.0


def test_quality_is_alike_within_bounds():
    measure = quality.MEASURES["voices"]
    assert measure.alike([-73.0, -41.0], [-78.0, -45.0])
    assert not measure.alike([-52.0, -52.0], [-78.0, -45.0])
    assert measure.alike([-81.0, -71.0], [-140.0, -140.0]), "more is not heard"


# ---- patches of others


def test_a_synthdef_has_its_documented_bytes():
    made = SynthDef("ab", freq=440.0)
    made.out(made.multiplied(made.unit("SinOsc", AUDIO, made.control("freq"), 0.0), 0.5))
    units = [
        b"\x07Control" + struct.pack(">biihb", 1, 0, 1, 0, 1),
        b"\x06SinOsc" + struct.pack(">biih4ib", 2, 2, 1, 0, 0, 0, -1, 0, 2),
        b"\x0cBinaryOpUGen" + struct.pack(">biih4ib", 2, 2, 1, 2, 1, 0, -1, 1, 2),
        b"\x03Out" + struct.pack(">biih4i", 2, 2, 0, 0, -1, 0, 2, 0),
    ]
    head = b"SCgf" + struct.pack(">ih", 2, 1) + b"\x02ab" + struct.pack(">iffif", 2, 0.0, 0.5, 1, 440.0)
    assert made.data == head + struct.pack(">i", 1) + b"\x04freq" + struct.pack(">ii", 0, 4) + b"".join(units) + b"\0\0"


def test_a_score_has_its_documented_bytes():
    content = message("/n", "ab", 3, 0.5)
    assert content == b"/n\0\0,sif\0\0\0\0ab\0\0" + struct.pack(">if", 3, 0.5)
    bundle = b"#bundle\0" + struct.pack(">IIi", 1, 1 << 31, len(content)) + content
    assert score([(1.5, content)]) == struct.pack(">i", len(bundle)) + bundle


@pytest.mark.parametrize("program", [Ours, Scsynth, Csound, Pd, Faust], ids=lambda kind: kind.name)
def test_every_program_has_every_patch(program):
    for patch in works.PATCHES.values():
        assert getattr(program(), patch.kind)(**patch.given)


def test_a_patch_of_pure_data_has_its_wires():
    text = Pd().sines(np.array([100.0, 200.0]), 0.5).text
    lines = text.splitlines()
    assert [line.split(" ", 4)[4] for line in lines if line.startswith("#X obj")] == [
        "loadbang;",
        "writesf~ 1;",
        "*~ 0.5;",
        "osc~ 100.0;",
        "osc~ 200.0;",
    ]
    assert lines[-3:] == ["#X connect 3 0 2 0;", "#X connect 4 0 2 0;", "#X connect 2 0 1 0;"]


def test_notes_of_csound_come_in_turn():
    assert every("every 0.5 0.1 220.0 330.0", 1.5).splitlines() == [
        "i1 0.0 0.1 220.0",
        "i1 0.5 0.1 330.0",
        "i1 1.0 0.1 220.0",
        "f0 1.5",
        "e 1.5",
    ]
    assert number(0.1) == "0.1" and number(3.0) == "3.0"


# ---- times


class Fake(Program):
    """A program of Python that writes `level` times the sines, and fails or works as it is told."""

    name = "fake"

    def __init__(self, body: str = "", level: float = 1.0):
        self.body, self.level = body, level

    def sines(self, freqs, gain):
        """The sound of the workload."""
        return freqs, gain * self.level

    def command(self, patch, seconds, folder):
        """Written by NumPy."""
        code = (
            f"import numpy as np, soundfile; n = np.arange({round(seconds * RATE)}); {self.body}\n"
            f"t = n[:, None] / {RATE}; out = np.zeros(len(n))\n"
            f"for f in {list(map(float, patch[0]))}: out += {patch[1]} * np.sin(2 * np.pi * f * n / {RATE})\n"
            f"soundfile.write({OUTPUT!r}, out, {RATE}, subtype='FLOAT')"
        )
        return [sys.executable, "-c", code]


def test_times_are_those_of_the_processor_not_of_the_clock(tmp_path):
    waits = [sys.executable, "-S", "-c", "import time; time.sleep(0.3)"]
    child = "import os; [x * x for x in range(10**6)]; os._exit(0)"
    works_in_a_child = [
        sys.executable,
        "-S",
        "-c",
        f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {child!r}])",
    ]
    assert runs.cpu_seconds(waits, tmp_path) < 0.25
    assert runs.cpu_seconds(works_in_a_child, tmp_path) > 1.5 * runs.cpu_seconds(waits, tmp_path)


def test_a_program_that_fails_says_why(tmp_path):
    with pytest.raises(RunError, match=r"ended with 3: no such wave"):
        runs.cpu_seconds([sys.executable, "-S", "-c", "print('no such wave'); raise SystemExit(3)"], tmp_path)


def test_a_file_of_another_format_is_refused(tmp_path):
    import soundfile

    soundfile.write(tmp_path / OUTPUT, np.zeros((10, 2)), RATE, subtype="PCM_16")
    with pytest.raises(RunError, match="2 channels of PCM_16"):
        runs.rendered(tmp_path)


def side(name: str, *times: float, kind: type[Program] = Fake) -> runs.Side:
    program = kind()
    program.name = name  # type: ignore[misc]
    return runs.Side(program, "sines", TOP, times=list(times))


def test_ratios_are_those_of_rounds_and_speeds_are_medians():
    ours, peer = side("waves", 100.0, 50.0, 90.0), side("peer", 50.0, 25.0, 60.0)
    assert ours.speed == 90.0
    assert ours.spread == pytest.approx(50 / 90)
    assert runs.ratio(ours, peer) == 2.0


def test_a_long_render_less_a_short_one(monkeypatch, tmp_path):
    monkeypatch.setattr(runs.Side, "cost", lambda self, seconds: 0.7 + seconds / 80.0)
    one = side("peer")
    monkeypatch.setattr(runs.Side, "sound", lambda self, seconds: np.zeros(round(seconds)))
    assert len(one.size(2.0)) == one.seconds == 162.0, "two CPU seconds more than the short one"
    one.run()
    assert one.speed == pytest.approx(80.0)
    one.size(0.1)
    assert one.seconds == 60.0, "twice the 0.725 CPU seconds of the short one"
    monkeypatch.setattr(runs.Side, "cost", lambda self, seconds: 1.0 + seconds / 800.0 - 0.05 * (seconds == runs.TRIED))
    one.size(1.0)
    assert one.seconds == pytest.approx(804.0, abs=2.0), "not estimated from a difference that is chance"


def test_the_summary_names_the_best_peer_and_the_best_that_sounds_as_good():
    sides = {
        "waves": side("waves", 100.0, kind=Ours),
        "fast": side("fast", 200.0),
        "good": side("good", 50.0),
        "C, float64": side("C, float64", 400.0, kind=InC64),
        "C, float32": side("C, float32", 800.0, kind=InC32),
    }
    outcome = Outcome("sines", sides, {"waves": [-200.0], "fast": [-50.0], "good": [-95.0]})
    row = comparison.summary([outcome]).figures[0].cells
    assert row == ("sines", "100", "fast 200", "0.50", "good 50", "2.00", "0.25", "0.12")


def test_a_wrong_sound_is_not_compared(monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "TRIED", 3.0)
    monkeypatch.setattr(runs, "MOST", 3.0)
    outcome = comparison.sides_of("sines", [Fake(level=0.5)], tmp_path, 0.1)
    assert not outcome.sides
    assert re.match("the level of sine .* is -53.98 dB, expected -47.96 within 0.3", outcome.wrong["fake"])
    outcome = comparison.sides_of("sines", [Fake("raise SystemExit('no sound')")], tmp_path, 0.1)
    assert outcome.wrong["fake"] == "ended with 1: no sound"
    table = comparison.table_of(outcome)
    assert table.failures == 1


def test_a_program_that_is_not_installed_is_one_line(monkeypatch, capsys):
    class Absent(Fake):
        name = "absent"
        needs = ("no-such-synthesizer",)

    monkeypatch.setattr(comparison, "PROGRAMS", [Absent])
    comparison.measure(only=["sines"], runs=1)
    assert capsys.readouterr().out.splitlines()[0] == "absent is left out: no-such-synthesizer is not installed"


def test_an_unknown_workload_is_wrong_usage():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "peers", "--only", "lunch"],
        check=False,
        cwd=TOP,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )
    assert done.returncode == 2
    assert "no workload 'lunch'; one of: sines, voices" in done.stderr
