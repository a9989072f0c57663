"""The state that the last session left: read, checked whether it can be used here, and composed."""

from __future__ import annotations

from waves.app.player.options import PlayOptions
from waves.app.terminal.messages import show_problems
from waves.engine.runtime.snapshot import Snapshot
from waves.live.history.archive import FOLDER
from waves.live.history.resume_state import read_state
from waves.live.workspace.composer import Composer, Composition, Sounds
from waves.live.workspace.trust import is_trusted
from waves.live.workspace.workspace import find_workspace
from waves.node_types.library.library import substitute_texts
from waves.problem import Problem, Problems


def saved_state(options: PlayOptions) -> Snapshot | None:
    """What the last session left, the node files as it played them; why there is nothing is said."""
    root = find_workspace(options.folder).root
    try:
        state = read_state(root / FOLDER / "state" / "last.npz")
    except Problems as found:
        show_problems(found.problems)
        return None
    if is_trusted(root):
        substitute_texts(state.about.get("instead", {}))
    return state


def usable(state: Snapshot, options: PlayOptions, rate: float) -> Snapshot | None:
    """What the last session left, if it can be used here; why not is said."""
    if state.about["rate"] != rate:
        sentence = f"the last session was at {state.about['rate']:g} Hz, this one is at {rate:g} Hz: it begins anew"
        show_problems([Problem(sentence)])
        return None
    if options.sounds and options.sounds != [name for name, _ in sounds_of(state)]:
        show_problems([Problem("the last session played other sounds: it begins anew")])
        return None
    return state


def is_older(state: Snapshot, composer: Composer) -> bool:
    """Whether the files were saved since."""
    try:
        return bool(composer.file_texts() != (state.about["files"] or state.about["texts"]))
    except OSError:
        return True  # the build says what is wrong


def sounds_of(state: Snapshot) -> Sounds:
    """The sounds that a saved session played."""
    return [(name, given) for name, given in state.about["sounds"]]


def compose(
    composer: Composer, sounds: Sounds, state: Snapshot | None, anew: bool
) -> tuple[Composition, Snapshot | None]:
    """What the last session played, as its text was then; the files where that is not possible and `anew` allows it."""
    if state:
        try:
            return composer.compose(sounds, given=state.about["texts"]), state
        except Problems as found:
            if not anew:
                raise
            show_problems(found.problems)
            show_problems([Problem("what the last session played can no longer be played: it begins anew")])
    return composer.compose(sounds), None
