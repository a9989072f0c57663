"""Names of fields of a state that were other ones before: `was = {"count": "steps"}`."""

from __future__ import annotations

from collections.abc import Collection


def was_mistake(was: object, fields: Collection[str]) -> str:
    """The mistake in `was` of a state with these fields as a sentence, or an empty string."""
    if not isinstance(was, dict) or not all(isinstance(name, str) for name in [*was, *was.values()]):
        return '`was` gives fields the name that they had before: was = {"count": "steps"}'
    for name, old in was.items():
        if name not in fields:
            return f"`was` names '{name}', which is not a field of the state"
        if old in fields:
            return f"`was` says that '{name}' was '{old}', which is a field of the state still"
    return ""
