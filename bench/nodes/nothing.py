"""Nothing: a row without work, to measure the cost of the engine itself.

silence: {nothing: {}}
"""

from waves.node import Node


class Nothing(Node):
    @staticmethod
    def render(out):
        pass
