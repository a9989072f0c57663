"""A stream that only counts, in a process of its own, until standard input ends; then prints its underflows.

It asks nothing of the machine. When it runs dry as well, the sound server was left waiting, whoever plays.
"""

from __future__ import annotations

import sys

from tests.audio.test_device import Told, playing
from tests.soak.load import come_first
from waves.audio.device import open_stream

if __name__ == "__main__":
    come_first()
    told = Told()
    with playing(open_stream(*told.callback, device=sys.argv[1], block=256)):
        print("playing", flush=True)
        before = int(told.words[3])
        sys.stdin.read()
        print(int(told.words[3]) - before, flush=True)
