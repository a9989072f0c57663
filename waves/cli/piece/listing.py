"""`waves list`: lists the sounds and patterns of a piece, or its samples."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Json


def list_sounds(
    samples: Annotated[bool, typer.Option("--samples", help="The packs and the names of samples instead.")] = False,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """List the sounds, each with its comment, or with its node if it has none."""
    if samples:
        from waves.app.setup.packs.list import show_samples

        show_samples(folder, json)
        return
    from waves.app.commands.list_sounds import show_sounds

    show_sounds(folder, json)
