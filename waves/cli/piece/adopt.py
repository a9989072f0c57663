"""`waves adopt`: takes over a `.waves/` that was set aside."""

from __future__ import annotations

from waves.cli.options import HERE, Folder


def adopt(folder: Folder = HERE) -> None:
    """Take over versions, sessions and state of a .waves/ that came with the piece or from another computer.

    Everything is checked and written anew; nothing in it runs. `waves play` sets such a folder aside.
    """
    from waves.app.commands.adopt import adopt_kept

    adopt_kept(folder)
