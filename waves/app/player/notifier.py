"""Draws attention to mistakes as the settings say: by the terminal, or by a command of the user."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

from waves.app.terminal.display import Display
from waves.app.terminal.notification import LONGEST, sequence
from waves.events.event import Event
from waves.events.event_bus import EventBus
from waves.events.trouble import Fault
from waves.live.workspace.settings import Settings
from waves.problem import printable, reason_of

PATIENCE = 10.0  # seconds until a command must have ended


class Notifier:
    """Listens to events. `settings` gives those in force. On the thread of the listener."""

    def __init__(self, bus: EventBus, settings: Callable[[], Settings]):
        self.bus, self.settings = bus, settings
        self.display: Display | None = None
        """Shows the piece in the terminal, as soon as it does."""
        self._told = ""  # the command whose fault was told

    def event(self, event: Event) -> None:
        """Draw attention to an event with a mistake."""
        if not any(problem.level == "error" for problem in event.problems):
            return
        settings = self.settings()
        if settings.NOTIFY == "command":
            self._run(settings.NOTIFY_COMMAND, event)
        elif settings.NOTIFY != "none" and self.display:
            self.display.notify(sequence(settings.NOTIFY, event.text, os.environ))

    def _run(self, command: list[str], event: Event) -> None:
        """Run a command with the text of an event as its last argument; what goes wrong is told once."""
        if not command:
            self._tell("", "NOTIFY is 'command', and NOTIFY_COMMAND is empty")
            return
        text = printable(event.text)[:LONGEST]
        silent = subprocess.DEVNULL
        try:
            subprocess.run(
                [*command, text],
                stdin=silent,
                stdout=silent,
                stderr=silent,
                timeout=PATIENCE,
                start_new_session=True,
                check=False,
            )
        except (OSError, ValueError) as error:
            self._tell(command[0], f"NOTIFY_COMMAND cannot be run: '{command[0]}': {reason_of(error)}")
        except subprocess.TimeoutExpired:
            self._tell(command[0], f"NOTIFY_COMMAND takes more than {PATIENCE:g} s and is ended")

    def _tell(self, command: str, sentence: str) -> None:
        if self._told != command or not command:
            self._told = command
            self.bus.publish(Fault(message=sentence))
