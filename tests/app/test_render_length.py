"""Length of a render: seconds, or beats and bars of its tempo."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

import pytest
import soundfile
from scipy.optimize import brentq

from waves.app.commands.render import render_sounds, speed_of
from waves.app.time_argument import Length, length_of
from waves.language.model.sound_arguments import UsageProblem
from waves.problem import Problems

RATE = 44100
TONE = "{osc: {freq: 220, amp: 0.1}}"


def frames_of(folder: Path, text: str, length: str) -> int:
    """Frames of the file that is rendered."""
    (folder / "waves.yaml").write_text(text)
    output = folder / "out.wav"
    render_sounds([], output, None, length, False, folder, False, True, None, {})
    return soundfile.info(output).frames


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("8", Length(8.0)),
        ("0.5", Length(0.5)),
        ("1e-05", Length(1e-05)),
        ("90s", Length(90.0)),
        ("1:30", Length(90.0)),
        ("8 bars", Length(8.0, "bar")),
        (" 1 bar ", Length(1.0, "bar")),
        ("16beats", Length(16.0, "beat")),
        (".5 beat", Length(0.5, "beat")),
    ],
)
def test_a_length_is_read(text: str, length: Length) -> None:
    assert length_of(text) == length


@pytest.mark.parametrize("text", ["", "bars", "8 steps", "-1 bar", "eight bars"])
def test_another_length_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageProblem, match="expected a time like 90s, 5m or 1:30, or 8 bars or 16 beats"):
        length_of(text)


@pytest.mark.parametrize("length", ["0", "0 bars", "-3", "nan", "inf", "100000"])
def test_a_length_that_no_file_has_is_refused(tmp_path: Path, length: str) -> None:
    with pytest.raises(UsageProblem, match="--duration"):
        frames_of(tmp_path, f"my_sound: {TONE}", length)


@pytest.mark.parametrize("sounds", [["bars"], ["my_sound", "bars"]])
def test_a_length_of_two_words_is_told_with_its_quotes(tmp_path: Path, sounds: list[str]) -> None:
    """`--duration 2 bars` in a shell."""
    (tmp_path / "waves.yaml").write_text(f"my_sound: {TONE}\n")
    output = tmp_path / "out.wav"
    with pytest.raises(UsageProblem, match="is one word in quotes") as found:
        render_sounds(sounds, output, None, "2", False, tmp_path, False, False, None, {})
    [option, length] = shlex.split(str(found.value).partition("quotes: ")[2])
    assert option == "--duration" and length_of(length) == Length(2.0, "bar")
    (tmp_path / "waves.yaml").write_text(f"my_sound: {TONE}\nbars: {TONE}\n")
    render_sounds(sounds, output, None, "0.01", False, tmp_path, False, False, None, {})
    assert output.exists(), "a sound of that name is a sound"


@pytest.mark.parametrize(
    ("text", "length", "seconds"),
    [
        (f"my_sound: {TONE}", "2 bars", 4.0),  # 120 beats per minute, 4/4
        (f"my_sound: {{tempo: {{bpm: 100, metre: 3/4, signal: {TONE}}}}}", "2 bars", 3.6),
        (f"my_sound: {{tempo: {{bpm: 100, metre: [4/4, 7/8], signal: {TONE}}}}}", "3 bars", 6.9),
        (f"my_sound: {{tempo: {{bpm: 100, metre: 6/8, signal: {TONE}}}}}", "1.5 beats", 0.9),
        (f"my_sound: {{tempo: {{bpm: 60, signal: {TONE}}}}}", "0.25s", 0.25),
    ],
)
def test_bars_and_beats_at_a_constant_tempo(tmp_path: Path, text: str, length: str, seconds: float) -> None:
    assert frames_of(tmp_path, text, length) == round(seconds * RATE)


def test_bars_of_a_song_are_those_of_its_sections(tmp_path: Path) -> None:
    song = f"{{sections: {{a: {{bars: 2, metre: 3/4}}, b: 1}}, signal: {TONE}}}"
    text = f"my_sound: {{tempo: {{bpm: 240, signal: {{song: {song}}}}}}}"
    assert frames_of(tmp_path, text, "4 bars") == 13 * RATE // 4


def test_of_a_tempo_that_moves_it_is_the_time_at_which_the_transport_reaches_the_beat(tmp_path: Path) -> None:
    rising = f"my_sound: {{tempo: {{bpm: 60 + 30 * t, signal: {TONE}}}}}"
    exact = brentq(lambda t: t + t * t / 4 - 8.0, 0, 10)  # beats: the integral of the tempo
    assert frames_of(tmp_path, rising, "2 bars") == pytest.approx(exact * RATE, abs=2)
    swaying = f"my_sound: {{tempo: {{bpm: 120 + 60 * sin(t * tau), signal: {TONE}}}}}"
    exact = brentq(lambda t: 2 * t + (1 - math.cos(math.tau * t)) / math.tau - 3.3, 0, 10)
    assert frames_of(tmp_path, swaying, "3.3 beats") == pytest.approx(exact * RATE, abs=2)
    ending = "my_sound: {tempo: {bpm: 60 + 0 * t, signal: {osc: {freq: 220, duration: 0.5}}}}"
    assert frames_of(tmp_path, ending, "2 beats") == pytest.approx(2 * RATE, abs=1)


def test_a_beat_that_is_not_reached_is_said(tmp_path: Path) -> None:
    slowing = f"my_sound: {{tempo: {{bpm: 'max(0, 60 - 120 * t)', signal: {TONE}}}}}"
    for length in ("4 bars", "0.3 beats"):
        with pytest.raises(Problems, match=f"{length} are not over after 86400 s"):
            frames_of(tmp_path, slowing, length)
    with pytest.raises(Problems, match="99999 bars are not over"):
        frames_of(tmp_path, f"my_sound: {TONE}", "99999 bars")
    assert not (tmp_path / "out.wav").exists()


def test_the_loudness_is_printed_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A sine in two channels whose peak is at -20 dB, for 1 s at 1 kHz."""
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 1000, amp: db(-20), duration: 1}}\n")
    for loudness in (False, True):
        out = tmp_path / "out.wav"
        render_sounds([], out, None, None, False, tmp_path, False, True, None, {}, loudness=loudness)
        level = r"-20\.0 LUFS, peak -20\.0 dB, true peak -20\.0 dB" if loudness else r"peak -20\.0 dB"
        assert re.search(rf": 1\.000 s, {level}, ", capsys.readouterr().out)


