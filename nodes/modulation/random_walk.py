"""Random walk: a value that goes a little up or down by chance, again and again, and never comes to rest.

    lost: {osc: {type: tri, amp: 0.3, freq: {random_walk: {rate: 6, step: 0.2, range: [220, 440]}}}}
    tune:
      osc:
        type: tri
        amp: 0.3
        freq:
          snap:
            scale: minor_pentatonic
            root: a3
            signal: {random_walk: {type: step, rate: 1 / eighth, range: [a3, a5]}}

Each step goes up or down by at most `step`, a part of the whole range, as likely by little as by much. At its ends it
turns round, so in the long run each value of the range is as likely as any other. `rate` are steps in a second, drawn
as a line from one to the next, or with `type: step` held; `1 / eighth` is one in each eighth. It goes the same way at
any sample rate.

(Xenakis: Formalized music, 1971: random walks between elastic barriers.)
"""

from pydantic import field_validator

from waves.dsp.maths import clip, finite, uniform
from waves.node import Choice, Node, Signal, Signals, State, param

from .._two_ends import two_ends

Type = Choice["line", "step"]
count = range  # the kernel has a parameter of that name


class RandomWalk(Node):
    rate: Signal = param(8.0, unit="Hz", minimum=0.0, maximum=1000.0, description="Steps in a second.")
    step: Signal = param(0.1, unit="factor", minimum=0.0, maximum=1.0, description="The largest, as a part of `range`.")
    range: Signals = param([-1.0, 1.0], unit="value", description="Values between which it walks.")
    type: Type = param("line", description="A line to the next value, or a step.")
    seed: int = param(0, unit="number", description="Of its chance; 0: the node's own.")

    aliases = ("drunk", "drunken walk", "brownian")

    _two_ends = field_validator("range")(two_ends)

    class state(State):
        count: int = 0  # numbers drawn
        begun: bool = False
        place: float = 0.0  # in the range, 0 to 1
        next: float = 0.0
        part: float = 0.0  # of the way to the next
        numbered = ("count",)
        ranges = {"place": (0, 1), "next": (0, 1), "part": (0, 1)}

    @staticmethod
    def render(out, rate, step, range, type, seed, state, sample_rate):
        place, next, part = state.place, state.next, state.part
        for i in count(out.size):
            if not state.begun or part >= 1.0:
                place = next if state.begun else uniform(seed, state.count)
                part = part - 1.0 if state.begun else 0.0
                state.begun = True
                state.count += 1
                next = place + clip(step[i], 0.0, 1.0) * (2.0 * uniform(seed, state.count) - 1.0)
                next = abs(next) if next < 1.0 else 2.0 - next
            out[i] = place
            if type == Type.line:
                out[i] = place + part * (next - place)
            elif type == Type.step:
                out[i] = place
            part += clip(finite(rate[i], 0.0), 0.0, 1000.0) / sample_rate
        state.place, state.next, state.part = place, next, part
        low, high = range[0], range[1]
        for i in count(out.size):
            out[i] = low[i] + out[i] * (high[i] - low[i])
