"""The check of a parameter that is a pair of values."""

from typing import Any


def two_ends(values: Any) -> Any:
    """The values of a list if they are two; none, where nothing is written. Raises ValueError."""
    if values is not None and len(values) not in (0, 2):
        raise ValueError(f"expected two values, the lowest and the highest, got {len(values)}")
    return values
