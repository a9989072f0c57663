"""A stream that only counts, in a process of its own, until standard input ends; then prints its underflows.

It asks nothing of the machine. When it runs dry as well, the sound server was left waiting, whoever plays.
"""

from __future__ import annotations

import sys

from tests.harness.ramp_callback import Ramp, playing
from tests.soak.load import come_first
from waves.audio.device import StreamOptions, open_stream

if __name__ == "__main__":
    come_first()
    ramp = Ramp()
    with playing(open_stream(*ramp.callback, StreamOptions(device=sys.argv[1], block=256))):
        print("playing", flush=True)
        before = ramp.flags
        sys.stdin.read()
        print(ramp.flags - before, flush=True)
