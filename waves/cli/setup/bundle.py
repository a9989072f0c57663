"""`waves bundle`: one file with a sound and all that it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Force, Sounds, Trust


def bundle(
    sounds: Sounds = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="OUT", help="A .waves file; default: SOUND.waves.", show_default=False),
    ] = None,
    folder: Folder = HERE,
    trust: Trust = False,
    force: Force = False,
) -> None:
    """Write a sound and all that it needs into one file: text, samples, nodes, settings and licences.

    `waves play FILE.waves` and `waves render FILE.waves` open it in a folder beside it.
    """
    from waves.app.setup.bundle import write_sounds

    write_sounds(sounds or [], output, folder, trust, force)
