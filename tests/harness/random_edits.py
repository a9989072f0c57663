"""Random edits of random pieces, made from seeds: all that a musician changes between two saves, mistakes too."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tests.harness.random_pieces import FIXED, GIVEN, OWN, PATCHES, TRACKS, VOICES, Piece, Writer, Written, piece

WRAPPERS = ("filter", "delay", "track", "smooth", "envelope", "mix", "context")  # put around a node
UNWRAPPED = ("filter", "delay", "track", "smooth", "envelope", "context", "tempo")  # taken away from around a node
AUDIBLE = ("signal", "signals", "x", "y")  # parameters that are part of the sound, not values
REQUIRED = ("signal", "cutoff", "time", "step", "steps", "interval", "ref")
LIKELY = (  # edits, and how often each is made
    ("a number", 5),
    ("a parameter", 8),
    ("a track added", 3),
    ("a track removed", 3),
    ("a track renamed", 2),
    ("a track moved into another", 2),
    ("tracks in another order", 2),
    ("a track twice", 1),
    ("a node wrapped", 4),
    ("a node unwrapped", 3),
    ("a list longer or shorter", 3),
    ("other steps", 3),
    ("a loop made or opened", 3),
    ("another voice", 3),
    ("an id", 2),
    ("all wrapped or unwrapped", 1),
    ("a constant", 1),
    ("the tempo", 1),
    ("two edits", 2),
    ("an earlier version", 5),
    ("nothing", 1),
    ("a mistake", 4),
)
MISTAKES = (
    (": {", ": {{"),
    ("osc:", "oscc:"),
    ("amp:", "ampp:"),
    ("freq: ", "freq: nobody + "),
    ("freq: ", "freq: [1, "),
    ("my_sound:", "my_sound:\n\t"),
    ("my_sound:\n", "my_sound:\n  osc: {}\n"),
    ("amp: ", "amp: 1 / 0 + "),
    ("id: ", "id: steady, seed: "),
    ("samples/a.wav", "samples/nothing.wav"),
)


@dataclass(frozen=True, eq=False)
class Save:
    """A text that is saved, and the number of frames that are played after it."""

    what: str
    text: str
    frames: int
    piece: Piece


@dataclass(eq=False)
class Scenario:
    """A piece, and saves of it; `fade`, and `frames` before the first save, in frames."""

    piece: Piece
    frames: int
    fade: int
    block: int
    tracks: list[str]
    saves: list[Save] = field(default_factory=list)

    def __repr__(self) -> str:
        before = self.piece.text
        parts = [f"fade {self.fade}, blocks of {self.block}\n{before}--- {self.frames} frames"]
        for k, save in enumerate(self.saves):
            lines = difflib.unified_diff(before.splitlines(), save.text.splitlines(), lineterm="", n=1)
            parts.append("\n".join([f"=== {k}: {save.what}", *list(lines)[2:], f"--- {save.frames} frames"]))
            before = save.text
        return "\n".join(parts)


def scenario(
    seed: int, tracks: list[int], edits: list[tuple[int, int]], frames: int, fade: int, block: int
) -> Scenario:
    """A scenario from seeds. `tracks`: a seed for each; `edits`: a seed, and the frames that are played after it."""
    now, writer = piece(seed, tracks)
    made = Scenario(now, frames, fade, block, [name for name in now.mix.given if name not in FIXED])
    versions = [now]
    for number, played in edits:
        editor = Editor(writer, random.Random(number), versions)
        what, text, now = editor.edit(now)
        if what != "a mistake":
            versions.append(now)
        made.saves.append(Save(what, text, played, now))
    return made


class Editor:
    """Makes one edit."""

    def __init__(self, writer: Writer, chance: random.Random, versions: list[Piece]):
        self.writer, self.chance, self.versions = writer, chance, versions
        writer.chance = chance

    def edit(self, now: Piece) -> tuple[str, str, Piece]:
        """Make an edit: its name, the text, and the piece that plays then."""
        self.writer.ids[:] = now.ids
        what = self.chance.choices([name for name, _ in LIKELY], [weight for _, weight in LIKELY])[0]
        if what == "a mistake":
            return what, self.mistaken(now.text), now
        if what == "nothing":
            return what, f"# {self.chance.random()}\n{now.text}", now
        after = self.made(what, now).tied()
        return what, after.text, after

    def made(self, what: str, now: Piece) -> Piece:
        self.writer.enter(TRACKS)
        made: Piece = getattr(self, what.replace(" ", "_"))(now)
        return made

    def mistaken(self, text: str) -> str:
        old, new = self.chance.choice([one for one in MISTAKES if one[0] in text])
        places = [k for k in range(len(text)) if text.startswith(old, k)]
        at = self.chance.choice(places)
        return text[:at] + new + text[at + len(old) :]

    # where

    def tracks(self, now: Piece) -> dict[str, Written]:
        return {name: track for name, track in now.mix.given.items() if name not in FIXED}

    def nodes(self, now: Piece) -> Iterator[tuple[str, Written]]:
        """The nodes that may be changed, each with its sound."""
        for track in self.tracks(now).values():
            yield from ((TRACKS, node) for node in track.nodes())
        for name in (*VOICES, *PATCHES):
            yield from ((name, node) for node in now.sounds[name].nodes())

    def audible(self, now: Piece) -> list[Written]:
        """The nodes of the tracks that are part of the sound, not read as values."""
        found = list(self.tracks(now).values())
        for node in found:
            for key, value in node.given.items():
                if key in AUDIBLE or (node.kind == "mix" and isinstance(value, Written)):
                    found += [
                        one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Written)
                    ]
        return [node for node in found if node.kind not in ("reference",)]

    def one(self, found: list[Any]) -> Any:
        return self.chance.choice(found) if found else None

    def with_(self, now: Piece, node: Written | None, **given: Any) -> Piece:
        """The piece with other parameters of a node; None removes one."""
        if node is None:
            return now

        def change(one: Written) -> Written:
            if one.uid != node.uid:
                return one
            kept = {key: value for key, value in {**one.given, **given}.items() if value is not None}
            return replace(one, given=kept)

        return now.edited(change)

    def instead(self, now: Piece, node: Written, other: Any) -> Piece:
        return now.edited(lambda one: other if one.uid == node.uid else one)

    # edits

    def a_number(self, now: Piece) -> Piece:
        found = [(node, key) for _, node in self.nodes(now) for key, v in node.given.items() if isinstance(v, float)]
        if not found:
            return now
        node, key = self.one(found)
        return self.with_(now, node, **{key: round(node.given[key] * self.writer.number(0.8, 1.1), 4)})

    def a_parameter(self, now: Piece, sounds: tuple[str, ...] = (TRACKS, *VOICES, *PATCHES)) -> Piece:
        found = [(where, node) for where, node in self.nodes(now) if where in sounds and node.kind in GIVEN]
        where, node = self.one(found)
        self.writer.enter(where)
        written = [name for name in GIVEN[node.kind] if name in node.given]
        loose = [name for name in written if name not in REQUIRED]
        if loose and self.writer.one_in(6):
            return self.with_(now, node, **{self.one(loose): None})
        others = [name for name in GIVEN[node.kind] if name not in REQUIRED]
        name = self.one(written if written and not (others and self.writer.one_in(3)) else others)
        return self.with_(now, node, **{name: self.writer.given(node.kind, name, 2)})

    def a_track_added(self, now: Piece) -> Piece:
        sound = self.writer.sound(3)
        entries = list(now.mix.given.items())
        entries.insert(self.chance.randrange(len(entries) + 1), (f"t{sound.uid}", sound))
        return now.with_mix(dict(entries))

    def a_track_removed(self, now: Piece) -> Piece:
        name = self.one(list(self.tracks(now)))
        return now.with_mix({key: track for key, track in now.mix.given.items() if key != name})

    def a_track_renamed(self, now: Piece) -> Piece:
        name = self.one(list(self.tracks(now)))
        to = f"r{next(self.writer.uids)}"
        return now.with_mix({to if key == name else key: track for key, track in now.mix.given.items()})

    def a_track_moved_into_another(self, now: Piece) -> Piece:
        tracks = self.tracks(now)
        if len(tracks) < 2:
            return now
        name, into = self.chance.sample(list(tracks), 2)
        both = self.writer.node("mix", one=tracks[into], two=tracks[name])
        rest = {key: track for key, track in now.mix.given.items() if key != name}
        return now.with_mix(rest | {into: both})

    def tracks_in_another_order(self, now: Piece) -> Piece:
        entries = list(now.mix.given.items())
        self.chance.shuffle(entries)
        return now.with_mix(dict(entries))

    def a_track_twice(self, now: Piece) -> Piece:
        track = self.one(list(self.tracks(now).values()))
        if track is None:
            return now

        def copied(node: Written) -> Written:
            given = {key: value for key, value in node.given.items() if key != "id"}
            return Written(next(self.writer.uids), node.kind, given)

        copy = track.edited(copied)
        return now.with_mix({**now.mix.given, f"t{copy.uid}": copy})

    def around(self, node: Written) -> Written:
        kind = self.one(list(WRAPPERS))
        if kind == "mix":
            return self.writer.node("mix", signals=[node, self.writer.a_osc(1)][:: self.chance.choice((1, -1))])
        if kind == "context":
            return self.writer.node("context", **{f"k{next(self.writer.uids)}": 0.5}, signal=node)
        made: Written = getattr(self.writer, f"a_{kind}")(1)
        return made.with_(signal=node)

    def a_node_wrapped(self, now: Piece) -> Piece:
        node = self.one(self.audible(now))
        return self.instead(now, node, self.around(node)) if node else now

    def a_node_unwrapped(self, now: Piece) -> Piece:
        node = self.one([one for one in self.audible(now) if one.kind in UNWRAPPED])
        return self.instead(now, node, node.given["signal"]) if node else now

    def a_list_longer_or_shorter(self, now: Piece) -> Piece:
        node = self.one([node for where, node in self.nodes(now) if where == TRACKS and node.kind == "mix"])
        if node is None:
            return now
        if "signals" not in node.given:
            sound = self.writer.sound(1)
            return self.with_(now, node, **{f"part{sound.uid}": sound})
        entries = list(node.given["signals"])
        if len(entries) > 1 and self.writer.one_in(2):
            entries.pop(self.chance.randrange(len(entries)))
        else:
            entries.insert(self.chance.randrange(len(entries) + 1), self.writer.sound(1))
        return self.with_(now, node, signals=entries)

    def other_steps(self, now: Piece) -> Piece:
        found = [(where, node) for where, node in self.nodes(now) if node.kind in ("sequencer", "automation")]
        if not found:
            return now
        where, node = self.one(found)
        self.writer.enter(where)
        steps = list(node.given["steps"])
        if node.kind == "automation":
            steps.insert(self.chance.randrange(len(steps) + 1), self.writer.number(0.1, 0.9))
            return self.with_(now, node, steps=steps)
        if self.writer.one_in(2):
            self.chance.shuffle(steps)
        else:
            steps[self.chance.randrange(len(steps))] = f"{self.writer.steps[0]} f{self.chance.randint(100, 900)}"
        return self.with_(now, node, steps=steps)

    def a_loop_made_or_opened(self, now: Piece) -> Piece:
        oscs = [
            node for where, node in self.nodes(now) if where == TRACKS and node.kind == "osc" and "id" in node.given
        ]
        node = self.one(oscs)
        if node is None:
            return now
        other = self.one(oscs)
        phase = None if "phase" in node.given else f"{self.writer.number(0.3, 3)} * ${other.given['id']}"
        return self.with_(now, node, phase=phase)

    def another_voice(self, now: Piece) -> Piece:
        return self.a_parameter(now, (*VOICES, *PATCHES))

    def an_id(self, now: Piece) -> Piece:
        node = self.one([node for node in self.audible(now) if node.kind in ("osc", "filter", "delay")])
        if node is None:
            return now
        return self.with_(now, node, id=None if "id" in node.given else f"n{next(self.writer.uids)}")

    def all_wrapped_or_unwrapped(self, now: Piece) -> Piece:
        root = now.sounds[TRACKS]
        if root.kind in ("filter", "delay", "track") and self.writer.one_in(2):
            return replace(now, sounds=now.sounds | {TRACKS: root.given["signal"]})
        around: Written = getattr(self.writer, f"a_{self.one(['filter', 'delay', 'track'])}")(1)
        if around.kind == "delay":  # its dry signal sounds immediately
            around = around.with_(mix=0.5)
        return replace(now, sounds=now.sounds | {TRACKS: around.with_(signal=root)})

    def a_constant(self, now: Piece) -> Piece:
        return replace(now, constants={"wide": self.writer.number(0.1, 0.9)})

    def the_tempo(self, now: Piece) -> Piece:
        tempo = next((node for node in now.sounds[TRACKS].nodes() if node.kind == "tempo"), None)
        if tempo is None or not any(node is now.mix for node in tempo.nodes()):
            return now
        return self.with_(now, tempo, bpm=round(self.writer.number(90, 150)))

    def two_edits(self, now: Piece) -> Piece:
        for what in self.chance.sample([name for name, weight in LIKELY[:-4] if weight > 1], 2):
            now = self.made(what, now).tied()
        return now

    def an_earlier_version(self, now: Piece) -> Piece:
        return self.one(self.versions[-4:])


__all__ = ["OWN", "Save", "Scenario", "scenario"]
