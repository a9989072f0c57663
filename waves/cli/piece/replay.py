"""`waves replay`: renders a session again from its log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Force, Stems, Trust


def replay(
    session: Annotated[str, typer.Argument(metavar="SESSION", help="A file of .waves/sessions/, its name, or `last`.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="OUT", help="A .wav, .flac or .ogg file.", show_default=False)
    ],
    begin: Annotated[str, typer.Option("--from", help="Begin of the part: 90s, 5m, 1:30.")] = "0",
    end: Annotated[
        str | None, typer.Option("--to", help="End of the part; default: that of the session.", show_default=False)
    ] = None,
    stems: Stems = False,
    folder: Folder = HERE,
    trust: Trust = False,
    force: Force = False,
) -> None:
    """Render a session again to a file, with every save at its frame. The result equals a recording.

    Each `waves play` keeps a log in .waves/sessions/ of its folder.
    """
    from waves.app.commands.replay import replay_session

    replay_session(session, output, begin, end, stems, folder, trust, force)
