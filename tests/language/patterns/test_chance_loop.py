"""A loop of chance: what is drawn is the same after so many cycles, and another one in each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.harness.session_harness import composer_for, save
from tests.harness.small_nodes import nodes
from waves.language.model.models import Finding
from waves.problem import Problems

LOOPS = [
    ('play: "a? a*4?"', 3),
    ('play: "[a|b]*4"', 4),
    ('play: a, note: "walk(0,7,1)", rhythm: "x*3", scale: c major', 2),
    ('play: "a*4", v: "rand(.1,1)", degrade: .4, rev', 5),
    ('play: "a <a b>", sometimes: {.5: ply 2}, v: "perlin*2"', 4),
    ('play: a, chord: Am9, arp: random, rhythm: "x*8"', 2),
    ('play: "a b?", interval: beat', 6),
    ('play: [a, "b?", "a*2?"]', 3),
    ('values: "1|2|3 [4 5?]"', 4),
    ('values: "rand(0,1)*4", degrade: .3', 7),
]


def composed(folder: Path, text: str) -> list[Finding]:
    save(folder, text)
    return list(composer_for(folder).compose([("my_sound", {})]).findings)


def test_what_is_drawn_comes_again_after_the_loop(tmp_path):
    """Two sounds have a pool each; of both together no cycle of the loop is like all others."""
    texts = [f"{text}, chance_loop: {loop}" for text, loop in LOOPS]
    parts = [text if text.startswith("play") else f"osc: {{freq: 3, amp: {{{text}}}}}" for text in texts]
    mix = ", ".join(f"p{k}: {{{part}}}" for k, part in enumerate(parts))
    save(tmp_path, f"a: {{osc: {{freq: f, amp: v, duration: 0.1}}}}\nb: a\nmy_sound: {{mix: {{{mix}}}}}\n")
    composition = composer_for(tmp_path).compose([("my_sound", {})])
    assert not composition.findings
    made: dict[int, list[Any]] = {}
    for node in nodes(composition.root).values():
        if node.played:
            made.setdefault(int(node.id.partition(".Mix.p")[2].partition(".")[0]), []).append(node.played)
    for k, (text, loop) in enumerate(LOOPS):
        steps = 2 * loop if "interval" in text else loop

        def cycle(number: int, k: int = k) -> list[Any]:
            found = [one for played in made[k] for one in played.begun(number)]
            said = [sorted((name, word.said) for name, word in one.of.words.items()) for one in found]
            return [(one.place, one.length, one.chance, words) for one, words in zip(found, said, strict=True)]

        first = [cycle(number) for number in range(steps)]
        assert [cycle(number) for number in range(steps, 3 * steps)] == first * 2, text
        assert any(one != first[0] for one in first[2 if "interval" in text else 1 :]) or "arp" in text, text
        assert all(chance == 1.0 for one in first for _, _, chance, _ in one), text


def test_parts_with_one_seed_draw_alike(tmp_path):
    """Chords and a bass that follows them; a lane of values beside them, and another seed."""
    chords = 'chord: "[Am7|Fmaj7|G]"'
    values = [f'{{osc: {{freq: {{values: "[1|2|3]", seed: {seed}}}}}}}' for seed in (1, 2)]
    lanes = ("", ', rhythm: "x*2", voicing: root, seed: 1', ", seed: 2", ", seed: 1")
    parts = [*(f"{{play: a, {chords}{more}}}" for more in lanes), *values]
    mix = ", ".join(f"p{k}: {part}" for k, part in enumerate(parts))
    text = f"a: {{osc: {{freq: f, amp: 0.1, duration: 0.1}}}}\nmy_sound: {{mix: {{{mix}}}}}"
    save(tmp_path, text)
    drawn: dict[str, list[str]] = {}
    for node in nodes(composer_for(tmp_path).compose([("my_sound", {})]).root).values():
        if node.played:
            words = [{word.said for word in node.played.begun(cycle)[0].of.words.values()} for cycle in range(40)]
            drawn[node.id.partition(".Mix.")[2][:2]] = ["".join(said - {"a", "x", "root", "value"}) for said in words]
    assert len(drawn) == 6 and drawn["p1"] == drawn["p3"]
    assert len({tuple(drawn[part]) for part in ("p0", "p1", "p2")}) == 3
    alike = dict(zip(drawn["p1"], drawn["p4"], strict=True))
    assert [alike[one] for one in drawn["p1"]] == drawn["p4"] != drawn["p5"]


MISTAKES = [
    ('play: "a? b", seed: low', "'seed' is a whole number from 0 to 4,294,967,295, not 'low'", "'1'"),
    ('play: "a? b", chance_loop: 0', "'chance_loop' is a whole number of cycles from 1 to 1,024, not 0", "'4'"),
    ('play: "a? b", chance_loop: bar', "'chance_loop' is a whole number of cycles from 1 to 1,024, not 'bar'", "'4'"),
    ('play: "<a b a> b?", chance_loop: 4', "this pattern comes again after 3 cycles", "'6'"),
    ('play: "a? b", every: {4: rev}, chance_loop: 2', "this pattern comes again after 4 cycles", "'4'"),
    ('play: "a? b", chance_lop: 2', "'chance_lop' is no setting of 'play'", "'chance_loop'"),
]


@pytest.mark.parametrize(("text", "sentence", "meant"), MISTAKES)
def test_a_mistake_has_what_is_meant(tmp_path, text, sentence, meant):
    piece = "a: {osc: {freq: f, amp: v, duration: 0.1}}\nb: a\nmy_sound: {%s}\n"
    with pytest.raises(Problems) as caught:
        composed(tmp_path, piece % text)
    (problem,) = caught.value.problems
    assert sentence in problem.sentence and problem.suggestion == meant
    assert (
        problem.mark
        and problem.mark.column == (piece % text).splitlines()[2].index("seed" if "seed" in text else "chance_lo") + 1
    )
    mended = text.replace("chance_lop", "chance_loop") if "lop" in text else f"{text.rpartition(' ')[0]} {meant[1:-1]}"
    assert not composed(tmp_path, piece % mended)


def test_without_chance_it_is_a_warning(tmp_path):
    piece = "a: {osc: {freq: f, amp: v, duration: 0.1}}\nmy_sound: {play: a*4, v: '.5 1', rev, chance_loop: 4}\n"
    (finding,) = composed(tmp_path, piece)
    assert finding.level == "warning" and "no chance is in this pattern" in finding.sentence
