"""Keeps the piece in time whatever the sound card does: a lost card is replaced by silence until it is back.

It also changes from one device, block size or latency to another while the piece plays.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

from waves.audio.device import (
    PATIENCE,
    SILENT,
    CardStream,
    Stream,
    StreamOptions,
    accepted_rate,
    list_connected_devices,
    list_devices,
    open_stream,
)
from waves.audio.device_choice import DeviceProblem, find_device
from waves.audio.portaudio import forget_at_exit, has_portaudio, search_again
from waves.audio.silent_device import SilentStream

LOOK = 0.1  # seconds between two looks at the stream
STALLED = 0.5  # seconds without a callback
RETRY = 1.0  # seconds between two attempts to open a lost device
SEARCH = 5.0  # the same where there was none from the start


class DeviceSupervisor:
    """The stream that plays, and the thread that replaces it by a silent one while its device is away.

    The stream is opened on creation, with the errors of `open_stream`. `stream` is the present one,
    `rate` its frames per second, `away` whether it only keeps time. `say` gets a sentence for every change, on the
    thread that made it.

    Threads: any but the sound thread; `start`, `stop` and `leave` by the owner, one call at a time. A lock lets only
    one thread at a time change streams, so never two callbacks run the engine.
    """

    def __init__(
        self,
        address: int,
        userdata: int,
        say: Callable[[str], None],
        options: StreamOptions,
        listen: Callable[[int], None] = lambda inputs: None,
    ):
        """`listen` is told before each start of a stream how many channels it hears."""
        self._callback, self._say, self._options, self._listen = (address, userdata), say, options, listen
        self.stream: Stream = open_stream(address, userdata, options)
        self.rate = self.stream.rate
        self.away = _is_makeshift(self.stream)
        self._unreleased: list[CardStream] = []  # stalled when they were closed: PortAudio holds them still
        self._retry_every = SEARCH
        self._seen, self._since, self._tried = -1, 0.0, 0.0  # callbacks, and since when; last attempt to open
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="device supervisor", daemon=True)

    def start(self, clock: Callable[[], int], inside: Callable[[], bool] = lambda: False) -> None:
        """Play. `clock` gives a count that moves with every callback, also of a paused piece.

        `inside`: whether the callback runs right now; one that does not return is not the fault of the device.
        """
        if self.stream.notice:
            self._say(self.stream.notice)
        self._clock, self._inside = clock, inside
        self._listen(self.stream.inputs)
        self.stream.start()
        self._look_from_now()
        self._watch_device()

    def _watch_device(self) -> None:
        """Start the thread, unless no device can be lost or found: silence was asked for, or there is no library."""
        if self._options.device != SILENT and self._thread.ident is None and has_portaudio():
            self._thread.start()

    def stop(self) -> None:
        """Stop and close; a device that does not answer is left behind after two seconds."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)
        free = self._lock.acquire(timeout=PATIENCE)
        if not free or self._thread.is_alive():  # inside PortAudio, which waits for a stalled device
            forget_at_exit()
        self._end(self.stream)
        if free:
            self._lock.release()

    def leave(self) -> None:
        """End as it is, when the callback hangs: the stream cannot be stopped any more."""
        self._ended.set()
        forget_at_exit()

    # another stream while the piece plays

    def reopen(self, silenced: Callable[[], AbstractContextManager[object]] = nullcontext, /, **changed: Any) -> bool:
        """Play on another device, or with another block size or latency: fields of StreamOptions.

        The present stream is stopped before the other one starts, so the time of the piece stands still in between;
        both happen within `silenced()`, which fades out before and in afterwards. What is already known to fail is
        said before anything changes. What fails later goes back to the options before, and if these fail too, to
        silence until their device is back. Whether the changed options are in use.
        """
        with self._lock:
            if self._ended.is_set():
                return False
            options = replace(self._options, **changed)
            try:
                if options.device != self._options.device:
                    self._check_device(options)
            except DeviceProblem as problem:
                self._say(f"{problem}; {self._as_before}")
                return False
            with silenced():
                return self._change_stream(options)

    def _check_device(self, options: StreamOptions) -> None:
        """Raise DeviceProblem if the device that is asked for cannot be played on."""
        if options.device is None or options.device == SILENT:
            return  # silent where there is none
        devices = list_devices()
        try:
            device = find_device(devices, options.device)
        except DeviceProblem:
            find_device(list_connected_devices(), options.device).check_channels(options.channels)
            return
        device.check_channels(options.channels)
        self._check_rate(device.name, accepted_rate(device, self.rate, options.channels))

    def _check_rate(self, name: str, rate: float) -> None:
        if rate != self.rate:
            raise DeviceProblem(f"device '{name}' does not play at {self.rate:g} Hz")

    def _change_stream(self, options: StreamOptions) -> bool:
        before = self.stream
        if not self._end(before):
            if self._inside():  # the callback hangs, not the device
                return False
            if isinstance(before, CardStream):
                self._unreleased.append(before)
        try:
            self._play(self._open(options))
        except DeviceProblem as problem:
            try:
                self._play(self._open(self._options))
                self._say(f"{problem}; {self._as_before}")
            except DeviceProblem:
                self._play_silently(f"{problem}; the piece keeps time silently until device '{before.name}' is back")
            return False
        self._options = options
        self._watch_device()
        self._say(self.stream.notice or self._playing)
        return True

    def _end(self, stream: Stream) -> bool:
        """Stop and close a stream; False where its device does not answer.

        What was faded out is waited for, as a device drops what is left in its buffers. A stalled one is closed without
        a stop, which would wait for its thread: that thread could ask for frames once more when the device goes on.
        """
        stalled = False
        if isinstance(stream, CardStream) and stream.active:
            count = self._clock()
            time.sleep(stream.latency + self._options.block / self.rate)
            stalled = self._clock() == count and not self._inside()
        return (stalled or stream.stop()) and stream.close()

    def _play(self, stream: Stream) -> None:
        """Start a stream in place of one that is closed. Raises DeviceProblem."""
        if self._ended.is_set():
            stream.close()
            raise DeviceProblem("stopped")
        try:
            self._listen(stream.inputs)
            stream.start()
        except DeviceProblem:
            stream.close()
            raise
        self.stream, self.away = stream, _is_makeshift(stream)
        self._retry_every = SEARCH
        self._look_from_now()

    @property
    def _playing(self) -> str:
        silent = isinstance(self.stream, SilentStream)
        return "playing silently" if silent else f"playing on device '{self.stream.name}'"

    @property
    def _as_before(self) -> str:
        return f"{self._playing} as before"

    # a device that is lost, and found again

    def _look_from_now(self) -> None:
        self._seen, self._since, self._tried = -1, time.monotonic(), time.monotonic()

    def _watch(self) -> None:
        while not self._ended.wait(LOOK):
            with self._lock:
                if not self._ended.is_set():
                    self._look()

    def _look(self) -> None:
        now = time.monotonic()
        if self.away:
            if now - self._tried >= self._retry_every:
                self._retry()
                self._look_from_now()
            return
        count, inside = self._clock(), self._inside()
        if count != self._seen or inside:
            self._seen, self._since = count, now
        if inside or not isinstance(self.stream, CardStream):
            return
        if not self.stream.active:
            self._replace(self.stream, "is lost")
        elif now - self._since >= STALLED:
            self._replace(self.stream, "does not play on")

    def _replace(self, card: CardStream, trouble: str) -> None:
        """Go on silently from where the card was when it played last."""
        # Both would run the engine, so the card goes first. A stalled one ends its callbacks immediately, though
        # PortAudio releases it only when it goes on.
        if not card.close(patience=0.2):
            self._unreleased.append(card)
        self._play_silently(
            f"device '{card.name}' {trouble}: the piece keeps time silently until it is back",
            late=time.monotonic() - self._since,
        )

    def _play_silently(self, sentence: str, late: float = 0.0) -> None:
        """Keep time in place of a stream that is closed, as if since `late` seconds ago."""
        if self._ended.is_set():
            return
        silent = open_stream(*self._callback, replace(self._options, device=SILENT, rate=self.rate))
        assert isinstance(silent, SilentStream)
        self.stream, self.away, self._retry_every = silent, True, RETRY
        self._listen(silent.inputs)
        silent.start(late=late)
        self._look_from_now()
        self._say(sentence)

    def _retry(self) -> None:
        """Open the device that is away, and play on it if that can be done."""
        if not self._released():
            return
        try:
            card = self._open(self._options)
        except DeviceProblem:
            return
        if not isinstance(card, CardStream):
            return
        silent = self.stream
        if not silent.stop():  # the callback hangs
            card.close()
            return
        try:
            self._play(card)
        except DeviceProblem:
            if not self._ended.is_set():
                self._listen(silent.inputs)
                silent.start()
            return
        self._say(self._playing)

    def _released(self) -> bool:
        """Whether PortAudio holds no card any more that had stalled."""
        self._unreleased = [card for card in self._unreleased if not card.closed and not card.close()]
        return not self._unreleased

    def _open(self, options: StreamOptions) -> Stream:
        """A stream at the engine's rate; PortAudio looks for devices again when it is not found. Raises DeviceProblem.

        Without a device for `None` it is a silent one.
        """
        for attempt in (1, 2):
            try:
                stream = open_stream(*self._callback, replace(options, rate=self.rate))
                if stream.rate != self.rate:
                    stream.close()
                    self._check_rate(stream.name, stream.rate)
                if attempt == 2 or not _is_makeshift(stream):
                    return stream
            except DeviceProblem:
                if attempt == 2:
                    raise
            if has_portaudio() and self._released():
                search_again()
        raise AssertionError("the second attempt gives a stream or a problem")


def _is_makeshift(stream: Stream) -> bool:
    """Whether it is silent because there is no device, and not because silence was asked for."""
    return isinstance(stream, SilentStream) and bool(stream.notice)
