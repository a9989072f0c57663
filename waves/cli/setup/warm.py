"""`waves warm`: compiles ahead of time."""

from __future__ import annotations

from waves.cli.options import HERE, Folder


def warm(folder: Folder = HERE) -> None:
    """Compile all node types, so that nothing has to be compiled later."""
    from waves.app.setup.warm import warm_cache

    warm_cache(folder)
