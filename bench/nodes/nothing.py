"""Nothing: a row without work, for what the engine itself costs.

silence: {nothing: {}}
"""

from waves.node import Node


class Nothing(Node):
    @staticmethod
    def render(out):
        pass
