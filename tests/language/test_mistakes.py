"""A save with a mistake is refused with its sentence, and what plays goes on as if nothing had been saved."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.harness.command import Play, waves
from tests.harness.engine_harness import RATE
from tests.harness.mistakes import PIECE, Case, LiveSession, cases, make_workspace, shown
from tests.harness.paths import MISTAKES, TOLD
from waves.live.workspace import composer
from waves.problem import Mark, Problem

CASES = cases()
PLAYED = cases(TOLD)
SEVERAL = {"tab_indent": 2, "indent_of_node_lost": 2, "mistake_and_a_slip_elsewhere": 2}  # problems of a case
LATER = PIECE.replace("amp: 0.2", "amp: 0.3")
PROGRAMMERS = re.compile(
    r"\b(mapping|scalar|token|pydantic|dict|str|int|float|None|NoneType|Exception|Error|parser|node content|"
    r"block end|flow|literal|ruamel|validation|schema|traceback)\b"
)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file without the sound that plays is taken for meant at once."""
    monkeypatch.setattr(composer, "PATIENCE", 0.0)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSession]:
    found = LiveSession(tmp_path_factory.mktemp("broken") / "piece")
    found.play(10)
    yield found
    found.stop()


def test_there_are_enough() -> None:
    assert len(CASES) >= 300
    assert {file.name for file in MISTAKES.iterdir()} - {f"{case.name}.yaml" for case in CASES} <= {
        "__init__.py",
        "__pycache__",
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_sentence(session: LiveSession, case: Case) -> None:
    """The sentences, lines and carets are those of the file; a failure shows what they are now."""
    event = session.save(case.text)
    said = shown(event.problems)
    assert event.kind == "refused", f"{case.name} can be played"
    assert said == case.expected, "as it is:\n# expect\n" + "\n".join(f"# {line}" for line in said.split("\n"))


@pytest.mark.parametrize("case", PLAYED, ids=lambda case: case.name)
def test_what_is_only_told_does_not_stop_a_save(session: LiveSession, case: Case) -> None:
    """A mistake in what does not play, and a warning, are said with the save that takes effect."""
    event = session.save(case.text)
    said = shown(event.problems)
    assert event.kind == "reloaded", said
    assert said == case.expected, "as it is:\n# expect\n" + "\n".join(f"# {line}" for line in said.split("\n"))


@pytest.mark.parametrize("case", [*CASES, *PLAYED], ids=lambda case: case.name)
def test_one_mistake_is_one_sentence_for_a_musician(case: Case) -> None:
    """One problem for one mistake, at a place of the file, without the words of programmers."""
    heads = [line for line in case.expected.split("\n") if line and not line.startswith(" ")]
    assert len(heads) == SEVERAL.get(case.name, 1)
    for head in heads:
        sentence = re.sub(r"'[^']*'|\"[^\"]*\"", "…", head)
        assert not PROGRAMMERS.search(sentence)
        assert len(head) < 250
        assert re.match(r"(waves\.yaml|sounds/kit\.yaml):\d+:\d+: ", head) or case.name in (
            "empty_file",
            "sound_gone",
        )


@pytest.fixture(scope="module")
def performance(tmp_path_factory: pytest.TempPathFactory) -> tuple[LiveSession, list[str], int]:
    """A piece that played through all cases in turn; what was said; the blocks until the last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(composer, "PATIENCE", 0.0)
        session = LiveSession(tmp_path_factory.mktemp("play") / "piece")
        session.play(64)
        said = [shown(session.save(case.text).problems) for case in CASES]
        return session, said, len(session.blocks)


def test_every_edit_is_refused_with_its_message(performance: tuple[LiveSession, list[str], int]) -> None:
    _, said, _ = performance
    assert said == [case.expected for case in CASES]


def test_not_one_block_is_silent(performance: tuple[LiveSession, list[str], int]) -> None:
    session, _, blocks = performance
    assert blocks >= 3 * len(CASES)
    assert np.abs(session.output[8:blocks]).max(axis=(1, 2)).min() > 1e-3  # before, the limiter looks ahead


def test_the_sound_is_that_of_a_play_without_the_edits(
    performance: tuple[LiveSession, list[str], int], tmp_path: Path
) -> None:
    session, _, blocks = performance
    untouched = LiveSession(tmp_path / "piece")
    untouched.play(blocks)
    untouched.stop()
    assert np.array_equal(session.output[:blocks], untouched.output)


def test_a_good_save_still_comes_in(performance: tuple[LiveSession, list[str], int]) -> None:
    session, _, blocks = performance
    event = session.save(LATER)
    session.play(200)
    session.stop()
    assert event.kind == "reloaded"
    assert (event.good, event.refused) == (1, len(CASES))
    assert event.dropped == event.new == 0
    assert np.abs(session.output[blocks:]).max(axis=(1, 2)).min() > 1e-3


def heads(event: dict[str, Any]) -> list[str]:
    """The problems of an event as one line each."""
    found = []
    for said in event["problems"]:
        mark = Mark(said["file"], said["line"], said["column"]) if said["file"] else None
        found.append(str(Problem(said["sentence"], mark, said["path"], said["level"], said["suggestion"])))
    return found


def test_the_command_plays_on(tmp_path: Path) -> None:
    """Ten broken edits and a good one while `waves play` records: what plays is the piece until that."""
    file = make_workspace(tmp_path / "piece", PIECE)
    recording, reference = tmp_path / "recording.wav", tmp_path / "reference.wav"
    with Play(file.parent, "my_sound", "--record", str(recording)) as play:
        play.wait_for("started")
        time.sleep(0.5)
        for case in CASES[:: len(CASES) // 10]:
            file.write_bytes(case.text)
            event = play.wait_for("refused")
            assert heads(event) == [line for line in case.expected.split("\n") if line and not line.startswith(" ")]
        time.sleep(1.5)  # so that the good save is well apart from the last broken one
        file.write_text(LATER)
        changed = play.wait_for("reloaded")["frame"]
        time.sleep(0.5)
        assert play.end(signal.SIGTERM) == 143

    file.write_text(PIECE)
    length = str(changed / RATE + 1)
    assert waves(file.parent, "render", "my_sound", "-o", str(reference), "--duration", length).returncode == 0
    recorded, _ = soundfile.read(recording, dtype="float32")
    rendered, _ = soundfile.read(reference, dtype="float32")
    before = int(changed - RATE)
    assert np.array_equal(recorded[:before], rendered[:before])
    blocks = recorded[64 * 8 : changed // 64 * 64].reshape(-1, 64 * recorded.shape[1])
    assert np.abs(blocks).max(axis=1).min() > 1e-3
