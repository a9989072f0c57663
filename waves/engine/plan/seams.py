"""Ends of seams: the copies of a commit in, those that end its seams after the transition out."""

from __future__ import annotations

from collections.abc import Iterable

from waves.abi import COPY, COPY_SEAM
from waves.engine.state.copies import Copy, address_of, copy_of_bytes
from waves.engine.state.kept_memory import seam_words
from waves.engine.state.voice_memory import SEAM

NO_SEAM = seam_words(0)


def ends_of_seams(copies: Iterable[Copy]) -> list[Copy]:
    """Copies that end the seams that fade over from another ring: that ring may be freed after the transition.

    A kernel need not write in each frame, so they may not have ended by themselves.
    """
    kind, source, counter = (COPY.index(name) for name in ("kind", "source", "target_counter"))
    seams = [copy for copy in copies if copy[kind] == COPY_SEAM and copy[source]]
    return [copy_of_bytes(address_of(NO_SEAM), copy[counter] + SEAM, NO_SEAM.nbytes) for copy in seams]
