"""Reference: the sound of a node that is written elsewhere, by its id.

    twice: {mix: {a: {osc: {freq: 220, id: tone}}, b: {delay: {time: 0.3, signal: {reference: {ref: tone}}}}}}

It may close a loop, which then takes a block of 64 frames.
"""

from waves.node import Node, param


class Reference(Node):
    ref: str = param(description="The id of the node.")

    @classmethod
    def expand(cls, build):
        return build.reference(build.settings["ref"], "ref")
