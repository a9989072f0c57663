"""`waves keep`: renders the end of the newest session into a file."""

from __future__ import annotations

import time
from pathlib import Path

from waves.app.commands.replay import find_session, length_of, write_part
from waves.app.time_argument import seconds_of
from waves.audio.sound_files import unused
from waves.language.model.sound_arguments import UsageProblem
from waves.live.history.log_reader import read_log
from waves.live.kept.kept_files import recordings_folder
from waves.problem import Problem, Problems, reason_of


def keep_last(length: str, output: Path | None, stems: bool, folder: Path, trust: bool) -> None:
    """Write the end of the newest session. Raises Problems."""
    seconds = seconds_of(length)
    if seconds <= 0.0:
        raise UsageProblem(f"expected a length like 5m or 90s, got '{length:.40}'")
    folder = folder.expanduser().resolve()
    log = read_log(find_session("last", folder))
    if output is None:
        try:
            output = recordings_folder(folder) / time.strftime("kept_%Y-%m-%d_%H-%M-%S.wav")
        except OSError as error:
            way = "`-o FILE` writes it elsewhere"
            raise Problems(Problem(f"cannot write to 'recordings/': {reason_of(error)}; {way}")) from None
    whole = length_of(log)
    write_part(log, folder, trust, unused(output), max(whole - seconds, 0.0), whole, stems)
