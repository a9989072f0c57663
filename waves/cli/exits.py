"""What the exit code of a command says."""

from __future__ import annotations

from enum import IntEnum

from waves.problem import Problem, Problems


class UsageProblem(Problems):
    """What was written behind `waves` cannot be meant."""

    def __init__(self, sentence: str, suggestion: str = ""):
        super().__init__(Problem(sentence, suggestion=suggestion))


class Exit(IntEnum):
    """Exit codes; a defect has the one that a traceback of Python has."""

    GOOD = 0
    PIECE = 1
    DEFECT = 1
    USAGE = 2
    DEVICE = 3
    INTERRUPTED = 130

    @classmethod
    def of(cls, problems: Problems) -> Exit:
        """The exit code of a command that cannot go on with these."""
        if isinstance(problems, UsageProblem):
            return cls.USAGE
        from waves.cards import DeviceProblem

        return cls.DEVICE if isinstance(problems, DeviceProblem) else cls.PIECE
