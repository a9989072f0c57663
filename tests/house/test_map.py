"""The walks and the table of ID forms in docs/architecture.md name what is there."""

from __future__ import annotations

import re

import pytest

from tests.harness.paths import TOP

TEXT = (TOP / "docs" / "architecture.md").read_text("utf-8")
WALKS = TEXT.partition("## Walks")[2].partition("\n## ")[0]
FORMS = TEXT.partition("## Forms of node IDs")[2].partition("\n## ")[0]
SOURCES = {path: path.read_text("utf-8") for folder in ("waves", "nodes") for path in (TOP / folder).rglob("*.py")}


def test_every_file_of_a_walk_is_there():
    named = set(re.findall(r"`((?:waves|nodes|language|engine|live|app|node_types|audio|server)/[\w/]+\.py)`", WALKS))
    assert len(named) > 15
    missing = [name for name in named if not (TOP / name).exists() and not (TOP / "waves" / name).exists()]
    assert not missing


def test_every_function_and_class_of_a_walk_is_there():
    defined = {name for text in SOURCES.values() for name in re.findall(r"^ *(?:def|class) (\w+)", text, re.MULTILINE)}
    named = set(re.findall(r"`([A-Za-z_]\w+)`", WALKS)) - {"FADE", "fade", "tail"}
    assert len(named) > 20
    assert not named - defined


@pytest.mark.parametrize("walk", WALKS.split("**Where")[1:], ids=lambda walk: walk.split("?")[0].strip())
def test_a_walk_has_ten_steps_at_most(walk):
    assert 5 <= len(re.findall(r"^\d+\. ", walk, re.MULTILINE)) <= 10


def test_the_words_of_ids_are_in_the_code():
    words = {
        *re.findall(r"\.([A-Z]\w+|previous|remember|passage|life)`", FORMS),
    }
    code = "\n".join(SOURCES.values())
    assert {"Clock", "Pool", "Given", "MovedValue", "passage"} <= words
    assert not [word for word in words if word not in code]
