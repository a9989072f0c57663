"""`waves doctor`: checks the installation."""

from __future__ import annotations

import typer

from waves.cli.options import HERE, Folder, Json


def doctor(json: Json = False, folder: Folder = HERE) -> None:
    """Check the installation and the settings, and say how to mend what is wrong."""
    from waves.app.setup.doctor import show_diagnosis

    raise typer.Exit(show_diagnosis(folder, json))
