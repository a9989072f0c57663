"""Keeps the piece in time whatever the sound card does: notices a lost or stalled one, and its return."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from waves.audio.device import SILENT, CardStream, Stream, forget_at_exit, has_portaudio, open_stream, search_again
from waves.audio.device_choice import DeviceProblem
from waves.audio.silent_device import SilentStream

LOOK = 0.1  # seconds between two looks at the stream
STALLED = 0.5  # seconds without a callback
RETRY = 1.0  # seconds between two attempts to open a lost device
SEARCH = 5.0  # the same where there was none from the start


class DeviceSupervisor:
    """A stream, and the control thread that replaces it by a silent one while its device is away.

    Opened on creation, with the `options` and errors of `open_stream`. `stream` is what plays now, `rate` its
    frames per second; `away` tells that it only keeps time. `say` gets a line per change, on another thread.
    """

    def __init__(self, address: int, userdata: int, say: Callable[[str], None], **options: Any):
        self._callback, self._say, self._options = (address, userdata), say, options
        self.stream: Stream = open_stream(address, userdata, **options)
        self.rate = self.stream.rate
        self.away = bool(isinstance(self.stream, SilentStream) and self.stream.notice)
        self._card: CardStream | None = self.stream if isinstance(self.stream, CardStream) else None
        self._retry_every = SEARCH
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="device keeper", daemon=True)

    def start(self, clock: Callable[[], int], inside: Callable[[], bool] = lambda: False) -> None:
        """Play. `clock` gives a count that moves with every callback, of a paused piece too.

        `inside`: whether the callback runs just now; one that does not come back is not the device's fault.
        """
        if self.stream.notice:
            self._say(self.stream.notice)
        self._clock, self._inside = clock, inside
        self.stream.start()
        if has_portaudio():  # else nothing can be lost or found
            self._thread.start()

    def stop(self) -> None:
        """Stop and close; a device that does not answer is left behind after two seconds."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2.0)
        if self._thread.is_alive():  # inside PortAudio, which a stalled device does not let go
            forget_at_exit()
        if self.stream.stop():
            self.stream.close()

    def leave(self) -> None:
        """End as it is, when the callback hangs: the stream cannot be stopped any more."""
        self._ended.set()
        forget_at_exit()

    def _watch(self) -> None:
        seen, since, tried = -1, time.monotonic(), time.monotonic()
        while not self._ended.wait(LOOK):
            now = time.monotonic()
            if self.away:
                if now - tried >= self._retry_every:
                    self._retry()
                    seen, since, tried = -1, time.monotonic(), time.monotonic()
                continue
            count, inside = self._clock(), self._inside()
            if count != seen or inside:
                seen, since = count, now
            if inside:
                continue
            if not self.stream.active:
                self._replace("is lost", since)
            elif now - since >= STALLED:
                self._replace("does not play on", since)

    def _replace(self, trouble: str, since: float) -> None:
        """Go on silently from where the card was at `since`."""
        if self._card is None:  # a silent stream has no device to lose
            return
        # Both would run the engine, so the card goes first. A stalled one ends its callbacks at once, though
        # PortAudio lets go of it only when it goes on.
        self._card.close(patience=0.2)
        self._retry_every = RETRY
        self.away = True
        silent = open_stream(*self._callback, **{**self._options, "device": SILENT, "rate": self.rate})
        assert isinstance(silent, SilentStream)
        self.stream = silent
        silent.start(late=time.monotonic() - since)
        self._say(f"device '{self._card.name}' {trouble}: the piece keeps time silently until it is back")

    def _retry(self) -> None:
        if self._card is not None and not self._card.closed and not self._card.close():
            return  # stalled, and still held by PortAudio
        card = self._open()
        if card is None:
            return
        silent, self.stream = self.stream, card
        silent.stop()
        try:
            if self._ended.is_set():
                raise DeviceProblem("stopped")
            card.start()
        except DeviceProblem:
            card.close()
            self.stream = silent
            if not self._ended.is_set():
                silent.start()
            return
        self._card, self.away = card, False
        self._say(f"playing on device '{card.name}'")

    def _open(self) -> CardStream | None:
        """The device at the engine's rate, or None; PortAudio looks for devices anew when it is not found."""
        for first in (True, False):
            with suppress(DeviceProblem):
                found = open_stream(*self._callback, **{**self._options, "rate": self.rate})
                if isinstance(found, CardStream):
                    if found.rate == self.rate:
                        return found
                    found.close()
            if first:
                search_again()
        return None
