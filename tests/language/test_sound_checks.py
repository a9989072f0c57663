"""Checks of the sounds that do not play: what is known of one is kept, at the lines where it stands now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.paths import NODES
from tests.harness.session_harness import composer_for, save, shipped
from tests.harness.small_nodes import TYPES
from waves.language.build import sound_tree
from waves.language.build.sound_checks import SoundChecks, check_sounds
from waves.language.model.models import notes_of
from waves.language.model.piece import Cache, read_piece
from waves.language.text.document import read_document
from waves.live.workspace.piece_check import check_texts
from waves.node_types.library.library import load_library

NODE = """from waves.node import Node, Signal, param


class Bad(Node):
    signal: Signal = param(0.0, unit="value")

    @classmethod
    def expand(cls, build):
        raise ValueError("no")
"""


def test_a_limit_is_told_at_its_line_also_when_the_text_has_moved() -> None:
    text = "\n".join(f"s{n}: {{filter: {{cutoff: 1, signal: s{n + 1}}}}}" for n in range(101)) + "\ns101: osc\n"
    checks, cache, document = SoundChecks(), Cache(), None
    for before in ("", "# a line\n\n"):
        document = read_document(before + text, "w.yaml", document)
        found = checks.check(read_piece([document], TYPES, cache))
        first = 101 + before.count("\n")
        assert [str(one) for one in found] == [
            f"w.yaml:{first}:16: s100.filter: more than 100 nodes inside each other",
            f"w.yaml:{first + 1}:7: s101: more than 100 nodes inside each other",
        ]


def test_a_node_type_that_fails_in_a_sound_that_does_not_play_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "nodes").mkdir()
    (tmp_path / "nodes" / "bad.py").write_text(NODE)
    (tmp_path / "waves.yaml").write_text("my_sound: {osc: {freq: 220}}\none: {bad: {}}\ntwo: {osc: {frq: 3}}\n")
    types = load_library(NODES, tmp_path / "nodes")
    findings = composer_for(tmp_path, types).compose([("my_sound", {})]).findings
    assert sorted(one.sentence for one in findings) == [
        "'osc' has no parameter 'frq'",
        "`expand` raises ValueError: no",
    ]


SWEPT = "bass: {filter: {cutoff: [1600, 300], signal: {osc: {type: saw, %s, duration: 0.3}}}}\n"
NO_TIME = "a list moves over a time: give 'filter' a 'duration'"
STARTED = {
    "notes start it": (SWEPT % "amp: 0.3" + "my_sound: {play: bass}\n", []),
    "it is a part of what notes start": (
        SWEPT % "amp: 0.3" + "b: bass\nmy_sound: {sequencer: {interval: 1, steps: [b]}}\n",
        [],
    ),
    "it reads what notes give": (SWEPT % "freq: note" + "my_sound: osc\n", []),
    "nothing starts it": (SWEPT % "amp: 0.3" + "my_sound: osc\n", [NO_TIME]),
}


@pytest.mark.parametrize("title", STARTED)
def test_a_list_in_a_sound_that_notes_start_has_the_length_of_their_steps(title: str) -> None:
    text, sentences = STARTED[title]
    found = check_sounds(shipped(), [read_document(text, "waves.yaml")])
    assert [one.sentence for one in found if one.level == "error"] == sentences


def test_a_list_has_a_time_as_soon_as_notes_start_its_sound() -> None:
    """A save of another sound is enough."""
    checks = SoundChecks()
    for other, count in (("osc", 1), ("{play: bass}", 0), ("osc", 1)):
        text = SWEPT % "amp: 0.3" + f"my_sound: {other}\n"
        assert len(checks.check(read_piece([read_document(text, "waves.yaml")], shipped()))) == count


def test_a_list_is_no_second_mistake_where_what_may_start_its_sound_is_broken(tmp_path: Path) -> None:
    text = SWEPT % "amp: 0.3" + "my_sound: {play: bass\n"
    save(tmp_path, text)
    assert [one.sentence for one in check_texts(composer_for(tmp_path), {"waves.yaml": text})] == [
        "this '{' is never closed"
    ]


def test_what_notes_start_is_looked_for_once_for_all_sounds(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"s{k}: {{mix: {{a: {{osc: {{}}}}}}}}\n" for k in range(50)) + "my_sound: {play: s1}\n"
    piece, looked = read_piece([read_document(text, "waves.yaml")], shipped()), []
    monkeypatch.setattr(sound_tree, "notes_of", lambda node: looked.append(node) or notes_of(node))
    assert SoundChecks().check(piece) == []
    assert len(looked) == 2 * 50 + 1