def test_the_loudness_of_each_stem_is_printed_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two tracks of one tone, the second 6 dB softer, and a third that is silent."""
    levels = {"one": "db(-20)", "two": "db(-26)", "none": "0"}
    track = "    {}: {{track: {{signal: {{osc: {{freq: 1000, amp: {}}}}}}}}}\n"
    text = "".join(track.format(*level) for level in levels.items())
    (tmp_path / "waves.yaml").write_text(f"my_sound:\n  mix:\n{text}")
    render_sounds([], tmp_path / "out.wav", None, "1", True, tmp_path, False, True, None, {}, loudness=True)
    _, *stems = capsys.readouterr().out.splitlines()
    assert [line.split("out")[1] for line in stems] == [
        "__one.wav: -20.0 LUFS, true peak -20.0 dB",
        "__two.wav: -26.0 LUFS, true peak -26.0 dB",
        "__none.wav: silent",
    ]


def test_a_slow_render_is_not_called_0_times_real_time() -> None:
    assert [speed_of(*times) for times in ((3.0, 10.0), (20.0, 10.0), (120.0, 10.0), (1.0, 0.0))] == [
        "0.3 × real time",
        "2 × real time",
        "12 × real time",
        "",
    ]


OTHERS = """\
vars: {unused: 3 4}
my_sound: {track: {gain: db(0), signal: {osc: {freq: 220, duration: 0.01}}}}
pad: {osc: {freqq: 220}}
lead: {play: pad}
open: {osc: {freq: 220
again: {osc: {}}
again: {osc: {}}
"""


def test_a_render_tells_of_other_sounds_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frames_of(tmp_path, OTHERS, "0.01")
    shown = [line for line in capsys.readouterr().err.splitlines() if "warning: " in line]
    assert len(shown) == 2 and "my_sound.track.gain" in shown[0]
    assert shown[1] == ("warning: what is not rendered has mistakes: open, vars, pad, again; `waves check` shows them")
    with pytest.raises(Problems) as raised:
        render_sounds(["lead"], None, None, "1", False, tmp_path, False, True, None, {})
    *own, others = raised.value.problems
    assert [one.path for one in own if one.level == "error"] == ["pad.osc.freqq"]
    assert others.sentence == "what is not rendered has mistakes: open, vars; `waves check` shows them"
