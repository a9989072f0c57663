"""`waves doctor`: what is there, and what mends what is not."""

from __future__ import annotations

import typer

from waves.cli.options import HERE, Folder, Json


def doctor(json: Json = False, folder: Folder = HERE) -> None:
    """Look the installation and the settings over."""
    from waves.app.commands.doctor import show_diagnosis

    raise typer.Exit(0 if show_diagnosis(folder, json) else 1)
