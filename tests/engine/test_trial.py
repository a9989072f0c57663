"""Trial of a save: refused if it fails, rises without end or takes too long; a refused save can be accepted."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from tests.harness.command import Play, waves
from tests.harness.engine_harness import compiler, library
from tests.harness.session_harness import Stage
from waves.engine.compiler.kernel_cache import variants
from waves.engine.runtime import trial
from waves.engine.runtime.trial import TrialRefused, _rises, loudest_after
from waves.problem import Problems

PIECE = """\
my_sound:
  mix:
    tone: {osc: {freq: 220, amp: 0.2}}
    other: {osc: {freq: 330, amp: 0.1}}
"""
RISING = PIECE.replace("amp: 0.1", 'amp: "0.1 + t * 2000"')
SLOW = PIECE.replace("amp: 0.1}}", "amp: 0.1}}\n    slow: {toil: {rounds: 20000, signal: 0.1}}")


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """Compiles the kernels of all pieces that are tried."""
    names = (
        "expression",
        "toil",
        "feedbackread",
        "feedbackwrite",
        "curve",
        "fade",
        "endafter",
        "latchatstart",
        "mono",
        "squeeze",
    )
    compiler().compile([kernel for name in names for kernel in variants(library()[name])])


def refused(live: Stage, text: str) -> Any:
    """The one problem for which a save is refused; the old sound plays on to the bit."""
    event = live.reload(text)
    assert event.kind == "refused", event.text
    (problem,) = event.problems
    return problem


def test_a_level_that_rises_without_end_is_refused_with_its_node_and_line(stage):
    live, untouched = stage(PIECE, library=library()), stage(PIECE, library=library())
    played = [live.play(3000)]
    problem = refused(live, RISING)
    assert problem.mark.line == 4 and problem.path == "my_sound.mix.other.osc", "not the mix that it makes loud"
    assert problem.sentence.startswith("this osc rises above +18 dBFS and goes on rising, to ")
    assert "other" in problem.source
    assert live.events[-1].text.endswith("the old sound plays on; `F` accepts it")
    played.append(live.play(3000))
    assert np.array_equal(np.concatenate(played), untouched.play(6000))


def test_a_loud_level_that_does_not_rise_is_accepted_with_a_warning(stage):
    live = stage(PIECE, library=library())
    live.play(3000)
    quiet = live.play(3000)
    event = live.reload(PIECE.replace("amp: 0.1", "amp: 12"))
    assert event.kind == "reloaded"
    (warning,) = event.problems
    assert warning.level == "warning" and warning.path == "my_sound.mix.other.osc"
    assert warning.sentence == "this osc is at +22 dBFS: the limiter turns everything down by as much"
    assert np.abs(live.play(3000)).max() > 40 * np.abs(quiet).max(), "the level before the save does not matter"


def test_a_loud_level_inside_a_softer_track_is_said_of_what_comes_out(stage):
    text = "my_sound: {mix: {a: {track: {volume: 0.1, signal: {osc: {freq: 100, amp: %s}}}}}}"
    live = stage(text % 0.1, library=library())
    live.play(3000)
    (warning,) = live.reload(text % 100).problems
    words = r"at \+(\d+) dBFS, and what comes out at \+(\d+) dBFS: the limiter turns everything down by as much"
    inside, out = map(int, re.search(words, warning.sentence).groups())
    assert inside == 40 and out in (17, 18, 19, 20)


def test_an_output_that_is_no_channel_has_no_level(stage):
    """The `reduction` of a compressor is about -50 dB, far above 1 as a number, and no sound."""
    compress = "glued: {squeeze: {threshold: -60, ratio: 20, signal: {osc: {freq: 110, amp: 0.4}}}}"
    text = PIECE.replace("    tone:", f"    {compress}\n    tone:")
    live = stage(text, library=library())
    live.play(3000)
    (warning,) = live.reload(text.replace("amp: 0.1", "amp: 12")).problems
    assert warning.path == "my_sound.mix.other.osc"


def test_a_level_far_above_what_plays_is_refused_until_it_is_accepted(stage):
    live = stage(PIECE, library=library())
    live.play(3000)
    before = live.engine.playing.level
    loud = PIECE.replace("amp: 0.1", "amp: 1000")
    problem = refused(live, loud)
    assert problem.path == "my_sound.mix.other.osc" and problem.mark.line == 4
    assert problem.sentence == f"this osc is at +60 dBFS, {60 - before:.0f} dB above what plays"
    with live.running():
        live.session.hush()
        live.session.hush(False)
    live.session.set_value("my_sound.mix.other.osc.freq", 333.0)
    live.settle()
    assert live.engine.playing.level == before, "no trial, but the same piece"
    live.session.accept_refused()
    live.settle()
    assert live.events[-1].kind == "reloaded"
    *_, warning = live.events[-1].problems
    assert warning.level == "warning" and warning.path == problem.path
    assert warning.sentence == "this osc is at +60 dBFS: the limiter turns everything down by as much"
    assert live.reload(loud.replace("330", "440")).kind == "reloaded", "it is as loud as what plays"
    assert live.reload(PIECE).kind == "reloaded", "softer is always good"
    refused(live, loud)


def test_a_save_that_mends_what_has_grown_loud_plays(stage):
    """The level that the trial of what plays has found is that of its start."""
    looped = """\
