"""Results that a class keeps."""

from __future__ import annotations

import gc
import weakref

from waves.memo import per_class


def test_a_result_is_worked_out_once_for_each_class_and_arguments():
    calls = []

    @per_class
    def name(kind: type, suffix: str = "") -> list[str]:
        calls.append((kind.__name__, suffix))
        return [kind.__name__ + suffix]

    class First:
        pass

    class Second(First):
        pass

    assert name(First) is name(First) and name(First, "!") == ["First!"]
    assert name(Second) == ["Second"], "a subclass does not take the results of its base"
    assert calls == [("First", ""), ("First", "!"), ("Second", "")]


def test_results_go_with_their_class():
    @per_class
    def itself(kind: type) -> list[type]:
        return [kind]

    class Gone:
        pass

    itself(Gone)
    dropped = weakref.ref(Gone)
    del Gone
    gc.collect()
    assert dropped() is None
