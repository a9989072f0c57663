"""Runs a command of waves in a process of its own while the piece plays."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from waves.app.actions.controls import Controls
from waves.events.playing import FileWritten
from waves.events.trouble import ActionRefused


def run_command(controls: Controls, name: str, output: Path, *arguments: str) -> None:
    """Start `waves <name> <arguments>` for the piece, which writes the file `output`, and return immediately.

    The last line of its output is published when it has ended: `FileWritten`, or `ActionRefused` if it failed.
    """
    trust = ["--trust"] if controls.trusted else []
    paths = ["--dir", str(controls.folder), "-o", str(output)]
    command = [sys.executable, "-m", "waves", name, *paths, *trust, *arguments]

    def run() -> None:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, start_new_session=True
        )
        lines = (done.stdout if done.returncode == 0 else done.stderr).splitlines()
        said = [line for line in lines if line.strip() and not line.startswith("    ")]  # no lines of files, no carets
        last = said[-1] if said else f"`waves {name}` ended with exit code {done.returncode}"
        if done.returncode == 0:
            controls.publish(FileWritten(path=str(output), message=last))
        else:
            controls.publish(ActionRefused(action=name, reason=last))

    threading.Thread(target=run, name=name, daemon=True).start()
