"""Files that come with waves: the node types of the library, the demo and the presets."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from waves.problem import Problem, Problems

PACKAGE = Path(__file__).resolve().parents[2]


def library_folder(part: Literal["nodes", "demo", "presets"], package: Path = PACKAGE) -> Path:
    """Folder of the shipped node types, the demo or the presets: in the installed package, or at the top of a clone.

    Raises Problems when the installation has neither.
    """
    shipped = package / "_library" / part
    if shipped.is_dir():
        return shipped
    checkout = checkout_folder(package)
    if checkout is None:
        raise Problems(Problem("this installation of waves has no library; install it again"))
    return checkout if part == "demo" else checkout / part


def checkout_folder(package: Path = PACKAGE) -> Path | None:
    """Top of the clone that waves runs from; None for an installed package."""
    top = package.parent
    is_checkout = (top / "pyproject.toml").is_file() and (top / "nodes").is_dir()
    return top if is_checkout and not (package / "_library").is_dir() else None
