"""Folders of the checkout that tests read."""

from __future__ import annotations

from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
NODES = TOP / "nodes"
MISTAKES = TOP / "tests" / "cases" / "mistakes"
TOLD = TOP / "tests" / "cases" / "told"
EXAMPLE_NODES = TOP / "tests" / "example_nodes"
