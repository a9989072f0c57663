"""Delivers events to any number of listeners, each through a bounded queue: whoever publishes never waits."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from waves.events.event import Event
from waves.events.trouble import EventsLost, ListenerEnded

QUEUE = 1000  # events that wait for one listener


class Subscription:
    """The queue of one listener, which takes from it on a thread of its own. When it is full, the oldest are dropped.

    Any thread may call its methods, but one thread only should take.
    """

    def __init__(self, name: str, maxsize: int = QUEUE):
        """`name` is for people; `maxsize` is how many events wait, at least 1."""
        self.name = name
        self._events: deque[Event] = deque(maxlen=maxsize)
        self._lost = 0
        self._closed = False
        self._changed = threading.Condition()

    @property
    def closed(self) -> bool:
        """Whether no more events come; those that wait can still be taken."""
        return self._closed

    def put(self, event: Event) -> None:
        """Let an event wait; returns immediately."""
        with self._changed:
            if self._closed:
                return
            self._lost += len(self._events) == self._events.maxlen
            self._events.append(event)
            self._changed.notify()

    def take(self, timeout: float | None = None) -> Event | None:
        """The oldest event, after at most `timeout` seconds (None: no limit); None when there is none.

        After events were dropped, the next that is taken is an `EventsLost` with their count.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._events or self._closed, timeout)
            if self._lost:
                count, self._lost = self._lost, 0
                return EventsLost(count=count)
            return self._events.popleft() if self._events else None

    def close(self) -> None:
        """End it: what waits can still be taken, and `take` waits no longer."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class EventBus:
    """All listeners of what plays. Any thread but the sound thread may call any method."""

    def __init__(self) -> None:
        self._subscriptions: tuple[Subscription, ...] = ()
        self._threads: dict[Subscription, threading.Thread] = {}
        self._lock = threading.Lock()

    def publish(self, event: Event) -> None:
        """Give an event to every listener; returns immediately."""
        for subscription in self._subscriptions:
            subscription.put(event)

    def subscribe(self, name: str = "listener", maxsize: int = QUEUE) -> Subscription:
        """A queue of all events from now on, for a caller that takes them itself."""
        subscription = Subscription(name, maxsize)
        with self._lock:
            self._subscriptions += (subscription,)
        return subscription

    def listen(self, callback: Callable[[Event], None], name: str = "listener", maxsize: int = QUEUE) -> Subscription:
        """Call `callback` with each event, on a thread of its own, until `unsubscribe` or `close`.

        An exception in `callback` ends the listener and is published once, as `ListenerEnded`.
        """

        def take_all(subscription: Subscription) -> None:
            while event := subscription.take():
                callback(event)

        subscription = self.subscribe(name, maxsize)
        self.run(subscription, take_all)
        return subscription

    def run(self, subscription: Subscription, listener: Callable[[Subscription], None]) -> None:
        """As `listen`, for a listener that takes from its subscription itself until that is closed and empty."""
        thread = threading.Thread(target=self._run, args=(subscription, listener), name=subscription.name, daemon=True)
        with self._lock:
            self._threads[subscription] = thread
        thread.start()

    def unsubscribe(self, subscription: Subscription) -> None:
        """End a subscription."""
        with self._lock:
            self._subscriptions = tuple(one for one in self._subscriptions if one is not subscription)
            self._threads.pop(subscription, None)
        subscription.close()

    def close(self, patience: float = 1.0) -> bool:
        """End all subscriptions; whether every listener took what waited for it within `patience` seconds."""
        with self._lock:
            subscriptions, self._subscriptions = self._subscriptions, ()
            threads = list(self._threads.values())
        for subscription in subscriptions:
            subscription.close()
        deadline = time.monotonic() + patience
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
        return not any(thread.is_alive() for thread in threads)

    def _run(self, subscription: Subscription, listener: Callable[[Subscription], None]) -> None:
        reason = ""
        try:
            listener(subscription)
        except Exception as error:  # whatever a listener does, the player goes on
            reason = f"{type(error).__name__}: {error}"
        self.unsubscribe(subscription)
        if reason:
            self.publish(ListenerEnded(listener=subscription.name, reason=reason))