my_sound:
  mix:
    a: {osc: {id: a, freq: 200, amp: 0.01}}
    b: {delay: {id: b, time: 0.3, signal: $a + GAIN * $b}}
"""
    live = stage(looped.replace("GAIN", "0.9"), library=library())
    live.play(3000)
    assert live.reload(looped.replace("GAIN", "2.5")).kind == "reloaded", "it rises too slowly for a trial"
    live.play(4 * 44_100)
    grown = np.abs(live.engine.render(6400)).max()
    assert 20 * np.log10(grown) > live.engine.playing.level + 41.0
    event = live.reload(looped.replace("GAIN", "0.1"))
    assert event.kind == "reloaded", [one.sentence for one in event.problems]
    live.play(44_100)
    assert np.abs(live.engine.render(6400)).max() < 0.1 * grown


def test_a_quiet_piece_may_become_loud():
    """A drop after a break, from silence."""
    assert loudest_after(-100.0) == loudest_after(-10.0) == 30.0
    assert loudest_after(0.0) == 40.0 and loudest_after(math.inf) == math.inf
    assert loudest_after(None) == 40.0


def test_a_first_version_that_is_far_too_loud_is_refused(stage):
    with pytest.raises(TrialRefused, match=r"is at \+49 dBFS, above \+40 dBFS"):
        stage("my_sound: {osc: {freq: 3, range: [200, 280], amp: 1}}\n", library=library())
    assert stage("my_sound: {osc: {freq: 220, amp: 90}}\n", library=library()).play(500).any()


def test_a_level_rises_when_it_does_so_to_the_end():
    def rises(level: np.ndarray) -> bool:
        return _rises(np.asarray(level, float))

    blocks = np.arange(64.0)
    assert rises(0.01 * 1.2**blocks)
    assert not rises(0.01 * 1.1**blocks), "it stays below +18 dBFS"
    assert not rises(np.full(64, 20.0)), "it is loud all the time"
    assert not rises(np.minimum(0.01 * 1.3**blocks, 20.0)), "it has stopped to rise"
    assert not rises(100.0 * 0.9**blocks)
    assert not rises(10.0 + np.sin(blocks)), "it goes up and down"
    assert rises(1.0 + blocks[:17]), "as few blocks as there are at least"


def test_a_level_that_is_loud_from_the_start_and_rises_is_refused_too(stage):
    live = stage(PIECE, library=library())
    live.play(3000)
    problem = refused(live, PIECE.replace("freq: 330, amp: 0.1", 'freq: 60, amp: "1e9 ** (t + 1)"'))
    assert problem.path == "my_sound.mix.other.osc" and "rises above +18 dBFS" in problem.sentence


def test_of_many_expensive_nodes_their_part_is_named(stage, monkeypatch):
    monkeypatch.setattr(trial, "EXPENSIVE", 0.0)
    live = stage(PIECE, library=library())
    live.play(1000)
    many = ", ".join("{toil: {rounds: 300, signal: 0.1}}" for _ in range(8))
    event = live.reload(f"{PIECE}    many: {{mix: {{signals: [{many}]}}}}\n")
    (problem,) = event.problems
    assert problem.path == "my_sound.mix.many.mix", problem.sentence
    assert problem.sentence.startswith("this mix with all that is in it takes ")


def test_feedback_that_runs_away_is_named_at_its_node(stage):
    live = stage(PIECE, library=library())
    live.play(1000)
    text = PIECE.replace("other: {osc: {freq: 330, amp: 0.1}}", "loop: {mix: {id: back, a: $back * 3, b: {osc: {}}}}")
    problem = refused(live, text)
    assert problem.mark.line == 4
    assert "rises above +18 dBFS" in problem.sentence


def test_a_note_of_each_voice_is_played(stage):
    """Although the first one would begin 100 s later."""
    text = PIECE + "    far: {sequencer: {interval: 100, sync: start, steps: [~, bad f1]}}\n"
    bad = "bad: {context: {f: 2, signal: {osc: {freq: 200, amp: log(f - 1), duration: 1}}}}\n"
    good = text + bad.replace("f - 1", "f + 1")
    live = stage(good, library=library())
    live.reload(PIECE)
    live.play(2000)
    problem = refused(live, text + bad)
    assert "gives no finite number" in problem.sentence and problem.mark.line in (5, 6)
    assert live.reload(good).kind == "reloaded"
    assert np.abs(live.play(44100)).max() < 0.4, "the note of the trial does not sound"


def test_a_save_that_takes_too_long_is_refused_with_the_most_expensive_node(stage):
    live = stage(PIECE, library=library())
    live.play(1000)
    problem = refused(live, SLOW)
    assert problem.path == "my_sound.mix.slow.toil" and problem.mark.line == 5
    assert problem.sentence.startswith("this toil takes ") and "it would stutter" in problem.sentence
    share, load = (int(word.strip("%,")) for word in problem.sentence.split() if "%" in word)
    assert share > 90 and load > 150


def test_a_save_that_takes_long_is_accepted_with_a_warning(stage, monkeypatch):
    monkeypatch.setattr(trial, "TOO_EXPENSIVE", 1e9)
    live = stage(PIECE, library=library())
    live.play(1000)
    event = live.reload(SLOW)
    assert event.kind == "reloaded"
    (problem,) = event.problems
    assert problem.level == "warning" and problem.path == "my_sound.mix.slow.toil"
    assert live.reload(PIECE).problems == ()


@pytest.mark.parametrize("text", [RISING, SLOW], ids=["rising", "slow"])
def test_a_refused_save_can_be_accepted_and_the_next_one_is_tried_again(stage, text):
    live = stage(PIECE, library=library())
    with pytest.raises(Problems, match="no change was refused by its trial"):
        live.session.accept_refused()
    live.play(1000)
    refused(live, text)
    live.session.accept_refused()
    live.settle()
    assert live.events[-1].kind == "reloaded"
    assert [problem.level for problem in live.session.outcomes.problems] == ["warning"], "what was accepted is told"
    live.play(2000)
    refused(live, text.replace("220", "221"))
    live.reload(PIECE)
    refused(live, PIECE.replace("osc: {freq: 330", "osk: {freq: 330"))
    with pytest.raises(Problems, match="no change was refused by its trial"):  # no trial found the mistake
        live.session.accept_refused()


def test_no_trial(tmp_path):
    """`TRIAL = False` and `--no-trial` accept everything, at the start and later."""
    (tmp_path / "waves.yaml").write_text(RISING)
    done = waves(tmp_path, "play", "--device", "silent", "--plain", "--duration", "0.2")
    assert done.returncode == 1 and "--no-trial plays it all the same" in done.stderr
    assert "waves.yaml:4:" in done.stderr and "rises above +18 dBFS" in done.stderr
    with Play(tmp_path, "--no-trial") as play:
        play.wait_for("started")
        play.save(RISING.replace("220", "221"))
        assert play.wait_for("reloaded")["good"] == 1
    (tmp_path / "config.py").write_text("TRIAL = False\n")
    with Play(tmp_path) as play:
        play.wait_for("started")
        (tmp_path / "config.py").write_text("TRIAL = True\n")
        play.wait_for("settings")
        play.save(RISING.replace("220", "222"))
        assert play.wait_for("refused")["good"] == 0


@pytest.mark.parametrize(
    ("old", "new", "doubted"),
    [
        ("freq: 220", "freq: 221", False),
        ("cutoff: 500", "cutoff: 600", False),
        ("freq: 220", "freq: {osc: {freq: 1, range: [200, 240]}}", True),
        ("osc: {freq: 330", "osc: {type: saw, freq: 330", False),
        ("time: 0.2", "time: 0.3", True),
        ("0.5 + t", "0.5 * t", True),
        ("feedback: 0.5", "feedback: 0.6", True),
        ("    other", "    third: {osc: {amp: 0.1}}\n    other", True),
    ],
)
def test_what_changes_is_not_doubted_outside_of_memories_and_formulas(stage, old, new, doubted):
    text = (
        f"{PIECE}    low: {{filter: {{cutoff: 500, signal: {{osc: {{amp: 0.1}}}}}}}}\n"
        "    far: {delay: {time: 0.2, feedback: 0.5, mix: 0.5, signal: {osc: {amp: 0.1}}}}\n"
    )
    text += "    slow: {osc: {freq: 70, amp: 0.1 * sin(0.5 + t)}}\n"
    live = stage(text, library=library())
    live.play(1000)
    assert live.reload(text.replace(old, new, 1)).kind == "reloaded"
    assert trial.is_doubted(live.engine.playing) is doubted


@pytest.mark.parametrize(
    ("old", "new", "is_doubted"),
    [("220", "221", False), ("freq: 50", "freq: 60", True), ("0.5}", "0.4}", True), ("freq: 70", "freq: 80", True)],
)
def test_a_number_that_glides_is_doubted_where_it_goes_into_a_loop(stage, old, new, is_doubted):
    """Also one in a voice of a sequencer."""
    notes = "{sequencer: {interval: 0.1, steps: [{osc: {freq: 70, amp: 0.1, duration: 0.1}}]}}"
    loop = f"loop: {{mix: {{id: back, b: {{osc: {{freq: 50, amp: 0.1}}}}, c: {notes}, a: $back * 0.5}}}}"
    text = PIECE.replace("other: {osc: {freq: 330", f"{loop}\n    other: {{osc: {{freq: 330")
    live = stage(text, library=library())
    live.play(1000)
    assert live.reload(text.replace(old, new)).kind == "reloaded"
    assert trial.is_doubted(live.engine.playing) is is_doubted


@pytest.fixture
def tried(monkeypatch) -> list[int]:
    """The blocks of each trial, which may be many."""
    monkeypatch.setattr(trial, "SECONDS", 60.0)
    monkeypatch.setattr(trial, "MAX_BLOCKS", 320)
    counts: list[int] = []
    play = trial._play

    def counted(*given: Any) -> Any:
        peaks, seconds = play(*given)
        counts.append(len(peaks))
        return peaks, seconds

    monkeypatch.setattr(trial, "_play", counted)
    return counts


def test_what_is_not_doubted_is_tried_for_a_few_blocks_unless_it_is_loud(stage, tried):
    live = stage(PIECE, library=library())
    live.play(1000)
    tried.clear()
    live.reload(PIECE.replace("{freq: 220", "{type: saw, freq: 220"))
    live.reload(PIECE.replace("amp: 0.1", "amp: 12"))
    assert tried[0] == 1 + trial.BLOCKS
    assert tried[1] > 200


TRUSTED = (
    PIECE + "    far: {delay: {time: 0.2, mix: 0.5, signal: {osc: {amp: 0.1}}}}\n"
    "    slow: {osc: {freq: $low * 2, amp: 0.1}}\n"
    "    low: {track: {pan: 0, signal: {filter: {type: peak, cutoff: 500, gain: 3, signal: "
    "{osc: {id: low, freq: 70, amp: 0.1}}}}}}\n"
    "    notes: {sequencer: {interval: 0.1, steps: [{osc: {freq: 70, amp: 0.1, duration: 0.1}}]}}\n"
)


@pytest.mark.parametrize(
    ("old", "new", "is_tried"),
    [
        ("freq: 220", "freq: 221", False),
        ("amp: 0.2", "amp: 0.3", False),
        ("gain: 3", "gain: -3", False),
        ("pan: 0", "pan: 0.5", False),
        ("freq: 70, amp: 0.1, d", "freq: 80, amp: 0.1, d", False),
        ("freq: 70, amp: 0.1, d", "freq: 70, amp: 10, d", True),
        ("gain: 3", "gain: 40", True),  # a hundredfold, though the number is not
        ("amp: 0.2", "amp: 20", True),
        ("mix: 0.5", "mix: 0.4", True),  # of a delay
        ("id: low, freq: 70", "id: low, freq: 71", True),  # a formula reads it
    ],
)
def test_a_number_that_glides_is_tried_only_where_it_may_be_far_louder(stage, tried, old, new, is_tried):
    live = stage(TRUSTED, library=library())
    live.play(1000)
    level = live.engine.playing.level
    tried.clear()
    assert old in TRUSTED
    assert live.reload(TRUSTED.replace(old, new)).kind == "reloaded"
    assert bool(tried) is is_tried
    assert is_tried or live.engine.playing.level == level, "what was tried last"


def test_small_steps_to_a_level_that_is_far_too_high_are_tried_too(stage, tried):
    live = stage(PIECE, library=library())
    live.play(1000)
    tried.clear()
    amps = [0.1 * 2.0**k for k in range(1, 9)]
    events = [live.reload(PIECE.replace("amp: 0.1", f"amp: {amp}")) for amp in amps]
    assert 2 <= len(tried) <= 5
    assert not events[4].problems and "is at +2" in events[-1].problems[0].sentence


def test_a_number_that_comes_back_has_raised_nothing_unless_it_may_be_another_one(stage, tried):
    def risen(text: str) -> float:
        assert live.reload(text).kind == "reloaded"
        return live.engine.playing.risen.total

    live = stage(PIECE, library=library())
    live.play(1000)
    tried.clear()
    louder = PIECE.replace("amp: 0.1", "amp: 0.9")
    assert [round(risen(text), 1) for text in (louder, PIECE) * 3] == [19.1, 0.0] * 3
    assert not tried
    assert risen(louder.replace("amp: 0.2", "amp: 0.4")) == 0.0 and tried, "19 and 6 dB"
    tried.clear()
    louder = louder.replace("amp: 0.2", "amp: 0.4")
    softer = louder.replace("amp: 0.9", "amp: 0.45")
    renamed = [text.replace("freq: 330", "id: high, freq: 330") for text in (softer, louder)]
    assert [round(risen(text), 1) for text in (softer, *renamed)] == [6.0, 6.0, 12.0]
    assert not tried


def test_the_way_to_a_number_does_not_count_also_if_it_leads_through_nothing(stage, tried):
    text = PIECE + "    low: {track: {pan: 0.05, signal: {osc: {freq: 70, amp: 0.1}}}}\n"
    live = stage(text, library=library())
    live.play(1000)
    tried.clear()
    for pan, risen in (("0", 6.0), ("0.4", 18.1)) * 3:
        live.reload(text.replace("pan: 0.05", f"pan: {pan}"))
        assert round(live.engine.playing.risen.total, 1) == risen and not tried
    for pan in ("0", "1"):
        live.reload(text.replace("pan: 0.05", f"pan: {pan}"))
    assert live.engine.playing.risen.total == 0.0 and tried, "26 dB"


def test_the_warning_of_an_expensive_node_stays_while_only_numbers_glide(stage, monkeypatch):
    monkeypatch.setattr(trial, "EXPENSIVE", 0.0)
    live = stage(PIECE, library=library())
    live.play(1000)
    (warning,) = live.reload(PIECE + "    third: {osc: {freq: 55, amp: 0.1}}\n").problems
    monkeypatch.setattr(trial, "_play", None)
    (again,) = live.reload("\n" + PIECE.replace("220", "221") + "    third: {osc: {freq: 55, amp: 0.1}}\n").problems
    assert (again.path, again.sentence) == (warning.path, warning.sentence)
    assert again.mark.line == warning.mark.line + 1


def test_a_number_beside_others_that_are_not_given_is_tried_as_before(stage) -> None:
    """What is not given is NaN, which differs from itself: it raises nothing, and hides nothing that does."""
    text = """\
my_sound:
  tempo:
    bpm: 112
    signal:
      mix:
        drums: {track: {signal: {sequencer: {interval: eighth, steps: [blip, ~]}}}}
        echo: {delay: {time: 0.01, mix: 0.5, signal: {osc: {type: tri, freq: 110, amp: 0.05}}}}
blip: {osc: {freq: 440, amp: 0.05, duration: 0.05}}
"""
    live = stage(text)
    live.play(2000)
    for other in (text.replace("eighth", "1/8"), text):
        assert live.reload(other).kind == "reloaded"
        live.play(2000)
    for _ in range(2):
        assert live.reload(text.replace("amp: 0.05}}}}", "amp: 1000}}}}")).kind == "refused"
        live.reload(text)
        live.play(2000)
