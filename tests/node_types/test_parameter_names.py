"""Parameters that are called like words of Python: `from_` in a file is `from` in a piece."""

from __future__ import annotations

from waves.node import Choice, Node, Signal, param
from waves.node_types.library.parameters import parameters
from waves.node_types.library.signature import argument_names, kernel_parameters
from waves.testing import Player

Word = Choice["up", "down"]


class Between(Node):
    from_: Signal = param(0.0, unit="value", minimum=-1.0)
    to: Signal = param(1.0, unit="value")
    as_: Word = param("up")
    last_: Signal = param(2.0, unit="value")

    constant = ("from",)

    @staticmethod
    def render(out, from_, to, as_, last_):
        for i in range(out.size):
            if as_ == Word.up:
                out[i] = to[i] - from_[i]
            elif as_ == Word.down:
                out[i] = from_[i] - to[i] + last_[i]


def test_only_a_word_of_python_loses_its_underscore():
    assert list(parameters(Between)) == ["from", "to", "as", "last_"]
    assert parameters(Between)["from"].minimum == -1.0
    assert [*kernel_parameters(Between)] == argument_names(Between) == ["out", "from", "to", "as", "last_"]


def test_its_kernel_gets_the_parameters():
    assert Player(Between, 2, **{"from": 3.0, "to": 5.0}).render().tolist() == [2.0, 2.0]
    assert Player(Between, 1, **{"from": 3.0, "as": "down"}).render().tolist() == [4.0]
