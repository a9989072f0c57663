"""Exit codes of the commands."""

from __future__ import annotations

from enum import IntEnum

from waves.problem import Problems


class Exit(IntEnum):
    """Exit codes. A defect has the same as a traceback of Python."""

    GOOD = 0
    PIECE = 1
    DEFECT = 1
    USAGE = 2
    DEVICE = 3
    HUNG = 4  # the sound thread, and no version is left to go back to
    HANGUP = 129  # SIGHUP: the terminal was closed
    INTERRUPTED = 130  # Ctrl-C
    TERMINATED = 143  # SIGTERM

    @classmethod
    def of(cls, problems: Problems) -> Exit:
        """The exit code of a command that problems have stopped."""
        from waves.audio.device_choice import DeviceProblem
        from waves.language.model.sound_arguments import UsageProblem

        if isinstance(problems, UsageProblem):
            return cls.USAGE
        return cls.DEVICE if isinstance(problems, DeviceProblem) else cls.PIECE
