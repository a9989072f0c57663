"""waves: a synthesizer played by editing a text file.

from waves import open_piece

with open_piece("my_piece") as piece:
    piece.play("my_sound")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from waves.version import __version__

if TYPE_CHECKING:
    from waves.app.live_piece import LivePiece, open_piece
    from waves.app.performance.piece_status import PieceStatus
    from waves.engine.state.current_registry import node_state_registry

__all__ = ["LivePiece", "PieceStatus", "__version__", "node_state_registry", "open_piece"]

_MODULES = {
    **dict.fromkeys(("LivePiece", "open_piece"), "waves.app.live_piece"),
    "PieceStatus": "waves.app.performance.piece_status",
    "node_state_registry": "waves.engine.state.current_registry",
}


def __getattr__(name: str) -> Any:
    """Import the Python interface when it is asked for: `waves --help` and the compiler do not need it."""
    import importlib

    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'waves' has no attribute '{name}'")
