"""Reference: the sound of another node of the file, by its id.

    twice: {mix: {a: {osc: {freq: 220, id: tone}}, b: {delay: {time: 0.3, signal: {reference: {ref: tone}}}}}}

`$tone` in an expression is the same; an output or a channel with a name is read as `$id.output`.

It may close a loop. With a `delay` in it, the loop takes exactly the `time` of the delay, at least 64 frames (1.45 ms
at 44.1 kHz): a shorter constant is a warning, and a `time` that moves is held there. What such a delay passes on
without delay (`mix` below 1) is 64 frames late. In a loop without a delay, the reference that comes first in the file
reads what the node gave 64 frames ago.
"""

from waves.node import Node, param


class Reference(Node):
    ref: str = param(description="The id of the node.")
    output: str = param("", description="The name of an output or a channel of it; without one its signal.")

    @classmethod
    def expand(cls, build):
        return build.reference(build.settings["ref"], "ref", build.settings["output"])
