"""`waves check`: finds the mistakes in the files of a piece."""

from __future__ import annotations

from typing import Annotated

import typer

from waves.cli.options import HERE, Folder, Json


def check(
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    json: Json = False,
    folder: Folder = HERE,
) -> None:
    """Find all mistakes in all sounds. Nothing is played, and no Python that is not trusted runs."""
    from waves.app.commands.check import check_folder

    raise typer.Exit(check_folder(folder, strict, json))
