"""Annotations of parameters that nodes of the language have, beside those that every node file may use."""

from __future__ import annotations

from waves.parameter_kinds import Signals


class Sends(Signals):
    """Amounts by the names of other parts of a mix."""


class SectionList(Signals):
    """The sections of a song, each with its bars and what comes after it."""


class Metres(Signals):
    """A metre, or a list of them, a bar each in turn."""
