"""Every Python example of docs/python.md runs, one after the other, in the folder that the page describes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness.paths import TOP

PAGE = (TOP / "docs" / "python.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_the_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [text] = blocks("yaml")
    (tmp_path / "waves.yaml").write_text(text)
    names: dict[str, object] = {}
    examples = blocks("python")
    assert len(examples) == 5
    for example in examples:
        exec(compile(example, "docs/python.md", "exec"), names)
    assert (tmp_path / "ping.wav").is_file()
