"""Plays a stream that takes almost no processor time until standard input ends, then prints its underflows.

    python -m tests.soak.reference_stream DEVICE

It runs beside a player in a process of its own. Underflows that it has too are not the player's.
"""

from __future__ import annotations

import sys

from tests.harness.ramp_callback import Ramp, playing
from tests.soak.load import raise_priority
from waves.audio.device import StreamOptions, open_stream

if __name__ == "__main__":
    raise_priority()
    ramp = Ramp()
    with playing(open_stream(*ramp.callback, StreamOptions(device=sys.argv[1], block=256))):
        print("playing", flush=True)
        before = ramp.flags
        sys.stdin.read()
        print(ramp.flags - before, flush=True)
