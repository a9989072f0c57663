"""`waves keep`: writes the last minutes of a session to a file, afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Stems, Trust


def keep(
    length: Annotated[str, typer.Argument(metavar="LENGTH", help="Length of the end that is written: 5m, 90s, 1h.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="A file; default: one in recordings/.", show_default=False),
    ] = None,
    stems: Stems = False,
    folder: Folder = HERE,
    trust: Trust = False,
) -> None:
    """Write the last minutes of the newest session to a file, although they were not recorded.

    The session may still play.
    """
    from waves.app.commands.keep import keep_last

    keep_last(length, output, stems, folder, trust)
