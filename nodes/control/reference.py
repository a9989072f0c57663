"""Reference: the sound of another node of the file, by its id.

    twice: {mix: {a: {osc: {freq: 220, id: tone}}, b: {delay: {time: 0.3, signal: {reference: {ref: tone}}}}}}

`$tone` in an expression is the same; an output or a channel with a name is read as `$id.output`.

It may close a loop, best with a delay in it; without one it reads the block before, 64 frames late.
"""

from waves.node import Node, param


class Reference(Node):
    ref: str = param(description="The id of the node.")
    output: str = param("", description="The name of an output or a channel of it; without one its signal.")

    @classmethod
    def expand(cls, build):
        return build.reference(build.settings["ref"], "ref", build.settings["output"])
