"""`waves doctor`: what is there, and what mends what is not."""

from __future__ import annotations

import typer

from waves.cli.options import HERE, Folder, Json


def doctor(json: Json = False, folder: Folder = HERE) -> None:
    """Look the installation and the settings over."""
    from waves.app.commands.doctor import diagnose, told

    report = diagnose(folder)
    print(report.model_dump_json(indent=2) if json else told(report))
    raise typer.Exit(0 if report.ok else 1)
