"""`waves list` and `waves ids`: the sounds and patterns of a piece, its samples, and the IDs of its nodes."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Json, Sounds


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


def ids(sounds: Sounds = None, json: Json = False, folder: Folder = HERE) -> None:
    """List the nodes of sounds: ID, line, and the fields of the state that is kept under the ID."""
    from waves.app.commands.list_ids import show_ids

    show_ids(sounds or [], folder, json)
