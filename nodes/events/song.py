"""Song: sections of so many bars, one after another; what is inside knows which one plays.

    kick: {osc: {freq: [150, 50], amp: [0.5, 0], duration: 0.2}}
    clap: {osc: {type: noise, amp: [0.1, 0], duration: 0.08}}
    my_song:
      song:
        sections: {verse: 8, chorus: {bars: 4, then: {verse: 3, chorus: 1}}}
        signal: {mix: {beat: {play: "kick*4"}, claps: {play: "~ clap", during: chorus}}}

`then` is what comes after a section, the next one if nothing is written: a section, sections with weights, or `again`,
`any`, `back`, `stop`. `metre: 3/4` is that of a section alone. Names inside: `section`, its number from 1;
`section_bar`, `section_bars`, `section_tick`.
"""

from waves.language.build.form.song_builder import sung
from waves.node import Node, Signal, param
from waves.node_types.own_kinds import SectionList


class Song(Node):
    signal: Signal = param(description="The sound; it and everything inside can use the names.")
    sections: SectionList = param(
        description="The sections by name: their bars, or {bars: 8, then: chorus, metre: 3/4}."
    )
    order: str = param("", description="A fixed order instead of `then`: 'intro verse chorus!2 [verse|break]'.")
    loop: bool = param(True, description="Whether the first section follows the last.")

    aliases = ("arrangement", "arrange", "scenes", "form")
    pass_through = True

    @classmethod
    def expand(cls, build):
        return sung(build)
