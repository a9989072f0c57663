"""Any number of listeners, none of which can hold up whoever publishes."""

from __future__ import annotations

import threading

from waves.events.event_bus import EventBus, Subscription
from waves.events.playing import VolumeChanged
from waves.events.trouble import EventsLost, ListenerEnded

LONG = 10.0  # s that nothing here takes


def volumes(subscription: Subscription) -> list[float]:
    """What waits in a subscription."""
    found = []
    while event := subscription.take(0.0):
        assert isinstance(event, VolumeChanged)
        found.append(event.level)
    return found


def test_each_listener_gets_every_event_in_order():
    bus = EventBus()
    first, second = bus.subscribe(), bus.subscribe()
    heard: list[float] = []
    bus.listen(lambda event: heard.append(event.level))  # type: ignore[attr-defined]
    for level in range(100):
        bus.publish(VolumeChanged(level=float(level)))
    assert bus.close(LONG)
    assert volumes(first) == volumes(second) == heard == [float(level) for level in range(100)]


def test_a_subscription_begins_and_ends_when_it_is_asked_to():
    bus = EventBus()
    bus.publish(VolumeChanged(level=1.0))
    subscription = bus.subscribe()
    bus.publish(VolumeChanged(level=2.0))
    bus.unsubscribe(subscription)
    bus.publish(VolumeChanged(level=3.0))
    assert volumes(subscription) == [2.0]
    assert subscription.closed and subscription.take() is None, "it waits no more"


def test_a_full_queue_drops_the_oldest_and_says_how_many():
    bus = EventBus()
    slow, other = bus.subscribe(maxsize=3), bus.subscribe()
    for level in range(8):
        bus.publish(VolumeChanged(level=float(level)))
    lost = slow.take(0.0)
    assert isinstance(lost, EventsLost) and lost.count == 5
    assert volumes(slow) == [5.0, 6.0, 7.0]
    assert len(volumes(other)) == 8


def test_a_listener_that_never_returns_holds_nobody_up():
    bus = EventBus()
    stuck, go_on, done = threading.Event(), threading.Event(), threading.Event()

    def dead(event: object) -> None:
        stuck.set()
        go_on.wait(LONG)

    bus.listen(dead, maxsize=2)
    bus.listen(lambda event: event.level == 50.0 and done.set())  # type: ignore[attr-defined]
    bus.publish(VolumeChanged(level=0.0))
    assert stuck.wait(LONG)
    for level in range(1, 51):
        bus.publish(VolumeChanged(level=float(level)))
    assert done.wait(LONG), "the others have had all"
    assert not bus.close(0.0), "it still waits"
    go_on.set()


def test_a_listener_that_fails_ends_and_that_is_said_once():
    bus = EventBus()
    others = bus.subscribe()
    calls = []

    def fails(event: object) -> None:
        calls.append(event)
        raise ValueError("no such page")

    bus.listen(fails, "page")
    bus.publish(VolumeChanged(level=1.0))
    first, said = others.take(LONG), others.take(LONG)
    assert isinstance(first, VolumeChanged)
    assert isinstance(said, ListenerEnded)
    assert (said.listener, said.reason) == ("page", "ValueError: no such page")
    bus.publish(VolumeChanged(level=2.0))
    assert volumes(others) == [2.0] and len(calls) == 1
    assert bus.close(LONG)


def test_what_waits_is_taken_before_a_listener_ends():
    bus = EventBus()
    begun, heard = threading.Event(), []

    def slow(event: VolumeChanged) -> None:
        begun.wait(LONG)
        heard.append(event.level)

    bus.listen(slow)  # type: ignore[arg-type]
    for level in range(5):
        bus.publish(VolumeChanged(level=float(level)))
    begun.set()
    assert bus.close(LONG)
    assert heard == [0.0, 1.0, 2.0, 3.0, 4.0]
