"""Short functions from text to the data of its entries, or to its problems."""

from typing import Any

import pytest

from waves.language.text.document import read_document
from waves.problem import Problem, Problems


def data(text: str) -> dict[str, Any]:
    """The data of each entry, by name."""
    return {name: entry.data for name, entry in read_document(text, "waves.yaml").entries.items()}


def problems(text: str) -> list[Problem]:
    """The problems of a text; fails when there are none."""
    with pytest.raises(Problems) as raised:
        read_document(text, "waves.yaml")
    return raised.value.problems
